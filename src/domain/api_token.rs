//! API tokens: by which programs of operators may use the management API.

use std::fmt;
use std::time::Duration;

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::{Profile, Timestamp, TokenDigest, TokenValue, named};

named! {
    /// What an API token is for.
    pub enum Scope {
        /// To see everything but API tokens.
        Read = "read",
        /// To make, change, import and delete users, with all that they log in by.
        Users = "users",
        /// To close sessions, and end single sign-on.
        Sessions = "sessions",
        /// Whatever operators do, API tokens included.
        Everything = "everything",
    }
}

impl Scope {
    /// The scope of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Scopes of one API token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Scopes(#[n(0)] u8);

impl Scopes {
    /// These scopes.
    #[must_use]
    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().fold(0, |bits, scope| bits | scope.bit()))
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.0 & scope.bit() != 0)
    }

    /// Whether they allow what this scope is for. Whoever may change something may see it.
    ///
    /// ```
    /// use bimgate::domain::{Scope, Scopes};
    ///
    /// let help_desk = Scopes::of(&[Scope::Users, Scope::Sessions]);
    /// assert!(help_desk.allow(Scope::Users) && help_desk.allow(Scope::Read));
    /// assert!(!help_desk.allow(Scope::Everything) && Scopes::of(&[Scope::Everything]).allow(Scope::Sessions));
    /// ```
    #[must_use]
    pub fn allow(self, wanted: Scope) -> bool {
        self.iter().any(|scope| scope == wanted || scope == Scope::Everything || wanted == Scope::Read)
    }
}

/// What a store keeps of an API token.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ApiToken {
    /// What it is called, as [`Profile::is_entry`] has it; unique.
    #[n(0)]
    pub name: Box<str>,
    /// Its value, digested.
    #[n(1)]
    pub digest: TokenDigest,
    /// What it is for.
    #[n(2)]
    pub scopes: Scopes,
    /// When it was made.
    #[n(3)]
    pub made: Timestamp,
    /// From this instant on it is refused; `None`: it ends when it is removed.
    #[n(4)]
    pub expires: Option<Timestamp>,
    /// When it was last used, to the minute.
    #[n(5)]
    pub used: Option<Timestamp>,
}

impl ApiToken {
    /// How often a use is noted.
    pub const NOTED_EVERY: Duration = Duration::from_secs(60);
    /// After how many days one may end at the latest, if it is to end by itself.
    pub const MAX_DAYS: u32 = 3650;

    /// Whether a text can be the name of one.
    #[must_use]
    pub fn is_name(text: &str) -> bool {
        Profile::is_entry(text)
    }

    /// Whether its time is up.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether a use is to be noted.
    #[must_use]
    pub fn is_use_due(&self, now: Timestamp) -> bool {
        self.used.is_none_or(|used| used.plus(Self::NOTED_EVERY) <= now)
    }
}

/// Every API token, in the order in which they were made, and a number that each change raises.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct ApiTokenDirectory {
    /// Zero if it was never stored.
    #[n(0)]
    pub version: u64,
    /// The tokens, at most [`ApiTokenDirectory::MAX_TOKENS`].
    #[n(1)]
    pub tokens: Vec<ApiToken>,
}

/// Why an API token cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenRefused {
    /// There are as many as there may be.
    TooMany,
    /// Another has the name.
    NameTaken,
}

impl ApiTokenDirectory {
    /// How many there may be: all of them are one record.
    pub const MAX_TOKENS: usize = 100;

    /// The token with this digest.
    #[must_use]
    pub fn token(&self, digest: TokenDigest) -> Option<&ApiToken> {
        self.tokens.iter().find(|token| token.digest == digest)
    }

    /// Adds a token. Those whose time was up by the time when it was made go.
    ///
    /// # Errors
    /// [`TokenRefused`].
    pub fn add(&mut self, new: ApiToken) -> Result<(), TokenRefused> {
        self.tokens.retain(|token| !token.has_ended(new.made));
        if self.tokens.iter().any(|token| token.name == new.name) {
            return Err(TokenRefused::NameTaken);
        }
        if self.tokens.len() >= Self::MAX_TOKENS {
            return Err(TokenRefused::TooMany);
        }
        self.tokens.push(new);
        Ok(())
    }

    /// Removes the token of this name. False if there is none.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.tokens.len();
        self.tokens.retain(|token| *token.name != *name);
        self.tokens.len() < before
    }

    /// Notes that the token with this digest is used. False if that changes nothing.
    pub fn note_use(&mut self, digest: TokenDigest, now: Timestamp) -> bool {
        let token = self.tokens.iter_mut().find(|token| token.digest == digest && token.is_use_due(now));
        token.map(|token| token.used = Some(now)).is_some()
    }
}

/// The plain value of an API token: 128 random bits, behind letters by which programs that look for lost secrets know
/// it. Prints as `[redacted]`.
///
/// ```
/// use bimgate::domain::ApiTokenValue;
///
/// let value = ApiTokenValue::generate()?;
/// let read = ApiTokenValue::parse(value.reveal().as_bytes());
/// assert_eq!(read.map(|read| read.digest()), Some(value.digest()));
/// assert!(value.reveal().starts_with("bgat-") && format!("{value:?}") == "[redacted]");
/// assert!(ApiTokenValue::parse(b"9c1874a62c974dcfa75e0132c423a088").is_none());
/// # Ok::<_, getrandom::Error>(())
/// ```
pub struct ApiTokenValue(TokenValue);

impl ApiTokenValue {
    const PREFIX: &str = "bgat-";

    /// A new value from the operating system's generator.
    ///
    /// # Errors
    /// The generator's own, which on a running Linux does not happen.
    pub fn generate() -> Result<Self, getrandom::Error> {
        TokenValue::generate().map(Self)
    }

    /// The value that was sent; `None` for what cannot be one.
    #[must_use]
    pub fn parse(sent: &[u8]) -> Option<Self> {
        TokenValue::parse(sent.strip_prefix(Self::PREFIX.as_bytes())?).map(Self)
    }

    /// What the operator is shown, once. The only way to the plain value.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        let value = Zeroizing::new(self.0.reveal());
        Zeroizing::new(format!("{}{}", Self::PREFIX, *value))
    }

    /// What a store keeps of it.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        self.0.digest()
    }
}

impl fmt::Debug for ApiTokenValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(name: &str, made: u64, expires: Option<u64>) -> ApiToken {
        ApiToken {
            name: name.into(),
            digest: TokenDigest([u8::try_from(made).unwrap_or_default(); 16]),
            scopes: Scopes::of(&[Scope::Read]),
            made: Timestamp::from_millis(made),
            expires: expires.map(Timestamp::from_millis),
            used: None,
        }
    }

    #[test]
    fn names_are_unique_and_tokens_bounded_and_those_that_have_ended_make_room() {
        let mut directory = ApiTokenDirectory::default();
        assert_eq!(directory.add(token("a", 1, Some(5))), Ok(()));
        assert_eq!(directory.add(token("a", 2, None)), Err(TokenRefused::NameTaken));
        for number in 1..ApiTokenDirectory::MAX_TOKENS {
            assert_eq!(directory.add(token(&number.to_string(), 2, None)), Ok(()));
        }
        assert_eq!(directory.add(token("b", 4, None)), Err(TokenRefused::TooMany));
        assert_eq!(directory.add(token("a", 5, None)), Ok(()), "the other has ended");
        assert!(directory.remove("a") && !directory.remove("a"));
    }

    #[test]
    fn a_use_is_noted_once_a_minute() {
        let mut directory = ApiTokenDirectory { version: 0, tokens: vec![token("a", 1, None)] };
        let digest = directory.tokens[0].digest;
        let noted = [0, 59_999, 60_000, 60_001].map(|at| directory.note_use(digest, Timestamp::from_millis(at)));
        assert_eq!(noted, [true, false, true, false]);
        assert!(!directory.note_use(TokenDigest([9; 16]), Timestamp::MAX));
    }

    #[test]
    fn no_scope_but_everything_allows_what_is_not_its_own() {
        for held in Scope::ALL {
            for wanted in Scope::ALL {
                let allowed = held == wanted || held == Scope::Everything || wanted == Scope::Read;
                assert_eq!(Scopes::of(&[held]).allow(wanted), allowed, "{held} {wanted}");
            }
        }
        assert!(!Scopes::default().allow(Scope::Read));
    }
}
