//! TLS: one provider of cryptography for all of it, and the certificate of this server.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::digest::{Context, Digest, SHA256};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, ServerConfig};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

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
    current: RwLock<Current>,
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

    fn read(&self) -> Result<Current, CertificateError> {
        let wrong = |path: &Path, what: &dyn Display| CertificateError {
            path: path.display().to_string(),
            what: what.to_string(),
        };
        let bytes = |path: &Path| read(path).map_err(|error| wrong(path, &error));
        let (chain, key) = (bytes(&self.certificate)?, bytes(&self.key)?);
        let mut digest = Context::new(&SHA256);
        digest.update(&chain);
        digest.update(&key);

        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&chain).collect();
        let certificates = certificates.map_err(|error| wrong(&self.certificate, &error))?;
        if certificates.is_empty() {
            return Err(wrong(&self.certificate, &"holds no certificate (-----BEGIN CERTIFICATE-----)"));
        }
        let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| {
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
        let current = RwLock::new(files.read()?);
        Ok(Self { files, current })
    }

    /// Reads the files again, and has connections that begin from now on get what they hold. Whether that is something
    /// else than before.
    ///
    /// # Errors
    /// [`CertificateError`]; the certificate stays.
    pub fn reload(&self) -> Result<bool, CertificateError> {
        let read = self.files.read()?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let is_another = read.digest.as_ref() != current.digest.as_ref();
        *current = read;
        Ok(is_another)
    }

    /// How to answer handshakes with it: TLS 1.2 and 1.3, and HTTP/1.1 inside.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn answers(self: &Arc<Self>) -> Result<Arc<ServerConfig>, rustls::Error> {
        use_aws_lc();
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Self>::clone(self);
        let mut config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(resolver);
        config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new()?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).key))
    }
}

fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
