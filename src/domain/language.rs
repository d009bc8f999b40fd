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
}
