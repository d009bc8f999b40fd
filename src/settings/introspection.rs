//! `[introspection]`

use serde::Deserialize;

use super::engine::{Checks, Secret, files};

/// Who may ask about other people's tokens (RFC 7662).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntrospectionSettings {
    /// The back ends that may ask, each as `id:secret`, read from `clients_file` if that is set.
    pub clients: Vec<Secret>,
    /// A file that holds them, one a line.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub clients_file: Option<String>,
}

impl IntrospectionSettings {
    /// Each client's id and secret.
    pub fn credentials(&self) -> impl Iterator<Item = (&str, &str)> {
        self.clients.iter().filter_map(|client| client.reveal().split_once(':'))
    }

    /// Whether the same clients have the same secrets.
    #[must_use]
    pub fn is_as(&self, other: &Self) -> bool {
        self.credentials().eq(other.credentials())
    }

    /// Reads the clients from their file, then checks them.
    pub(super) fn read_files(&mut self, checks: &mut Checks<'_>) {
        let mut text = (!self.clients.is_empty()).then(|| Secret::from(String::new()));
        files::take_secret(checks, "introspection.clients", &mut text, self.clients_file.as_deref());
        if let Some(text) = text.filter(|_| self.clients_file.is_some()) {
            let lines = text.reveal().lines().map(str::trim).filter(|line| !line.is_empty());
            self.clients = lines.map(|line| Secret::from(line.to_owned())).collect();
        }
        // OAuth clients form-encode both halves (RFC 6749, 2.3.1), others do not: letters that need no encoding suit
        // both.
        let letter = |letter: u8| letter.is_ascii_alphanumeric() || b"-._~".contains(&letter);
        let good = |client: &Secret| {
            client.reveal().split_once(':').is_some_and(|(id, secret)| {
                (1..=128).contains(&id.len())
                    && (16..=256).contains(&secret.len())
                    && (id.bytes().chain(secret.bytes())).all(letter)
            })
        };
        checks.must(
            self.clients.len() <= 256 && self.clients.iter().all(good),
            "introspection.clients",
            "must hold at most 256 texts as \"id:secret\", each secret 16 to 256 long, of letters, digits and - . _ ~",
        );
        let mut ids: Vec<_> = self.credentials().map(|(id, _)| id).collect();
        ids.sort_unstable();
        checks.must(ids.windows(2).all(|pair| pair[0] != pair[1]), "introspection.clients", "must hold each id once");
    }
}
