//! `/console`: pages for operators and a help desk, on the listener of the management API; see
//! `docs/operations/console.md`.
//!
//! Whoever has an API token enters, or logs in as a person who has `access:admin`. What the scopes of a token do not
//! allow is not shown, and refused if it is sent. Every page and act asks [`crate::admin::execute`], as the command line
//! does, and is logged alike. No page needs a script, and one has one.

mod chart;
pub mod enter;
mod event_row;
pub mod events;
pub mod keys;
pub mod licenses;
mod live;
mod operator;
pub mod overview;
pub mod person;
pub mod redirects;
mod said;
pub mod session_list;
mod session_words;
mod sessions;
pub mod settings;
mod shell;
pub mod stream;
mod texts;
pub mod user;
mod user_page;
pub mod users;
mod week;

use std::sync::Arc;
use std::time::Duration;

use crate::auth::Passwords;
use crate::clock::Clock;
use crate::events::Week;
use crate::session::CensusMetrics;
use crate::settings::Settings;
use live::Live;
use sessions::ConsoleSessions;

#[cfg(test)]
pub(super) mod tests;

/// What the pages work with, besides what the management API does.
pub struct Console {
    sessions: ConsoleSessions,
    /// Where people reach it who enter as themselves, if they do.
    public_url: Option<String>,
    /// When the server was started, by the clock that never jumps.
    started: Duration,
    /// How many licences there are.
    licenses: usize,
    /// The identity provider, if people log in there.
    provider: Option<String>,
    passwords: Arc<Passwords>,
    /// What the store holds.
    census: CensusMetrics,
    /// What the logins of the last days came to.
    week: Arc<Week>,
    /// Who follows the events.
    live: Arc<Live>,
}

impl Console {
    /// The console of a server that starts: nobody is in.
    #[must_use]
    pub fn new(settings: &Settings, clock: Arc<dyn Clock>, passwords: Arc<Passwords>, census: CensusMetrics) -> Self {
        let started = clock.monotonic();
        let (licenses, provider) = (settings.licenses.total, settings.openid.issuer.clone());
        let (sessions, week, live) = (ConsoleSessions::new(clock), Arc::default(), Arc::default());
        let public_url = settings.manage.public_url.clone();
        Self { sessions, public_url, started, licenses, provider, passwords, census, week, live }
    }
}
