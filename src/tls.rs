//! TLS: one provider of cryptography for all of it, and the certificate of this server.

use std::collections::HashMap;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aws_lc_rs::digest::{Context, Digest, SHA256};
use chrono::NaiveDateTime;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, ServerConfig};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

/// What a client and this server speak inside of TLS, as they name it when they agree (RFC 7301; RFC 9113, 3.2).
pub const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";
/// What an ACME server says that looks whether a domain is this server's (RFC 8737). Nothing is spoken inside.
pub const ACME: &[u8] = b"acme-tls/1";

/// More than a chain of certificates has, and a key.
const MAX_BYTES: u64 = 1 << 20;

/// Makes every TLS connection of this process use aws-lc-rs. Call it before the first connection; a second call does
/// nothing.
pub fn use_aws_lc() {
    // Refused if a provider is set already; that is aws-lc-rs too, since no other is compiled in.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// TLS that trusts the authorities in this PEM file, or the system's.
///
/// # Errors
/// If the file cannot be read, or holds what is no certificate.
pub fn connector(ca_file: Option<&str>) -> io::Result<TlsConnector> {
    use_aws_lc();
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let wrong = |error: &dyn std::fmt::Display| io::Error::other(format!("{path}: {error}"));
            for certificate in read_authorities(Path::new(path)).map_err(|error| wrong(&error))? {
                roots.add(certificate).map_err(|error| wrong(&error))?;
            }
        }
        // Some of a system's may be odd; a server's certificate that needs these is refused.
        None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn read_authorities(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_file_iter(path).map_err(io::Error::other)?;
    certificates.map(|certificate| certificate.map_err(io::Error::other)).collect()
}

/// Where the certificate of this server and its key stand, each a PEM file.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// The certificate, and those that lead from it to an authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why files are no certificate and its key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
pub struct CertificateError {
    path: String,
    what: String,
}

/// The certificate of this server, with its key. Connections that are open keep the one that they began with.
#[derive(Debug)]
pub struct ServerCertificate {
    files: CertificateFiles,
    /// None yet: nobody can connect.
    current: RwLock<Option<Current>>,
    /// What ACME servers are shown, by domain. None: nobody asks for that.
    proofs: Option<RwLock<HashMap<String, Arc<CertifiedKey>>>>,
}

#[derive(Debug)]
struct Current {
    key: Arc<CertifiedKey>,
    /// Of the files that it was read from.
    digest: Digest,
}

impl CertificateFiles {
    /// Checks that the files hold a certificate and its key.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn check(&self) -> Result<(), CertificateError> {
        self.read().map(drop)
    }

    /// When the certificate ends, in time since 1970; `None`: it does not say so as X.509 has it.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn ends(&self) -> Result<Option<Duration>, CertificateError> {
        self.read().map(|current| end_of(&current.key))
    }

    fn read(&self) -> Result<Current, CertificateError> {
        let wrong = |path: &Path, what: &dyn Display| CertificateError {
            path: path.display().to_string(),
            what: what.to_string(),
        };
        let bytes = |path: &Path| read(path).map_err(|error| wrong(path, &error));
        let chain = bytes(&self.certificate)?;
        // One file is read once: another may take its name in between.
        let apart = if self.key == self.certificate { None } else { Some(bytes(&self.key)?) };
        let key = apart.as_ref().unwrap_or(&chain);
        let mut digest = Context::new(&SHA256);
        digest.update(&chain);
        digest.update(key);

        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&chain).collect();
        let certificates = certificates.map_err(|error| wrong(&self.certificate, &error))?;
        if certificates.is_empty() {
            return Err(wrong(&self.certificate, &"holds no certificate (-----BEGIN CERTIFICATE-----)"));
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
            wrong(&self.key, &"holds no private key (-----BEGIN PRIVATE KEY-----), or one with a password")
        })?;
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let key = CertifiedKey::from_der(certificates, key, &provider).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => wrong(&self.key, &"is not the key of the certificate"),
            rustls::Error::InvalidCertificate(_) => wrong(&self.certificate, &error),
            error => wrong(&self.key, &error),
        })?;
        Ok(Current { key: Arc::new(key), digest: digest.finish() })
    }
}

impl ServerCertificate {
    /// Reads it.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn read(files: CertificateFiles) -> Result<Self, CertificateError> {
        let current = RwLock::new(Some(files.read()?));
        Ok(Self { files, current, proofs: None })
    }

    /// Of a server that gets its certificate by ACME, and may have none yet.
    ///
    /// # Errors
    /// [`CertificateError`], of files that are there.
    pub fn by_acme(files: CertificateFiles) -> Result<Self, CertificateError> {
        let current = if files.certificate.exists() { Some(files.read()?) } else { None };
        Ok(Self { files, current: RwLock::new(current), proofs: Some(RwLock::default()) })
    }

    /// Reads the files again, and has connections that begin from now on get what they hold. Whether that is something
    /// else than before.
    ///
    /// # Errors
    /// [`CertificateError`]; the certificate stays.
    pub fn reload(&self) -> Result<bool, CertificateError> {
        let read = self.files.read()?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let is_another = current.as_ref().is_none_or(|current| read.digest.as_ref() != current.digest.as_ref());
        *current = Some(read);
        Ok(is_another)
    }

    /// Whether there is one.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.key().is_some()
    }

    /// Whether none is to be read yet: none was, and the file is not there.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.proofs.is_some() && !self.is_there() && !self.files.certificate.exists()
    }

    /// Shows this to an ACME server that looks whether the domain is this server's.
    pub fn put_up_proof(&self, domain: String, proof: Arc<CertifiedKey>) {
        if let Some(proofs) = &self.proofs {
            proofs.write().unwrap_or_else(PoisonError::into_inner).insert(domain, proof);
        }
    }

    /// Shows nothing to ACME servers any more.
    pub fn forget_proofs(&self) {
        if let Some(proofs) = &self.proofs {
            proofs.write().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    fn key(&self) -> Option<Arc<CertifiedKey>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|current| Arc::clone(&current.key))
    }

    /// When the certificate ends that connections get that begin now, in time since 1970.
    #[must_use]
    pub fn ends(&self) -> Option<Duration> {
        end_of(self.key()?.as_ref())
    }

    /// When it begins and ends, in time since 1970.
    #[must_use]
    pub fn lifetime(&self) -> Option<(Duration, Duration)> {
        lifetime_of(self.key()?.as_ref())
    }

    /// How to answer handshakes with it: TLS 1.2 and 1.3, and inside HTTP/2 with clients that speak it, else
    /// HTTP/1.1.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn answers(self: &Arc<Self>) -> Result<Arc<ServerConfig>, rustls::Error> {
        use_aws_lc();
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Self>::clone(self);
        let mut config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(resolver);
        config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new()?;
        config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1.to_vec()];
        if self.proofs.is_some() {
            config.alpn_protocols.push(ACME.to_vec());
        }
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if let Some(proofs) = &self.proofs
            && hello.alpn().is_some_and(|mut offered| offered.next() == Some(ACME) && offered.next().is_none())
        {
            let proofs = proofs.read().unwrap_or_else(PoisonError::into_inner);
            return proofs.get(&hello.server_name()?.to_ascii_lowercase()).cloned();
        }
        self.key()
    }
}

fn end_of(key: &CertifiedKey) -> Option<Duration> {
    lifetime_of(key).map(|(_, ends)| ends)
}

/// When a certificate begins and ends, in time since 1970 (RFC 5280, 4.1.2.5).
fn lifetime_of(key: &CertifiedKey) -> Option<(Duration, Duration)> {
    let (_, certificate, _) = element(key.cert.first()?)?;
    let (_, mut fields, _) = element(certificate)?;
    // Version, serial number, algorithm and issuer come before the two instants. The version may be missing.
    let (tag, _, rest) = element(fields)?;
    if tag == EXPLICIT_0 {
        fields = rest;
    }
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (_, validity, _) = element(fields)?;
    let (begins, rest) = instant(validity)?;
    Some((begins, instant(rest)?.0))
}

/// The instant at the beginning of this DER, in time since 1970, and what follows it.
fn instant(bytes: &[u8]) -> Option<(Duration, &[u8])> {
    let (tag, text, rest) = element(bytes)?;
    let text = std::str::from_utf8(text).ok()?;
    let text = match tag {
        // A year of two digits is one from 1950 to 2049.
        UTC_TIME if text.get(..1)? < "5" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        _ => text.to_owned(),
    };
    let instant = NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok()?;
    u64::try_from(instant.and_utc().timestamp()).ok().map(|seconds| (Duration::from_secs(seconds), rest))
}

/// The tags of the version of a certificate, and of an instant whose year has two digits (X.690, 8.1.2).
const EXPLICIT_0: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;

/// The first element of DER in `bytes`: its tag, its content, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_says_when_it_ends() {
        let file = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/tls").join(name);
        let files = CertificateFiles { certificate: file("server.pem"), key: file("server-key.pem") };
        let ends = files.ends().expect("a certificate");
        assert_eq!(ends, Some(Duration::from_secs(4_948_972_622)));
    }

    #[test]
    fn one_file_is_read_whole_while_another_takes_its_name() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let part = |name| std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/tls").join(name));
        let whole = [
            [part("server.pem")?, part("server-key.pem")?].concat(),
            [part("other.pem")?, part("other-key.pem")?].concat(),
        ];
        let (path, next) = (folder.path().join("acme.pem"), folder.path().join("next"));
        std::fs::write(&path, &whole[0])?;
        let files = CertificateFiles { certificate: path.clone(), key: path.clone() };
        let read_often = || (0..200).try_for_each(|_| files.check());
        std::thread::scope(|threads| -> Result<(), Box<dyn std::error::Error>> {
            let reader = threads.spawn(read_often);
            for bytes in whole.iter().cycle() {
                if reader.is_finished() {
                    break;
                }
                std::fs::write(&next, bytes)?;
                std::fs::rename(&next, &path)?;
            }
            Ok(reader.join().map_err(|_| "the reader panicked")??)
        })
    }

    #[test]
    fn bytes_that_are_no_certificate_end_nowhere() {
        for bytes in [&b""[..], b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80\x00\x00", b"\x30\x02\x30\x05"] {
            assert_eq!(element(bytes).and_then(|(_, content, _)| element(content)), None, "{bytes:?}");
        }
    }
}
