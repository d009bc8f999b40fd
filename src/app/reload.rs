//! What is read again while the server runs.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use super::supervisor::Supervisor;
use crate::http::middleware::cors::Policy;
use crate::http::pages::Brand;
use crate::session::Applications;
use crate::settings::{BrandingSettings, IntrospectionSettings, Problem, Setting, Settings, Sources};
use crate::telemetry;
use crate::tls::{CertificateError, ServerCertificate};

/// How often to look whether there is another certificate: much sooner than an old one ends.
const LOOK: Duration = Duration::from_secs(30);

/// The settings that a running server takes over. All others count after a restart.
const TAKEN_OVER: [&str; 12] = [
    "server.allowed_origins",
    "server.allowed_headers",
    "server.allow_credentials",
    "directory.applications",
    INTROSPECTION,
    "introspection.clients_file",
    "log.level",
    "branding.logo",
    "branding.accent",
    "branding.help",
    "branding.privacy",
    "branding.imprint",
];
const INTROSPECTION: &str = "introspection.clients";

/// What of the settings may change while the server runs. Cheap to clone: every clone is the same.
#[derive(Clone)]
pub(super) struct LiveSettings {
    pub(super) cors: Policy,
    pub(super) introspection: Arc<ArcSwap<IntrospectionSettings>>,
    pub(super) applications: Applications,
    pub(super) brand: Arc<ArcSwap<Brand>>,
    /// The settings in force, as operators see them.
    pub(super) shown: Arc<ArcSwap<Vec<Setting>>>,
}

impl LiveSettings {
    pub(super) fn new(settings: &Settings, shown: Vec<Setting>) -> Self {
        Self {
            cors: Policy::new(&settings.server),
            introspection: Arc::new(ArcSwap::from_pointee(settings.introspection.clone())),
            applications: Applications::new(&settings.directory.applications),
            brand: Arc::new(ArcSwap::from_pointee(Brand::new(&settings.branding))),
            shown: Arc::new(ArcSwap::from_pointee(shown)),
        }
    }

    /// Reads the settings again, takes over what can be, and says which changes count after a restart only. Wrong settings
    /// change nothing.
    async fn reload(&self, sources: &Sources) {
        let sources = sources.clone();
        match spawn_blocking(move || Settings::load_shown(&sources)).await {
            Ok(Ok((settings, now))) => {
                // Secrets in a file of their own change without the setting that names it.
                let others = !settings.introspection.is_as(&self.introspection.load());
                self.take_over(settings);
                self.tell(now, others);
            }
            Ok(Err(problems)) => {
                for Problem { location, what } in problems.iter() {
                    tracing::error!(place = %location, problem = what, "the settings are wrong, and nothing is changed");
                }
            }
            Err(error) => tracing::error!(%error, "the settings could not be read again"),
        }
    }

    fn take_over(&self, settings: Settings) {
        self.cors.replace(&settings.server);
        self.introspection.store(Arc::new(settings.introspection));
        self.applications.replace(&settings.directory.applications);
        // Mails have the name that the server was started with.
        let name = self.brand.load().name.clone();
        self.brand.store(Arc::new(Brand::new(&BrandingSettings { name, ..settings.branding })));
        if let Err(error) = telemetry::set_level(&settings.log) {
            tracing::error!(%error, "log.level cannot be changed");
        }
    }

    /// Says what has changed.
    fn tell(&self, now: Vec<Setting>, others_may_introspect: bool) {
        let mut in_force = Vec::clone(&self.shown.load());
        let mut is_as_before = true;
        for (was, is) in in_force.iter_mut().zip(now) {
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
        self.shown.store(Arc::new(in_force));
    }
}

/// Has the server use what its files say: the settings at SIGHUP, of which the service manager is told, and the certificate
/// then and soon after its files change. Never ends.
pub(super) async fn keep_up_to_date(
    sources: Option<Sources>,
    live: LiveSettings,
    certificate: Option<Arc<ServerCertificate>>,
    supervisor: Arc<Supervisor>,
) {
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
        let is_asked = tokio::select! {
            _ = ticks.tick() => false,
            _ = asked => true,
        };
        if is_asked {
            supervisor.reloading().await;
            told = None;
            if let Some(sources) = &sources {
                live.reload(sources).await;
            }
        }
        if let Some(certificate) = &certificate {
            reload_certificate(certificate, &mut told).await;
        }
        if is_asked {
            supervisor.ready().await;
        }
    }
}

/// `told`: the error that was logged last time.
async fn reload_certificate(certificate: &Arc<ServerCertificate>, told: &mut Option<CertificateError>) {
    let files = Arc::clone(certificate);
    if certificate.is_awaited() {
        return;
    }
    match spawn_blocking(move || files.reload()).await {
        Ok(Ok(is_another)) => {
            if is_another || told.take().is_some() {
                tracing::info!("connections that begin from now on get the certificate of tls.certificate");
            }
        }
        Ok(Err(error)) if told.as_ref() == Some(&error) => {}
        Ok(Err(error)) => {
            tracing::error!(%error, "tls.certificate cannot be read again; the certificate that was read before stays");
            *told = Some(error);
        }
        Err(error) => tracing::error!(%error, "tls.certificate could not be read again"),
    }
}
