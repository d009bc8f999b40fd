//! Accounts and sessions as an operator sees them: what travels through the socket, and what `--json` prints.

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{Account, ClientKey, Session, SessionId, Timestamp, UserId};

/// An account. No secret, and no hash of one, is in it.
#[derive(Serialize, Deserialize)]
pub struct AccountView {
    /// The user's id.
    pub id: UserId,
    /// What the user logs in with.
    pub email: String,
    /// The name shown to people.
    pub name: String,
    /// Whether the user may log in.
    pub enabled: bool,
    /// Whether there is a password.
    pub password: bool,
    /// When the account was made: UTC, ISO 8601.
    pub created: String,
    /// How many networks the user has lately logged in from.
    pub known_networks: usize,
    /// How many sessions are open; left out of lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<usize>,
}

/// An open session. Instants are UTC, ISO 8601.
#[derive(Serialize, Deserialize)]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// The client's id.
    pub client: String,
    /// The client's id as it shows in a token's information: nil unless it is a UUID.
    pub audience: Uuid,
    /// Whether the server made the client's id.
    pub server_made: bool,
    /// How the person last proved who they are.
    pub how: String,
    /// When it was opened.
    pub opened: String,
    /// When the person last proved who they are.
    pub authenticated: String,
    /// The last login, silent login or swap.
    pub last_contact: String,
    /// When it ends by itself.
    pub ends: String,
    /// Where the client was last seen.
    pub address: Option<String>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// The application it named.
    pub application: Option<String>,
    /// Access tokens that hang on it.
    pub access_tokens: usize,
    /// Remember-me tokens that hang on it.
    pub remember_me_tokens: usize,
    /// Cross tokens that hang on it.
    pub cross_tokens: usize,
}

impl AccountView {
    pub(super) fn of(account: &Account, sessions: Option<usize>) -> Self {
        Self {
            id: account.id,
            email: account.email.as_str().to_owned(),
            name: account.name.to_string(),
            enabled: account.enabled,
            password: account.password.is_some(),
            created: iso(account.created),
            known_networks: account.networks.len(),
            sessions,
        }
    }
}

impl SessionView {
    pub(super) fn of(client: &ClientKey, session: &Session) -> Self {
        Self {
            id: session.id,
            client: client.to_string(),
            audience: if session.server_made { Uuid::nil() } else { client.audience() },
            server_made: session.server_made,
            how: session.how.as_str().to_owned(),
            opened: iso(session.opened),
            authenticated: iso(session.authenticated),
            last_contact: iso(session.last_contact),
            ends: iso(session.ends),
            address: session.contact.address.map(|address| address.to_string()),
            user_agent: session.contact.user_agent.as_deref().map(str::to_owned),
            application: session.contact.application.as_deref().map(str::to_owned),
            access_tokens: session.access.len(),
            remember_me_tokens: session.remember_me.len(),
            cross_tokens: session.cross.len(),
        }
    }
}

/// `2026-03-01T12:00:00Z`
fn iso(at: Timestamp) -> String {
    let instant = i64::try_from(at.millis()).ok().and_then(DateTime::from_timestamp_millis);
    instant.unwrap_or(DateTime::UNIX_EPOCH).to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_in_utc() {
        assert_eq!(iso(Timestamp::from_millis(1_772_366_400_999)), "2026-03-01T12:00:00Z");
        assert_eq!(iso(Timestamp::MAX), "+10889-08-02T05:31:50Z");
    }
}
