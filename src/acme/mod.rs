//! The certificate of this server from an ACME server (RFC 8555), such as Let's Encrypt: asked for, proven on the port that
//! clients connect to (TLS-ALPN-01, RFC 8737), and renewed in time.
//!
//! What must not be lost lies in `tls.acme.folder`: the account, the certificate with its key, and when the next order may
//! begin. So neither restarts nor failures make more orders than an ACME server allows.

mod http;
mod order;
mod state;
#[cfg(test)]
mod tests;

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::settings::AcmeSettings;
use crate::tls::ServerCertificate;
use http::Http;
use state::State;

/// How long to wait at most before looking whether an order is due: the clock may be set.
const LOOK: Duration = Duration::from_secs(60);
/// How long one order may take.
const DEADLINE: Duration = Duration::from_secs(300);
/// The pause after the first order that failed. Each further one doubles it: Let's Encrypt allows five an hour.
const FIRST_PAUSE: Duration = Duration::from_secs(15 * 60);
/// The longest pause after an order that failed.
const LONGEST_PAUSE: Duration = Duration::from_secs(12 * 3600);
/// When to renew a certificate that does not say how long it counts.
const UNTOLD: Duration = Duration::from_secs(30 * 86_400);

/// Why there is no other certificate.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// The settings, or the files in `tls.acme.folder`.
    #[error("{0}")]
    Local(String),
    /// What the ACME server says, or why it cannot be asked.
    #[error(transparent)]
    Server(#[from] instant_acme::Error),
    /// The ACME server has another list of accounts than when this one was made.
    #[error("the ACME server does not know the account any more; the next attempt makes another")]
    UnknownAccount,
    /// The ACME server did not find what it looked for.
    #[error("{0}")]
    Unproven(String),
    /// It took too long.
    #[error("it took longer than {} seconds", DEADLINE.as_secs())]
    Late,
}

/// Keeps the certificate of a server.
pub struct Acme {
    settings: AcmeSettings,
    folder: PathBuf,
    certificate: Arc<ServerCertificate>,
    http: Http,
    clock: Arc<dyn Clock>,
}

impl Acme {
    /// For this certificate, which is read from the folder of the settings. `None`: the settings name no ACME server.
    /// Makes the folder if it is missing.
    ///
    /// # Errors
    /// [`AcmeError::Local`].
    pub fn new(
        settings: &AcmeSettings,
        certificate: &Arc<ServerCertificate>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Option<Self>, AcmeError> {
        let Some(folder) = settings.folder.as_ref().filter(|_| settings.directory.is_some()) else { return Ok(None) };
        let folder = PathBuf::from(folder);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(|error: io::Error| {
            AcmeError::Local(format!("folder: {} cannot be made: {error}", folder.display()))
        })?;
        Ok(Some(Self {
            settings: settings.clone(),
            folder,
            certificate: Arc::clone(certificate),
            http: Http::new(settings)?,
            clock: Arc::clone(clock),
        }))
    }

    /// Orders a certificate whenever one is due, until dropped. Logs each order, and why it failed.
    pub async fn keep(self) {
        let mut told = String::new();
        loop {
            match self.order_if_due().await {
                Ok(wait) => sleep(wait).await,
                // Without knowing when it ordered last it orders nothing.
                Err(error) => {
                    if error != told {
                        tracing::error!(%error, "no certificate can be ordered");
                        told = error;
                    }
                    sleep(LOOK).await;
                }
            }
        }
    }

    /// Returns how long to wait before looking again.
    async fn order_if_due(&self) -> Result<Duration, String> {
        let state = State::read(&self.folder)?;
        let now = self.clock.now();
        let due = self.due(&state, now);
        if due > now {
            return Ok(due.since(now).min(LOOK));
        }
        // Before it is tried: should this end here, the next start knows of it.
        let failures = if self.is_of_these_settings(&state) { state.failures.saturating_add(1) } else { 1 };
        let pause = FIRST_PAUSE.saturating_mul(1 << (failures - 1).min(16)).min(LONGEST_PAUSE);
        self.note(now.plus(pause), failures)?;
        let ordered = timeout(DEADLINE, self.order()).await.map_err(|_| AcmeError::Late).flatten();
        self.certificate.forget_proofs();
        match ordered.and_then(|()| self.take_up()) {
            Ok(renewal) => {
                self.note(renewal, 0)?;
                tracing::info!(domains = ?self.settings.domains, "there is another certificate, by ACME");
            }
            Err(error) => tracing::error!(
                %error,
                attempt = failures,
                next_attempt_in_seconds = pause.as_secs(),
                "a certificate could not be had by ACME; the one that there is stays"
            ),
        }
        Ok(Duration::ZERO)
    }

    /// When the next order may begin.
    fn due(&self, state: &State, now: Timestamp) -> Timestamp {
        let at_once = Timestamp::from_millis(0);
        if !self.is_of_these_settings(state) || (state.failures == 0 && !self.certificate.is_there()) {
            return at_once;
        }
        let noted = Timestamp::from_millis(state.next_order.saturating_mul(1000));
        // What is noted lies no further ahead than this, unless the clock was ahead then, and has been set since.
        let is_right = |longest: Duration| noted <= now.plus(longest).plus(LOOK);
        if state.failures > 0 {
            return if is_right(LONGEST_PAUSE) { noted } else { at_once };
        }
        let (third, late) = self.renewal();
        let is_of_it = state.certificate_end == self.certificate_end();
        // Of a note that is right and of this certificate, `late` may have been over when it was written.
        if is_of_it && is_right(third) { noted } else { noted.min(late) }
    }

    fn is_of_these_settings(&self, state: &State) -> bool {
        Some(&state.directory) == self.settings.directory.as_ref() && state.domains == self.settings.domains
    }

    fn note(&self, next: Timestamp, failures: u32) -> Result<(), String> {
        let directory = self.settings.directory.clone().unwrap_or_default();
        let next_order = next.millis().div_ceil(1000);
        let domains = self.settings.domains.clone();
        State { directory, domains, next_order, failures, certificate_end: self.certificate_end() }.write(&self.folder)
    }

    /// Has connections get what was ordered. Returns when to renew it: when a third of its time is left, and not before a
    /// third is over, whatever the clock says.
    fn take_up(&self) -> Result<Timestamp, AcmeError> {
        self.certificate.reload().map_err(|error| AcmeError::Local(error.to_string()))?;
        let (third, late) = self.renewal();
        Ok(late.max(self.clock.now().plus(third)))
    }

    /// A third of the time that the certificate has, and when that is left.
    fn renewal(&self) -> (Duration, Timestamp) {
        let Some((begins, ends)) = self.certificate.lifetime() else { return (UNTOLD, Timestamp::from_millis(0)) };
        let third = ends.saturating_sub(begins) / 3;
        let late = u64::try_from(ends.saturating_sub(third).as_millis()).unwrap_or(u64::MAX);
        (third, Timestamp::from_millis(late))
    }

    /// When the certificate ends, in seconds since 1970; 0: there is none, or it does not say so.
    fn certificate_end(&self) -> u64 {
        self.certificate.ends().unwrap_or_default().as_secs()
    }

    /// Whether the ACME server that the settings name answers. Orders nothing.
    ///
    /// # Errors
    /// [`AcmeError`].
    pub async fn probe(settings: &AcmeSettings) -> Result<(), AcmeError> {
        Http::new(settings)?.probe(settings.directory.as_deref().unwrap_or_default()).await
    }
}

/// Runs what reads or writes files, off the threads that must not wait.
async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, AcmeError> {
    match spawn_blocking(work).await {
        Ok(done) => done.map_err(AcmeError::Local),
        Err(error) => Err(AcmeError::Local(error.to_string())),
    }
}
