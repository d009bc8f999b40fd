//! Everything the console says, once a language. A sentence that a language lacks does not compile.

mod english;
mod events;
mod french;
mod german;

use crate::domain::Language;

/// What the console says in one language.
#[derive(Debug)]
pub(super) struct ConsoleTexts {
    /// What it is called.
    pub console: &'static str,
    pub skip: &'static str,
    /// What the links to the pages are, for who does not see them.
    pub ways: &'static str,
    pub leave: &'static str,
    pub next: &'static str,
    pub first: &'static str,
    /// A format of `chrono`, in UTC.
    pub date: &'static str,
    pub none: &'static str,
    pub cancel: &'static str,
    /// Put before the title when something is wrong: the title is what a screen reader reads first.
    pub error: &'static str,
    /// Takes a number of things and what more than one of them are called.
    pub more_than: fn(usize) -> String,
    pub enter: EnterTexts,
    pub overview: OverviewTexts,
    pub users: UsersTexts,
    pub user: UserTexts,
    pub sessions: SessionTexts,
    pub events: EventTexts,
    pub licenses: LicenseTexts,
    pub redirects: RedirectTexts,
    pub keys: KeyTexts,
    pub settings: SettingTexts,
    pub problem: ProblemTexts,
}

#[derive(Debug)]
pub(super) struct EnterTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub token: &'static str,
    pub submit: &'static str,
    pub made_by: &'static str,
    /// Leads to the login.
    pub as_oneself: &'static str,
    pub who_may: &'static str,
    pub no_login: &'static str,
    pub arrived: &'static str,
    pub go_on: &'static str,
    pub forged: &'static str,
    pub wrong: &'static str,
    /// Takes whole seconds.
    pub throttled: fn(u64) -> String,
    pub ended: &'static str,
    pub left: &'static str,
}

#[derive(Debug)]
pub(super) struct OverviewTexts {
    pub title: &'static str,
    pub store: &'static str,
    pub store_well: &'static str,
    pub store_full: &'static str,
    pub store_away: &'static str,
    pub users: &'static str,
    pub licenses: &'static str,
    /// Takes how many are out, and how many there are.
    pub out_of: fn(usize, usize) -> String,
    pub key: &'static str,
    pub no_key: &'static str,
    pub queue: &'static str,
    /// Takes how many wait, and how many are hashed.
    pub waiting: fn(usize, usize) -> String,
    pub provider: &'static str,
    pub no_provider: &'static str,
    pub version: &'static str,
    pub started: &'static str,
    pub logins: &'static str,
    /// Takes how many succeeded, and how many did not.
    pub logins_told: fn(u64, u64) -> String,
    pub logins_explained: &'static str,
    pub checks: &'static str,
    /// Takes how many there are a second.
    pub a_second: fn(f64) -> String,
    pub sessions: &'static str,
    /// Takes how many sessions of programs there are, and of web applications, as far as the store tells.
    pub open: fn(Option<u64>, Option<u64>) -> String,
    pub week: &'static str,
    pub week_explained: &'static str,
    /// Takes until when events are counted.
    pub counted_until: fn(&str) -> String,
    pub day: &'static str,
    /// A format of `chrono`, in UTC.
    pub day_format: &'static str,
    pub way: &'static str,
    pub good: &'static str,
    pub bad: &'static str,
    pub refused: &'static str,
    pub throttled: &'static str,
    pub failed: &'static str,
    pub ways: &'static str,
    pub refusals: &'static str,
    pub reason: &'static str,
    pub count: &'static str,
    pub no_refusals: &'static str,
    /// Takes days, hours and minutes.
    pub uptime: fn(u64, u64, u64) -> String,
}

#[derive(Debug)]
pub(super) struct UsersTexts {
    pub title: &'static str,
    pub search: &'static str,
    pub search_explained: &'static str,
    pub which: &'static str,
    pub all: &'static str,
    pub disabled: &'static str,
    pub no_password: &'static str,
    pub submit: &'static str,
    pub name: &'static str,
    pub email: &'static str,
    pub state: &'static str,
    pub created: &'static str,
    pub may_log_in: &'static str,
    pub is_disabled: &'static str,
    pub has_no_password: &'static str,
    pub nobody: &'static str,
    pub nobody_here: &'static str,
}

#[derive(Debug)]
pub(super) struct UserTexts {
    pub standing: &'static str,
    pub can: &'static str,
    pub cannot_disabled: &'static str,
    pub cannot_no_password: &'static str,
    /// Takes the host of the provider.
    pub elsewhere: fn(&str) -> String,
    /// Takes how many recovery codes are left.
    pub factor: fn(usize) -> String,
    pub weak_hash: &'static str,
    pub consent: &'static str,
    /// Takes when.
    pub last_login: fn(&str) -> String,
    /// Takes when, and the reason by the name that events have for it.
    pub last_refusal: fn(&str, &str) -> String,

    /// Takes the network, and how long it lasts as [`Self::wait`] says it.
    pub throttled: fn(&str, &str) -> String,
    /// The same, where the network is held up for all accounts.
    pub throttled_network: fn(&str, &str) -> String,
    /// Takes how long it lasts.
    pub throttled_elsewhere: fn(&str) -> String,
    /// The same, of codes and passkeys of the second factor.
    pub throttled_codes: fn(&str) -> String,
    /// Takes seconds.
    pub wait: fn(u64) -> String,
    pub lift: &'static str,
    pub lifted: &'static str,

    pub acts: &'static str,
    pub disable: &'static str,
    pub enable: &'static str,
    pub reset_link: &'static str,
    pub reset_factor: &'static str,
    pub sign_off: &'static str,

    pub facts: &'static str,
    pub email: &'static str,
    pub id: &'static str,
    pub created: &'static str,
    pub password: &'static str,
    pub password_set: &'static str,
    pub no_password: &'static str,
    pub second_factor: &'static str,
    pub factor_set_up: &'static str,
    pub no_factor: &'static str,
    pub known_networks: &'static str,
    pub external_id: &'static str,
    pub groups: &'static str,
    pub scopes: &'static str,
    pub teams: &'static str,
    pub tags: &'static str,
    pub provider: &'static str,
    /// Takes the subject and the issuer.
    pub subject_at: fn(&str, &str) -> String,
    pub not_linked: &'static str,
    pub sign_ons: &'static str,

    pub app_passwords: &'static str,
    pub no_app_passwords: &'static str,
    pub revoke: &'static str,
    pub revoke_all: &'static str,
    pub never_used: &'static str,
    /// These are followed by a day or a date.
    pub last_used: &'static str,
    pub made: &'static str,
    pub ends: &'static str,

    pub rights: &'static str,
    pub rights_explained: &'static str,
    pub granted: &'static str,
    pub not_granted: &'static str,
    /// Of the right that makes an operator.
    pub may_everything: &'static str,
    pub grant: &'static str,
    pub take: &'static str,

    pub ask_disable: Question,
    pub ask_reset_link: Question,
    pub ask_reset_factor: Question,
    pub ask_close_all: Question,
    pub ask_sign_off: Question,
    pub ask_revoke: Question,
    pub ask_revoke_all: Question,
    pub ask_grant_admin: Question,
    pub ask_take_admin: Question,
    pub ask_take: Question,

    pub disabled: &'static str,
    pub enabled: &'static str,
    pub factor_reset: &'static str,
    pub signed_off: &'static str,
    pub closed: &'static str,
    pub closed_all: &'static str,
    pub revoked: &'static str,
    pub revoked_all: &'static str,
    pub right_granted: &'static str,
    pub right_taken: &'static str,

    pub link: &'static str,
    pub link_shown_once: &'static str,
}

/// What a page of its own asks before something is undone for good.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub title: &'static str,
    /// What happens then.
    pub lead: &'static str,
    /// The button that does it.
    pub submit: &'static str,
}

#[derive(Debug)]
pub(super) struct SessionTexts {
    pub title: &'static str,
    pub none: &'static str,
    pub unnamed: &'static str,
    pub v2: &'static str,
    pub directory: &'static str,
    pub native: &'static str,
    /// These are followed by a date.
    pub opened: &'static str,
    pub last_contact: &'static str,
    pub ends: &'static str,
    pub close: &'static str,
    pub close_all: &'static str,
    /// Takes which part of how many.
    pub part: fn(usize, usize) -> String,
    pub earlier: &'static str,
    pub later: &'static str,

    pub user: &'static str,
    pub client: &'static str,
    pub explained: &'static str,
    pub which: &'static str,
    pub all: &'static str,
    pub only_v2: &'static str,
    pub only_directory: &'static str,
    pub submit: &'static str,
    pub none_found: &'static str,
    pub none_here: &'static str,
    /// Takes how many more there are; followed by whose.
    pub more_of: fn(usize) -> String,
    pub ask_close: Question,
}

#[derive(Debug)]
pub(super) struct EventTexts {
    pub title: &'static str,
    pub user: &'static str,
    pub user_explained: &'static str,
    pub since: &'static str,
    pub ever: &'static str,
    pub hour: &'static str,
    pub day: &'static str,
    pub week: &'static str,
    pub kind: &'static str,
    pub all: &'static str,
    pub logins: &'static str,
    pub refusals: &'static str,
    pub of_sessions: &'static str,
    pub accounts: &'static str,
    pub operation: &'static str,
    pub submit: &'static str,
    /// A format of `chrono`, in UTC, to the second.
    pub moment: &'static str,
    pub when: &'static str,
    pub what: &'static str,
    pub who: &'static str,
    pub from: &'static str,
    /// These are followed by what it is.
    pub request: &'static str,
    pub application: &'static str,
    pub client: &'static str,
    /// Takes how many attempts an event stands for.
    pub times: fn(u32) -> String,
    /// Takes the outcome and the reason by their names: why somebody was not let in, in words.
    pub because: fn(&str, Option<&str>) -> String,
    /// Takes a name that events have for something: what people call it; `None`: just that.
    pub word: fn(&str) -> Option<&'static str>,
    pub none: &'static str,
    pub none_here: &'static str,
    pub live: &'static str,
    pub paused: &'static str,
    pub over: &'static str,
    pub pause: &'static str,
    pub go_on: &'static str,
}

#[derive(Debug)]
pub(super) struct LicenseTexts {
    pub title: &'static str,
    pub none: &'static str,
    pub who: &'static str,
    pub since: &'static str,
    pub until: &'static str,
    pub gone: &'static str,
    /// Takes how many are listed.
    pub first: fn(usize) -> String,
}

#[derive(Debug)]
pub(super) struct RedirectTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub none: &'static str,
    pub url: &'static str,
    pub add: &'static str,
    pub remove: &'static str,
    pub added: &'static str,
    pub was_there: &'static str,
    pub removed: &'static str,
    pub ask_remove: Question,
}

#[derive(Debug)]
pub(super) struct KeyTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub none: &'static str,
    pub id: &'static str,
    pub state: &'static str,
    pub made: &'static str,
    pub signs_from: &'static str,
    pub next: &'static str,
    pub signing: &'static str,
    pub retiring: &'static str,
    pub rotate: &'static str,
    pub rotated: &'static str,
    pub ask_rotate: Question,
}

#[derive(Debug)]
pub(super) struct SettingTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub name: &'static str,
    pub value: &'static str,
    pub source: &'static str,
    pub default: &'static str,
}

/// What is said when something was not done, or cannot be shown.
#[derive(Debug)]
pub(super) struct ProblemTexts {
    pub title: &'static str,
    pub forged: &'static str,
    pub not_allowed: &'static str,
    pub no_such_user: &'static str,
    pub no_such_session: &'static str,
    pub no_such_app_password: &'static str,
    pub no_second_factor: &'static str,
    pub is_disabled: &'static str,
    pub not_a_url: &'static str,
    pub too_many_redirects: &'static str,
    pub no_public_url: &'static str,
    pub no_keys: &'static str,
    pub no_such_place: &'static str,
    pub too_many_follow: &'static str,
    pub unavailable: &'static str,
    pub other: &'static str,
}

impl ConsoleTexts {
    /// The texts in this language.
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &english::ENGLISH,
            Language::German => &german::GERMAN,
            Language::French => &french::FRENCH,
        }
    }
}
