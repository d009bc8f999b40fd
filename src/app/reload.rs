//! What is read again while the server runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use crate::tls::ServerCertificate;

/// How often to look whether there is another certificate: much sooner than an old one ends.
const LOOK: Duration = Duration::from_secs(30);

/// Has the server use the certificate that its files hold, soon after they change and at SIGHUP. Never ends.
pub(super) async fn keep_certificate(certificate: Arc<ServerCertificate>) {
    let mut hangup = signal(SignalKind::hangup()).ok();
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = None;
    loop {
        let asked = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = ticks.tick() => {}
            _ = asked => told = None,
        }
        let files = Arc::clone(&certificate);
        match spawn_blocking(move || files.reload()).await {
            Ok(Ok(is_another)) => {
                if is_another || told.take().is_some() {
                    tracing::info!("connections that begin from now on get the certificate of tls.certificate");
                }
            }
            Ok(Err(error)) if told.as_ref() == Some(&error) => {}
            Ok(Err(error)) => {
                tracing::error!(%error, "tls.certificate cannot be read again; the certificate that was read before stays");
                told = Some(error);
            }
            Err(error) => tracing::error!(%error, "tls.certificate could not be read again"),
        }
    }
}
