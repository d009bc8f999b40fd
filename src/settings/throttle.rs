//! `[throttle]`

use std::time::Duration;

use serde::Deserialize;

use super::checks::Checks;

/// How often logins may be tried: token buckets; an attempt that fails costs one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThrottleSettings {
    /// One account from one network.
    pub account_network: BucketSettings,
    /// One network, all accounts.
    pub network: BucketSettings,
    /// One account, all networks the account has not lately logged in from.
    pub account: BucketSettings,
    /// One network, unknown cross and remember-me tokens, and codes that the identity provider refuses.
    pub tokens: BucketSettings,
}

/// One kind of bucket.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketSettings {
    /// How many it holds when full.
    pub burst: u32,
    /// How long one takes to refill.
    #[serde(deserialize_with = "super::read::seconds")]
    pub refill: Duration,
}

impl ThrottleSettings {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        for (name, bucket) in [
            ("account_network", self.account_network),
            ("network", self.network),
            ("account", self.account),
            ("tokens", self.tokens),
        ] {
            checks.range(&format!("throttle.{name}.burst"), bucket.burst, 1..=1_000_000);
            checks.seconds(&format!("throttle.{name}.refill"), bucket.refill, 1..=86_400);
        }
    }
}
