//! One-time links: whoever opens one first sets the password of an account.

use std::fmt;
use std::time::Duration;

use minicbor::{Decode, Encode};
use uuid::Uuid;

use super::{Timestamp, TokenDigest, TokenValue, UserId, named};

named! {
    /// What a one-time link is for.
    pub enum LinkPurpose {
        /// A person who is new here sets their first password.
        Invitation = "invitation",
        /// A person who has forgotten theirs sets another.
        Reset = "reset",
    }
}

impl LinkPurpose {
    /// How long such a link counts: an invitation for a week, since people are away; any other for 30 minutes.
    #[must_use]
    pub const fn lifetime(self) -> Duration {
        match self {
            Self::Invitation => Duration::from_secs(7 * 86_400),
            Self::Reset => Duration::from_secs(30 * 60),
        }
    }
}

/// A one-time link, as the account keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OneTimeLink {
    /// Of its secret.
    #[n(0)]
    pub digest: TokenDigest,
    /// From this instant on it does not count.
    #[n(1)]
    pub expires: Timestamp,
    /// The account's generation when it was made: it counts with no other.
    #[n(2)]
    pub generation: u32,
}

/// What the address of a one-time link says: whose it is, and 128 random bits. Prints as `[redacted]`.
///
/// The account is named, so that finding it takes one read and no index.
///
/// ```
/// use bimgate::domain::{LinkSecret, UserId};
///
/// let user = UserId(uuid::Uuid::from_u128(7));
/// let secret = LinkSecret::draw(user)?;
/// let again = LinkSecret::parse(&secret.reveal());
/// assert_eq!(again.as_ref().map(|again| (again.user(), again.digest())), Some((user, secret.digest())));
/// assert_eq!(format!("{secret:?}"), "[redacted]");
/// # Ok::<_, getrandom::Error>(())
/// ```
pub struct LinkSecret {
    user: UserId,
    value: TokenValue,
}

impl LinkSecret {
    /// How many hexadecimal digits one is written in.
    pub const DIGITS: usize = 64;

    /// A new one for this account.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn draw(user: UserId) -> Result<Self, getrandom::Error> {
        Ok(Self { user, value: TokenValue::generate()? })
    }

    /// The one that an address has; `None` if that is none.
    #[must_use]
    pub fn parse(sent: &str) -> Option<Self> {
        if sent.len() != Self::DIGITS || !sent.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let (user, value) = sent.split_at(Self::DIGITS / 2);
        Some(Self { user: UserId(Uuid::try_parse(user).ok()?), value: TokenValue::parse(value.as_bytes())? })
    }

    /// As the address has it. The only way to the secret.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{}{}", self.user.0.simple(), self.value.reveal())
    }

    /// Whose it is.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// What the account keeps of it.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        self.value.digest()
    }
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_else_is_no_link() -> Result<(), getrandom::Error> {
        let good = LinkSecret::draw(UserId(Uuid::from_u128(1)))?.reveal();
        assert!(LinkSecret::parse(&good).is_some());
        for bad in ["", &good[1..], &format!("{good}0"), &good.replace('0', "g"), &"\u{e9}".repeat(32)] {
            assert!(LinkSecret::parse(bad).is_none(), "{bad}");
        }
        Ok(())
    }
}
