//! What this server writes to people: plain text, in English and German, since nobody knows which they read.

use crate::domain::Credential;

/// A letter.
#[derive(Clone, Copy, Debug)]
pub enum Letter<'a> {
    /// To a person who is new here. The link is a secret.
    Invitation {
        /// Where.
        place: &'a str,
        /// The one-time link.
        link: &'a str,
    },
    /// To a person who has forgotten their password. The link is a secret.
    Reset {
        /// Where.
        place: &'a str,
        /// The one-time link.
        link: &'a str,
    },
    /// To a person who asked for a new password but has none here.
    Elsewhere {
        /// Where.
        place: &'a str,
    },
    /// To a person, about a change of what they log in with.
    Changed {
        /// Where.
        place: &'a str,
        /// What has changed.
        credential: &'a Credential,
    },
}

impl Letter<'_> {
    pub(super) const fn subject(&self) -> &'static str {
        match self {
            Self::Invitation { .. } => "Your account: set your password / Ihr Konto: Passwort festlegen",
            Self::Reset { .. } | Self::Elsewhere { .. } => "Your password / Ihr Passwort",
            Self::Changed { credential: Credential::Password, .. } => {
                "Your password was changed / Ihr Passwort wurde geändert"
            }
            Self::Changed { credential: Credential::AppPassword(_), .. } => {
                "There is a new app password / Es gibt ein neues App-Passwort"
            }
            Self::Changed { credential: Credential::Email, .. } => {
                "Your e-mail address was changed / Ihre E-Mail-Adresse wurde geändert"
            }
            Self::Changed { credential: Credential::SecondFactor, .. } => {
                "Your second factor was changed / Ihr zweiter Faktor wurde geändert"
            }
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Invitation { place, link } => format!(
                "Hello,

there is an account for you at {place}
Open this link within a week to set your password. It works once:

{link}

If you do not know what this is about, do nothing.

--

Guten Tag,

unter {place} gibt es ein Konto für Sie.
Öffnen Sie innerhalb einer Woche den Link oben, um Ihr Passwort festzulegen. Er gilt einmal.

Wenn Sie nicht wissen, worum es geht, tun Sie nichts.
"
            ),
            Self::Reset { place, link } => format!(
                "Hello,

somebody, perhaps you, asked for a new password for your account at {place}
Open this link within 30 minutes to set one. It works once:

{link}

If it was not you, do nothing: your password stays as it is.

--

Guten Tag,

jemand, vielleicht Sie, hat ein neues Passwort für Ihr Konto unter {place} angefordert.
Öffnen Sie innerhalb von 30 Minuten den Link oben, um eines festzulegen. Er gilt einmal.

Wenn Sie es nicht waren, tun Sie nichts: Ihr Passwort bleibt, wie es ist.
"
            ),
            Self::Elsewhere { place } => format!(
                "Hello,

somebody, perhaps you, asked for a new password for your account at {place}
You have no password there: you log in with your organisation's account. Change your password where you log in to
everything else, or ask your administrator.

If it was not you, do nothing.

--

Guten Tag,

jemand, vielleicht Sie, hat ein neues Passwort für Ihr Konto unter {place} angefordert.
Sie haben dort kein Passwort: Sie melden sich mit dem Konto Ihrer Organisation an. Ändern Sie Ihr Passwort dort, wo Sie
sich auch sonst anmelden, oder fragen Sie Ihren Administrator.

Wenn Sie es nicht waren, tun Sie nichts.
"
            ),
            Self::Changed { place, credential } => {
                let (english, german) = told(place, credential);
                format!(
                    "Hello,

{english}

If you know nothing of it, somebody else may be using your account: tell your administrator at once.

--

Guten Tag,

{german}

Wenn Sie davon nichts wissen, benutzt vielleicht jemand anderes Ihr Konto: Sagen Sie es sofort Ihrem Administrator.
"
                )
            }
        }
    }
}

/// What has changed, in English and German.
fn told(place: &str, credential: &Credential) -> (String, String) {
    match credential {
        Credential::Password => (
            format!("the password of your account at {place} was changed or set."),
            format!("das Passwort Ihres Kontos unter {place} wurde geändert oder festgelegt."),
        ),
        Credential::AppPassword(name) => (
            format!("an app password was made for your account at {place}. Its name: {name}"),
            format!("für Ihr Konto unter {place} wurde ein App-Passwort erstellt. Sein Name: {name}"),
        ),
        Credential::Email => (
            format!(
                "the e-mail address of your account at {place} was changed. You log in with the new one; this one \
                does not count any more."
            ),
            format!(
                "die E-Mail-Adresse Ihres Kontos unter {place} wurde geändert. Sie melden sich mit der neuen an; \
                diese hier gilt nicht mehr."
            ),
        ),
        Credential::SecondFactor => (
            format!("the second factor of your account at {place} was changed."),
            format!("der zweite Faktor Ihres Kontos unter {place} wurde geändert."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_has_its_link_on_a_line_of_its_own_or_none() {
        let (place, link) = ("https://login.example.org", "https://login.example.org/account/link?link=0");
        for letter in [Letter::Invitation { place, link }, Letter::Reset { place, link }] {
            assert_eq!(letter.text().lines().filter(|line| *line == link).count(), 1, "{}", letter.text());
        }
        let letter_of = |credential| Letter::Changed { place, credential }.text();
        let changes =
            [Credential::Password, Credential::AppPassword("name".into()), Credential::Email, Credential::SecondFactor];
        for letter in changes.iter().map(letter_of).chain([Letter::Elsewhere { place }.text()]) {
            assert!(!letter.contains("/account/") && letter.matches(place).count() == 2, "{letter}");
            assert!(letter.starts_with("Hello,\n") && letter.contains("\n--\n\nGuten Tag,\n"), "{letter}");
        }
    }
}
