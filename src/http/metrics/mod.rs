//! What `/metrics` says, in Prometheus' text format.
//!
//! Every label value comes from a fixed list, so that neither users nor made-up paths grow the page. A request finds
//! what it counts into by index, without a lock.

mod last_hour;
mod process;
mod rate;

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::http::{Method, StatusCode};
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::encoding::{EncodeGaugeValue, EncodeLabelSet, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use tokio::time::{MissedTickBehavior, interval};

use super::Route;
use crate::domain::{CloseReason, Denied, Timestamp};
use crate::error::ServiceError;
use crate::telemetry::{Histogram, Watched, label};
use last_hour::LastHour;
use rate::Rate;

pub use last_hour::LoginMinutes;

/// Upper bounds in seconds: a check takes tens of microseconds, a login tens of milliseconds and more in a queue.
const REQUEST_BOUNDS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "OTHER"];
const STATUSES: [&str; 17] = [
    "200", "204", "302", "303", "304", "400", "401", "403", "404", "405", "408", "409", "413", "429", "500", "503",
    "other",
];

label! {
    /// How a login was tried.
    pub enum LoginMethod {
        /// E-mail address and password.
        Password = "password",
        /// A remember-me token.
        RememberMe = "remember_me",
        /// A cross token.
        Cross = "cross",
        /// E-mail address and password on our own login page.
        Page = "page",
        /// The identity provider.
        Provider = "provider",
        /// Single sign-on: the browser was signed on already.
        SignOn = "sign_on",
    }
}

label! {
    /// What became of a login.
    pub enum LoginOutcome {
        /// Tokens were issued.
        Success = "success",
        /// Whatever was presented does not count.
        Refused = "refused",
        /// Too many attempts.
        Throttled = "throttled",
        /// The queue of the hashing threads was full.
        Busy = "busy",
        /// The store, or who else must be asked, did not answer.
        Unavailable = "unavailable",
    }
}

impl LoginOutcome {
    /// What a login came to that did not succeed; `None` if nobody was judged.
    pub(super) const fn of_error(error: &ServiceError) -> Option<Self> {
        match error {
            ServiceError::InvalidCredentials(_) | ServiceError::UnknownApplication | ServiceError::Unproven(_) => {
                Some(Self::Refused)
            }
            ServiceError::Throttled(_) => Some(Self::Throttled),
            ServiceError::HashingBusy => Some(Self::Busy),
            ServiceError::Store(_)
            | ServiceError::ProviderUnavailable(_)
            | ServiceError::Elsewhere(_)
            | ServiceError::NoKeys
            | ServiceError::SigningBusy
            | ServiceError::Randomness(_)
            | ServiceError::Bug(_) => Some(Self::Unavailable),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LoginLabels {
    method: LoginMethod,
    outcome: LoginOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: Cow<'static, str>,
}

/// The server's metrics. Cheap to clone: every clone counts into the same.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    page: Mutex<Registry>,
    requests: Requests,
    /// By [`Route`].
    durations: Vec<Histogram>,
    logins: Family<LoginLabels, Counter>,
    throttled: Counter,
    last_hour: LastHour,
    checks: Rate,
    /// By [`CloseReason`].
    endings: Vec<Counter>,
    /// By [`Denied`]: checks of rubbish are counted without a lock.
    denials: Vec<Counter>,
}

impl Metrics {
    /// The page of a process that started at `started`: nothing happened yet.
    #[must_use]
    pub fn new(started: Timestamp) -> Self {
        let mut page = Registry::default();
        let requests = Requests::default();
        let about = "Requests answered, by route pattern, method and status";
        page.register("bimgate_http_requests", about, requests.clone());
        let durations = Family::new_with_constructor(|| Histogram::new(&REQUEST_BOUNDS));
        let of_route = |route: Route| durations.get_or_create_owned(&RouteLabels { route: route.pattern() });
        let by_route = Route::ALL.map(of_route).to_vec();
        page.register("bimgate_http_request_duration_seconds", "From a request's head to its response", durations);
        let logins = Family::<LoginLabels, Counter>::default();
        for method in LoginMethod::ALL {
            for outcome in LoginOutcome::ALL {
                logins.get_or_create_owned(&LoginLabels { method, outcome });
            }
        }
        page.register("bimgate_logins", "Logins tried, by method and outcome", logins.clone());
        let throttled = Counter::default();
        page.register("bimgate_throttled", "Logins answered 429 for too many attempts", throttled.clone());
        let endings = Family::<ReasonLabels, Counter>::default();
        let of_reason = |ending: &CloseReason| {
            // The published words have spaces, which queries would have to quote.
            endings.get_or_create_owned(&ReasonLabels { reason: ending.as_str().replace(' ', "_").into() })
        };
        let by_ending = CloseReason::ALL.iter().map(of_reason).collect();
        page.register("bimgate_sessions_ended", "Sessions that ended, by reason", endings);
        let denials = Family::<ReasonLabels, Counter>::default();
        let about = "Requests denied, by reason; callers are told no more than the API says";
        let of_reason = |denied: &Denied| denials.get_or_create_owned(&ReasonLabels { reason: denied.as_str().into() });
        let by_reason = Denied::ALL.iter().map(of_reason).collect();
        page.register("bimgate_denied", about, denials);
        process::register(&mut page, started);
        let page = Mutex::new(page);
        let (durations, endings, denials) = (by_route, by_ending, by_reason);
        let (last_hour, checks) = (LastHour::new(), Rate::default());
        Self(Arc::new(Inner { page, requests, durations, logins, throttled, last_hour, checks, endings, denials }))
    }

    /// Counts a request that was answered.
    pub fn observe_request(&self, route: Route, method: &Method, status: StatusCode, duration: Duration) {
        self.0.requests.count(route, method, status);
        self.0.durations[route as usize].observe(duration);
    }

    /// Counts a login that was tried.
    pub fn observe_login(&self, method: LoginMethod, outcome: LoginOutcome) {
        self.0.logins.get_or_create(&LoginLabels { method, outcome }).inc();
        if outcome == LoginOutcome::Throttled {
            self.0.throttled.inc();
        }
        self.0.last_hour.count(outcome);
    }

    /// What the logins of the last hour came to.
    #[must_use]
    pub fn last_hour(&self) -> LoginMinutes {
        self.0.last_hour.told()
    }

    /// How many checks of tokens a second there were lately, while [`Self::watch_checks`] runs.
    #[must_use]
    pub fn checks_a_second(&self) -> f64 {
        self.0.checks.a_second(Instant::now(), self.0.requests.checks())
    }

    /// Notes from time to time how many checks there were, until dropped. So a check itself notes nothing more.
    pub async fn watch_checks(self) {
        let mut ticks = interval(rate::NOTED_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.0.checks.note(Instant::now(), self.0.requests.checks());
        }
    }

    /// Counts a session that ended.
    pub fn observe_ending(&self, why: CloseReason) {
        self.0.endings[why as usize].inc();
    }

    /// Counts a request that was denied.
    pub fn observe_denied(&self, denied: Denied) {
        self.0.denials[denied as usize].inc();
    }

    /// Shows what others count as well.
    pub fn show(&self, register: impl FnOnce(&mut Registry)) {
        register(&mut self.page());
    }

    /// Shows a gauge as well, whose number is asked for at every scrape; while there is `None`, it is not there.
    pub fn watch<N: EncodeGaugeValue + 'static>(
        &self,
        name: &str,
        about: &str,
        number: impl Fn() -> Option<N> + Send + Sync + 'static,
    ) {
        self.page().register(name, about, Watched(number));
    }

    /// The page, in Prometheus' text format 0.0.4.
    ///
    /// # Errors
    /// When a metric cannot be written, which none of ours is.
    pub fn render(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.page()).map(|()| text)
    }

    /// Locked at scrapes and while the server starts.
    fn page(&self) -> MutexGuard<'_, Registry> {
        self.0.page.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Requests by route, method and status. A [`Family`] would take a lock for each.
#[derive(Clone, Debug)]
struct Requests(Arc<[[[AtomicU64; STATUSES.len()]; METHODS.len()]; Route::ALL.len()]>);

impl Default for Requests {
    fn default() -> Self {
        Self(Arc::new(std::array::from_fn(|_| Default::default())))
    }
}

impl Requests {
    fn count(&self, route: Route, method: &Method, status: StatusCode) {
        let place = |known: &[&str], name: &str| known.iter().position(|known| *known == name);
        let method = place(&METHODS, method.as_str()).unwrap_or(METHODS.len() - 1);
        let status = place(&STATUSES, status.as_str()).unwrap_or(STATUSES.len() - 1);
        self.0[route as usize][method][status].fetch_add(1, Ordering::Relaxed);
    }

    /// How many checks of tokens there were: the methods `GET` and `HEAD`.
    fn checks(&self) -> u64 {
        let checks = self.0[Route::Authorize as usize][..2].iter().flatten();
        checks.map(|count| count.load(Ordering::Relaxed)).sum()
    }
}

impl EncodeMetric for Requests {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        for (route, methods) in Route::ALL.iter().zip(self.0.iter()) {
            for (method, statuses) in METHODS.iter().zip(methods) {
                for (status, count) in STATUSES.iter().zip(statuses) {
                    let count = count.load(Ordering::Relaxed);
                    if count > 0 {
                        let labels = RequestLabels { method, route: route.pattern(), status };
                        encoder.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}

#[cfg(test)]
mod tests;
