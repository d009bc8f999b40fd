//! Sessions, with the fields and names of `docs/api/directory-session.md`, "The session".

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{iso, texts};
use crate::domain::{Account, ClientInfo, ClientKey, DirectorySession, Right, Session, SessionId, UserId, named};

/// An open session.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    pub id: SessionId,
    /// Through which API it was opened.
    pub kind: SessionKind,
    /// The client's id; v2 only.
    pub client: Option<String>,
    /// The client's id as the answer of a token check has it: nil unless it is a UUID; v2 only.
    pub audience: Option<Uuid>,
    /// Whether the server made the client's id; v2 only.
    pub server_made: Option<bool>,
    /// What it was opened for: `access:client`, `access:frontend`, `access:client-dev` or `access:admin`.
    pub claims: String,
    /// Third-party claims granted.
    pub app_claims: Vec<String>,
    /// Whether a native client opened it.
    pub native: bool,
    /// How the person last proved who they are.
    pub how: String,
    /// The names of the app passwords that its tokens come of; v2 only.
    #[serde(default)]
    pub app_passwords: Vec<String>,
    /// When it was opened.
    pub opened: String,
    /// When the person last proved who they are.
    pub authenticated: String,
    /// The last heartbeat, login, silent login or swap.
    pub last_contact: String,
    /// When it ends without a heartbeat; a v2 session needs none.
    pub heartbeat_before: String,
    /// When it ends at the latest.
    pub end_of_life: String,
    /// Where the client was last seen.
    pub address: Option<String>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// Where the browser was sent; directory only.
    pub redirect_url: Option<String>,
    /// The application it named.
    pub application: Option<String>,
    /// How many access tokens it has.
    pub access_tokens: usize,
    /// How many remember-me tokens it has.
    pub remember_me_tokens: usize,
    /// How many cross tokens it has.
    pub cross_tokens: usize,
}

/// An open session, and whose it is.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct UserSessionView {
    /// The user's id.
    #[schema(value_type = uuid::Uuid)]
    pub user: UserId,
    /// What the user logs in with.
    pub email: String,
    /// The session.
    #[serde(flatten)]
    pub session: SessionView,
}

named! {
    /// Through which API a session was opened.
    #[derive(Serialize, Deserialize, ToSchema)]
    #[serde(rename_all = "lowercase")]
    pub enum SessionKind {
        /// `/v2`
        V2 = "v2",
        /// `/directory/api/directorysession`
        Directory = "directory",
    }
}

impl SessionView {
    pub(in crate::admin) fn of_client(account: &Account, client: &ClientKey, session: &Session) -> Self {
        let (address, user_agent, application) = told(&session.contact);
        Self {
            id: session.id,
            kind: SessionKind::V2,
            client: Some(client.to_string()),
            audience: Some(if session.server_made { Uuid::nil() } else { client.audience() }),
            server_made: Some(session.server_made),
            claims: Right::Client.to_string(),
            app_claims: Vec::new(),
            native: false,
            how: session.how.as_str().to_owned(),
            app_passwords: app_passwords_of(account, session),
            opened: iso(session.opened),
            authenticated: iso(session.authenticated),
            last_contact: iso(session.last_contact),
            heartbeat_before: iso(session.ends),
            end_of_life: iso(session.ends),
            address,
            user_agent,
            redirect_url: None,
            application,
            access_tokens: session.access.len(),
            remember_me_tokens: session.remember_me.len(),
            cross_tokens: session.cross.len(),
        }
    }

    pub(in crate::admin) fn of_directory(session: &DirectorySession) -> Self {
        let (address, user_agent, application) = told(&session.contact);
        Self {
            id: session.id,
            kind: SessionKind::Directory,
            client: None,
            audience: None,
            server_made: None,
            claims: session.right.to_string(),
            app_claims: texts(&session.app_claims),
            native: session.native.is_some(),
            how: session.how.as_str().to_owned(),
            app_passwords: Vec::new(),
            opened: iso(session.opened),
            authenticated: iso(session.authenticated),
            last_contact: iso(session.last_contact),
            heartbeat_before: iso(session.heartbeat_before),
            end_of_life: iso(session.end_of_life),
            address,
            user_agent,
            redirect_url: Some(session.redirect_url.to_string()),
            application,
            access_tokens: 0,
            remember_me_tokens: 0,
            cross_tokens: session.cross.len(),
        }
    }
}

fn app_passwords_of(account: &Account, session: &Session) -> Vec<String> {
    let is_of = |id| session.by_app_password.iter().any(|by| by.app_password == id);
    let held = account.app_passwords.iter().filter(|held| is_of(held.id));
    held.map(|held| held.name.to_string()).collect()
}

/// The client as it describes itself.
fn told(contact: &ClientInfo) -> (Option<String>, Option<String>, Option<String>) {
    let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
    (contact.address.map(|address| address.to_string()), text(&contact.user_agent), text(&contact.application))
}
