//! The composition root: settings -> store -> services -> HTTP. The server as a value with `build` and `run`, which
//! `bimgate serve` and the tests start alike.

mod dependencies;
mod error;
mod gauges;
mod listeners;
mod post;
mod reload;
mod supervisor;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use tokio::sync::mpsc::{self, Receiver};
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

use crate::acme::Acme;
use crate::admin::note_uses;
use crate::auth::ldap::Ldap;
use crate::auth::oidc::OpenId;
use crate::auth::{FactorKey, PasswordMetrics, Passwords, Upstream, remind};
use crate::backup::{BackupMetrics, take_regularly};
use crate::bearer::{Bearers, KeyError, Sealer, keep_keys};
use crate::clock::{Clock, SystemClock};
use crate::domain::TokenDigest;
use crate::events::{self, HeadKey, Recorder};
use crate::http::Metrics;
use crate::http::listener::Server;
use crate::http::ops::Ops;
use crate::login::LoginSealer;
use crate::mail::Mailer;
use crate::otlp::Exporter;
use crate::session::{
    CensusMetrics, PublicUrl, WaiterLimits, Waiters, close_due, keep_census, run_maintenance, sync_clock,
};
use crate::settings::{Setting, Settings, Sources};
use crate::sinks::Sinks;
use crate::store::Store;
use crate::telemetry::Tracer;
use crate::tls::ServerCertificate;
use dependencies::Dependencies;
use listeners::{Operators, bound, listen_for_commands, listen_for_operators, listen_privately, listen_publicly};
use post::Post;
use reload::{LiveSettings, keep_up_to_date};
use supervisor::Supervisor;

pub use error::StartError;

/// How long running commands may take when the server stops.
const ADMIN_STOP: Duration = Duration::from_secs(5);
/// How many uses of API tokens may wait to be noted.
const TOKEN_USES: usize = 16;
/// How long running probes and scrapes may take when the server stops.
const PRIVATE_STOP: Duration = Duration::from_secs(1);
/// How long mail that waits may take when everything else has ended.
const POST_STOP: Duration = Duration::from_secs(3);

/// How long the last events may take. Their writer's own limit is shorter.
const EVENTS_STOP: Duration = Duration::from_secs(4);
/// How long sinks may take after that. Their own limit is shorter.
const SINKS_STOP: Duration = Duration::from_secs(4);
/// How long the last spans may take, beside the last events. Their exporter's own limit is shorter.
const SPANS_STOP: Duration = Duration::from_secs(4);

/// A server that is bound but does not serve yet.
pub struct App {
    settings: Settings,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    passwords: Arc<Passwords>,
    /// The management API for the commands of this machine.
    admin: Option<Server>,
    /// The management API for programs with API tokens, and its address.
    manage: Option<(Server, SocketAddr)>,
    /// The API tokens that are used.
    uses: Receiver<TokenDigest>,
    public: Server,
    /// The listener of health and metrics, if they are not public, and its address.
    private: Option<(Server, SocketAddr)>,
    address: SocketAddr,
    base: PublicUrl,
    ops: web::Data<Ops>,
    bearers: Arc<Bearers>,
    waiting: Arc<Waiters>,
    census: CensusMetrics,
    metrics: Metrics,
    live: LiveSettings,
    upstream: Option<Arc<Upstream>>,
    certificate: Option<Arc<ServerCertificate>>,
    /// Keeps the certificate, if it comes from an ACME server.
    acme: Option<Acme>,
    /// Sends mail, if the settings name a server for that.
    post: Option<Post>,
    /// Writes events.
    events: events::Writer,
    /// Sends events elsewhere, if the settings say so.
    sinks: Option<Sinks>,
    /// Sends the spans of requests, if the settings name a collector.
    spans: Option<Exporter>,
    /// What is counted of backups, if the server takes any.
    backups: Option<BackupMetrics>,
}

impl App {
    /// Binds everything. In `data_folder` commands reach this server; `None` for a store that other processes can open.
    /// `shown` is what operators see of the settings. `demo`: whether to mount the page of [`crate::demo`].
    ///
    /// # Errors
    /// [`StartError`].
    pub fn build(
        settings: Settings,
        shown: Vec<Setting>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        data_folder: Option<PathBuf>,
        demo: bool,
    ) -> Result<Self, StartError> {
        let (listener, address) = bound(settings.server.listen, "server.listen")?;
        let passwords = Passwords::start(&settings.passwords)?;
        let metrics = Metrics::new(clock.now());
        let ops = web::Data::new(Ops::new(store.for_worker(), metrics.clone()));
        let base = PublicUrl::new(settings.server.public_url.as_deref(), address);
        let sealer = Sealer::of(&settings.signing, data_folder.as_deref())?;
        let (digests, login_sealer) = (sealer.digests().clone(), LoginSealer::new(sealer.secret()));
        let factors = FactorKey::new(sealer.secret());
        let events_key = HeadKey::new(&sealer.secret());
        let bearers = Arc::new(Bearers::new(Arc::clone(&store), sealer, &settings).map_err(StartError::Signers)?);

        let waiting = Arc::new(Waiters::new(waiting_limits(&settings)));
        let (mut events, recorder) = events::Writer::new(store.for_worker(), Arc::clone(&clock), events_key, &settings);
        record(store.as_ref(), &recorder, &metrics);
        let mut sinks = Sinks::new(&settings.events, &store.for_worker(), &clock)?;
        if let Some(sinks) = &mut sinks {
            metrics.show(|page| sinks.metrics().register(page));
            events.tell(sinks.feed());
        }
        let backups = settings.backup.folder.as_ref().map(|_| BackupMetrics::default());
        if let Some(backups) = &backups {
            metrics.show(|page| backups.register(page));
        }

        let (spans, tracer) = exporter(&settings, &metrics)?.unzip();
        let upstream = Upstream::new(&settings.upstream)?;
        let mailer = Mailer::new(&settings.mail)?.map(Arc::new);
        let (post, forgotten) = match &mailer {
            Some(mailer) => {
                let (post, forgotten) = Post::new(mailer, &settings, &store, &clock, &base, &metrics);
                (Some(post), Some(forgotten))
            }
            None => (None, None),
        };
        let live = LiveSettings::new(&settings, shown);
        let parts = Dependencies {
            settings: settings.clone(),
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            passwords: Arc::clone(&passwords),
            metrics: metrics.clone(),
            events: recorder,
            bearers: Arc::clone(&bearers),
            digests,
            factors,
            login_sealer,
            provider: provider(&settings, &base, &clock)?,
            upstream: upstream.clone(),
            ldap: Ldap::new(&settings.ldap)?.map(Arc::new),
            base: base.clone(),
            waiting: Arc::clone(&waiting),
            mailer,
            forgotten,
            password_metrics: PasswordMetrics::default(),
            live: live.clone(),
            tracer,
        };
        let certificate = certificate(&settings)?;
        let acme = certificate.as_ref().map(|certificate| Acme::new(&settings.tls.acme, certificate, &clock));
        let acme = acme.transpose()?.flatten();
        let census = CensusMetrics::default();
        gauges::show(&parts, &census, certificate.as_ref());
        let tls = certificate.as_ref().map(ServerCertificate::answers).transpose().map_err(StartError::Tls)?;
        let public = listen_publicly(&settings, listener, tls.clone(), &parts, &ops, demo)?;
        let private = settings.server.private_listen;
        let private = private.map(|address| listen_privately(&settings, address, &parts, &ops)).transpose()?;
        let (sender, uses) = mpsc::channel(TOKEN_USES);
        let operators = Operators { shown: Arc::clone(&live.shown), census: census.clone(), uses: sender };
        let manage = settings.manage.listen;
        let manage =
            manage.map(|address| listen_for_operators(&settings, address, tls, &parts, &operators)).transpose()?;
        let admin =
            data_folder.map(|folder| listen_for_commands(&settings, &folder, &parts, &operators)).transpose()?;
        Ok(Self {
            settings,
            store,
            clock,
            passwords,
            admin,
            manage,
            uses,
            public,
            private,
            address,
            base,
            ops,
            bearers,
            waiting,
            census,
            metrics,
            live,
            upstream,
            certificate,
            acme,
            post,
            events,
            sinks,
            spans,
            backups,
        })
    }

    /// Takes the time from the store, reads the signing keys, and makes the first one. If the store is unavailable, a
    /// background task does this later: the v2 API needs no keys.
    ///
    /// # Errors
    /// [`StartError::Keys`] if the secret does not open the keys.
    pub async fn prepare(&self) -> Result<(), StartError> {
        sync_clock(self.store.as_ref(), self.clock.as_ref()).await;
        match self.bearers.read(self.clock.now()).await {
            Ok(()) | Err(KeyError::Store(_)) => Ok(()),
            Err(error) => Err(StartError::Keys(error)),
        }
    }

    /// The address that clients connect to. Port 0 in the settings gives a free port.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether clients reach it by TLS.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.certificate.is_some()
    }

    /// The URL that clients know it by.
    #[must_use]
    pub const fn base(&self) -> &PublicUrl {
        &self.base
    }

    /// The address of health and metrics, if they have their own.
    #[must_use]
    pub fn private_address(&self) -> Option<SocketAddr> {
        self.private.as_ref().map(|(_, address)| *address)
    }

    /// The address of the management API, if it has one.
    #[must_use]
    pub fn manage_address(&self) -> Option<SocketAddr> {
        self.manage.as_ref().map(|(_, address)| *address)
    }

    /// Serves until `stop` is ready, tells a service manager so if there is one, and reads the settings in `sources` again
    /// at SIGHUP. Then takes no new connections, finishes running requests, closes the store, and returns, within
    /// `server.shutdown_timeout` and a few seconds.
    pub async fn run(self, stop: impl Future<Output = ()>, sources: Option<Sources>) {
        let supervisor = Arc::new(Supervisor::of_environment());
        let mut background = JoinSet::new();
        background.spawn(run_maintenance(Arc::clone(&self.store), Arc::clone(&self.clock)));
        background.spawn(keep_keys(Arc::clone(&self.bearers), Arc::clone(&self.clock)));
        background.spawn(close_due(Arc::clone(&self.store)));
        background.spawn(keep_census(Arc::clone(&self.store), self.census));
        background.spawn(self.metrics.watch_checks());
        if let Some(upstream) = self.upstream {
            background.spawn(remind(upstream, Arc::clone(&self.store), Arc::clone(&self.clock)));
        }
        background.spawn(keep_up_to_date(sources, self.live, self.certificate, Arc::clone(&supervisor)));
        if let Some(acme) = self.acme {
            background.spawn(acme.keep());
        }
        if let Some(metrics) = self.backups {
            let (settings, store, clock) =
                (self.settings.backup.clone(), Arc::clone(&self.store), Arc::clone(&self.clock));
            background.spawn(take_regularly(settings, store, clock, metrics));
        }
        let (waiting, store) = (Arc::clone(&self.waiting), Arc::clone(&self.store));
        background.spawn(async move { waiting.listen(store).await });
        let (store, clock, uses) = (Arc::clone(&self.store), Arc::clone(&self.clock), self.uses);
        background.spawn(async move { note_uses(&*store, &*clock, uses).await });
        let (stop_post, stopped) = watch::channel(());
        let post = self.post.map(|post| tokio::spawn(post.run(stopped)));
        let (stop_events, mut stopped) = watch::channel(());
        let events = tokio::spawn(self.events.run(async move {
            let _ = stopped.changed().await;
        }));
        let (stop_sinks, stopped) = watch::channel(());
        let sinks = self.sinks.map(|sinks| tokio::spawn(sinks.run(stopped)));
        let (stop_spans, stopped) = watch::channel(());
        let spans = self.spans.map(|spans| tokio::spawn(spans.run(stopped)));
        let listeners = [
            Some(&self.public),
            self.private.as_ref().map(|(private, _)| private),
            self.manage.as_ref().map(|(manage, _)| manage),
            self.admin.as_ref(),
        ];
        let pulses: Vec<_> = listeners.into_iter().flatten().map(Server::pulse).collect();
        let watched = Arc::clone(&supervisor);
        supervisor.ready().await;
        let watch = background.spawn(async move { watched.watch(pulses).await });
        stop.await;
        watch.abort();
        supervisor.stopping().await;
        self.ops.stop();
        self.waiting.stop();
        let timeout = self.settings.server.shutdown_timeout;
        tracing::info!(seconds = timeout.as_secs(), "stopping");
        self.public.stop(timeout).await;
        // Last, so that probes can see that the server is stopping.
        if let Some((private, _)) = self.private {
            private.stop(PRIVATE_STOP).await;
        }

        background.abort_all();
        // The store's lock is still held, so that no other server's socket is removed.
        if let Some((manage, _)) = self.manage {
            manage.stop(ADMIN_STOP).await;
        }
        if let Some(admin) = self.admin {
            admin.stop(ADMIN_STOP).await;
        }
        drop(stop_post);
        if let Some(mut post) = post
            && tokio::time::timeout(POST_STOP, &mut post).await.is_err()
        {
            tracing::warn!("some mail could not be sent before the end");
            post.abort();
        }
        self.passwords.stop();
        drop(stop_spans);
        // Last: it tells of all the others.
        drop(stop_events);
        let _ = tokio::time::timeout(EVENTS_STOP, events).await;
        drop(stop_sinks);
        if let Some(sinks) = sinks {
            let _ = tokio::time::timeout(SINKS_STOP, sinks).await;
        }
        if let Some(spans) = spans {
            let _ = tokio::time::timeout(SPANS_STOP, spans).await;
        }
        self.store.close().await;
    }
}

/// Counts and records what the store tells.
fn record(store: &dyn Store, recorder: &Recorder, metrics: &Metrics) {
    let (counted, told) = (metrics.clone(), recorder.clone());
    store.events().on_session(move |closed| {
        counted.observe_ending(closed.why);
        told.closed(&closed);
    });
    let told = recorder.clone();
    store.events().on_happened(move |happened| told.happened(happened));
}

/// The certificate of the listeners, if they speak TLS; one that is ordered may not be there yet.
fn certificate(settings: &Settings) -> Result<Option<Arc<ServerCertificate>>, StartError> {
    let is_ordered = settings.tls.acme.directory.is_some();
    let read = if is_ordered { ServerCertificate::by_acme } else { ServerCertificate::read };
    Ok(settings.tls.files().map(read).transpose()?.map(Arc::new))
}

/// What sends the spans of requests, and what takes them, if the settings name a collector.
fn exporter(settings: &Settings, metrics: &Metrics) -> Result<Option<(Exporter, Tracer)>, StartError> {
    let exporter = Exporter::new(&settings.tracing, Arc::new(SystemClock))?;
    if let Some((spans, _)) = &exporter {
        metrics.show(|page| spans.metrics().register(page));
    }
    Ok(exporter)
}

fn waiting_limits(settings: &Settings) -> WaiterLimits {
    let total = settings.server.max_waiting();
    let per_network = settings.directory.waiting_per_network(total);
    WaiterLimits { total, per_network, login: settings.directory.time_to_authenticate }
}

/// The identity provider, if one is configured. It need not run yet.
fn provider(settings: &Settings, base: &PublicUrl, clock: &Arc<dyn Clock>) -> Result<Option<Arc<OpenId>>, StartError> {
    if settings.openid.issuer.is_none() {
        return Ok(None);
    }
    let way_back = Url::parse(&base.callback_url()).map_err(|error| StartError::Provider(error.to_string()))?;
    let provider = OpenId::new(&settings.openid, way_back, Arc::clone(clock));
    provider.map(|provider| Some(Arc::new(provider))).map_err(|error| StartError::Provider(error.to_string()))
}
