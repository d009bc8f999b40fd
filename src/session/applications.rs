//! The applications that a user may use.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::SessionService;
use crate::domain::{Account, ClientKey};
use crate::settings::ApplicationSettings;

/// The applications of the settings, which may change while requests come. Cheap to clone: every clone is the same.
#[derive(Clone)]
pub struct Applications(Arc<ArcSwap<Vec<ApplicationSettings>>>);

impl Applications {
    /// The list of these settings.
    #[must_use]
    pub fn new(applications: &[ApplicationSettings]) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(applications.to_vec())))
    }

    /// Is another list from now on.
    pub fn replace(&self, applications: &[ApplicationSettings]) {
        self.0.store(Arc::new(applications.to_vec()));
    }
}

impl SessionService {
    /// The applications for everyone and for the teams and groups of this user, as in the settings. Team ids compare as other ids
    /// do: UUIDs by value, others to the letter.
    #[must_use]
    pub fn applications(&self, account: &Account) -> Vec<ApplicationSettings> {
        let teams: Vec<_> = account.profile.all_teams().map(|team| ClientKey::of(&team.id)).collect();
        let is_for = |application: &&ApplicationSettings| {
            application.teams.is_empty() || application.teams.iter().any(|team| teams.contains(&ClientKey::of(team)))
        };
        self.applications.0.load().iter().filter(is_for).cloned().collect()
    }
}
