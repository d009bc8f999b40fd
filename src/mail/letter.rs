//! What this server writes to people: plain text, in every language, since nobody knows which they read.

use super::texts::{AboutLink, ChangedTexts, LetterTexts};
use crate::domain::{Credential, Language, LinkPurpose};

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

impl<'a> Letter<'a> {
    /// The one that a one-time link travels in.
    #[must_use]
    pub const fn of_link(purpose: LinkPurpose, place: &'a str, link: &'a str) -> Self {
        match purpose {
            LinkPurpose::Invitation => Self::Invitation { place, link },
            LinkPurpose::Reset => Self::Reset { place, link },
        }
    }
}

impl Letter<'_> {
    pub(super) fn subject(&self) -> String {
        let of = |language| {
            let texts = LetterTexts::of(language);
            match self {
                Self::Invitation { .. } => texts.invitation.subject,
                Self::Reset { .. } | Self::Elsewhere { .. } => texts.reset.subject,
                Self::Changed { credential, .. } => match credential {
                    Credential::Password => texts.changed.password_subject,
                    Credential::AppPassword(_) => texts.changed.app_password_subject,
                    Credential::Email => texts.changed.email_subject,
                    Credential::SecondFactor => texts.changed.second_factor_subject,
                },
            }
        };
        Language::ALL.map(of).join(" / ")
    }

    /// `name`: what people know this server by, besides its URL.
    pub(super) fn text(&self, name: Option<&str>) -> String {
        let named = |place: &str| name.map_or_else(|| place.to_owned(), |name| format!("{name} ({place})"));
        let parts = Language::ALL.map(|language| {
            let texts = LetterTexts::of(language);
            let about_link = |about: &AboutLink, place: &str, link: &str| {
                format!("{}\n{}\n\n{link}\n\n{}", (about.text)(&named(place)), about.open, about.otherwise)
            };
            let said = match *self {
                Self::Invitation { place, link } => about_link(&texts.invitation, place, link),
                Self::Reset { place, link } => about_link(&texts.reset, place, link),
                Self::Elsewhere { place } => (texts.elsewhere)(&named(place)),
                Self::Changed { place, credential } => {
                    format!("{}\n\n{}", changed(&texts.changed, &named(place), credential), texts.changed.otherwise)
                }
            };
            format!("{}\n\n{said}\n", texts.hello)
        });
        parts.join("\n--\n\n")
    }
}

/// What has changed.
fn changed(texts: &ChangedTexts, place: &str, credential: &Credential) -> String {
    match credential {
        Credential::Password => (texts.password)(place),
        Credential::AppPassword(name) => (texts.app_password)(place, name),
        Credential::Email => (texts.email)(place),
        Credential::SecondFactor => (texts.second_factor)(place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANGUAGES: usize = Language::ALL.len();

    #[test]
    fn a_letter_has_its_link_on_a_line_of_its_own_in_each_language_or_none() {
        let (place, link) = ("https://login.example.org", "https://login.example.org/account/link?link=0");
        for letter in [Letter::Invitation { place, link }, Letter::Reset { place, link }] {
            assert_eq!(
                letter.text(None).lines().filter(|line| *line == link).count(),
                LANGUAGES,
                "{}",
                letter.text(None)
            );
        }
        let letter_of = |credential| Letter::Changed { place, credential }.text(None);
        let changes =
            [Credential::Password, Credential::AppPassword("name".into()), Credential::Email, Credential::SecondFactor];
        for letter in changes.iter().map(letter_of).chain([Letter::Elsewhere { place }.text(None)]) {
            assert!(!letter.contains("/account/") && letter.matches(place).count() == LANGUAGES, "{letter}");
            let in_german = letter.contains("\n--\n\nGuten Tag,\n");
            assert!(letter.starts_with("Hello,\n") && in_german && letter.contains("\n--\n\nBonjour,\n"), "{letter}");
        }
    }

    #[test]
    fn a_letter_names_the_server_as_people_know_it() {
        let place = "https://login.example.org";
        for letter in [Letter::Invitation { place, link: "x" }, Letter::Elsewhere { place }] {
            let text = letter.text(Some("Example Portal"));
            assert_eq!(text.matches("Example Portal (https://login.example.org)").count(), LANGUAGES, "{text}");
        }
    }
}
