//! An LDAP server that proves people by their password: a search finds the entry, a bind as that entry is the proof.
//!
//! The server may be down when this one starts, and at any time later. Each login has a connection of its own, which never
//! carries a password before it is encrypted, and is closed after the bind. Referrals are not followed: they would take
//! the password to whomever an answer names.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::{Peer, PeerMetrics};
use crate::domain::{Account, Email, Password};
use crate::settings::{LdapServer, LdapSettings};
use crate::telemetry::{SpanKind, in_span};
use crate::tls::connector;

mod conversation;
mod entry;
mod line;

pub use conversation::Bound;
use conversation::{Conversation, Searched, server_name};
pub use entry::Entry;
use line::Encryption;

/// The configured LDAP server, shared by all logins.
pub struct Ldap {
    settings: LdapSettings,
    servers: Vec<(LdapServer, Encryption)>,
    /// Which server answered last: it is asked first.
    first: AtomicUsize,
    free: Arc<Semaphore>,
    metrics: PeerMetrics,
}

/// Why the server proved nobody, and refused nobody.
#[derive(Debug, thiserror::Error)]
pub enum LdapError {
    /// As many logins are asked for there as may be.
    #[error("as many logins are asked for at the LDAP server as may be")]
    Busy,
    /// It cannot be reached, is not the one it should be, answers nonsense, or refuses what is no person's.
    #[error("the LDAP server is unavailable: {0}")]
    Unavailable(String),
}

/// What was found of a person, and the connection on which to prove them.
pub struct LookedUp {
    found: Found,
    conversation: Conversation,
    /// A bind that fails, for whom no entry was found.
    decoy: String,
    metrics: PeerMetrics,
    _place: OwnedSemaphorePermit,
}

/// Who was found.
#[derive(Debug)]
pub enum Found {
    /// One person.
    One(Entry),
    /// Nobody.
    Nobody,
    /// Nobody, but the server refers to others, which are not asked.
    Elsewhere,
    /// Somebody of whom it cannot be said who they are: a sentence for the operator.
    Unclear(String),
}

impl Ldap {
    /// Sets it up, if the settings name a server. Does not connect, since it may not be there yet.
    ///
    /// # Errors
    /// [`LdapError::Unavailable`]: certificate authorities that cannot be read, or a host that no certificate can name.
    pub fn new(settings: &LdapSettings) -> Result<Option<Self>, LdapError> {
        if settings.urls.is_empty() {
            return Ok(None);
        }
        let encrypts = settings.starttls || settings.servers().iter().any(|server| server.ldaps);
        let tls = encrypts.then(|| connector(settings.ca_file.as_deref())).transpose();
        let tls = tls.map_err(|error| LdapError::Unavailable(error.to_string()))?;
        let servers = settings.servers().into_iter().map(|server| {
            let encryption = match &tls {
                Some(tls) if server.ldaps => Encryption::Tls(tls.clone(), server_name(&server.host)?),
                Some(tls) if settings.starttls => Encryption::StartTls(tls.clone(), server_name(&server.host)?),
                _ => Encryption::None,
            };
            Ok((server, encryption))
        });
        let servers = servers.collect::<Result<_, LdapError>>()?;
        let free = Arc::new(Semaphore::new(settings.max_connections));
        let (first, metrics) = (AtomicUsize::new(0), PeerMetrics::new(Peer::Ldap));
        Ok(Some(Self { settings: settings.clone(), servers, first, free, metrics }))
    }

    /// What is counted of it.
    #[must_use]
    pub const fn metrics(&self) -> &PeerMetrics {
        &self.metrics
    }

    /// What stands for it in a [`Subject`](crate::domain::Subject).
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Whether a person whom only it knows gets an account.
    #[must_use]
    pub const fn provisions(&self) -> bool {
        self.settings.provision
    }

    /// Whether it is asked for somebody who typed this address, and for the user who has it. Does not depend on whether the
    /// user is disabled: that would show by the time it takes.
    #[must_use]
    pub fn is_asked_for(&self, email: &Email, user: Option<&Account>) -> bool {
        let domains = &self.settings.domains;
        let domain = email.as_str().rsplit_once('@').map(|(_, domain)| domain);
        let ours = || {
            let same = |known: &String| domain.is_some_and(|domain| is_domain(known, domain));
            domains.is_empty() || domains.iter().any(same)
        };
        match user {
            Some(user) if user.password.is_some() => false,
            Some(user) => match &user.profile.subject {
                Some(subject) => *subject.issuer == *self.settings.issuer,
                None => ours(),
            },
            None => ours(),
        }
    }

    /// Looks for the person who has this address. [`LookedUp::prove`] must follow in any case: only then do all refusals
    /// take the same exchanges.
    ///
    /// # Errors
    /// [`LdapError`].
    pub async fn look_up(&self, email: &Email) -> Result<LookedUp, LdapError> {
        let place = Arc::clone(&self.free).try_acquire_owned().map_err(|_| LdapError::Busy)?;
        let address = email.ascii_domain();
        let search = in_span(SpanKind::Client, "ldap search", self.search(&address));
        let (conversation, searched) = self.metrics.watch(search, |_| true).await?;
        let decoy = format!("cn={},{}", Uuid::new_v4(), self.settings.base);
        let metrics = self.metrics.clone();
        Ok(LookedUp { found: self.judge(searched), conversation, decoy, metrics, _place: place })
    }

    /// Connects and searches as for a login, for nobody who is there.
    ///
    /// # Errors
    /// [`LdapError`].
    pub async fn probe(&self) -> Result<(), LdapError> {
        self.search(&Uuid::new_v4().to_string()).await.map(drop)
    }

    /// Connects, and searches for the person who has this address.
    async fn search(&self, address: &str) -> Result<(Conversation, Searched), LdapError> {
        let LdapSettings { base, filter, bind_dn, bind_password, .. } = &self.settings;
        let mut conversation = self.connect().await?;
        if let (Some(dn), Some(password)) = (bind_dn, bind_password) {
            conversation.bind_to_search(dn, password.reveal()).await?;
        }
        let filter = filter.replace(LdapSettings::PLACE, &ldap3::ldap_escape(address));
        let searched = conversation.search(base.clone(), filter, Entry::attributes(&self.settings)).await?;
        Ok((conversation, searched))
    }

    fn judge(&self, searched: Searched) -> Found {
        let Searched { mut entries, refers } = searched;
        match (entries.pop(), entries.pop()) {
            (Some(entry), None) => Entry::read(entry, &self.settings).map_or_else(Found::Unclear, Found::One),
            (Some(_), Some(_)) => Found::Unclear("ldap.filter finds more than one entry".to_owned()),
            (None, _) if refers => Found::Elsewhere,
            (None, _) => Found::Nobody,
        }
    }

    /// A connection to the first server that takes one, within the time of a login. Each gets its share of it.
    async fn connect(&self) -> Result<Conversation, LdapError> {
        let deadline = Instant::now() + self.settings.timeout;
        let (first, count) = (self.first.load(Ordering::Relaxed), self.servers.len());
        let mut causes = Vec::new();
        for nth in 0..count {
            let place = (first + nth) % count;
            let (LdapServer { host, port, .. }, encryption) = &self.servers[place];
            let left = u32::try_from(count - nth).unwrap_or(u32::MAX);
            let share = Instant::now() + deadline.saturating_duration_since(Instant::now()) / left;
            match timeout_at(share, Conversation::begin(host, *port, encryption.clone(), deadline)).await {
                Ok(Ok(conversation)) => {
                    self.first.store(place, Ordering::Relaxed);
                    return Ok(conversation);
                }
                Ok(Err(error)) => causes.push(format!("{host}:{port}: {error}")),
                Err(_) => causes.push(format!("{host}:{port}: {}", LdapError::TOO_LATE)),
            }
        }
        Err(LdapError::Unavailable(causes.join("; ")))
    }
}

impl LookedUp {
    /// Who was found.
    #[must_use]
    pub const fn found(&self) -> &Found {
        &self.found
    }

    /// Proves who was found by a bind. For whom nobody was found, it binds as an entry that is not there.
    ///
    /// # Errors
    /// [`LdapError::Unavailable`].
    pub async fn prove(self, password: Password) -> Result<(Found, Bound), LdapError> {
        let (dn, password) = match &self.found {
            Found::One(entry) => (entry.dn.clone(), password),
            // The password of somebody who is not there is none of the server's business.
            _ => (self.decoy, Password::new(&Uuid::new_v4().to_string()).unwrap_or(password)),
        };
        let bind = in_span(SpanKind::Client, "ldap bind", self.conversation.bind(dn, password));
        let bound = self.metrics.watch(bind, |_| true).await?;
        Ok((self.found, bound))
    }
}

impl LdapError {
    const TOO_LATE: &str = "no answer within ldap.timeout";

    fn too_late() -> Self {
        Self::Unavailable(Self::TOO_LATE.to_owned())
    }
}

/// Whether both name one domain; the second is in the form in which addresses are compared.
fn is_domain(known: &str, domain: &str) -> bool {
    Email::new(&format!("a@{known}")).is_some_and(|email| email.as_str().strip_prefix("a@") == Some(domain))
}
