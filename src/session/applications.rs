//! Which applications a user is told of.

use super::SessionService;
use crate::domain::{Account, ClientKey};
use crate::settings::ApplicationSettings;

impl SessionService {
    /// The applications for everyone and for the teams of this user, as they stand in the settings. Teams are compared as
    /// ids are: UUIDs by value, others to the letter.
    pub fn applications(&self, account: &Account) -> impl Iterator<Item = &ApplicationSettings> {
        let teams: Vec<_> = account.profile.teams.iter().map(|team| ClientKey::of(&team.id)).collect();
        let is_for = move |application: &&ApplicationSettings| {
            application.teams.is_empty() || application.teams.iter().any(|team| teams.contains(&ClientKey::of(team)))
        };
        self.settings.applications.iter().filter(is_for)
    }
}
