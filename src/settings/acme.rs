//! `[tls.acme]`

use std::path::PathBuf;

use serde::Deserialize;
use url::{Host, Url};

use super::ServerSettings;
use super::engine::{Checks, files};
use crate::tls::CertificateFiles;

/// More names than a login server has. Let's Encrypt takes 100.
const MAX_DOMAINS: usize = 20;

/// The ACME server that this server gets its certificate from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcmeSettings {
    /// The URL of its directory; empty: there is none.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub directory: Option<String>,
    /// The names in the certificate.
    pub domains: Vec<String>,
    /// The e-mail address that the ACME server is told; empty: none.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub contact: Option<String>,
    /// Where the account and the certificate lie.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub folder: Option<String>,
    /// A PEM file of certificate authorities to trust instead of the system's.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub ca_file: Option<String>,
}

impl AcmeSettings {
    /// The name of the file in the folder that has the certificate and its key.
    pub const CERTIFICATE: &str = "certificate.pem";

    /// Where the certificate and its key are, or will be.
    pub(super) fn files(&self) -> Option<CertificateFiles> {
        self.directory.as_ref()?;
        let path = PathBuf::from(self.folder.as_ref()?).join(Self::CERTIFICATE);
        Some(CertificateFiles { certificate: path.clone(), key: path })
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>, server: &ServerSettings) {
        let (directory, domains, folder) = ("tls.acme.directory", "tls.acme.domains", "tls.acme.folder");
        let Some(url) = &self.directory else { return };
        let is_url = Url::parse(url).is_ok_and(|url| {
            url.scheme() == "https" && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
        });
        checks.must(is_url, directory, "must be an https URL, as \"https://acme-v02.api.letsencrypt.org/directory\"");
        checks.agree(self.folder.is_some(), folder, directory, "must be set where tls.acme.directory is");
        checks.agree(
            (1..=MAX_DOMAINS).contains(&self.domains.len()),
            domains,
            directory,
            format!("must name 1 to {MAX_DOMAINS} domains where tls.acme.directory is set"),
        );
        for domain in &self.domains {
            checks.must(
                is_domain(domain),
                domains,
                format!("must hold names in lower case, as \"login.example.org\", without wildcards; not \"{domain}\""),
            );
        }
        let host = server.public_url.as_ref().and_then(|url| Url::parse(url).ok()?.host_str().map(str::to_owned));
        checks.agree(
            host.is_none_or(|host| self.domains.contains(&host)),
            domains,
            directory,
            "must hold the host of server.public_url",
        );
        let is_address =
            |text: &str| text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
        checks.must(
            self.contact
                .as_deref()
                .is_none_or(|contact| is_address(contact) && !contact.contains([':', ' ', '?', ','])),
            "tls.acme.contact",
            "must be an e-mail address, as \"admin@example.org\"",
        );
    }

    /// Checks the file of authorities, and the certificate if there is one.
    pub(super) fn read_files(&self, checks: &mut Checks<'_>) {
        if let Some(path) = &self.ca_file {
            files::check_authorities(checks, "tls.acme.ca_file", path);
        }
        if let Some(files) = self.files()
            && files.certificate.exists()
            && let Err(error) = files.check()
        {
            checks.wrong("tls.acme.folder", error);
        }
    }
}

/// Whether this is the name of a host as an ACME server takes it.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(is_label)
        && matches!(Host::parse(text), Ok(Host::Domain(_)))
}
