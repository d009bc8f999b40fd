//! The second factor of people who log in on our own page: an app that makes codes (TOTP, RFC 6238), passkeys, or both;
//! and recovery codes for whoever has lost them.

use std::fmt;

use minicbor::{Decode, Encode};
use zeroize::Zeroize;

use super::{Assertion, Denied, Passkey, Ruling, Timestamp};

/// What an account keeps of it.
#[derive(Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct SecondFactor {
    /// The secret that the app shares with this server, sealed for this account; empty: there is no app. A release that
    /// knows no passkeys then lets recovery codes in, and nothing else.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub sealed: Box<[u8]>,
    /// The last time step whose code was used. Neither it nor an earlier one counts again (RFC 6238, 5.2).
    #[n(1)]
    pub last_step: u64,
    /// The recovery codes that are left, digested.
    #[n(2)]
    pub recovery: Vec<CodeDigest>,
    /// When it was set up.
    #[n(3)]
    pub since: Timestamp,
    /// Passkeys, oldest first; at most [`Passkey::MAX`].
    #[cbor(n(4), with = "super::encoding::list", has_nil)]
    pub passkeys: Vec<Passkey>,
}

/// A recovery code as an account keeps it: keyed, since a code that can be typed has too few bits for a plain digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeDigest(pub [u8; 16]);

/// Which code has been used, or which passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsedCode {
    /// The app's of this time step.
    App(u64),
    /// A recovery code.
    Recovery(CodeDigest),
    /// The passkey of this id, which counts so many uses.
    Passkey(Box<[u8]>, u32),
}

impl SecondFactor {
    /// How many recovery codes there are at first.
    pub const RECOVERY_CODES: usize = 10;

    /// Whether there is an app that makes codes.
    #[must_use]
    pub const fn has_app(&self) -> bool {
        !self.sealed.is_empty()
    }

    /// The passkey with this id.
    #[must_use]
    pub fn passkey(&self, id: &[u8]) -> Option<&Passkey> {
        self.passkeys.iter().find(|held| *held.id == *id)
    }

    /// Adds the app and the passkeys of another. The recovery codes stay.
    pub(super) fn add(&mut self, other: &Self) -> Ruling<()> {
        let known = other.passkeys.iter().any(|new| self.passkey(&new.id).is_some());
        let too_many = self.passkeys.len() + other.passkeys.len() > Passkey::MAX;
        if known || too_many || self.has_app() && other.has_app() {
            return Err(Denied::HasSecondFactor);
        }
        if other.has_app() {
            self.sealed.clone_from(&other.sealed);
            self.last_step = other.last_step;
        }
        self.passkeys.extend_from_slice(&other.passkeys);
        Ok(())
    }

    /// Removes the app. True if no factor is left: recovery codes alone are none.
    pub(super) fn remove_app(&mut self) -> Ruling<bool> {
        if !self.has_app() {
            return Err(Denied::NoSecondFactor);
        }
        self.sealed = Box::default();
        Ok(self.passkeys.is_empty())
    }

    /// Removes the passkey of this id. True if no factor is left.
    pub(super) fn remove_passkey(&mut self, id: &[u8]) -> Ruling<bool> {
        let held = self.passkeys.iter().position(|held| *held.id == *id).ok_or(Denied::NoSecondFactor)?;
        self.passkeys.remove(held);
        Ok(self.passkeys.is_empty() && !self.has_app())
    }

    /// Takes note that a code or a passkey is used.
    pub(super) fn use_up(&mut self, code: &UsedCode, now: Timestamp) -> Ruling<()> {
        match code {
            UsedCode::App(_) if !self.has_app() => return Err(Denied::WrongCode),
            UsedCode::App(step) if *step <= self.last_step => return Err(Denied::CodeUsed),
            UsedCode::App(step) => self.last_step = *step,
            UsedCode::Recovery(digest) => {
                let held = self.recovery.iter().position(|held| held == digest).ok_or(Denied::WrongCode)?;
                self.recovery.remove(held);
            }
            UsedCode::Passkey(id, count) => {
                let held = self.passkeys.iter_mut().find(|held| held.id == *id).ok_or(Denied::WrongPasskey)?;
                held.note_use(*count, now)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactor").field("since", &self.since).finish_non_exhaustive()
    }
}

/// A code as a person types it, or what stands in its place. Prints as `[redacted]`.
///
/// ```
/// use bimgate::domain::FactorCode;
///
/// assert!(matches!(FactorCode::parse(" 123 456 "), Some(FactorCode::App(123_456))));
/// assert!(matches!(FactorCode::parse("0012-3456-7890-1234"), Some(FactorCode::Recovery(_))));
/// assert!(FactorCode::parse("12345").is_none() && FactorCode::parse("12345x").is_none());
/// ```
pub enum FactorCode {
    /// Of the app: six digits.
    App(u32),
    /// A recovery code.
    Recovery(RecoveryCode),
    /// The answer of a passkey.
    Passkey(Assertion),
}

impl FactorCode {
    /// How many digits an app's code has.
    pub const DIGITS: usize = 6;

    /// What was typed, with spaces and dashes wherever they are; `None` for what can be no code.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let (mut digits, mut number) = (0, 0_u64);
        for symbol in typed.bytes().filter(|symbol| !matches!(symbol, b'-' | b' ' | b'\t' | b'\r' | b'\n')) {
            let digit = char::from(symbol).to_digit(10)?;
            digits += 1;
            if digits > RecoveryCode::DIGITS {
                return None;
            }
            number = 10 * number + u64::from(digit);
        }
        match digits {
            Self::DIGITS => u32::try_from(number).ok().map(Self::App),
            RecoveryCode::DIGITS => Some(Self::Recovery(RecoveryCode(number))),
            _ => None,
        }
    }
}

impl fmt::Debug for FactorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A recovery code: 53 random bits, in digits alone, so that a field for codes brings up a phone's keys for numbers. It counts
/// once. Prints as `[redacted]`.
///
/// ```
/// use bimgate::domain::{FactorCode, RecoveryCode};
///
/// let code = RecoveryCode::draw()?;
/// let written = code.reveal();
/// assert_eq!((written.len(), written.matches('-').count()), (19, 3));
/// assert!(matches!(FactorCode::parse(&written), Some(FactorCode::Recovery(read)) if *read.reveal() == *written));
/// # Ok::<_, getrandom::Error>(())
/// ```
pub struct RecoveryCode(u64);

impl RecoveryCode {
    /// How many digits it has.
    const DIGITS: usize = 16;
    /// How many there are.
    const COUNT: u64 = 10_u64.pow(16);

    /// A new one.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn draw() -> Result<Self, getrandom::Error> {
        loop {
            // The fewest bits that hold them all, so that most draws do.
            let number = getrandom::u64()? >> Self::COUNT.leading_zeros();
            if number < Self::COUNT {
                return Ok(Self(number));
            }
        }
    }

    /// As the person is shown it. The only way to the value.
    #[must_use]
    pub fn reveal(&self) -> zeroize::Zeroizing<String> {
        let [a, b, c, d] = [3, 2, 1, 0].map(|group| self.0 / 10_000_u64.pow(group) % 10_000);
        format!("{a:04}-{b:04}-{c:04}-{d:04}").into()
    }

    /// The value, to digest.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

impl Drop for RecoveryCode {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_typed_never_panics_and_is_read_by_its_digits(typed in "(?s).{0,40}|[0-9 -]{0,40}") {
            let digits = typed.bytes().filter(u8::is_ascii_digit).count();
            let all = typed.chars().all(|symbol| symbol.is_ascii_digit() || "- \t\r\n".contains(symbol));
            prop_assert_eq!(FactorCode::parse(&typed).is_some(), all && (digits == 6 || digits == 16));
        }
    }

    #[test]
    fn a_code_counts_once_and_one_of_an_earlier_step_no_more() {
        let codes = [CodeDigest([1; 16]), CodeDigest([2; 16])];
        let mut factor = SecondFactor {
            sealed: [1].into(),
            last_step: 7,
            recovery: codes.into(),
            since: Timestamp::default(),
            passkeys: Vec::new(),
        };
        let mut use_up = |code| factor.use_up(&code, Timestamp::default());
        for step in [6, 7] {
            assert_eq!(use_up(UsedCode::App(step)), Err(Denied::CodeUsed));
        }
        assert_eq!(use_up(UsedCode::App(9)), Ok(()));
        for step in [8, 9] {
            assert_eq!(use_up(UsedCode::App(step)), Err(Denied::CodeUsed));
        }
        assert_eq!(use_up(UsedCode::Recovery(codes[0])), Ok(()));
        assert_eq!(use_up(UsedCode::Recovery(codes[0])), Err(Denied::WrongCode));
        assert_eq!(use_up(UsedCode::Passkey([1].into(), 0)), Err(Denied::WrongPasskey));
        assert_eq!(factor.recovery, [codes[1]]);
    }

    #[test]
    fn codes_are_random_and_cannot_be_printed() -> Result<(), getrandom::Error> {
        let codes = [(); 64].map(|()| RecoveryCode::draw());
        let mut all = std::collections::HashSet::new();
        for code in codes {
            let code = code?;
            assert_eq!(format!("{code:?}"), "[redacted]");
            all.insert(code.reveal().to_string());
        }
        assert_eq!(all.len(), 64);
        let first: std::collections::HashSet<_> = all.iter().filter_map(|code| code.chars().next()).collect();
        assert!(first.len() > 3, "every digit may come first");
        Ok(())
    }
}
