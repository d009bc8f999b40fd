//! `[tls]`

use std::path::Path;

use serde::Deserialize;

use super::engine::{Checks, open_to_others};
use super::{AcmeSettings, ServerSettings};
use crate::tls::CertificateFiles;

/// TLS on the listener that clients connect to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// A PEM file of this server's certificate, and of those that lead from it to an authority; empty: no TLS.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub certificate: Option<String>,
    /// A PEM file of its private key.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub key: Option<String>,
    /// The ACME server that they come from, if they are no files of the operator's.
    pub acme: AcmeSettings,
}

impl TlsSettings {
    /// Whether connections are encrypted.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.certificate.is_some() || self.acme.directory.is_some()
    }

    /// Where the certificate and its key stand, if connections are encrypted. With an ACME server they may not be there yet.
    #[must_use]
    pub fn files(&self) -> Option<CertificateFiles> {
        if self.acme.directory.is_some() {
            return self.acme.files();
        }
        let (certificate, key) = (self.certificate.as_ref()?.into(), self.key.as_ref()?.into());
        Some(CertificateFiles { certificate, key })
    }

    /// A warning about settings that are allowed but hardly intended: a sentence.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let open = self.key.as_deref().filter(|path| open_to_others(Path::new(path)));
        open.map(|path| format!("tls.key: {path} can be read by other users; chmod 600 it"))
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>, server: &ServerSettings) {
        let (certificate, key) = ("tls.certificate", "tls.key");
        checks.agree(
            self.certificate.is_some() == self.key.is_some(),
            key,
            certificate,
            "must both be set, or neither",
        );
        self.acme.check(checks, server);
        let directory = "tls.acme.directory";
        let both = self.certificate.is_some() && self.acme.directory.is_some();
        checks.agree(!both, directory, certificate, "must not be set where tls.certificate is");
        if !self.is_on() {
            return;
        }
        let given = if self.certificate.is_some() { certificate } else { directory };
        let is_https = server.public_url.as_ref().is_some_and(|url| url.starts_with("https:"));
        checks.agree(
            is_https,
            "server.public_url",
            given,
            "must be the https URL by which clients know this server where there is TLS",
        );
        checks.agree(
            server.private_listen.is_some(),
            "server.private_listen",
            given,
            "must be set where there is TLS: no proxy hides the metrics, and probes know no certificates",
        );
    }

    /// Reads the files, to see whether they are a certificate and its key.
    pub(super) fn read_files(&self, checks: &mut Checks<'_>) {
        if self.acme.directory.is_some() {
            self.acme.read_files(checks);
        } else if let Some(Err(error)) = self.files().map(|files| files.check()) {
            checks.wrong("tls.certificate", error);
        }
    }
}
