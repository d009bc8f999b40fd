//! The directory session: opened by a login or found open, closed by its owner, its limits and its age.
//!
//! Everything that a client holds is a handle on one of these.

use std::sync::Arc;

use crate::auth::Identity;
use crate::clock::Clock;
use crate::domain::Limits;
use crate::settings::{DirectorySettings, LicenseSettings, Settings};
use crate::store::Store;

mod active;
mod applications;
mod census;
mod close;
mod expiry;
mod heartbeat;
mod licenses;
mod maintenance;
mod public_url;
mod wait;
mod waiters;

pub use active::{ActiveSession, Credential};
pub use applications::Applications;
pub use census::{CensusMetrics, keep_census};
pub use expiry::close_due;
pub use heartbeat::Renewed;
pub use licenses::Borrowing;
pub use maintenance::{run_maintenance, sync_clock};
pub use public_url::{DONE_PAGE, PublicUrl};
pub use wait::Waited;
pub use waiters::{WaiterLimits, Waiters};

use crate::bearer::Bearers;

/// Opens, keeps and closes sessions.
#[derive(Clone)]
pub struct SessionService {
    pub(crate) store: Arc<dyn Store>,
    bearers: Arc<Bearers>,
    pub(crate) waiting: Arc<Waiters>,
    settings: Arc<DirectorySettings>,
    licenses: Arc<LicenseSettings>,
    limits: Limits,
    applications: Applications,
    identity: Arc<Identity>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl SessionService {
    /// The service on one handle of the store, which `identity` has too; `bearers`, `waiting` and
    /// `applications` are the process's own.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        identity: Arc<Identity>,
        bearers: Arc<Bearers>,
        waiting: Arc<Waiters>,
        settings: &Settings,
        applications: Applications,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let Settings { limits, tokens, directory, licenses, .. } = settings;
        let limits = Limits {
            tokens_per_client: limits.max_tokens_per_client,
            remember_me_per_client: limits.max_remember_me_per_client,
            sessions_per_user: limits.max_sessions_per_user,
            directory_sessions_per_user: limits.max_directory_sessions_per_user,
            cross_tokens_per_session: limits.max_cross_tokens_per_session,
            tokens_per_user: limits.max_tokens_per_user,
            login_age: tokens.max_login_age,
        };
        let (settings, licenses) = (Arc::new(directory.clone()), Arc::new(licenses.clone()));
        Self { store, bearers, waiting, settings, licenses, limits, applications, identity, clock }
    }

    /// The same with another handle of the store, which `identity` has too.
    #[must_use]
    pub fn with_store(&self, store: Arc<dyn Store>, identity: Arc<Identity>) -> Self {
        Self { store, identity, ..self.clone() }
    }

    /// How long sessions live.
    #[must_use]
    pub fn settings(&self) -> &DirectorySettings {
        &self.settings
    }

    /// What there is to borrow.
    #[must_use]
    pub fn license_settings(&self) -> &LicenseSettings {
        &self.licenses
    }

    /// The limits on what a user may hold.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }
}
