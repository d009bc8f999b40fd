//! One conversation with an LDAP server, by a library that must not be trusted with an odd answer: it panics there.

use std::io;

use ldap3::{LdapConnAsync, LdapConnSettings, LdapResult, Scope, SearchEntry, SearchOptions, StdStream};
use rustls::pki_types::ServerName;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::LdapError;
use super::line::{self, Encryption};
use crate::domain::Password;

/// A connection on which one person is proven.
pub(super) struct Conversation {
    ldap: ldap3::Ldap,
    /// The line, and what reads it. Both end with this.
    tasks: JoinSet<io::Result<()>>,
    deadline: Instant,
}

/// What a search has found.
pub(super) struct Searched {
    /// At most two entries.
    pub(super) entries: Vec<SearchEntry>,
    /// Whether the server refers to others.
    pub(super) refers: bool,
}

/// The results of operations that are used here (RFC 4511, appendix A).
mod result {
    pub(super) const SUCCESS: u32 = 0;
    pub(super) const SIZE_LIMIT_EXCEEDED: u32 = 4;
    pub(super) const REFERRAL: u32 = 10;
    pub(super) const CONSTRAINT_VIOLATION: u32 = 19;
    pub(super) const NO_SUCH_OBJECT: u32 = 32;
    pub(super) const INAPPROPRIATE_AUTHENTICATION: u32 = 48;
    pub(super) const INVALID_CREDENTIALS: u32 = 49;
    pub(super) const INSUFFICIENT_ACCESS_RIGHTS: u32 = 50;
    pub(super) const UNWILLING_TO_PERFORM: u32 = 53;
}

/// What a server says to somebody's name and password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// They belong together.
    Right,
    /// They do not, or the server does not tell why.
    Wrong,
    /// The server does not let this person in, whatever the password is.
    Refused,
    /// The server refers to another, which is not asked.
    Referred,
}

impl Conversation {
    /// Connects, and encrypts the line. Nothing is said yet.
    pub(super) async fn begin(host: &str, port: u16, encryption: Encryption, deadline: Instant) -> io::Result<Self> {
        let mut tasks = JoinSet::new();
        let stream = line::open(host, port, encryption, &mut tasks).await?;
        let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(stream));
        let (connection, ldap) = LdapConnAsync::with_settings(settings, "ldapi:///").await.map_err(io::Error::other)?;
        tasks.spawn(async move { connection.drive().await.map_err(io::Error::other) });
        Ok(Self { ldap, tasks, deadline })
    }

    /// Looks for at most two entries.
    pub(super) async fn search(
        &mut self,
        base: String,
        filter: String,
        attributes: Vec<String>,
    ) -> Result<Searched, LdapError> {
        let mut ldap = self.ldap.clone();
        let (entries, outcome) = self
            .ask(async move {
                let few = SearchOptions::new().sizelimit(2);
                let found = ldap.with_search_options(few).search(&base, Scope::Subtree, &filter, attributes).await?;
                let entries: Vec<_> = found.0.into_iter().take(2).map(SearchEntry::construct).collect();
                Ok((entries, found.1))
            })
            .await?;
        match outcome.rc {
            result::SUCCESS | result::SIZE_LIMIT_EXCEEDED => Ok(Searched { entries, refers: !outcome.refs.is_empty() }),
            result::REFERRAL => Ok(Searched { entries: Vec::new(), refers: true }),
            _ => Err(refusal("the search", &outcome)),
        }
    }

    /// Binds as the account that looks people up.
    pub(super) async fn bind_to_search(&mut self, dn: &str, password: &str) -> Result<(), LdapError> {
        let (mut ldap, dn, password) = (self.ldap.clone(), dn.to_owned(), password.to_owned());
        let outcome = self.ask(async move { ldap.simple_bind(&dn, &password).await }).await?;
        if outcome.rc == result::SUCCESS { Ok(()) } else { Err(refusal("the bind as ldap.bind_dn", &outcome)) }
    }

    /// Binds as a person. Ends the conversation.
    pub(super) async fn bind(mut self, dn: String, password: Password) -> Result<Bound, LdapError> {
        let mut ldap = self.ldap.clone();
        let outcome = self.ask(async move { ldap.simple_bind(&dn, password.as_sent()).await }).await?;
        match outcome.rc {
            result::SUCCESS => Ok(Bound::Right),
            result::INVALID_CREDENTIALS => Ok(Bound::Wrong),
            result::REFERRAL => Ok(Bound::Referred),
            result::CONSTRAINT_VIOLATION
            | result::NO_SUCH_OBJECT
            | result::INAPPROPRIATE_AUTHENTICATION
            | result::INSUFFICIENT_ACCESS_RIGHTS
            | result::UNWILLING_TO_PERFORM => Ok(Bound::Refused),
            // Without the text: it may be about the person.
            code => Err(LdapError::Unavailable(format!("a person's bind ends with result {code}"))),
        }
    }

    /// Waits for an answer, in a task of its own, where a panic ends nothing else.
    async fn ask<T: Send + 'static>(
        &mut self,
        asked: impl Future<Output = ldap3::result::Result<T>> + Send + 'static,
    ) -> Result<T, LdapError> {
        let mut task = JoinSet::new();
        task.spawn(asked);
        match timeout_at(self.deadline, task.join_next()).await {
            Ok(Some(Ok(Ok(answer)))) => Ok(answer),
            // Who reads the line has ended, and the line before that. Never the error's Debug: it holds the request.
            Ok(Some(Ok(Err(error)))) => match timeout_at(self.deadline, self.tasks.join_next()).await {
                Ok(Some(Ok(Err(why)))) => Err(LdapError::Unavailable(why.to_string())),
                Ok(Some(Err(_panicked))) => Err(odd()),
                _ => Err(LdapError::Unavailable(error.to_string())),
            },
            Ok(Some(Err(_panicked))) => Err(odd()),
            Ok(None) | Err(_) => Err(LdapError::too_late()),
        }
    }
}

/// How TLS names a host.
pub(super) fn server_name(host: &str) -> Result<ServerName<'static>, LdapError> {
    ServerName::try_from(host.to_owned()).map_err(|error| LdapError::Unavailable(format!("ldap.urls: {host}: {error}")))
}

fn odd() -> LdapError {
    LdapError::Unavailable("its answer is not as RFC 4511 has it".to_owned())
}

/// What an operator must see to, in the server's words, on one line and cut off.
fn refusal(what: &str, outcome: &LdapResult) -> LdapError {
    let text: String = outcome.text.chars().take(200).flat_map(char::escape_debug).collect();
    LdapError::Unavailable(format!("{what} ends with result {}: {text}", outcome.rc))
}
