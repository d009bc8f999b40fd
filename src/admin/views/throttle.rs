//! How people and networks stand with the throttle.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Counted, Empty, Standing};
use crate::domain::{Network, UserId};

/// How a user stands with the throttle at this moment.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ThrottleView {
    /// Attempts at the password from networks: the one that was asked about, or else those that the last logins came
    /// from, the latest first. From a device that the account does not know; a known one has a bucket of its own.
    pub networks: Vec<StandingView>,
    /// Attempts at the password from a network where nobody has tried, and which the account does not know.
    pub elsewhere: StandingView,
    /// Codes and passkeys of the second factor, where the account knows neither the network nor the browser.
    pub codes: StandingView,
}

/// How attempts stand with the throttle.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StandingView {
    /// From which network: an IPv4 address, or an IPv6 /64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// In how many seconds the next attempt is let in; 0: at once.
    pub wait: u64,
    /// Whether the account knows the network.
    pub known: bool,
    /// The buckets that are empty, whether others let the attempt in or not.
    pub empty: Vec<EmptyView>,
}

/// An empty bucket of the throttle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EmptyView {
    /// Which: its table below `[throttle]` in the settings.
    #[schema(example = "account_network")]
    pub bucket: String,
    /// Of which network, if of one: that of the attempt or one around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// In how many seconds it holds one again.
    pub wait: u64,
}

/// An address from which logins were throttled lately.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ThrottledView {
    /// The address, as whole as `log.client_address` has it; none: of others together, or not known.
    pub address: Option<String>,
    /// How many attempts were throttled.
    pub times: u64,
    /// When the last one was.
    pub last: String,
}

/// A user whose logins were throttled lately, and are at this moment.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ThrottledUserView {
    /// Who.
    #[schema(value_type = uuid::Uuid)]
    pub user: UserId,
    /// Their address.
    pub email: String,
    /// How many attempts were throttled.
    pub times: u64,
    /// When the last one was.
    pub last: String,
    /// How they stand at this moment, in the networks of those attempts.
    pub throttle: ThrottleView,
}

impl ThrottleView {
    /// Whether there is any attempt that is not let in at once.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.throttled().next().is_some()
    }

    /// Whether an attempt is held up by what was done to this account, and not to others from its network alone.
    #[must_use]
    pub fn has_own(&self) -> bool {
        self.throttled().flat_map(|standing| &standing.empty).any(|empty| !empty.is_of_network())
    }

    /// The attempts that are not let in at once.
    pub fn throttled(&self) -> impl Iterator<Item = &StandingView> {
        let all = self.networks.iter().chain([&self.elsewhere, &self.codes]);
        all.filter(|standing| standing.is_throttled())
    }
}

impl StandingView {
    pub(in crate::admin) fn of(standing: &Standing, network: Option<Network>) -> Self {
        Self {
            network: network.map(|network| network.to_string()),
            wait: seconds(standing.wait),
            known: standing.known,
            empty: standing.empty.iter().map(EmptyView::of).collect(),
        }
    }

    /// Whether an attempt is not let in at once.
    #[must_use]
    pub const fn is_throttled(&self) -> bool {
        self.wait > 0
    }

    /// Whether an attempt is held up by what its network has done to other accounts.
    #[must_use]
    pub fn is_of_network(&self) -> bool {
        self.is_throttled() && self.empty.iter().any(EmptyView::is_of_network)
    }
}

impl EmptyView {
    fn of(empty: &Empty) -> Self {
        let network = empty.network.map(|network| network.to_string());
        Self { bucket: empty.counted.as_str().to_owned(), network, wait: seconds(empty.wait) }
    }

    /// Whether it is one of a network, for all accounts.
    #[must_use]
    pub fn is_of_network(&self) -> bool {
        [Counted::Network, Counted::FirstNetwork].iter().any(|counted| counted.as_str() == self.bucket)
    }
}

/// Whole seconds; one that has begun counts.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
