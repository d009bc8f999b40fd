//! The buckets that an attempt takes from, and what makes devices and networks known.
//!
//! An attempt at a password takes the first of four lanes that has room for it:
//!
//! 1. **A known device**: a bucket of this account and device alone. Only the owner has the device, so nobody else can
//!    empty it, from any network.
//! 2. **A known pair** of account and network: the bucket of that pair. Strangers in the owner's network share it, but
//!    their attempts at other accounts, and attempts at this one from elsewhere, do not take from it.
//! 3. **Everybody**: the pair's bucket, the network's for all accounts, and the account's for all networks.
//! 4. **A first attempt**: two in half a day for each pair, from buckets that nothing else takes from. Attackers have
//!    used up those of their networks long before; an owner whom the account does not know yet (on the first day after
//!    an import, in a hotel) has not.
//!
//! Networks have a bucket for each of [`Network::levels`], twice as large with each wider level. The buckets for all
//! accounts are charged only if the pair of that level has not failed lately: they count accounts, not attempts.
//!
//! The last bucket of each lane is for successful attempts: these are refunded the others, and failed ones are refunded
//! this one. It bounds how much one valid account can make the server hash.

use std::time::Duration;

use super::digest::DigestKey;
use super::{Activity, GuessedToken};
use crate::domain::{ClientKey, Email, Network, TokenDigest, UserId, named};
use crate::settings::{BucketSettings, ThrottleSettings};
use crate::store::{Attempt, Bucket, Charge, Lane, Mark, Remember};

/// Where a login comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The network.
    pub network: Network,
    /// The device, if the request names one.
    pub device: Option<Device>,
    /// Whether the device becomes known if the login succeeds.
    pub remember: Remember,
}

/// What identifies a person's device: a secret of the device, or a name that only it has.
#[derive(Clone, Debug)]
pub enum Device {
    /// A client.
    Client(ClientKey),
    /// A signed-on browser.
    SignOn(TokenDigest),
}

named! {
    /// What a bucket counts: a table of `[throttle]`.
    pub enum Counted {
        /// One account from one network.
        Pair = "account_network",
        /// One network, all accounts.
        Network = "network",
        /// One account, all networks.
        Account = "account",
        /// One account from one network, once the others are empty.
        FirstPair = "first_account_network",
        /// One network, all accounts, once the others are empty.
        FirstNetwork = "first_network",
        /// One account, all networks, once the others are empty.
        FirstAccount = "first_account",
        /// One account, logins that succeed.
        Successes = "successes",
        /// One network, unknown tokens.
        Tokens = "tokens",
        /// One account, codes of a second factor.
        Codes = "codes",
    }
}

/// The buckets of an account in all networks.
pub(super) struct OfAccount {
    pub(super) all: Bucket,
    pub(super) first: Bucket,
    pub(super) successes: Bucket,
    /// Of devices and networks that the account knows.
    pub(super) known_successes: Bucket,
}

/// The buckets of a network, one for each of [`Network::levels`].
pub(super) struct OfNetwork {
    pub(super) all: Vec<Bucket>,
    pub(super) first: Vec<Bucket>,
}

/// The buckets of an account.
pub(super) fn of_account(settings: &ThrottleSettings, key: &DigestKey, email: &Email) -> OfAccount {
    let of = |settings, kind: &str| bucket(settings, key, kind, &[email.as_str().as_bytes()]);
    OfAccount {
        all: of(settings.account, "account"),
        first: of(settings.first_account, "first, account"),
        successes: of(settings.successes, "successes"),
        known_successes: of(settings.successes, "successes, known"),
    }
}

/// The buckets of all accounts in a network.
pub(super) fn of_network(settings: &ThrottleSettings, key: &DigestKey, network: Network) -> OfNetwork {
    OfNetwork {
        all: of_levels(settings.network, key, "network", network),
        first: of_levels(settings.first_network, key, "first, network", network),
    }
}

/// The buckets of an account in a network.
pub(super) fn of_pair(settings: &ThrottleSettings, key: &DigestKey, email: &Email, network: Network) -> OfNetwork {
    let of = |settings, kind: &str| {
        let of_level = |(level, network): (usize, Network)| {
            bucket(wide(settings, level), key, kind, &[&network.to_bytes(), email.as_str().as_bytes()])
        };
        network.levels().enumerate().map(of_level).collect()
    };
    OfNetwork {
        all: of(settings.account_network, "account, network"),
        first: of(settings.first_account_network, "first, account, network"),
    }
}

/// An attempt at the password of `email`.
pub(super) fn login(settings: &ThrottleSettings, key: &DigestKey, email: &Email, from: &Origin) -> Attempt {
    let account = of_account(settings, key, email);
    let networks = of_network(settings, key, from.network);
    let pairs = of_pair(settings, key, email, from.network);
    let email = email.as_str().as_bytes();

    let mut lanes = Vec::with_capacity(4);
    let known = account.known_successes;
    if let Some(device) = &from.device {
        let own = bucket(settings.account_network, key, "account, device", &[email, &device.to_bytes()]);
        lanes.push(Lane {
            mark: Some(device_mark(key, email, device)),
            charges: vec![Charge::always(own), Charge::always(known.clone())],
        });
    }
    lanes.push(Lane {
        mark: Some(pair_mark(key, email, from.network)),
        charges: vec![Charge::always(pairs.all[0].clone()), Charge::always(known)],
    });
    let success = account.successes;
    let stranger = |more: Vec<Bucket>, networks: Vec<Bucket>, all: Bucket| {
        let mut charges: Vec<_> = pairs.all.iter().cloned().map(Charge::always).collect();
        charges.extend(more.into_iter().map(Charge::always));
        charges.extend(networks.into_iter().enumerate().map(|(level, bucket)| Charge::unless_used(bucket, level)));
        charges.extend([all, success.clone()].map(Charge::always));
        Lane { mark: None, charges }
    };
    lanes.push(stranger(Vec::new(), networks.all, account.all));
    lanes.push(stranger(pairs.first, networks.first, account.first));
    Attempt { account: account_of_marks(key, email), lanes }
}

/// What an attempt in `lane` is refunded once its outcome is known.
pub(super) fn to_put_back(lane: &Lane, charged: &[usize], succeeded: bool) -> Vec<Bucket> {
    let last = lane.charges.len() - 1;
    let back = charged.iter().filter(|&&charge| (charge == last) != succeeded);
    back.filter_map(|&charge| lane.charges.get(charge)).map(|charge| charge.bucket.clone()).collect()
}

/// The account of the marks, and the marks that a login of `email` makes or renews.
pub(super) fn marks(key: &DigestKey, email: &Email, from: &Origin) -> ([u8; 16], Vec<(Mark, Remember)>) {
    let email = email.as_str().as_bytes();
    let device = from.device.as_ref().map(|device| (device_mark(key, email, device), from.remember));
    let pair = (pair_mark(key, email, from.network), Remember::Always);
    (account_of_marks(key, email), device.into_iter().chain([pair]).collect())
}

/// How many networks' buckets of unknown states all networks have together.
const STATES_OF_ALL: u32 = 20;

/// The buckets of an unknown token.
pub(super) fn guess(
    settings: &ThrottleSettings,
    key: &DigestKey,
    token: GuessedToken,
    network: Network,
) -> Vec<Bucket> {
    let mut buckets = of_token(settings, key, token, network);
    if matches!(token, GuessedToken::State) {
        // Each of these leaves a record, so all of them together are bounded too.
        let BucketSettings { burst, refill } = settings.tokens;
        let all = BucketSettings { burst: burst.saturating_mul(STATES_OF_ALL), refill: refill / STATES_OF_ALL };
        buckets.push(bucket(all, key, "state, all networks", &[]));
    }
    buckets
}

/// The buckets of an unknown token in one network.
pub(super) fn of_token(
    settings: &ThrottleSettings,
    key: &DigestKey,
    token: GuessedToken,
    network: Network,
) -> Vec<Bucket> {
    of_levels(settings.tokens, key, token.as_str(), network)
}

/// Mails to one person who has forgotten their password: enough for one that got lost, too few to flood anybody.
const FORGOTTEN: BucketSettings = BucketSettings { burst: 3, refill: Duration::from_secs(600) };

/// The buckets of a person who has forgotten their password.
pub(super) fn forgotten(settings: &ThrottleSettings, key: &DigestKey, email: &Email, network: Network) -> Vec<Bucket> {
    let mut buckets = of_levels(settings.network, key, "forgotten, network", network);
    buckets.push(bucket(FORGOTTEN, key, "forgotten", &[email.as_str().as_bytes()]));
    buckets
}

/// The buckets of an attempt at the administrator's password, a browser's own first.
pub(super) fn administrator(
    settings: &ThrottleSettings,
    key: &DigestKey,
    network: Network,
    browser: Option<&[u8; 16]>,
) -> Vec<Vec<Bucket>> {
    let own = browser.map(|id| vec![bucket(settings.account_network, key, "administrator, browser", &[id])]);
    let mut others = of_levels(settings.account_network, key, "administrator, network", network);
    others.push(bucket(settings.account, key, "administrator", &[]));
    own.into_iter().chain([others]).collect()
}

/// The bucket of an activity of a person who is logged in.
pub(super) fn activity(settings: &ThrottleSettings, key: &DigestKey, activity: Activity, user: UserId) -> [Bucket; 1] {
    let (settings, kind) = match activity {
        Activity::Issue => (settings.issues, "issues"),
        Activity::Heartbeat => (settings.heartbeats, "heartbeats"),
        Activity::License => (settings.licenses, "licenses"),
        Activity::AccountPage => (settings.successes, "account page"),
    };
    [bucket(settings, key, kind, &[user.0.as_bytes()])]
}

/// The bucket of guesses at the codes of a person's second factor.
pub(super) fn codes(settings: &ThrottleSettings, key: &DigestKey, user: UserId) -> [Bucket; 1] {
    [bucket(settings.codes, key, "codes", &[user.0.as_bytes()])]
}

fn of_levels(settings: BucketSettings, key: &DigestKey, kind: &str, network: Network) -> Vec<Bucket> {
    let levels = network.levels().enumerate();
    levels.map(|(level, network)| bucket(wide(settings, level), key, kind, &[&network.to_bytes()])).collect()
}

fn bucket(settings: BucketSettings, key: &DigestKey, kind: &str, parts: &[&[u8]]) -> Bucket {
    Bucket { key: key.digest(kind, parts), burst: settings.burst, refill: settings.refill }
}

/// The buckets of a wider network: twice as large with each level.
fn wide(settings: BucketSettings, level: usize) -> BucketSettings {
    let times = 1 << level;
    BucketSettings { burst: settings.burst.saturating_mul(times), refill: settings.refill / times }
}

fn account_of_marks(key: &DigestKey, email: &[u8]) -> [u8; 16] {
    key.digest("marks", &[email])
}

fn pair_mark(key: &DigestKey, email: &[u8], network: Network) -> Mark {
    Mark(key.digest("mark, network", &[email, &network.to_bytes()]))
}

fn device_mark(key: &DigestKey, email: &[u8], device: &Device) -> Mark {
    Mark(key.digest("mark, device", &[email, &device.to_bytes()]))
}

impl Device {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Client(ClientKey::Uuid(id)) => [b"u", id.as_bytes().as_slice()].concat(),
            Self::Client(ClientKey::Text(id)) => [b"t", id.as_bytes()].concat(),
            Self::SignOn(digest) => [b"s", digest.0.as_slice()].concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome = Result<(), &'static str>;

    fn settings() -> ThrottleSettings {
        let of = |burst| BucketSettings { burst, refill: Duration::from_secs(60) };
        ThrottleSettings {
            account_network: of(1),
            network: of(2),
            account: of(3),
            first_account_network: of(4),
            first_network: of(5),
            first_account: of(6),
            successes: of(7),
            tokens: of(8),
            issues: of(9),
            heartbeats: of(10),
            licenses: of(11),
            codes: of(12),
        }
    }

    fn from(address: &str) -> Result<Origin, &'static str> {
        let network = Network::of(address.parse().map_err(|_| "address")?);
        let device = Some(Device::Client(ClientKey::of("client")));
        Ok(Origin { network, device, remember: Remember::IfKnown })
    }

    fn attempt(email: &str, address: &str) -> Result<Attempt, &'static str> {
        let email = Email::new(email).ok_or("address")?;
        Ok(login(&settings(), &DigestKey::new(&[1; 32]), &email, &from(address)?))
    }

    /// Which settings each bucket of a lane is of, by its burst.
    fn bursts(lane: &Lane) -> Vec<u32> {
        lane.charges.iter().map(|charge| charge.bucket.burst).collect()
    }

    #[test]
    fn known_ones_are_spared_the_buckets_that_others_empty() -> Outcome {
        let lanes = attempt("a@b", "192.0.2.1")?.lanes;
        assert_eq!(
            lanes.iter().map(bursts).collect::<Vec<_>>(),
            [vec![1, 7], vec![1, 7], vec![1, 2, 3, 7], vec![1, 4, 5, 6, 7]]
        );
        assert_eq!(lanes.iter().map(|lane| lane.mark.is_some()).collect::<Vec<_>>(), [true, true, false, false]);
        let key = |lane: usize, charge: usize| lanes[lane].charges[charge].bucket.key;
        assert_ne!(key(0, 0), key(1, 0), "a device's bucket is its own");
        assert_eq!(key(1, 0), key(2, 0), "a pair's is the same for known and unknown");
        assert_ne!(key(1, 1), key(2, 3), "strangers cannot empty the successes of known ones");
        Ok(())
    }

    #[test]
    fn each_wider_network_has_a_bucket_twice_as_large_that_counts_accounts() -> Outcome {
        let lanes = attempt("a@b", "2001:db8::1")?.lanes;
        assert_eq!(bursts(&lanes[2]), [1, 2, 4, 2, 4, 8, 3, 7]);
        let guards: Vec<_> = lanes[2].charges.iter().map(|charge| charge.unless_used).collect();
        assert_eq!(guards, [None, None, None, Some(0), Some(1), Some(2), None, None]);
        let guards: Vec<_> = lanes[3].charges.iter().map(|charge| charge.unless_used).collect();
        assert_eq!(guards[6..9], [Some(0), Some(1), Some(2)]);
        assert_eq!(lanes[2].charges[5].bucket.refill, Duration::from_secs(15));
        let neighbour = attempt("a@b", "2001:db8:0:1::1")?.lanes;
        let same: Vec<_> =
            lanes[2].charges.iter().zip(&neighbour[2].charges).map(|(a, b)| a.bucket == b.bucket).collect();
        assert_eq!(same, [false, true, true, false, true, true, true, true]);
        Ok(())
    }

    #[test]
    fn a_success_gets_back_what_a_failure_costs_and_the_other_way_round() -> Outcome {
        let lanes = attempt("a@b", "192.0.2.1")?.lanes;
        let bursts = |succeeded| -> Vec<_> {
            to_put_back(&lanes[2], &[0, 2, 3], succeeded).iter().map(|bucket| bucket.burst).collect()
        };
        assert_eq!(bursts(true), [1, 3]);
        assert_eq!(bursts(false), [7]);
        Ok(())
    }

    #[test]
    fn a_login_marks_what_its_next_attempt_asks_for() -> Outcome {
        let (key, email) = (DigestKey::new(&[1; 32]), Email::new("a@b").ok_or("address")?);
        let next = attempt("a@b", "192.0.2.1")?;
        let (account, marks) = marks(&key, &email, &from("192.0.2.1")?);
        assert_eq!(account, next.account);
        let asked: Vec<_> = next.lanes.iter().filter_map(|lane| lane.mark).collect();
        assert_eq!(marks, [(asked[0], Remember::IfKnown), (asked[1], Remember::Always)]);
        Ok(())
    }
}
