//! The rules for new passwords.

use crate::domain::{AppPasswordValue, Password};
use crate::settings::PasswordSettings;

/// The commonest passwords, in lower case and in order.
const COMMON: &str = include_str!("common_passwords.txt");

/// Why a password may not be set: a sentence for the person who chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Shorter than `passwords.min_length`.
    #[error("the password is too short; it must have at least {0} characters (passwords.min_length)")]
    Short(usize),
    /// One of the commonest.
    #[error("the password is one of the commonest, which are guessed first (passwords.refuse_common); choose another")]
    Common,
    /// It would be taken for an app password.
    #[error("the password begins as an app password does, and would be taken for one; choose another")]
    LikeAppPassword,
}

/// Checks a new password.
///
/// # Errors
/// [`WeakPassword`].
pub fn check_password(password: &Password, settings: &PasswordSettings) -> Result<(), WeakPassword> {
    if password.characters() < settings.min_length {
        return Err(WeakPassword::Short(settings.min_length));
    }
    if settings.refuse_common && COMMON.lines().any(|common| password.is_without_case(common)) {
        return Err(WeakPassword::Common);
    }
    if AppPasswordValue::is_meant(password) {
        return Err(WeakPassword::LikeAppPassword);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn short_and_common_passwords_are_refused() -> Result<(), Box<dyn std::error::Error>> {
        let mut settings = Settings::defaults()?.passwords;
        let check = |text: &str, settings: &PasswordSettings| {
            Password::new(text).map(|password| check_password(&password, settings)).ok_or("a password")
        };
        for (text, judged) in [
            ("seven77", Err(WeakPassword::Short(8))),
            ("\u{e4}\u{f6}\u{fc}\u{e4}\u{f6}\u{fc}7", Err(WeakPassword::Short(8))),
            ("Password1", Err(WeakPassword::Common)),
            ("PASSWORT123", Err(WeakPassword::Common)),
            ("bgap-0123-4567-89ab-cdef-ghjk-mnpq", Err(WeakPassword::LikeAppPassword)),
            ("BGAP of many a word or two", Err(WeakPassword::LikeAppPassword)),
            ("eight888", Ok(())),
            ("a sentence of mine", Ok(())),
        ] {
            assert_eq!(check(text, &settings)?, judged, "{text}");
        }
        (settings.min_length, settings.refuse_common) = (1, false);
        assert_eq!(check("test", &settings)?, Ok(()));
        Ok(())
    }

    #[test]
    fn the_list_is_in_order_and_in_lower_case() {
        let lines: Vec<_> = COMMON.lines().collect();
        assert!(lines.is_sorted_by(|a, b| a < b) && lines.len() >= 250, "{}", lines.len());
        assert!(lines.iter().all(|line| line.is_ascii() && *line == line.to_ascii_lowercase()));
    }
}
