//! Why the server does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::acme::AcmeError;
use crate::auth::ldap::LdapError;
use crate::auth::{PasswordsError, UpstreamError};
use crate::bearer::{KeyError, SecretError};
use crate::mail::MailError;
use crate::otlp::CollectorError;
use crate::sinks::SinkError;
use crate::tls::CertificateError;

/// Why the server does not start: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}{advice}; {setting} chooses another")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The setting that names it.
        setting: &'static str,
        /// Advice, or empty.
        advice: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The socket for commands cannot be made.
    #[error("cannot listen for commands in {}: {source}", folder.display())]
    Admin {
        /// The data folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The secret for the signing keys is missing or cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The secret does not open the store's signing keys.
    #[error(transparent)]
    Keys(KeyError),
    /// The certificate of this server cannot be used.
    #[error("tls: {0}")]
    Certificate(#[from] CertificateError),
    /// TLS cannot be set up.
    #[error("tls: {0}")]
    Tls(#[source] rustls::Error),
    /// The hashing threads do not start.
    #[error(transparent)]
    Passwords(#[from] PasswordsError),
    /// Certificates cannot be ordered.
    #[error("tls.acme: {0}")]
    Acme(#[from] AcmeError),
    /// The signing threads do not start.
    #[error("a signing thread cannot be started: {0}")]
    Signers(#[source] io::Error),
    /// The settings of the LDAP server are wrong.
    #[error("ldap: {0}")]
    Ldap(#[from] LdapError),
    /// The settings of the mail server are wrong.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The settings of what events are sent to are wrong.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The settings of the collector of traces are wrong.
    #[error(transparent)]
    Collector(#[from] CollectorError),
    /// The settings of the identity provider are wrong.
    #[error("openid: {0}")]
    Provider(String),
    /// The settings of the old service are wrong.
    #[error("upstream: {0}")]
    Upstream(#[from] UpstreamError),
}

impl StartError {
    /// The error for an address that the system does not give.
    pub(super) fn listen(address: SocketAddr, setting: &'static str, source: io::Error) -> Self {
        let advice = match source.kind() {
            io::ErrorKind::AddrInUse => " (another program listens there)",
            io::ErrorKind::PermissionDenied => " (ports below 1024 are for root)",
            _ => "",
        };
        Self::Listen { address, setting, advice, source }
    }
}
