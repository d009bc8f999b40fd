//! E-mail addresses, the name people log in with.

use std::borrow::Cow;
use std::fmt;

use idna::AsciiDenyList;
use idna::uts46::{Hyphens, Uts46};
use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization as _;

/// An e-mail address as it is compared: without surrounding space and format characters, in NFC and lower case, its
/// domain in one form. Only its length is checked: every imported address can log in.
///
/// ```
/// use bimgate::domain::Email;
///
/// let typed = Email::new(" Info@Müller.Example ");
/// assert_eq!(typed, Email::new("info@xn--mller-kva.example"));
/// assert_eq!(typed.as_ref().map(Email::as_str), Some("info@müller.example"));
/// assert_eq!(typed.as_ref().map(Email::ascii_domain).as_deref(), Some("info@xn--mller-kva.example"));
/// assert_eq!(Email::new(" "), None);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(Box<str>);

impl Email {
    /// The longest address accepted, in bytes (RFC 5321: 64 for the local part, 255 for the domain, the `@`).
    pub const MAX_BYTES: usize = 320;

    /// The address, or `None` if it is empty or too long.
    #[must_use]
    pub fn new(sent: &str) -> Option<Self> {
        let trimmed = trimmed(sent);
        if trimmed.is_empty() || trimmed.len() > Self::MAX_BYTES {
            return None;
        }
        // Composed last: a lower-case letter may compose where the upper-case one did not, and an address that is read
        // back from a record must stay the same.
        let folded: String = trimmed.chars().flat_map(char::to_lowercase).nfc().collect();
        let unified = with_one_domain(&folded).filter(|unified| unified.len() <= Self::MAX_BYTES).unwrap_or(folded);
        (unified.len() <= Self::MAX_BYTES).then(|| Self(unified.into()))
    }

    /// The address with its domain in ASCII, as mail has it on its way (RFC 5321) and most directories keep it.
    #[must_use]
    pub fn ascii_domain(&self) -> Cow<'_, str> {
        let ascii = self.0.rsplit_once('@').filter(|(_, domain)| !domain.is_ascii());
        let ascii = ascii.and_then(|(local, domain)| Some(format!("{local}@{}", idna::domain_to_ascii(domain).ok()?)));
        ascii.map_or(Cow::Borrowed(&self.0), Cow::Owned)
    }

    /// The address in its compared form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is wrong with an address of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is none.
    #[error(
        "the e-mail address is missing, longer than {max} bytes, or not of the form name@domain, without spaces and \
         control characters",
        max = Email::MAX_BYTES
    )]
    NoAddress,
    /// It has an invisible character.
    #[error("the e-mail address holds U+{0:04X}, a character that shows nothing; type the address anew")]
    Invisible(u32),
    /// It has a character of the text that it was copied from.
    #[error("the e-mail address holds {0:?}; it must be the bare address, name@domain")]
    Wrapped(char),
}

impl Email {
    /// The address, if a mail could be sent there. Logins do not check that, because accounts may be older than the rule.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn of_person(given: &str) -> Result<Self, AddressError> {
        let text = trimmed(given);
        let email = Self::new(text).ok_or(AddressError::NoAddress)?;
        // Some domain names have a joiner in them; these have an ASCII form.
        let hidden = |c: &char| is_format(*c) && !matches!(c, '\u{200c}' | '\u{200d}');
        if let Some(hidden) = text.chars().find(hidden).or_else(|| email.as_str().chars().find(|c| is_format(*c))) {
            return Err(AddressError::Invisible(hidden.into()));
        }
        // `mailto:a@b`, `="a@b"`, `"A B" <a@b>`, `a@b; c@d`: such copies are commoner than addresses with these characters.
        if let Some(wrapper) = email.as_str().chars().find(|c| matches!(c, ':' | '"' | '=' | '<' | '>' | ',' | ';')) {
            return Err(AddressError::Wrapped(wrapper));
        }
        let strange = |c: char| c.is_whitespace() || c.is_control();
        let parts = email.as_str().split_once('@');
        let whole = parts.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty() && !domain.contains('@'));
        if whole && !email.as_str().contains(strange) { Ok(email) } else { Err(AddressError::NoAddress) }
    }
}

/// Addresses are personal data: a log line that formats one by mistake shows nothing.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email([redacted])")
    }
}

/// The text without space and format characters at its ends. Nobody types them; they come with copied text.
#[must_use]
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_format(c))
}

/// Whether the character is of Unicode's category Cf, which is invisible: a zero-width space, a direction mark.
#[must_use]
pub fn is_format(c: char) -> bool {
    !c.is_ascii() && get_general_category(c) == GeneralCategory::Format
}

/// The address with its domain in one form (UTS 46, non-transitional): `müller.example`, which browsers send as
/// `xn--mller-kva.example`. `None` where there is nothing to change, or where the domain is not a good name.
fn with_one_domain(folded: &str) -> Option<String> {
    let (local, domain) = folded.rsplit_once('@')?;
    if domain.is_ascii() && !domain.split('.').any(|label| label.starts_with("xn--")) {
        return None;
    }
    // A label with a format character stays in its ASCII form: in the readable form its end would be trimmed.
    let readable = |label: &[char], _: &[char], _: bool| !label.iter().copied().any(is_format);
    let (domain, judged) =
        Uts46::new().to_user_interface(domain.as_bytes(), AsciiDenyList::URL, Hyphens::Allow, readable);
    judged.ok().map(|()| format!("{local}@{domain}"))
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

    proptest! {
        #[test]
        fn so_does_one_with_any_domain(domain in "(xn--)?[a-z0-9\u{e4}\u{df}\u{130}\u{5d0}\u{94d}\u{200d}\u{13a0}\u{ff0e}.-]{0,12}") {
            if let Some(email) = Email::new(&format!("a@{domain}")) {
                prop_assert_eq!(Email::new(email.as_str()), Some(email));
            }
        }
    }

    #[test]
    fn a_domain_has_one_form() {
        let compared = |sent: &str| Email::new(sent).map(|email| email.as_str().to_owned());
        for sent in [
            "Info@Müller.Example",
            "info@mu\u{308}ller.example",
            "info@xn--mller-kva.example",
            "info@XN--MLLER-KVA.example",
        ] {
            assert_eq!(compared(sent).as_deref(), Some("info@müller.example"), "{sent}");
        }
        assert_ne!(compared("a@straße.example"), compared("a@strasse.example"), "not transitional");
        // A joiner that belongs into a name, and what is not a good name.
        let joined = compared("a@\u{646}\u{627}\u{645}\u{647}\u{200c}\u{627}\u{6cc}.example");
        assert_eq!(joined.as_deref(), Some("a@xn--mgba3gch31f060k.example"));
        for bad in ["a@xn--\u{e4}.example", "a@xn--zzzzzzzzz.example", "a@b_\u{e4}c|d", "a@\u{200d}x"] {
            assert_eq!(compared(bad).as_deref(), Some(bad));
        }
    }

    #[test]
    fn format_characters_at_the_ends_do_not_count() {
        for sent in
            ["a@b.example\u{200b}", "\u{feff}a@b.example", "\u{202a} a@b.example\u{202c}\u{a0}", "\u{ad}a@b.example"]
        {
            assert_eq!(Email::new(sent), Email::new("a@b.example"), "{sent:?}");
        }
        assert_ne!(Email::new("a\u{ad}a@b.example"), Email::new("aa@b.example"));
        assert!(Email::new(" \u{200b}\u{feff}").is_none());
    }

    #[test]
    fn case_and_surrounding_space_do_not_count() {
        assert_eq!(Email::new("  Test@BimPlus.NET\t"), Email::new("test@bimplus.net"));
        assert_eq!(Email::new("JÖRG@example.org"), Email::new("jo\u{308}rg@example.org"));
        assert!(Email::new(" \n ").is_none());
        assert!(Email::new(&"x".repeat(321)).is_none());
    }
}
