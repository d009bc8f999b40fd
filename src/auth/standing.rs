//! How people and networks stand with the throttle, and how an operator lifts it.
//!
//! The store knows buckets by keyed digests, so that nobody can list whom they are of. Whoever names an account or a
//! network has its digests computed, and its buckets looked at.

use std::time::Duration;

use super::DigestKey;
use super::GuessedToken;
use super::throttle::{self, Counted, OfNetwork, Origin};
use crate::domain::{Email, Network, UserId};
use crate::settings::ThrottleSettings;
use crate::store::{Attempt, Bucket, Charge, Lane, Remember, Result, Store};

/// The throttle as operators see it.
pub struct Throttles {
    settings: ThrottleSettings,
    key: DigestKey,
}

/// How attempts stand with the throttle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How long until one is let in; zero: it is at once.
    pub wait: Duration,
    /// Whether the account knows the network that they come from.
    pub known: bool,
    /// The buckets among theirs that are empty, whether others let an attempt in or not.
    pub empty: Vec<Empty>,
}

/// An empty bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Empty {
    /// What it counts.
    pub counted: Counted,
    /// Of which network, if of one.
    pub network: Option<Network>,
    /// How long until it holds one again.
    pub wait: Duration,
}

/// A bucket, and what it is.
#[derive(Clone)]
struct Named {
    bucket: Bucket,
    counted: Counted,
    network: Option<Network>,
}

impl Throttles {
    /// The throttle of these settings, whose buckets are named with this key.
    #[must_use]
    pub const fn new(settings: ThrottleSettings, key: DigestKey) -> Self {
        Self { settings, key }
    }

    /// How attempts at an account's password stand that come from this network and from a device which the account
    /// does not know.
    ///
    /// # Errors
    /// [`StoreError`](crate::store::StoreError).
    pub async fn of_account_in(&self, store: &dyn Store, email: &Email, network: Network) -> Result<Standing> {
        let from = Origin { network, device: None, remember: Remember::IfKnown };
        let attempt = throttle::login(&self.settings, &self.key, email, &from);
        let names = [self.of_account(email), self.of_pair(email, network), self.of_network(network)].concat();
        stands(store, &attempt, &names).await
    }

    /// How attempts at an account's password stand that come from a network which nobody has tried from, and which the
    /// account does not know.
    ///
    /// # Errors
    /// As [`Self::of_account_in`].
    pub async fn of_account_elsewhere(&self, store: &dyn Store, email: &Email) -> Result<Standing> {
        let own = throttle::of_account(&self.settings, &self.key, email);
        let lanes = [own.all, own.first].map(|bucket| lane([bucket, own.successes.clone()]));
        stands(store, &attempt(lanes), &self.of_account(email)).await
    }

    /// How codes and passkeys of a person's second factor stand, where the account does not know network and browser.
    ///
    /// # Errors
    /// As [`Self::of_account_in`].
    pub async fn of_codes(&self, store: &dyn Store, user: UserId) -> Result<Standing> {
        let codes = self.codes(user);
        stands(store, &attempt([lane([codes.bucket.clone()])]), &[codes]).await
    }

    /// How attempts stand that come from this network, at the password of an account which nobody has tried from there.
    /// Among the empty buckets are those of unknown tokens.
    ///
    /// # Errors
    /// As [`Self::of_account_in`].
    pub async fn of_network_alone(&self, store: &dyn Store, network: Network) -> Result<Standing> {
        let OfNetwork { all, first } = throttle::of_network(&self.settings, &self.key, network);
        let passwords = stands(store, &attempt([lane(all), lane(first)]), &self.of_network(network)).await?;
        let tokens = self.tokens(network);
        let each = tokens.iter().map(|token| lane([token.bucket.clone()]));
        let Standing { empty: tokens, .. } = stands(store, &attempt(each), &tokens).await?;
        let mut empty = passwords.empty;
        for token in tokens {
            // Of several kinds of tokens, the one that takes longest.
            match empty.iter_mut().find(|other| (other.counted, other.network) == (token.counted, token.network)) {
                Some(other) => other.wait = other.wait.max(token.wait),
                None => empty.push(token),
            }
        }
        Ok(Standing { empty, ..passwords })
    }

    /// Fills the buckets of an account, and those of it in these networks; nobody else's, and no network's.
    ///
    /// # Errors
    /// As [`Self::of_account_in`].
    pub async fn lift_account(
        &self,
        store: &dyn Store,
        user: UserId,
        email: &Email,
        networks: &[Network],
    ) -> Result<()> {
        let mut buckets = buckets_of(self.of_account(email));
        buckets.push(self.codes(user).bucket);
        buckets.extend(networks.iter().flat_map(|network| buckets_of(self.of_pair(email, *network))));
        store.fill(&buckets).await
    }

    /// Fills the buckets of a network, and of the wider ones around it; no account's.
    ///
    /// # Errors
    /// As [`Self::of_account_in`].
    pub async fn lift_network(&self, store: &dyn Store, network: Network) -> Result<()> {
        store.fill(&buckets_of([self.of_network(network), self.tokens(network)].concat())).await
    }

    fn of_account(&self, email: &Email) -> Vec<Named> {
        let own = throttle::of_account(&self.settings, &self.key, email);
        [
            (own.all, Counted::Account),
            (own.first, Counted::FirstAccount),
            (own.successes, Counted::Successes),
            (own.known_successes, Counted::Successes),
        ]
        .map(|(bucket, counted)| Named { bucket, counted, network: None })
        .into()
    }

    fn of_pair(&self, email: &Email, network: Network) -> Vec<Named> {
        let OfNetwork { all, first } = throttle::of_pair(&self.settings, &self.key, email, network);
        [named(all, Counted::Pair, network), named(first, Counted::FirstPair, network)].concat()
    }

    fn of_network(&self, network: Network) -> Vec<Named> {
        let OfNetwork { all, first } = throttle::of_network(&self.settings, &self.key, network);
        [named(all, Counted::Network, network), named(first, Counted::FirstNetwork, network)].concat()
    }

    fn tokens(&self, network: Network) -> Vec<Named> {
        let of = |token| named(throttle::of_token(&self.settings, &self.key, token, network), Counted::Tokens, network);
        GuessedToken::ALL.into_iter().flat_map(of).collect()
    }

    fn codes(&self, user: UserId) -> Named {
        let [bucket] = throttle::codes(&self.settings, &self.key, user);
        Named { bucket, counted: Counted::Codes, network: None }
    }
}

/// The buckets of a network and the wider ones around it.
fn named(buckets: Vec<Bucket>, counted: Counted, network: Network) -> Vec<Named> {
    let levels = buckets.into_iter().zip(network.levels());
    levels.map(|(bucket, level)| Named { bucket, counted, network: Some(level) }).collect()
}

fn buckets_of(named: Vec<Named>) -> Vec<Bucket> {
    named.into_iter().map(|named| named.bucket).collect()
}

fn lane(buckets: impl IntoIterator<Item = Bucket>) -> Lane {
    Lane { mark: None, charges: buckets.into_iter().map(Charge::always).collect() }
}

/// An attempt by which buckets are looked at. Nobody's marks count.
fn attempt(lanes: impl IntoIterator<Item = Lane>) -> Attempt {
    Attempt { account: [0; 16], lanes: lanes.into_iter().collect() }
}

async fn stands(store: &dyn Store, attempt: &Attempt, names: &[Named]) -> Result<Standing> {
    let states = store.look(attempt).await?;
    let open: Vec<_> = attempt.lanes.iter().zip(&states).filter(|(_, state)| state.is_open).collect();
    let wait = open.iter().map(|(lane, state)| lane.wait(&state.until_full)).min().unwrap_or_default();
    let known = open.iter().any(|(lane, _)| lane.mark.is_some());
    let mut empty: Vec<Empty> = Vec::new();
    for (lane, state) in open {
        for (charge, until_full) in lane.charges.iter().zip(&state.until_full) {
            let wait = charge.bucket.wait(*until_full);
            let name = names.iter().find(|name| name.bucket.key == charge.bucket.key).filter(|_| !wait.is_zero());
            let found = name.map(|&Named { counted, network, .. }| Empty { counted, network, wait });
            empty.extend(found.filter(|found| !empty.contains(found)));
        }
    }
    Ok(Standing { wait, known, empty })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::ManualClock;
    use crate::domain::Timestamp;
    use crate::settings::BucketSettings;
    use crate::store::Throttle as _;
    use crate::store::embedded::EmbeddedStore;

    type Outcome = std::result::Result<(), Box<dyn std::error::Error>>;

    const HOUR: Duration = Duration::from_secs(3_600);
    const USER: UserId = UserId(uuid::Uuid::from_u128(7));

    fn house() -> std::result::Result<(EmbeddedStore, Throttles), Box<dyn std::error::Error>> {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
        let of = |burst, hours| BucketSettings { burst, refill: HOUR * hours };
        let settings = ThrottleSettings {
            account_network: of(9, 1),
            network: of(9, 1),
            account: of(2, 3),
            first_account_network: of(9, 1),
            first_network: of(9, 1),
            first_account: of(1, 2),
            successes: of(9, 1),
            tokens: of(1, 5),
            issues: of(1, 1),
            heartbeats: of(1, 1),
            licenses: of(1, 1),
            codes: of(1, 4),
        };
        let store = EmbeddedStore::throw_away(clock, Duration::from_secs(5))?;
        Ok((store, Throttles::new(settings, DigestKey::new(&[1; 32]))))
    }

    fn network(last: u8) -> Network {
        Network::of(std::net::Ipv4Addr::new(192, 0, 2, last).into())
    }

    #[tokio::test]
    async fn an_account_that_others_guess_at_is_closed_to_strangers_alone() -> Outcome {
        let (store, throttles) = house()?;
        let [email, other] = ["a@example.org", "b@example.org"].map(Email::new);
        let (email, other) = (email.ok_or("an address")?, other.ok_or("an address")?);
        let own = throttle::of_account(&throttles.settings, &throttles.key, &email);
        let home = Origin { network: network(1), device: None, remember: Remember::Always };
        let (account, marks) = throttle::marks(&throttles.key, &email, &home);
        store.remember(account, &marks).await?;
        for taken in [&own.all, &own.all, &own.first] {
            assert_eq!(throttles.of_account_elsewhere(&store, &email).await?.wait, Duration::ZERO);
            store.take(std::slice::from_ref(taken)).await?.map_err(|_| "there is one")?;
        }
        let elsewhere = throttles.of_account_elsewhere(&store, &email).await?;
        let empty = |counted, hours| Empty { counted, network: None, wait: HOUR * hours };
        let both = vec![empty(Counted::Account, 3), empty(Counted::FirstAccount, 2)];
        assert_eq!(elsewhere, Standing { wait: HOUR * 2, known: false, empty: both.clone() });
        let abroad = throttles.of_account_in(&store, &email, network(2)).await?;
        assert_eq!(abroad, Standing { wait: HOUR * 2, known: false, empty: both.clone() });
        let at_home = throttles.of_account_in(&store, &email, network(1)).await?;
        assert_eq!(at_home, Standing { wait: Duration::ZERO, known: true, empty: both });
        assert_eq!(throttles.of_account_in(&store, &other, network(2)).await?.wait, Duration::ZERO);
        throttles.lift_account(&store, USER, &other, &[network(2)]).await?;
        assert_eq!(throttles.of_account_elsewhere(&store, &email).await?.wait, HOUR * 2);
        throttles.lift_account(&store, USER, &email, &[]).await?;
        assert_eq!(throttles.of_account_elsewhere(&store, &email).await?.empty, []);
        Ok(())
    }

    #[tokio::test]
    async fn codes_are_of_a_person_and_tokens_of_a_network() -> Outcome {
        let (store, throttles) = house()?;
        let email = Email::new("a@example.org").ok_or("an address")?;
        store.take(&throttle::codes(&throttles.settings, &throttles.key, USER)).await?.map_err(|_| "there is one")?;
        for token in [GuessedToken::Cross, GuessedToken::Link] {
            let buckets = throttle::of_token(&throttles.settings, &throttles.key, token, network(1));
            store.take(&buckets).await?.map_err(|_| "there is one")?;
        }
        let codes = Empty { counted: Counted::Codes, network: None, wait: HOUR * 4 };
        let standing = throttles.of_codes(&store, USER).await?;
        assert_eq!(standing, Standing { wait: HOUR * 4, known: false, empty: vec![codes] });
        let tokens = Empty { counted: Counted::Tokens, network: Some(network(1)), wait: HOUR * 5 };
        let standing = throttles.of_network_alone(&store, network(1)).await?;
        assert_eq!(standing, Standing { wait: Duration::ZERO, known: false, empty: vec![tokens] });
        throttles.lift_network(&store, network(1)).await?;
        assert_eq!(throttles.of_network_alone(&store, network(1)).await?.empty, []);
        assert_eq!(throttles.of_codes(&store, USER).await?.wait, HOUR * 4);
        throttles.lift_account(&store, USER, &email, &[]).await?;
        assert_eq!(throttles.of_codes(&store, USER).await?.wait, Duration::ZERO);
        Ok(())
    }
}
