//! What clients were told, and what must therefore be so after any crash. What was asked for and not answered may be
//! either way, and stands nowhere here.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::app::App;

/// A remember-me token and the client it belongs to.
pub type Remembered = (String, String);

/// What was acknowledged to one client after another.
#[derive(Default)]
pub struct Ledger {
    /// Access tokens issued.
    pub live: BTreeSet<String>,
    /// Access tokens revoked.
    pub revoked: BTreeSet<String>,
    /// Remember-me tokens issued.
    pub remembered: BTreeSet<Remembered>,
    /// Remember-me tokens that ended with their client's session.
    pub forgotten: BTreeSet<Remembered>,
    /// Cross tokens minted, no swap of which was tried.
    pub cross: BTreeSet<String>,
    /// Cross tokens swapped, or dead with the access token that minted them.
    pub spent: BTreeSet<String>,
}

impl Ledger {
    /// How many acknowledgements it holds.
    pub fn len(&self) -> usize {
        let Self { live, revoked, remembered, forgotten, cross, spent } = self;
        live.len() + revoked.len() + remembered.len() + forgotten.len() + cross.len() + spent.len()
    }

    /// Checks every line of it. Swaps what can be swapped.
    pub fn holds(&self, app: &App) {
        for token in &self.live {
            app.accepts(token);
        }
        for token in &self.revoked {
            app.refuses(token);
        }
        for (token, client) in &self.remembered {
            silently(app, token, client).ok();
        }
        for (token, client) in &self.forgotten {
            silently(app, token, client).refused(401, "E_InvalidCredentials");
        }
        for token in &self.cross {
            app.swap(&json!({"cross_token": token})).ok();
        }
        for token in self.spent.iter().chain(&self.cross) {
            app.swap(&json!({"cross_token": token})).refused(401, "E_InvalidCredentials");
        }
    }
}

fn silently(app: &App, token: &str, client: &str) -> crate::support::client::Reply {
    app.post("/v2/authorize", &json!({"remember_me": true, "remember_me_token": token, "client_id": client}))
}
