//! The applications that a user may use.

use super::SessionService;
use crate::domain::{Account, ClientKey};
use crate::settings::ApplicationSettings;

impl SessionService {
    /// The applications for everyone and for the teams and groups of this user, as in the settings. Team ids compare as other ids
    /// do: UUIDs by value, others to the letter.
    pub fn applications(&self, account: &Account) -> impl Iterator<Item = &ApplicationSettings> {
        let teams: Vec<_> = account.profile.all_teams().map(|team| ClientKey::of(&team.id)).collect();
        let is_for = move |application: &&ApplicationSettings| {
            application.teams.is_empty() || application.teams.iter().any(|team| teams.contains(&ClientKey::of(team)))
        };
        self.settings.applications.iter().filter(is_for)
    }
}
