//! The languages that people are spoken to in.

use super::named;

named! {
    /// A language that this server speaks to people. Each has all texts, or it does not compile.
    pub enum Language {
        /// English, also for who prefers no language of ours.
        English = "en",
        /// German.
        German = "de",
        /// French.
        French = "fr",
    }
}

impl Language {
    /// Its tag in HTML and HTTP (RFC 5646).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        self.as_str()
    }

    /// The language of a tag.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| tag.eq_ignore_ascii_case(language.tag()))
    }

    /// What it is called by those who speak it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::French => "Français",
        }
    }
}
