//! `[scim]`

use serde::Deserialize;

use super::engine::{Checks, Secret, files};

/// Who may make, change and delete users by SCIM (RFC 7644).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScimSettings {
    /// The token of the provisioning client, read from `token_file` if that is set; empty: nobody may.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub token: Option<Secret>,
    /// A file that holds the token.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub token_file: Option<String>,
}

impl ScimSettings {
    /// Too long to be guessed, short enough for a header.
    const TOKEN_BYTES: std::ops::RangeInclusive<usize> = 32..=1024;

    /// Reads the token from its file, then checks it.
    pub(super) fn read_files(&mut self, checks: &mut Checks<'_>) {
        files::take_secret(checks, "scim.token", &mut self.token, self.token_file.as_deref());
        if let Some(token) = &self.token {
            // RFC 6750, 2.1.
            let letter = |letter: u8| letter.is_ascii_alphanumeric() || b"-._~+/=".contains(&letter);
            checks.must(
                token.reveal().bytes().all(letter) && Self::TOKEN_BYTES.contains(&token.reveal().len()),
                "scim.token",
                "must be 32 to 1024 letters, digits and - . _ ~ + / =, as a header can hold it",
            );
        }
    }
}
