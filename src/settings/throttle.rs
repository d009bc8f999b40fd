//! `[throttle]`

use std::time::Duration;

use serde::Deserialize;

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
    /// One network, unknown cross and remember-me tokens.
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
