//! The password a person typed, on its way to the hash.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// A password in Unicode normalisation form C, wiped when dropped, never printed.
///
/// ```
/// use bimgate::domain::Password;
///
/// // Two keyboards may compose an é in two ways.
/// let passwords = ["caf\u{e9}", "cafe\u{301}"].map(Password::new);
/// assert!(passwords.iter().flatten().all(|password| password.as_bytes() == "café".as_bytes()));
/// assert_eq!(format!("{passwords:?}"), "[Some(Password([redacted])), Some(Password([redacted]))]");
/// ```
///
/// NFC rather than the PRECIS `OpaqueString` profile (RFC 8265): both make one password of the ways two keyboards
/// compose an `é`, but PRECIS also refuses control and unassigned characters and maps spaces, and people whose
/// passwords were hashed by the vendor without such rules could never log in again.
pub struct Password {
    normalised: Zeroizing<String>,
    /// As it was sent, where that is something else.
    sent: Option<Zeroizing<String>>,
}

impl Password {
    /// The longest password accepted, in bytes as sent. Never truncated.
    pub const MAX_BYTES: usize = 1024;

    /// The normalised password, or `None` if it is empty or too long.
    #[must_use]
    pub fn new(sent: &str) -> Option<Self> {
        if sent.is_empty() || sent.len() > Self::MAX_BYTES {
            return None;
        }
        // Reserved once: growing would leave unwiped copies behind. NFC grows UTF-8 threefold at the most.
        let mut normalised = Zeroizing::new(String::with_capacity(sent.len() * 3));
        normalised.extend(sent.nfc());
        let sent = (**normalised != *sent).then(|| Zeroizing::new(sent.to_owned()));
        Some(Self { normalised, sent })
    }

    /// How many characters it has.
    #[must_use]
    pub fn characters(&self) -> usize {
        self.normalised.chars().count()
    }

    /// Whether it equals this text, ASCII letters in any case.
    #[must_use]
    pub fn is_without_case(&self, text: &str) -> bool {
        self.normalised.eq_ignore_ascii_case(text)
    }

    /// How many characters are left when these words, which are in lower case, are taken out in any case.
    #[must_use]
    pub fn characters_without(&self, words: &[String]) -> usize {
        let mut rest = Zeroizing::new(self.normalised.to_lowercase());
        for word in words {
            rest = Zeroizing::new(rest.replace(word.as_str(), ""));
        }
        rest.chars().count()
    }

    /// The bytes to hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.normalised.as_bytes()
    }

    /// The password to the letter, for a service that does not normalise.
    #[must_use]
    pub fn as_sent(&self) -> &str {
        self.sent.as_ref().unwrap_or(&self.normalised)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_and_decomposed_are_one_password() {
        let [composed, decomposed] = ["caf\u{e9}", "cafe\u{301}"].map(|sent| Password::new(sent).expect("good"));
        assert_eq!(composed.as_bytes(), decomposed.as_bytes());
        assert_eq!([composed.as_sent(), decomposed.as_sent()], ["caf\u{e9}", "cafe\u{301}"]);
    }

    #[test]
    fn long_passwords_are_whole_and_longer_ones_refused() {
        let longest = Password::new(&"x".repeat(1024));
        assert_eq!(longest.map(|p| p.as_bytes().len()), Some(1024));
        assert!(Password::new(&"x".repeat(1025)).is_none());
        assert!(Password::new("").is_none());
        assert!(!format!("{:?}", Password::new("secret")).contains("secret"));
    }
}
