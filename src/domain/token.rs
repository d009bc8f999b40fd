//! Tokens: the plain value, which exists only on its way to the client, and its digest, which is what stores know.

use std::fmt;

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use super::{ClientKey, Denied, Ruling, Timestamp, UserId};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A token's plain value: 128 random bits, written as 32 lower-case hexadecimal digits. Prints as `[redacted]`.
///
/// ```
/// use bimgate::domain::TokenValue;
///
/// // Some clients send a token back as a UUID.
/// let token = TokenValue::parse(b"{9C1874A6-2C97-4DCF-A75E-0132C423A088}");
/// assert_eq!(token.as_ref().map(TokenValue::reveal).as_deref(), Some("9c1874a62c974dcfa75e0132c423a088"));
/// assert_eq!(format!("{token:?}"), "Some([redacted])");
/// assert!(TokenValue::parse(b"9c1874a6").is_none());
/// ```
pub struct TokenValue([u8; 16]);

impl TokenValue {
    /// A new value from the operating system's generator.
    ///
    /// # Errors
    /// The generator's own, which on a running Linux does not happen.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits)?;
        Ok(Self(bits))
    }

    /// A new value for a token of this user, drawn until its digest falls into the user's [`Shard`]: 64 draws on
    /// average, which take some microseconds.
    ///
    /// So a store finds the token and all that its user has in one place, by the digest alone. What this gives up: to
    /// somebody who knows whose token it is, six of its 128 bits are known. 122 remain, as many as a random UUID has.
    ///
    /// # Errors
    /// As [`Self::generate`].
    pub fn draw_for(user: UserId) -> Result<Self, getrandom::Error> {
        Self::pick_for(user, getrandom::fill)
    }

    /// As [`Self::draw_for`], of the bits that `source` fills in: others each time, as hard to guess as random ones.
    ///
    /// # Errors
    /// Those of `source`.
    pub(crate) fn pick_for<E>(user: UserId, mut source: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let shard = Shard::of_user(user);
        let mut draws = Zeroizing::new([0; 1024]);
        loop {
            source(&mut *draws)?;
            let mut values = draws.as_chunks().0.iter().map(|bits| Self(*bits));
            if let Some(value) = values.find(|value| Shard::of_token(value.digest()) == shard) {
                return Ok(value);
            }
        }
    }

    /// The value that a client sent: a UUID in any usual spelling. Clients that parse a token as a UUID send it back
    /// with hyphens. `None` for anything else.
    #[must_use]
    pub fn parse(sent: &[u8]) -> Option<Self> {
        Uuid::try_parse_ascii(sent).ok().map(|uuid| Self(uuid.into_bytes()))
    }

    /// What the client is given. The only way to the plain value.
    #[must_use]
    pub fn reveal(&self) -> String {
        let digits = self.0.iter().flat_map(|byte| [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        digits.map(char::from).collect()
    }

    /// The key under which a store knows this token.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        let whole = Sha256::digest(self.0);
        let mut digest = [0; 16];
        digest.copy_from_slice(&whole[..16]);
        TokenDigest(digest)
    }
}

impl Drop for TokenValue {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for TokenValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The first 128 bits of the SHA-256 of a token's 16 bytes.
///
/// A token is 128 random bits, so neither guessing it nor inverting its digest is easier for the truncation
/// (NIST SP 800-107, 5.1), and every index entry is half as long. Looked up as a key and never compared with a
/// secret, so ordinary equality is safe: an attacker cannot choose a digest's bytes without inverting SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenDigest(pub [u8; 16]);

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest([redacted])")
    }
}

/// One of 64 parts that users are divided into. A store may keep all that the users of one shard have in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(u8);

impl Shard {
    /// How many there are.
    pub const COUNT: usize = 64;

    /// The shard of a user: the first six bits of the SHA-256 of the id.
    #[must_use]
    pub fn of_user(user: UserId) -> Self {
        Self(Sha256::digest(user.0.as_bytes())[0] >> 2)
    }

    /// The shard of a token's digest: its first six bits. That of the user, if the token was made by
    /// [`TokenValue::draw_for`].
    #[must_use]
    pub const fn of_token(digest: TokenDigest) -> Self {
        Self(digest.0[0] >> 2)
    }

    /// Every shard, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..64).map(Self)
    }

    /// Which one it is, from 0 on.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The token by which a native client names the login it waits for; the client makes it up. Prints as `[redacted]`.
///
/// ```
/// use bimgate::domain::NativeToken;
///
/// assert!(NativeToken::parse(b"easy to guess").is_none());
/// assert!(NativeToken::parse(b"ce9b7f4f6d7d4a3a").is_some());
/// ```
pub struct NativeToken(TokenDigest);

impl NativeToken {
    /// How long one is, in bytes.
    pub const BYTES: std::ops::RangeInclusive<usize> = 16..=256;

    /// The token a client sent, or `None` if it is too short to be hard to guess, or too long.
    #[must_use]
    pub fn parse(sent: &[u8]) -> Option<Self> {
        Self::BYTES.contains(&sent.len()).then(|| {
            let whole = Sha256::new_with_prefix(b"native token\0").chain_update(sent).finalize();
            let mut digest = [0; 16];
            digest.copy_from_slice(&whole[..16]);
            Self(TokenDigest(digest))
        })
    }

    /// The key under which a store knows this token.
    #[must_use]
    pub const fn digest(&self) -> TokenDigest {
        self.0
    }
}

impl fmt::Debug for NativeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What a store keeps of an access token: all that a check answers, and where its session is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AccessToken {
    /// Whose token it is.
    #[n(0)]
    pub user: UserId,
    /// The client whose session it hangs on.
    #[n(1)]
    pub client: ClientKey,
    /// Whether the server made that client's id for the login.
    #[n(2)]
    pub server_made: bool,
    /// From this instant on it is refused.
    #[n(3)]
    pub expires: Timestamp,
    /// When the person last proved who they are; what is minted from this token inherits it.
    #[n(4)]
    pub proven: Timestamp,
    /// Nothing that comes of this token lives past this instant: the end of the remember-me token that its login made
    /// or used, or of the app password that its login was proven by. `None`: there was none.
    #[n(5)]
    pub not_after: Option<Timestamp>,
    /// The team the login named, to the letter.
    #[n(6)]
    pub team: Option<Box<str>>,
    /// The project the login named, to the letter.
    #[n(7)]
    pub project: Option<Box<str>>,
}

impl AccessToken {
    /// The client id that the client itself sent, if a UUID; else the nil UUID.
    #[must_use]
    pub fn audience(&self) -> Uuid {
        if self.server_made { Uuid::nil() } else { self.client.audience() }
    }

    /// The token, if it counts at `now`.
    ///
    /// # Errors
    /// [`Denied::Expired`].
    pub fn unexpired(self, now: Timestamp) -> Ruling<Self> {
        if self.expires <= now { Err(Denied::Expired) } else { Ok(self) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "9c1874a62c974dcfa75e0132c423a088";

    proptest! {
        #[test]
        fn hexadecimal_digits_are_a_value_only_where_32_of_them_stand_alone(
            sent in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..50).prop_filter("hyphens", |sent| !sent.contains(&b'-')),
                "[0-9a-fA-Fg]{31,33}".prop_map(String::into_bytes),
            ],
        ) {
            let told = TokenValue::parse(&sent).map(|value| value.reveal().into_bytes());
            let digits = sent.len() == 32 && sent.iter().all(u8::is_ascii_hexdigit);
            prop_assert_eq!(told, digits.then(|| sent.to_ascii_lowercase()));
        }

        #[test]
        fn a_value_survives_every_spelling_of_a_uuid(bits: [u8; 16]) {
            let uuid = Uuid::from_bytes(bits);
            for spelling in [uuid.simple().to_string(), uuid.hyphenated().to_string(), uuid.braced().to_string()] {
                for sent in [spelling.to_lowercase(), spelling.to_uppercase()] {
                    let told = TokenValue::parse(sent.as_bytes()).map(|value| value.reveal());
                    prop_assert_eq!(told, Some(uuid.simple().to_string()), "{}", sent);
                }
            }
        }
    }

    #[test]
    fn anything_else_is_no_token() {
        for sent in [
            "",
            "9c18",
            "9c1874a62c974dcfa75e0132c423a08g",
            "9c1874a6-2c97-4dcf-a75e-0132c423a08",
            "9c1874a62-c97-4dcf-a75e-0132c423a088",
            "{9c1874a6-2c97-4dcf-a75e-0132c423a088",
            "9c1874a6-2c97-4dcf-a75e-0132c423a088}",
            "9c1874a6-2c97-4dcf-a75e-0132c423a088, 9c1874a6-2c97-4dcf-a75e-0132c423a088",
        ] {
            assert!(TokenValue::parse(sent.as_bytes()).is_none(), "{sent}");
        }
        assert!(TokenValue::parse(TOKEN.as_bytes()).is_some());
    }

    #[test]
    fn a_value_that_is_drawn_for_a_user_falls_into_the_shard_of_that_user() {
        let shards: std::collections::HashSet<_> = (0..512_u128)
            .map(|id| {
                let user = UserId(Uuid::from_u128(id));
                let (one, other) =
                    (TokenValue::draw_for(user).expect("bits"), TokenValue::draw_for(user).expect("bits"));
                assert_ne!(one.digest(), other.digest());
                assert_eq!(Shard::of_token(one.digest()), Shard::of_user(user));
                assert_eq!(Shard::of_token(other.digest()), Shard::of_user(user));
                Shard::of_user(user)
            })
            .collect();
        assert_eq!(shards, Shard::all().collect(), "every shard has users");
    }

    #[test]
    fn it_cannot_be_printed() {
        let value = TokenValue([7; 16]);
        assert_eq!(format!("{value:?}"), "[redacted]");
        assert!(!format!("{:?}", value.digest()).contains('7'));
    }
}
