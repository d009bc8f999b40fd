//! What is read again while the server runs.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use crate::http::middleware::cors::Policy;
use crate::session::Applications;
use crate::settings::{IntrospectionSettings, Problem, Setting, Settings, Sources};
use crate::telemetry;
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

/// The settings that a running server takes over. All others count after a restart.
const TAKEN_OVER: [&str; 7] = [
    "server.allowed_origins",
    "server.allowed_headers",
    "server.allow_credentials",
    "directory.applications",
    INTROSPECTION,
    "introspection.clients_file",
    "log.level",
];
const INTROSPECTION: &str = "introspection.clients";

/// What of the settings may change while the server runs. Cheap to clone: every clone is the same.
#[derive(Clone)]
pub(super) struct LiveSettings {
    pub(super) cors: Policy,
    pub(super) introspection: Arc<ArcSwap<IntrospectionSettings>>,
    pub(super) applications: Applications,
}

impl LiveSettings {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            cors: Policy::new(&settings.server),
            introspection: Arc::new(ArcSwap::from_pointee(settings.introspection.clone())),
            applications: Applications::new(&settings.directory.applications),
        }
    }

    fn take_over(&self, settings: Settings) {
        self.cors.replace(&settings.server);
        self.introspection.store(Arc::new(settings.introspection));
        self.applications.replace(&settings.directory.applications);
        if let Err(error) = telemetry::set_level(&settings.log) {
            tracing::error!(%error, "log.level cannot be changed");
        }
    }
}

/// Reads the settings again at each SIGHUP, takes over what can be, and says which changes count after a restart only.
/// Wrong settings change nothing. Never ends.
pub(super) async fn keep_settings(sources: Sources, live: LiveSettings) {
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    let mut before = Settings::show(&sources).unwrap_or_default();
    while hangup.recv().await.is_some() {
        let sources = sources.clone();
        match spawn_blocking(move || Settings::load_shown(&sources)).await {
            Ok(Ok((settings, now))) => {
                // Secrets in a file of their own change without the setting that names it.
                let others = !settings.introspection.is_as(&live.introspection.load());
                live.take_over(settings);
                tell(&mut before, now, others);
            }
            Ok(Err(problems)) => {
                for Problem { location, what } in problems.iter() {
                    tracing::error!(place = %location, problem = what, "the settings are wrong, and nothing is changed");
                }
            }
            Err(error) => tracing::error!(%error, "the settings could not be read again"),
        }
    }
}

/// Says what has changed since `before`, which then is as the server has it.
fn tell(before: &mut [Setting], now: Vec<Setting>, others_may_introspect: bool) {
    let mut is_as_before = true;
    for (was, is) in before.iter_mut().zip(now) {
        let is_taken_over = TAKEN_OVER.contains(&&*is.key);
        if was.is_as(&is) && !(is.key == INTROSPECTION && others_may_introspect) {
            continue;
        }
        is_as_before = false;
        if is_taken_over {
            tracing::info!(setting = is.key, "a setting has changed, and counts from now on");
            *was = is;
        } else {
            tracing::warn!(setting = is.key, "a setting has changed, and counts after a restart");
        }
    }
    if is_as_before {
        tracing::info!("the settings were read again, and are as before");
    }
}
