//! App passwords: made here, one for each program of a person that knows an e-mail address and a password alone.

use std::fmt;

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::account::KnownNetwork;
use super::{AppPasswordId, Network, Password, Profile, Timestamp, TokenDigest};

/// What a store keeps of an app password.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AppPassword {
    /// Its id, by which it is revoked.
    #[n(0)]
    pub id: AppPasswordId,
    /// Its value, digested.
    #[n(1)]
    pub digest: TokenDigest,
    /// What the person calls it, such as the device that it is for; see [`Self::is_name`].
    #[n(2)]
    pub name: Box<str>,
    /// When it was made.
    #[n(3)]
    pub created: Timestamp,
    /// From this instant on it is refused, and so is every token that comes of it; `None`: it ends when it is revoked.
    #[n(4)]
    pub expires: Option<Timestamp>,
    /// The network of the last login by it, and when that was, to the day.
    #[n(5)]
    pub used: Option<KnownNetwork>,
}

impl AppPassword {
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

    /// Notes a login. True if that changed the record: once a day, and where the network is another.
    pub(super) fn note_use(&mut self, network: Network, now: Timestamp) -> bool {
        let is_noted = self.used.is_some_and(|used| used.network == network && used.is_of_today(now));
        if !is_noted {
            self.used = Some(KnownNetwork { network, seen: now });
        }
        !is_noted
    }
}

/// The plain value of an app password: 120 random bits. Prints as `[redacted]`.
///
/// It is written with a prefix that makes it known for what it is, to people and to programs that look for lost secrets,
/// in groups that can be typed, in Crockford's base 32: no two of its symbols look alike. It is read in any case, with or
/// without dashes and spaces; the letters I, L and O count as the digits that they look like.
///
/// ```
/// use bimgate::domain::{AppPasswordValue, Password};
///
/// let value = AppPasswordValue::generate()?;
/// let (written, typed) = (value.reveal(), value.reveal().to_uppercase().replace('-', " "));
/// assert_eq!((written.len(), &written[..5]), (34, "bgap-"));
/// let read = Password::new(&typed).and_then(|typed| AppPasswordValue::parse(&typed));
/// assert_eq!(read.map(|read| read.digest()), Some(value.digest()));
/// # Ok::<(), getrandom::Error>(())
/// ```
pub struct AppPasswordValue(u128);

/// Crockford's base 32, by value.
const SYMBOLS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl AppPasswordValue {
    /// What each begins with, in lower case.
    const PREFIX: &str = "bgap";
    /// How many symbols follow the prefix: 5 bits each.
    const LENGTH: usize = 24;
    /// How many stand between two dashes.
    const GROUP: usize = 4;
    /// How few symbols, the prefix included, are one that was cut short rather than a password of somebody's own.
    const MIN_SYMBOLS: usize = 16;

    /// A new value from the operating system's generator.
    ///
    /// # Errors
    /// The generator's own, which on a running Linux does not happen.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bits = Zeroizing::new([0; 16]);
        getrandom::fill(&mut bits[1..])?;
        Ok(Self(u128::from_be_bytes(*bits)))
    }

    /// Whether somebody who enters this means an app password: it begins as one does and is about as long. Then it is
    /// nothing else, and nobody but this server is asked about it, however it is mistyped.
    #[must_use]
    pub fn is_meant(password: &Password) -> bool {
        let mut symbols = symbols(password);
        let begins = Self::PREFIX.bytes().all(|expected| symbols.next() == Some(expected));
        begins && symbols.count() + Self::PREFIX.len() >= Self::MIN_SYMBOLS
    }

    /// The value that was typed; `None` for what cannot be one.
    #[must_use]
    pub fn parse(password: &Password) -> Option<Self> {
        let mut symbols = symbols(password);
        if !Self::PREFIX.bytes().all(|expected| symbols.next() == Some(expected)) {
            return None;
        }
        let mut value = Self(0);
        for _ in 0..Self::LENGTH {
            let symbol = match symbols.next()? {
                b'o' => b'0',
                b'i' | b'l' => b'1',
                symbol => symbol,
            };
            let five_bits = SYMBOLS.iter().position(|known| *known == symbol)?;
            value.0 = value.0 << 5 | five_bits as u128;
        }
        symbols.next().is_none().then_some(value)
    }

    /// What the person is shown, once. The only way to the plain value.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        let groups = Self::LENGTH / Self::GROUP;
        let mut text = Zeroizing::new(String::with_capacity(Self::PREFIX.len() + Self::LENGTH + groups));
        text.push_str(Self::PREFIX);
        for place in 0..Self::LENGTH {
            if place.is_multiple_of(Self::GROUP) {
                text.push('-');
            }
            let five_bits = self.0 >> (5 * (Self::LENGTH - 1 - place)) & 31;
            text.push(char::from(SYMBOLS[five_bits as usize]));
        }
        text
    }

    /// What a store knows of it.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        let bits = Zeroizing::new(self.0.to_be_bytes());
        let whole = Sha256::new_with_prefix(b"app password\0").chain_update(*bits).finalize();
        let mut digest = [0; 16];
        digest.copy_from_slice(&whole[..16]);
        TokenDigest(digest)
    }
}

/// What was typed, in lower case, without dashes and spaces.
fn symbols(password: &Password) -> impl Iterator<Item = u8> {
    let typed = password.as_bytes().iter().map(u8::to_ascii_lowercase);
    typed.filter(|symbol| !matches!(symbol, b'-' | b' ' | b'\t' | b'\r' | b'\n'))
}

impl Drop for AppPasswordValue {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for AppPasswordValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const WRITTEN: &str = "bgap-0123-4567-89ab-cdef-ghjk-mnpq";

    fn password(text: &str) -> Password {
        Password::new(text).expect("a password")
    }

    fn read(text: &str) -> Option<String> {
        AppPasswordValue::parse(&password(text)).map(|value| value.reveal().to_string())
    }

    proptest! {
        #[test]
        fn a_value_is_read_as_it_is_written(bits in 0..1_u128 << 120) {
            let value = AppPasswordValue(bits);
            let written = value.reveal();
            prop_assert_eq!(AppPasswordValue::parse(&password(&written)).map(|read| read.0), Some(bits));
            prop_assert!(AppPasswordValue::is_meant(&password(&written)));
        }
    }

    #[test]
    fn case_dashes_spaces_and_look_alikes_do_not_count() {
        for typed in [
            "bgap-0123-4567-89ab-cdef-ghjk-mnpq",
            "BGAP-0123-4567-89AB-CDEF-GHJK-MNPQ",
            "bgap0123456789abcdefghjkmnpq",
            "  bgap 0123 4567 89ab cdef ghjk mnpq\r\n",
            "Bgap-OI23-4567-89ab-cdef-ghjk-mnpq",
            "bgap-ol23-4567-89ab-cdef-ghjk-mnpq",
        ] {
            assert_eq!(read(typed).as_deref(), Some(WRITTEN), "{typed}");
        }
    }

    #[test]
    fn what_is_mistyped_is_still_meant_as_one_and_is_none() {
        for typed in [
            "bgap-0123-4567-89ab-cdef-ghjk-mnp",
            "bgap-0123-4567-89ab-cdef-ghjk-mnpqr",
            "bgap-u123-4567-89ab-cdef-ghjk-mnpq",
            "bgap-!123-4567-89ab-cdef-ghjk-mnpq",
            "bgap-0123-4567-89ab",
        ] {
            assert!(AppPasswordValue::is_meant(&password(typed)) && read(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn a_password_of_somebodys_own_is_not_meant_as_one() {
        for typed in [
            "0123-4567-89ab-cdef-ghjk-mnpq",
            "a bgap-0123-4567-89ab-cdef-ghjk-mnpq",
            "bgap",
            "bgap1234567",
            "correct horse battery staple",
            "bga p",
        ] {
            assert!(!AppPasswordValue::is_meant(&password(typed)) && read(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn values_are_random_and_cannot_be_printed() -> Result<(), getrandom::Error> {
        let (one, other) = (AppPasswordValue::generate()?, AppPasswordValue::generate()?);
        assert!(one.0 != other.0 && one.digest() != other.digest() && one.0 >> 120 == 0);
        assert_eq!(format!("{one:?}"), "[redacted]");
        Ok(())
    }

    #[test]
    fn a_use_is_noted_once_a_day_and_where_the_network_is_another() -> Result<(), Box<dyn std::error::Error>> {
        let start = Timestamp::from_millis(1_000_000_000_000);
        let mut noted = AppPassword {
            id: AppPasswordId(uuid::Uuid::nil()),
            digest: AppPasswordValue(1).digest(),
            name: "phone".into(),
            created: start,
            expires: None,
            used: None,
        };
        let [home, office] = [Network::of("192.0.2.7".parse()?), Network::of("192.0.2.8".parse()?)];
        let hour = Duration::from_secs(3600);
        let uses = [(home, 0), (home, 1), (office, 2), (office, 25), (office, 26)];
        assert_eq!(
            uses.map(|(network, hours)| noted.note_use(network, start.plus(hour * hours))),
            [true, false, true, false, true]
        );
        Ok(())
    }
}
