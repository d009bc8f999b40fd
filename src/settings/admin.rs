//! `[admin]`

use serde::Deserialize;

use super::engine::{Checks, Secret, files};

/// Who may open the administrator's pages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminSettings {
    /// The administrator's name; empty: there is no administrator.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub username: Option<String>,
    /// The administrator's password, read from `password_file` if that is set.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub password: Option<Secret>,
    /// A file that holds the password, a trailing newline ignored.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub password_file: Option<String>,
}

impl AdminSettings {
    /// The administrator's name and password, if there is one.
    #[must_use]
    pub fn credentials(&self) -> Option<(&str, &Secret)> {
        self.username.as_deref().zip(self.password.as_ref())
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        let name = self.username.as_deref().unwrap_or_default();
        checks.must(
            name.len() <= 128 && !name.contains(|letter: char| letter == ':' || letter.is_control()),
            "admin.username",
            "must be at most 128 bytes, without a colon",
        );
    }

    /// Reads the password from its file, then checks it.
    pub(super) fn read_files(&mut self, checks: &mut Checks<'_>) {
        files::take_secret(checks, "admin.password", &mut self.password, self.password_file.as_deref());
        checks.agree(
            self.username.is_some() == self.password.is_some(),
            "admin.password",
            "admin.username",
            "must be set where admin.username is, and only there",
        );
        let length = self.password.as_ref().map_or(12, |password| password.reveal().len());
        checks.must((12..=1024).contains(&length), "admin.password", "must be 12 to 1024 bytes");
    }
}
