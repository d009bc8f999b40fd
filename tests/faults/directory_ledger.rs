//! As [`crate::ledger`], of directory sessions: what their clients and browsers were told, and what must therefore be so
//! after any crash.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::app::App;
use crate::support::client::Reply;

/// What was acknowledged to one browser and its applications.
#[derive(Default)]
pub struct DirectoryLedger {
    /// Bearers of open sessions, and until when they said the session has time.
    pub open: BTreeMap<String, u64>,
    /// Bearers of closed ones.
    pub closed: BTreeSet<String>,
    /// Native clients whose login the person has confirmed, and who have not asked yet.
    pub native: BTreeSet<String>,
    /// The cookie of single sign-on.
    pub signed_on: Option<String>,
    /// Cookies of single sign-on that has ended.
    pub signed_off: BTreeSet<String>,
}

impl DirectoryLedger {
    /// How many acknowledgements it holds.
    pub fn len(&self) -> usize {
        let Self { open, closed, native, signed_on, signed_off } = self;
        open.len() + closed.len() + native.len() + usize::from(signed_on.is_some()) + signed_off.len()
    }

    /// Checks every line of it.
    pub fn holds(&self, app: &App) {
        for (bearer, before) in &self.open {
            let told = app.heartbeat(bearer).ok();
            assert!(told["heartbeat_before"].as_u64() >= Some(*before), "{before}: {told}");
        }
        for bearer in &self.closed {
            app.heartbeat(bearer).refused(401, "E_InvalidToken");
        }
        for native in &self.native {
            app.wait(native, 0).ok();
        }
        let begin = |cookie: &str| -> Reply {
            let start = app.authenticate("access:client", "");
            let target = &start[url::Position::BeforePath..];
            app.request("GET", target).header("Cookie", &format!("directory_sso={cookie}")).send()
        };
        if let Some(cookie) = &self.signed_on {
            let sent = begin(cookie);
            assert!(sent.header("location").is_some_and(|to| to.contains("#directory_access_token=")), "{sent:?}");
        }
        for cookie in &self.signed_off {
            let sent = begin(cookie);
            assert!(sent.header("location").is_some_and(|to| to.contains("/directory/api/login?")), "{sent:?}");
        }
    }
}
