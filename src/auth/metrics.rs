//! What is counted of proofs: who was asked about a password, and how the servers did that people are proven by.

use std::fmt;
use std::time::{Duration, Instant};

use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::error::ServiceError;
use crate::telemetry::{Histogram, label};

/// Upper bounds in seconds: an LDAP server answers in milliseconds, a provider may take the whole of its deadline.
const BOUNDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

label! {
    /// Who judged a password.
    pub(super) enum Judge {
        /// This server, by the hash that it keeps.
        Here = "here",
        /// This server, by the person's app passwords.
        AppPassword = "app_password",
        /// The LDAP server.
        Ldap = "ldap",
        /// The old service.
        Upstream = "upstream",
    }
}

label! {
    /// What was said of a password.
    pub(super) enum Outcome {
        /// It is right.
        Right = "right",
        /// It is wrong, or is not taken.
        Refused = "refused",
        /// Nobody had time: too many others wait.
        Busy = "busy",
        /// The store, or who was asked, did not answer.
        Unavailable = "unavailable",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CheckLabels {
    by: Judge,
    outcome: Outcome,
}

/// Passwords that were judged. Cheap to clone: every clone counts into the same.
#[derive(Clone, Debug)]
pub struct PasswordMetrics(Family<CheckLabels, Counter>);

impl Default for PasswordMetrics {
    fn default() -> Self {
        let checks = Family::default();
        for by in Judge::ALL {
            for outcome in Outcome::ALL {
                checks.get_or_create_owned(&CheckLabels { by, outcome });
            }
        }
        Self(checks)
    }
}

impl PasswordMetrics {
    /// Shows them on a page.
    pub fn register(&self, page: &mut Registry) {
        let about = "Passwords judged, by whom and how; none that the throttle refused";
        page.register("bimgate_password_checks", about, self.0.clone());
    }

    pub(super) fn count<T>(&self, by: Judge, judged: &Result<T, ServiceError>) {
        let outcome = match judged {
            Ok(_) => Outcome::Right,
            Err(ServiceError::InvalidCredentials(_)) => Outcome::Refused,
            Err(ServiceError::HashingBusy) => Outcome::Busy,
            Err(ServiceError::Elsewhere(elsewhere)) if !elsewhere.asked => Outcome::Busy,
            Err(_) => Outcome::Unavailable,
        };
        self.0.get_or_create(&CheckLabels { by, outcome }).inc();
    }
}

label! {
    /// A server that people are proven by.
    pub enum Peer {
        /// The identity provider.
        Provider = "provider",
        /// The LDAP server.
        Ldap = "ldap",
        /// The old service.
        Upstream = "upstream",
    }
}

/// Durations and failures of what one peer is asked. Cheap to clone: every clone counts into the same.
#[derive(Clone, Debug)]
pub struct PeerMetrics {
    peer: Peer,
    durations: Histogram,
    errors: Counter,
}

impl PeerMetrics {
    pub(super) fn new(peer: Peer) -> Self {
        Self { peer, durations: Histogram::new(&BOUNDS), errors: Counter::default() }
    }

    /// Shows those of all peers on a page.
    pub fn register(peers: &[Self], page: &mut Registry) {
        if peers.is_empty() {
            return;
        }
        let durations = ByPeer(peers.to_vec(), MetricType::Histogram, |peer| &peer.durations);
        page.register(
            "bimgate_peer_duration_seconds",
            "How long a question to a peer took, answered or not",
            durations,
        );
        let errors = ByPeer(peers.to_vec(), MetricType::Counter, |peer| &peer.errors);
        page.register("bimgate_peer_errors", "Questions to a peer that got no usable answer", errors);
    }

    /// Waits for an answer, and counts it. `is_failure` says of an error whether the peer is to blame.
    pub(super) async fn watch<T, E>(
        &self,
        question: impl Future<Output = Result<T, E>>,
        is_failure: impl FnOnce(&E) -> bool,
    ) -> Result<T, E> {
        let began = Instant::now();
        let answer = question.await;
        self.count(began.elapsed(), answer.as_ref().err().is_some_and(is_failure));
        answer
    }

    /// Counts a question.
    pub(super) fn count(&self, took: Duration, failed: bool) {
        self.durations.observe(took);
        if failed {
            self.errors.inc();
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PeerLabels {
    peer: Peer,
}

/// One metric of every peer.
struct ByPeer<M>(Vec<PeerMetrics>, MetricType, fn(&PeerMetrics) -> &M);

impl<M> fmt::Debug for ByPeer<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<M: EncodeMetric> EncodeMetric for ByPeer<M> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let Self(peers, _, metric) = self;
        peers.iter().try_for_each(|peer| metric(peer).encode(encoder.encode_family(&PeerLabels { peer: peer.peer })?))
    }

    fn metric_type(&self) -> MetricType {
        self.1
    }
}
