//! E-mail addresses, the name people log in with.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// An e-mail address as it is compared: surrounding space dropped, NFC, lower case. Not validated beyond its length:
/// whatever was imported can log in.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(Box<str>);

impl Email {
    /// The longest address accepted, in bytes (RFC 5321: 64 for the local part, 255 for the domain, the `@`).
    pub const MAX_BYTES: usize = 320;

    /// The address, or `None` if it is empty or too long.
    #[must_use]
    pub fn new(sent: &str) -> Option<Self> {
        let trimmed = sent.trim();
        if trimmed.is_empty() || trimmed.len() > Self::MAX_BYTES {
            return None;
        }
        // Composed last, for a lower-case letter may compose where the upper-case one did not: what comes out of here
        // must come out the same when it is read back from a record.
        let folded: String = trimmed.chars().flat_map(char::to_lowercase).nfc().collect();
        (folded.len() <= Self::MAX_BYTES).then(|| Self(folded.into()))
    }

    /// The address in its compared form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Addresses are personal data: a log line that formats one by accident shows nothing.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_address_in_its_compared_form_stays_as_it_is(sent in "[\\PC\u{300}-\u{36f}]{1,40}|[A-Z\u{300}-\u{36f}]{1,9}") {
            if let Some(email) = Email::new(&sent) {
                prop_assert_eq!(Email::new(email.as_str()), Some(email));
            }
        }
    }

    #[test]
    fn a_letter_that_composes_only_in_lower_case_is_composed() {
        assert_eq!(Email::new("J\u{30c}@b").as_ref().map(Email::as_str), Some("\u{1f0}@b"));
    }

    #[test]
    fn case_and_surrounding_space_do_not_count() {
        assert_eq!(Email::new("  Test@BimPlus.NET\t"), Email::new("test@bimplus.net"));
        assert_eq!(Email::new("JÖRG@example.org"), Email::new("jo\u{308}rg@example.org"));
        assert!(Email::new(" \n ").is_none());
        assert!(Email::new(&"x".repeat(321)).is_none());
    }
}
