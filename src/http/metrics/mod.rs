//! What `/metrics` tells, in Prometheus' text format.
//!
//! Every label value comes from a fixed list, so that neither users nor made-up paths grow the page. A request looks
//! nothing up by its label: its counter is found by index, and made at the first request that needs it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use prometheus::{
    Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, PullingGauge,
    Registry, TextEncoder,
};

use super::Route;
use crate::domain::{CloseReason, Timestamp};
use crate::store::StoreTimes;

/// Upper bounds in seconds: a check takes tens of microseconds, a login tens of milliseconds and more in a queue.
const REQUEST_BOUNDS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "OTHER"];
const STATUSES: [&str; 17] = [
    "200", "204", "302", "303", "304", "400", "401", "403", "404", "405", "408", "409", "413", "429", "500", "503",
    "other",
];

/// How a login was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginMethod {
    /// E-mail address and password.
    Password,
    /// A remember-me token.
    RememberMe,
    /// A cross token.
    Cross,
    /// E-mail address and password on our own login page.
    Page,
    /// The identity provider.
    Provider,
}

/// What became of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginOutcome {
    /// Tokens were issued.
    Success,
    /// Whatever was presented does not count.
    Refused,
    /// Too many attempts.
    Throttled,
    /// The queue of the hashing threads was full.
    Busy,
    /// The store did not answer.
    Unavailable,
}

const LOGIN_METHODS: [&str; 5] = ["password", "remember_me", "cross", "page", "provider"];
const LOGIN_OUTCOMES: [&str; 5] = ["success", "refused", "throttled", "busy", "unavailable"];

/// The server's metrics, in a registry of their own. Cheap to clone: every clone counts into the same.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    requests: IntCounterVec,
    /// By route, method, status.
    counters: [[[OnceLock<IntCounter>; STATUSES.len()]; METHODS.len()]; Route::ALL.len()],
    /// By route.
    durations: [Histogram; Route::ALL.len()],
    /// By method, outcome.
    logins: [[IntCounter; LOGIN_OUTCOMES.len()]; LOGIN_METHODS.len()],
    throttled: IntCounter,
    /// By reason, as in [`CloseReason::ALL`].
    endings: [IntCounter; CloseReason::ALL.len()],
    store: StoreTimes,
}

impl Metrics {
    /// An empty page of a process that started at `started`.
    ///
    /// # Errors
    /// When two metrics of ours have one name or a name is malformed: a mistake here, found by any start.
    pub fn new(started: Timestamp) -> prometheus::Result<Self> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new("bimgate_http_requests_total", "Requests answered, by route pattern, method and status."),
            &["route", "method", "status"],
        )?;
        registry.register(Box::new(requests.clone()))?;
        let durations = HistogramVec::new(
            HistogramOpts::new("bimgate_http_request_duration_seconds", "From a request's head to its response.")
                .buckets(REQUEST_BOUNDS.to_vec()),
            &["route"],
        )?;
        registry.register(Box::new(durations.clone()))?;
        let logins = IntCounterVec::new(
            Opts::new("bimgate_logins_total", "Logins tried, by method and outcome."),
            &["method", "outcome"],
        )?;
        registry.register(Box::new(logins.clone()))?;
        let throttled = IntCounter::new("bimgate_throttled_total", "Logins answered 429 for too many attempts.")?;
        registry.register(Box::new(throttled.clone()))?;
        let endings = IntCounterVec::new(
            Opts::new(
                "bimgate_sessions_ended_total",
                "Sessions that ended because their time was up, nobody logged in, their client closed them or a newer one \
                 pushed them out, by reason.",
            ),
            &["reason"],
        )?;
        registry.register(Box::new(endings.clone()))?;
        register_process(&registry, started)?;
        Ok(Self(Arc::new(Inner {
            counters: Default::default(),
            durations: Route::ALL.map(|route| durations.with_label_values(&[route.pattern()])),
            logins: LOGIN_METHODS
                .map(|method| LOGIN_OUTCOMES.map(|outcome| logins.with_label_values(&[method, outcome]))),
            throttled,
            endings: CloseReason::ALL.map(|ending| endings.with_label_values(&[ending.as_str()])),
            store: StoreTimes::new(&registry)?,
            requests,
            registry,
        })))
    }

    /// Counts a request that was answered.
    pub fn observe_request(&self, route: Route, method: &Method, status: StatusCode, duration: Duration) {
        let (method, status) = (place_of_method(method), place_of_status(status));
        let counter = self.0.counters[route as usize][method][status]
            .get_or_init(|| self.0.requests.with_label_values(&[route.pattern(), METHODS[method], STATUSES[status]]));
        counter.inc();
        self.0.durations[route as usize].observe(duration.as_secs_f64());
    }

    /// Counts a login that was tried.
    pub fn observe_login(&self, method: LoginMethod, outcome: LoginOutcome) {
        self.0.logins[method as usize][outcome as usize].inc();
        if outcome == LoginOutcome::Throttled {
            self.0.throttled.inc();
        }
    }

    /// Counts a session that ended.
    pub fn observe_ending(&self, why: CloseReason) {
        self.0.endings[why as usize].inc();
    }

    /// Tells how many native clients wait for their logins; asked at every scrape.
    ///
    /// # Errors
    /// When told twice.
    pub fn watch_waiting(&self, waiting: impl Fn() -> usize + Send + Sync + 'static) -> prometheus::Result<()> {
        let waiting = pulled("bimgate_waiting_clients", "Native clients that wait for their logins.", waiting)?;
        self.0.registry.register(Box::new(waiting))
    }

    /// What the store decorator [`crate::store::Observed`] counts into.
    #[must_use]
    pub fn store_times(&self) -> StoreTimes {
        self.0.store.clone()
    }

    /// Tells how many logins wait for a hashing thread and how many are being hashed; both asked at every scrape.
    ///
    /// # Errors
    /// When told twice.
    pub fn watch_hashing(
        &self,
        queued: impl Fn() -> usize + Send + Sync + 'static,
        running: impl Fn() -> usize + Send + Sync + 'static,
    ) -> prometheus::Result<()> {
        let queued = pulled("bimgate_hashing_queued", "Logins waiting for a hashing thread.", queued)?;
        let running = pulled("bimgate_hashing_running", "Passwords being hashed.", running)?;
        self.0.registry.register(Box::new(queued))?;
        self.0.registry.register(Box::new(running))
    }

    /// The page, in Prometheus' text format 0.0.4.
    ///
    /// # Errors
    /// When a metric has neither type nor value, which none of ours has.
    pub fn render(&self) -> prometheus::Result<String> {
        TextEncoder::new().encode_to_string(&self.0.registry.gather())
    }
}

/// Build, start time and memory, named as Prometheus' own client libraries name them.
fn register_process(registry: &Registry, started: Timestamp) -> prometheus::Result<()> {
    let build = IntGaugeVec::new(Opts::new("bimgate_build_info", "Always 1; the label says what runs."), &["version"])?;
    build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
    registry.register(Box::new(build))?;
    let start = Gauge::new("process_start_time_seconds", "When the process started, in seconds since 1970.")?;
    start.set(Duration::from_millis(started.millis()).as_secs_f64());
    registry.register(Box::new(start))?;
    let memory = pulled("process_resident_memory_bytes", "Resident memory.", resident_bytes)?;
    registry.register(Box::new(memory))
}

fn pulled(
    name: &str,
    help: &str,
    value: impl Fn() -> usize + Send + Sync + 'static,
) -> prometheus::Result<PullingGauge> {
    #[allow(clippy::cast_precision_loss, reason = "Prometheus counts in f64, exact up to 2^53")]
    PullingGauge::new(name, help, Box::new(move || value() as f64))
}

/// Linux says it in the process's status file; 0 where there is none.
fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<usize>().ok());
    kibibytes.unwrap_or(0) * 1024
}

fn place_of_method(method: &Method) -> usize {
    let known = METHODS.iter().position(|known| *known == method.as_str());
    known.unwrap_or(METHODS.len() - 1)
}

fn place_of_status(status: StatusCode) -> usize {
    let known = STATUSES.iter().position(|known| *known == status.as_str());
    known.unwrap_or(STATUSES.len() - 1)
}

#[cfg(test)]
mod tests;
