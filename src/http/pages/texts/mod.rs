//! Everything the pages say, once a language. A sentence that a language lacks does not compile.

use std::time::Duration;

mod english;
mod french;
mod german;

use crate::domain::Language;

/// What the pages say in one language.
#[derive(Debug)]
pub struct Texts {
    /// Between what something is and which one it is, with the spaces around it.
    pub(super) colon: &'static str,
    pub(super) foot: FootTexts,
    pub(super) home: HomeTexts,
    pub(super) login: LoginTexts,
    pub(super) account: AccountTexts,
    pub(super) app_passwords: AppPasswordTexts,
    pub(super) factor: FactorTexts,
    pub(super) passkey: PasskeyTexts,
    pub(super) link: LinkTexts,
    pub(super) forgot: ForgotTexts,
    pub(super) confirm: ConfirmTexts,
    pub(super) register: RegisterTexts,
    pub(super) done: DoneTexts,
    pub(super) sign_out: SignOutTexts,
    pub(super) problem: ProblemTexts,
}

/// What stands below a page.
#[derive(Debug)]
pub(super) struct FootTexts {
    /// What the links to the same page in other languages are, for who does not see them.
    pub languages: &'static str,
    pub help: &'static str,
    pub privacy: &'static str,
    pub imprint: &'static str,
}

#[derive(Debug)]
pub(super) struct HomeTexts {
    pub title: &'static str,
    pub lead: &'static str,
    /// What the links are, for who does not see them.
    pub ways: &'static str,
    pub docs: &'static str,
    pub docs_explained: &'static str,
    pub openapi_explained: &'static str,
    pub first_call: &'static str,
}

#[derive(Debug)]
pub(super) struct LoginTexts {
    pub title: &'static str,
    /// Put before the title when something is wrong: the title is what a screen reader reads first.
    pub error: &'static str,
    /// Followed by the host of the application.
    pub continue_to: &'static str,
    /// Instead of that host.
    pub your_account: &'static str,
    pub program_waits: &'static str,
    pub email: &'static str,
    pub password: &'static str,
    pub submit: &'static str,
    pub wrong: &'static str,
    /// Takes whole seconds.
    pub throttled: fn(u64) -> String,
    pub busy: &'static str,
    pub unavailable: &'static str,
    pub code_title: &'static str,
    pub code: &'static str,
    pub code_explained: &'static str,
    /// In place of the two before, for who has no app.
    pub recovery: &'static str,
    pub recovery_explained: &'static str,
    pub code_submit: &'static str,
    pub wrong_code: &'static str,
}

#[derive(Debug)]
pub(super) struct AccountTexts {
    pub title: &'static str,
    pub account: &'static str,

    pub places: &'static str,
    pub places_explained: &'static str,
    /// Takes a browser and a system.
    pub browser_on: fn(&str, &str) -> String,
    pub unnamed: &'static str,
    pub kind_browser: &'static str,
    pub kind_client: &'static str,
    /// Takes an application's id.
    pub kind_client_of: fn(&str) -> String,
    pub kind_native: &'static str,
    /// Takes a host.
    pub kind_web: fn(&str) -> String,
    /// The same of one whose name is known, which comes first.
    pub kind_web_of: fn(&str, &str) -> String,
    pub own: &'static str,
    pub since: &'static str,
    /// A format of `chrono`.
    pub date: &'static str,
    /// How long ago, in words.
    pub used: fn(Duration) -> String,
    pub network: &'static str,
    pub end: &'static str,
    pub end_others: &'static str,
    pub earlier: &'static str,
    pub later: &'static str,
    /// Takes which part of how many.
    pub part: fn(usize, usize) -> String,
    pub ended: &'static str,
    pub others_ended: &'static str,

    pub password: &'static str,
    pub password_explained: &'static str,
    pub present: &'static str,
    pub new: &'static str,
    /// Takes the fewest characters.
    pub rules: fn(usize) -> String,
    pub repeat: &'static str,
    pub revoke_app_passwords: &'static str,
    pub change: &'static str,
    pub set: &'static str,
    pub log_in_to_change: &'static str,
    pub log_in_to_set: &'static str,
    pub log_in_again: &'static str,
    /// Followed by the host of the provider.
    pub elsewhere: &'static str,
    pub elsewhere_explained: &'static str,
    pub nowhere: &'static str,
    pub password_changed: &'static str,
    pub not_fresh: &'static str,
    pub not_here: &'static str,
    pub wrong_present: &'static str,
    /// Takes the fewest characters.
    pub short: fn(usize) -> String,
    pub common: &'static str,
    pub like_app_password: &'static str,
    /// Takes the fewest characters.
    pub personal: fn(usize) -> String,
    pub not_repeated: &'static str,
}

#[derive(Debug)]
pub(super) struct AppPasswordTexts {
    pub title: &'static str,
    pub explained: &'static str,
    /// Takes a number of days, of 2 or more.
    pub rests_on_logins: fn(u64) -> String,
    /// Followed by the name of the one that was made.
    pub made: &'static str,
    pub shown_once: &'static str,
    /// These are followed by a day.
    pub since: &'static str,
    pub last_used: &'static str,
    pub ends: &'static str,
    pub ended: &'static str,
    /// A format of `chrono`.
    pub day: &'static str,
    pub never_used: &'static str,
    pub revoke: &'static str,
    pub revoked: &'static str,
    pub name: &'static str,
    pub counts: &'static str,
    pub until_revoked: &'static str,
    /// Takes a number of days.
    pub days: fn(u32) -> String,
    pub make: &'static str,
    pub log_in_to_make: &'static str,
    /// Takes how many a person may have.
    pub full: fn(usize) -> String,
    pub wrong_name: &'static str,
    /// Takes how many a person may have.
    pub no_more: fn(usize) -> String,
}

#[derive(Debug)]
pub(super) struct FactorTexts {
    pub section: &'static str,
    pub off: &'static str,
    pub set_up: &'static str,
    /// Followed by a date.
    pub on_since: &'static str,
    /// Takes how many recovery codes are left.
    pub left: fn(usize) -> String,
    pub programs: &'static str,
    pub changes: &'static str,
    pub new_codes: &'static str,
    pub app: &'static str,
    pub remove: &'static str,
    pub log_in_first: &'static str,
    pub not_here: &'static str,
    pub added: &'static str,
    pub removed: &'static str,

    pub title: &'static str,
    pub lead: &'static str,
    pub scan: &'static str,
    /// What the picture is, for who does not see it.
    pub picture: &'static str,
    pub type_in: &'static str,
    pub then: &'static str,
    pub present: &'static str,
    pub code: &'static str,
    pub submit: &'static str,
    pub cancel: &'static str,

    pub codes_title: &'static str,
    /// What has just been done.
    pub is_on: &'static str,
    pub codes_are_new: &'static str,
    pub codes_lead: &'static str,
    pub codes: &'static str,
    pub others_ended: &'static str,
    pub back: &'static str,
}

#[derive(Debug)]
pub(super) struct PasskeyTexts {
    /// Followed by a name.
    pub kind: &'static str,
    /// Followed by a day.
    pub since: &'static str,
    /// Takes how many one may have.
    pub full: fn(usize) -> String,
    pub no_address: &'static str,

    pub title: &'static str,
    pub lead: &'static str,
    pub name: &'static str,
    pub then: &'static str,
    pub submit: &'static str,
    pub wrong_name: &'static str,
    pub none_sent: &'static str,
    pub not_made: &'static str,

    pub login_title: &'static str,
    pub use_it: &'static str,
    /// Beside a field for a code.
    pub or_use: &'static str,
    pub not_used: &'static str,
    pub wrong: &'static str,
}

#[derive(Debug)]
pub(super) struct ForgotTexts {
    /// The link to this page.
    pub way: &'static str,
    pub title: &'static str,
    pub lead: &'static str,
    pub submit: &'static str,
    pub no_address: &'static str,
    pub asked_title: &'static str,
    /// The same for every address.
    pub asked: &'static str,
    pub no_mail: &'static str,
}

#[derive(Debug)]
pub(super) struct LinkTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub done_title: &'static str,
    pub done: &'static str,
}

#[derive(Debug)]
pub(super) struct ConfirmTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub warning_title: &'static str,
    pub warning: &'static str,
    /// What it could do besides, if it asks for `access:admin`.
    pub operator: &'static str,
    pub account: &'static str,
    pub program: &'static str,
    pub unnamed: &'static str,
    /// It has not asked yet.
    pub silent: &'static str,
    pub again: &'static str,
    pub address: &'static str,
    pub asked: &'static str,
    /// How long ago it was, in words.
    pub ago: fn(Duration) -> String,
    pub yes: &'static str,
    pub no: &'static str,
}

#[derive(Debug)]
pub(super) struct RegisterTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub effects: [&'static str; 2],
    pub address: &'static str,
    pub warning_title: &'static str,
    pub warning: &'static str,
    pub submit: &'static str,
    pub cancel: &'static str,
}

#[derive(Debug)]
pub(super) struct DoneTexts {
    pub title: &'static str,
    pub close: &'static str,
    pub otherwise: &'static str,
}

#[derive(Debug)]
pub(super) struct SignOutTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub account: &'static str,
    pub submit: &'static str,
    pub done_title: &'static str,
    pub done: &'static str,
    pub only_here: &'static str,
}

#[derive(Debug)]
pub(super) struct ProblemTexts {
    pub detail: &'static str,
    pub request_id: &'static str,
    /// A link by which the login begins again.
    pub again: &'static str,
    pub stale: ProblemText,
    pub refused: ProblemText,
    pub no_cookie: ProblemText,
    pub expired: ProblemText,
    pub wrong_codes: ProblemText,
    pub denied: ProblemText,
    pub no_account: ProblemText,
    pub linked: ProblemText,
    pub disabled: ProblemText,
    pub changed: ProblemText,
    pub declined: ProblemText,
    pub malformed: ProblemText,
    pub outdated: ProblemText,
    pub link: ProblemText,
    pub unauthorized: ProblemText,
    pub forbidden: ProblemText,
    pub unregistered: ProblemText,
    pub missing: ProblemText,
    pub conflict: ProblemText,
    pub too_many: ProblemText,
    pub unavailable: ProblemText,
    pub unknown: ProblemText,
}

impl Texts {
    /// The texts in this language.
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &english::ENGLISH,
            Language::German => &german::GERMAN,
            Language::French => &french::FRENCH,
        }
    }
}

/// One thing that goes wrong.
#[derive(Debug)]
pub(super) struct ProblemText {
    pub title: &'static str,
    /// What happened.
    pub sentence: &'static str,
    /// What to do now.
    pub next: &'static str,
}
