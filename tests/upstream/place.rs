//! An old service, and a new one to which its people come over.

use serde_json::{Value, json};
use uuid::Uuid;

use super::support::app::{App, Kind, ROOMY, User};
use super::support::liar::{Answer, Liar, response};

/// A bimgate that plays the old service, and the one under test.
pub struct Move {
    pub old: App,
    pub new: App,
}

impl Move {
    /// Both, with settings for the new one.
    pub fn start(kind: Kind, settings: &[(&str, &str)]) -> Self {
        let old = App::start(Kind::Embedded, &ROOMY);
        let new = start_after(&url(&old), kind, settings);
        Self { old, new }
    }

    /// Somebody who has a password at the old service and is imported into the new one without.
    pub fn imported(&self) -> User {
        let user = self.old.user();
        import(&self.new, &user);
        user
    }
}

/// The URL of a bimgate.
pub fn url(app: &App) -> String {
    format!("http://{}", app.address())
}

/// A new service whose old one is at `url`.
pub fn start_after(url: &str, kind: Kind, settings: &[(&str, &str)]) -> App {
    App::start(kind, &[&ROOMY[..], &[("upstream.url", url), ("upstream.timeout_ms", "30000")], settings].concat())
}

/// Imports somebody without a password.
pub fn import(app: &App, user: &User) {
    let row = json!({"id": user.id, "email": user.email, "name": "Some One"}).to_string();
    app.server.run(&["user", "import", "-", "--format", "jsonl"], &row);
}

/// Somebody whom no service knows yet.
pub fn somebody() -> User {
    let id = Uuid::new_v4();
    User { id, email: format!("{}@example.org", id.simple()), password: format!("pass {id}") }
}

/// What a command line prints of a user, as JSON; `None`: there is no such user.
pub fn shown(app: &App, user: &str) -> Option<Value> {
    let output = app.server.command(&["user", "show", user, "--json"], "");
    output.status.success().then(|| serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// A token as an old service issues them.
pub const GAINED: &str = "0123456789abcdef0123456789abcdef";

/// An old service that everybody with any password is `user` of, until it is told to lie.
pub fn liar(user: &User) -> Liar {
    let liar = Liar::start();
    honest(&liar, user);
    liar
}

/// Has it tell nothing but the truth about `user`.
pub fn honest(liar: &Liar, user: &User) {
    let login = json!({"access_token": GAINED, "expires_in": 2_591_999, "client_id": "c", "token_type": "BimPlus"});
    liar.says("POST /v2/authorize", Answer::Json(login));
    liar.says("GET /v2/authorize", Answer::Json(token_of(user)));
    liar.says("DELETE /v2/authorize", Answer::Json(token_of(user)));
    liar.says("GET /v2/user", Answer::Json(json!({"id": user.id, "email": user.email, "fullname": "Some One"})));
}

/// What it says of a token.
pub fn token_of(user: &User) -> Value {
    json!({"user_id": user.id, "audience": Uuid::nil(), "expires_in": 2_000_000})
}

/// As real ones refuse.
pub fn refusal() -> Answer {
    response("401 Unauthorized", "application/json", r#"{"code": "E_InvalidCredentials", "error": true}"#)
}
