//! `[throttle]`

use std::time::Duration;

use serde::Deserialize;

use super::engine::Checks;

/// How often logins may be tried: token buckets, see [`crate::auth`]. A network is an IPv4 address or an IPv6 /64. The
/// bucket of the /56 around it is twice as large, that of the /48 four times.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThrottleSettings {
    /// One account from one network, or from one known device; the administrator's password from one network.
    pub account_network: BucketSettings,
    /// One network, all accounts.
    pub network: BucketSettings,
    /// One account, all networks; the administrator's password from all networks.
    pub account: BucketSettings,
    /// One account from one network, once the other buckets are empty.
    pub first_account_network: BucketSettings,
    /// One network, all accounts, once the other buckets are empty.
    pub first_network: BucketSettings,
    /// One account, all networks, once the other buckets are empty.
    pub first_account: BucketSettings,
    /// One account, logins that succeed.
    pub successes: BucketSettings,
    /// One network, unknown cross and remember-me tokens, and codes that the identity provider refuses.
    pub tokens: BucketSettings,
    /// One person, tokens issued without a password.
    pub issues: BucketSettings,
    /// One person, heartbeats and collected logins, each of which signs bearers.
    pub heartbeats: BucketSettings,
    /// One person, licences borrowed and extended.
    pub licenses: BucketSettings,
    /// One account, codes of a second factor, tried where the account does not know the network.
    pub codes: BucketSettings,
}

/// One kind of bucket.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketSettings {
    /// How many it holds when full.
    pub burst: u32,
    /// How long one takes to refill.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub refill: Duration,
}

impl ThrottleSettings {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        for (name, bucket) in [
            ("account_network", self.account_network),
            ("network", self.network),
            ("account", self.account),
            ("first_account_network", self.first_account_network),
            ("first_network", self.first_network),
            ("first_account", self.first_account),
            ("successes", self.successes),
            ("tokens", self.tokens),
            ("issues", self.issues),
            ("heartbeats", self.heartbeats),
            ("licenses", self.licenses),
            ("codes", self.codes),
        ] {
            checks.range(&format!("throttle.{name}.burst"), bucket.burst, 1..=1_000_000);
            checks.seconds(&format!("throttle.{name}.refill"), bucket.refill, 1..=86_400);
        }
    }
}
