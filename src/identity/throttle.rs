//! Which buckets an attempt takes from.

use sha2::{Digest as _, Sha256};

use super::GuessedToken;
use crate::domain::{Email, Network};
use crate::settings::{BucketSettings, ThrottleSettings};
use crate::store::Bucket;

/// The buckets of a login attempt, from narrow to wide: one account from one network, one network, and one account
/// from everywhere.
///
/// From a network that the account knows the last one is of that network alone: however many guesses come from
/// elsewhere, the owner's own are not among them.
pub(super) fn login(settings: &ThrottleSettings, email: &Email, network: Network, known: bool) -> [Bucket; 3] {
    let email = email.as_str().as_bytes();
    let from = network.to_bytes();
    let everywhere: &[u8] = if known { &from } else { &[] };
    [
        bucket(settings.account_network, b"account, network", &[&from, email]),
        bucket(settings.network, b"network", &[&from]),
        bucket(settings.account, if known { b"account, known" } else { b"account" }, &[everywhere, email]),
    ]
}

/// The bucket of an unknown token.
pub(super) fn guess(settings: &ThrottleSettings, token: GuessedToken, network: Network) -> [Bucket; 1] {
    let kind: &[u8] = match token {
        GuessedToken::Cross => b"cross token",
        GuessedToken::RememberMe => b"remember-me token",
        GuessedToken::Introspection => b"introspection",
        GuessedToken::Internal => b"internal secret",
        GuessedToken::Code => b"authorization code",
    };
    [bucket(settings.tokens, kind, &[&network.to_bytes()])]
}

/// The bucket of an attempt at the administrator's password: as that of any account from one network.
pub(super) fn administrator(settings: &ThrottleSettings, network: Network) -> [Bucket; 1] {
    [bucket(settings.account_network, b"administrator, network", &[&network.to_bytes()])]
}

/// Keys are the first half of a SHA-256 over the kind, a zero byte, the network (of fixed length), the address.
fn bucket(settings: BucketSettings, kind: &[u8], parts: &[&[u8]]) -> Bucket {
    let mut digest = Sha256::new_with_prefix(kind);
    digest.update([0]);
    for part in parts {
        digest.update(part);
    }
    let whole = digest.finalize();
    let mut key = [0; 16];
    key.copy_from_slice(&whole[..16]);
    Bucket { key, burst: settings.burst, refill: settings.refill }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_the_account_wide_bucket_depends_on_whether_the_network_is_known() -> Result<(), &'static str> {
        let of = |burst| BucketSettings { burst, refill: Duration::from_secs(1) };
        let settings = ThrottleSettings { account_network: of(1), network: of(2), account: of(3), tokens: of(4) };
        let email = Email::new("a@b").ok_or("address")?;
        let keys = |host, known| {
            let network = Network::of([192, 0, 2, host].into());
            login(&settings, &email, network, known).map(|bucket| bucket.key)
        };
        let (stranger, other, owner, elsewhere) = (keys(1, false), keys(2, false), keys(1, true), keys(2, true));
        assert_eq!(stranger[2], other[2]);
        assert_eq!(stranger[..2], owner[..2]);
        let all: HashSet<_> = [stranger, other, owner, elsewhere].into_iter().flatten().collect();
        assert_eq!(all.len(), 2 + 2 + 1 + 2);
        Ok(())
    }
}
