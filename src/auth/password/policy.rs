//! The rules for new passwords.

use std::cmp::Reverse;

use crate::domain::{Account, AppPasswordValue, Password};
use crate::settings::PasswordSettings;

/// The commonest passwords, in lower case and in order: those of at least 8 characters among the first 10,000 of zxcvbn's
/// list (Copyright 2012-2016 Dan Wheeler and Dropbox, Inc., MIT), which counts them in leaked databases, and some of
/// German-speaking offices. As many as can be tried at one account in some days, at the throttle's rate; more would fill
/// the binary and stop nobody.
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
    /// Too short without the person's name and address.
    #[error("the password is too short without the name and the address of its owner; it needs {0} characters besides")]
    Personal(usize),
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

/// The fewest characters of a word that is taken out: shorter ones are in many a sentence.
const WORD: usize = 3;

/// As [`check_password`], for a password that a person chooses: their name and address, and this service's name, do not
/// count for its length (NIST SP 800-63B, 3.1.1.2: words of the context).
///
/// # Errors
/// [`WeakPassword`].
pub fn check_own_password(
    password: &Password,
    account: &Account,
    settings: &PasswordSettings,
) -> Result<(), WeakPassword> {
    check_password(password, settings)?;
    let texts = [&*account.name, account.email.as_str(), "bimgate"];
    let words = texts.iter().flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()));
    let mut words: Vec<_> = words.filter(|word| word.chars().count() >= WORD).map(str::to_lowercase).collect();
    words.sort_unstable_by_key(|word| Reverse(word.len()));
    if password.characters_without(&words) < settings.min_length {
        return Err(WeakPassword::Personal(settings.min_length));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Email, Timestamp, UserId};
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
    fn the_persons_own_words_do_not_count() -> Result<(), Box<dyn std::error::Error>> {
        let settings = Settings::defaults()?.passwords;
        let email = Email::new("ada.king@lovelace-analytics.example").ok_or("an address")?;
        let account = Account {
            name: "Ada Lovelace".into(),
            ..Account::new(UserId(uuid::Uuid::nil()), email, 0, Timestamp::default())
        };
        for (text, judged) in [
            ("Lovelace2026!", Err(WeakPassword::Personal(8))),
            ("ada.king@lovelace-analytics.example", Err(WeakPassword::Personal(8))),
            ("ADALOVELACEADA", Err(WeakPassword::Personal(8))),
            ("analytics-king", Err(WeakPassword::Personal(8))),
            ("bimgate-bimgate", Err(WeakPassword::Personal(8))),
            ("king", Err(WeakPassword::Short(8))),
            ("ada has a parrot", Ok(())),
            ("no word of theirs", Ok(())),
        ] {
            let password = Password::new(text).ok_or("a password")?;
            assert_eq!(check_own_password(&password, &account, &settings), judged, "{text}");
        }
        Ok(())
    }

    #[test]
    fn the_list_is_in_order_and_in_lower_case() {
        let lines: Vec<_> = COMMON.lines().collect();
        assert!(lines.is_sorted_by(|a, b| a < b) && lines.len() >= 3_000, "{}", lines.len());
        assert!(lines.iter().all(|line| line.is_ascii() && *line == line.to_ascii_lowercase()));
    }
}
