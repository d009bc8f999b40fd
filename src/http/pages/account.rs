//! The page on which people see where they are logged in, change their passwords, and make app passwords.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use askama::Template;
use chrono::DateTime;
use url::Url;

use super::page::{self, Forms, Frame, Rules};
use super::program::{self, Described};
use super::texts::{AccountTexts, AppPasswordTexts, Texts};
use crate::account::{FactorPlace, MadeAppPassword, PasskeyPlace, PasswordPlace, Place, PlaceKind};
use crate::auth::PasskeyRequest;
use crate::domain::{AppPassword, Passkey, Timestamp, named};
use crate::http::error::{self, ApiError};

/// What the form for ending logins sends to end all but that of this browser.
pub const ALL_OTHERS: &str = "others";

/// Sections, each with its forms. Another section is a template of its own, included in `account.html`, and a field here.
#[derive(Template)]
#[template(path = "account.html")]
pub struct AccountPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
    /// The hidden value of every form.
    pub csrf: &'a str,
    /// Whose account it is: display name, and the address they log in with.
    pub name: &'a str,
    /// See `name`.
    pub email: &'a str,
    /// Where they are logged in, as far as this page lists it.
    pub places: &'a [Shown<'a>],
    /// Whether there are others than this browser.
    pub others: bool,
    /// Which part of the list this is, from 1.
    pub page: usize,
    /// How many parts there are.
    pub pages: usize,
    /// Their password.
    pub password: &'a PasswordSection,
    /// Their app passwords; `None`: there are none, by the settings.
    pub app_passwords: Option<&'a AppPasswordsSection<'a>>,
    /// Their second factor.
    pub factor: FactorSection<'a>,
    /// What has been done.
    pub notice: Option<Notice>,
    /// What has not, and why.
    pub problem: Option<AccountProblem>,
}

/// What is said of the password.
pub struct PasswordSection {
    /// Where it is.
    pub place: PasswordPlace,
    /// Whether the person was asked lately enough to change it.
    pub fresh: bool,
    /// The fewest characters of a new one.
    pub shortest: usize,
    /// Whether the person has app passwords, which may go with it.
    pub app_passwords: bool,
}

/// What is said of the app passwords.
pub struct AppPasswordsSection<'a> {
    /// Those that the person has, oldest first.
    pub held: &'a [AppPassword],
    /// How many they may have.
    pub most: usize,
    /// Whether the person was asked lately enough to make one.
    pub fresh: bool,
    /// After how long without a login of another kind they count no more, if so.
    pub without_login: Option<Duration>,
    /// Now.
    pub now: Timestamp,
    /// The one that was just made.
    pub made: Option<&'a MadeAppPassword>,
}

/// What is said of the second factor.
#[derive(Clone, Copy)]
pub struct FactorSection<'a> {
    /// How the person stands with one.
    pub place: FactorPlace,
    /// The passkeys that the person has, oldest first.
    pub passkeys: &'a [Passkey],
    /// Whether they may add one.
    pub adds: PasskeyPlace,
    /// What these are asked in place of a code.
    pub asks: Option<&'a PasskeyRequest>,
    /// Whether the person was asked lately enough to change it.
    pub fresh: bool,
}

/// A place where the person is logged in, as it is shown.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The place.
    pub place: &'a Place,
    /// Now.
    pub now: Timestamp,
}

named! {
    /// What has been done, named in the address of the page.
    pub enum Notice {
        /// One login was ended.
        Ended = "ended",
        /// All others were.
        OthersEnded = "others_ended",
        /// The password is another.
        PasswordChanged = "password_changed",
        /// An app password was revoked.
        AppPasswordRevoked = "app_password_revoked",
        /// An app or a passkey is a second factor beside another.
        FactorAdded = "factor_added",
        /// An app or a passkey is none any more.
        FactorRemoved = "factor_removed",
    }
}

/// Why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountProblem {
    /// The person was asked who they are too long ago.
    NotFresh,
    /// The person may not have one here.
    NotHere,
    /// The present one is wrong.
    WrongPresent,
    /// The person may not have a second factor here, has one already, or has none.
    NoFactorHere,
    /// The code is wrong.
    WrongCode,
    /// The passkey's answer does not hold.
    WrongPasskey,
    /// The browser has sent no passkey.
    NoPasskey,
    /// A passkey cannot have that name.
    PasskeyName,
    /// The new one is shorter than this.
    Short(usize),
    /// The new one is among the commonest.
    Common,
    /// It begins as an app password does.
    LikeAppPassword,
    /// The new one is shorter than this without the person's name and address.
    Personal(usize),
    /// The new one was typed otherwise the second time.
    NotRepeated,
    /// An app password cannot have that name.
    AppPasswordName,
    /// The person has this many app passwords already.
    TooManyAppPasswords(usize),
    /// Too many attempts; come back after this.
    Throttled(Duration),
    /// The login queue is full.
    Busy,
}

impl Notice {
    /// The notice of this name. Whoever makes up an address chooses among sentences of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.as_str() == text)
    }
}

impl AccountProblem {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::NotFresh | Self::NotHere | Self::NoFactorHere => StatusCode::FORBIDDEN,
            Self::WrongPresent | Self::WrongCode | Self::WrongPasskey => StatusCode::UNAUTHORIZED,
            Self::Short(_)
            | Self::Common
            | Self::LikeAppPassword
            | Self::Personal(_)
            | Self::NotRepeated
            | Self::AppPasswordName
            | Self::NoPasskey
            | Self::PasskeyName => StatusCode::BAD_REQUEST,
            Self::TooManyAppPasswords(_) => StatusCode::CONFLICT,
            Self::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Throttled(wait) => Some(wait),
            Self::Busy => Some(Duration::from_secs(1)),
            _ => None,
        }
    }

    /// Adds the header that belongs to it.
    pub(super) fn head(self, headers: &mut HeaderMap) {
        if let Some(wait) = self.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(error::whole_seconds(wait)));
        }
    }

    /// What the person is told.
    pub(super) fn sentence(self, all: &'static Texts) -> Cow<'static, str> {
        let (texts, app_passwords, login) = (&all.account, &all.app_passwords, &all.login);
        match self {
            Self::NotFresh => texts.not_fresh.into(),
            Self::NotHere => texts.not_here.into(),
            Self::WrongPresent => texts.wrong_present.into(),
            Self::NoFactorHere => all.factor.not_here.into(),
            Self::WrongCode => login.wrong_code.into(),
            Self::WrongPasskey => all.passkey.wrong.into(),
            Self::NoPasskey => all.passkey.none_sent.into(),
            Self::PasskeyName => all.passkey.wrong_name.into(),
            Self::Short(least) => (texts.short)(least).into(),
            Self::Common => texts.common.into(),
            Self::LikeAppPassword => texts.like_app_password.into(),
            Self::Personal(least) => (texts.personal)(least).into(),
            Self::NotRepeated => texts.not_repeated.into(),
            Self::AppPasswordName => app_passwords.wrong_name.into(),
            Self::TooManyAppPasswords(most) => (app_passwords.no_more)(most).into(),
            Self::Throttled(wait) => (login.throttled)(error::whole_seconds(wait)).into(),
            Self::Busy => login.busy.into(),
        }
    }

    /// Whether it is the new password that may not be used.
    pub(super) const fn is_of_the_new_one(self) -> bool {
        matches!(self, Self::Common | Self::LikeAppPassword | Self::NotRepeated | Self::Personal(_) | Self::Short(_))
    }
}

impl AccountPage<'_> {
    /// The page: 200, or the status of the problem.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self) -> Result<HttpResponse, ApiError> {
        let status = self.problem.map_or(StatusCode::OK, AccountProblem::status);
        let rules = Rules { forms: Forms::Here, scripts: self.runs_script(), opener: false };
        let mut response = page::respond(self, self.frame, status, rules)?;
        if let Some(problem) = self.problem {
            problem.head(response.headers_mut());
        }
        Ok(response)
    }

    /// Whether there is a passkey to be asked by a form.
    const fn runs_script(&self) -> bool {
        self.factor.fresh && self.factor.asks.is_some()
    }

    const fn texts(&self) -> &'static AccountTexts {
        &self.frame.texts.account
    }

    fn sentence(&self) -> Option<Cow<'static, str>> {
        self.problem.map(|problem| problem.sentence(self.frame.texts))
    }

    fn done(&self) -> Option<&'static str> {
        let texts = self.texts();
        self.notice.map(|notice| match notice {
            Notice::Ended => texts.ended,
            Notice::OthersEnded => texts.others_ended,
            Notice::PasswordChanged => texts.password_changed,
            Notice::AppPasswordRevoked => self.frame.texts.app_passwords.revoked,
            Notice::FactorAdded => self.frame.texts.factor.added,
            Notice::FactorRemoved => self.frame.texts.factor.removed,
        })
    }

    fn part(&self) -> String {
        (self.texts().part)(self.page, self.pages)
    }

    fn rules(&self) -> String {
        (self.texts().rules)(self.password.shortest)
    }

    fn wrong_present(&self) -> bool {
        self.problem == Some(AccountProblem::WrongPresent)
    }

    fn wrong_code(&self) -> bool {
        self.problem == Some(AccountProblem::WrongCode)
    }

    fn wrong_new(&self) -> bool {
        self.problem.is_some_and(AccountProblem::is_of_the_new_one)
    }

    fn wrong_name(&self) -> bool {
        self.problem == Some(AccountProblem::AppPasswordName)
    }

    /// Whether there is a password to be changed, or to be set.
    const fn may_change(&self) -> bool {
        matches!(self.password.place, PasswordPlace::Here | PasswordPlace::MaySet)
    }

    fn has_password(&self) -> bool {
        self.password.place == PasswordPlace::Here
    }

    /// What is told of a passkey: when it was added, and when it was last used.
    fn facts(&self, held: &Passkey) -> [(&'static str, Option<String>); 2] {
        let (passkey, texts) = (&self.frame.texts.passkey, &self.frame.texts.app_passwords);
        let used = held.used.map_or((texts.never_used, None), |used| (texts.last_used, Some(utc(used, texts.day))));
        [(passkey.since, Some(utc(held.created, texts.day))), used]
    }

    /// Where the person's password is, in plain words, if that is elsewhere.
    fn provider(&self) -> Option<String> {
        let PasswordPlace::Elsewhere(issuer) = &self.password.place else { return None };
        let host = Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
        Some(host.unwrap_or_else(|| issuer.to_string()))
    }
}

/// What happened, the day, and where from.
type Fact = (&'static str, Option<String>, Option<String>);

impl AppPasswordsSection<'_> {
    /// For how many days one may be made to count.
    const DAYS: [u32; 3] = [30, 90, 365];

    /// What the person is told who has as many as one may have. Those that have ended do not count.
    fn full(&self, texts: &AppPasswordTexts) -> Option<String> {
        let counting = self.held.iter().filter(|held| !held.has_ended(self.now)).count();
        (counting >= self.most).then(|| (texts.full)(self.most))
    }

    /// What the person is told whose app passwords count no more some time after the last login of another kind.
    fn rests_on_logins(&self, texts: &AppPasswordTexts) -> Option<String> {
        self.without_login.map(|most| (texts.rests_on_logins)(most.as_secs() / 86_400))
    }

    /// What is told of one: when it was made, when it was last used and about where, and when it ends.
    fn facts(&self, held: &AppPassword, texts: &'static Texts) -> Vec<Fact> {
        let texts = &texts.app_passwords;
        let on = |what, at| (what, Some(utc(at, texts.day)), None);
        let used = held.used.map_or((texts.never_used, None, None), |used| {
            let (what, day, _) = on(texts.last_used, used.seen);
            (what, day, Some(program::roughly(used.network.first())))
        });
        let ends = if held.has_ended(self.now) { texts.ended } else { texts.ends };
        let told = [Some(on(texts.since, held.created)), Some(used), held.expires.map(|end| on(ends, end))];
        told.into_iter().flatten().collect()
    }
}

impl FactorSection<'_> {
    /// Whether there is anything to say.
    fn is_shown(self) -> bool {
        self.place != FactorPlace::Elsewhere
    }

    /// Since when there is one, and how many recovery codes are left, in words.
    fn on(self, texts: &Texts) -> Option<(String, String)> {
        let FactorPlace::On { since, left, .. } = self.place else { return None };
        Some((utc(since, texts.account.date), (texts.factor.left)(left)))
    }

    const fn has_app(self) -> bool {
        matches!(self.place, FactorPlace::On { app: true, .. })
    }
}

impl Shown<'_> {
    /// What it is called, in plain words.
    fn title(&self, texts: &AccountTexts) -> String {
        match program::describe(self.place.contact.user_agent.as_deref().unwrap_or_default()) {
            Described::Browser { name, system: Some(system) } => (texts.browser_on)(name, system),
            Described::Browser { name, system: None } => name.to_owned(),
            Described::Program(name) => name,
            Described::Unnamed => texts.unnamed.to_owned(),
        }
    }

    /// What kind of login it is.
    fn kind(&self, texts: &AccountTexts) -> String {
        match &self.place.kind {
            PlaceKind::Browser => texts.kind_browser.to_owned(),
            PlaceKind::Client => match &self.place.contact.application {
                Some(application) => (texts.kind_client_of)(application),
                None => texts.kind_client.to_owned(),
            },
            PlaceKind::Native => texts.kind_native.to_owned(),
            PlaceKind::Web { host, application: Some(name) } => (texts.kind_web_of)(name, host),
            PlaceKind::Web { host, application: None } => (texts.kind_web)(host),
        }
    }

    fn id(&self) -> String {
        self.place.id.to_text()
    }

    fn network(&self) -> Option<String> {
        self.place.contact.address.map(program::roughly)
    }

    /// Since when, in a format of `chrono`.
    fn since(&self, form: &str) -> String {
        utc(self.place.since, form)
    }

    fn unused_for(&self) -> Duration {
        self.now.since(self.place.used)
    }
}

/// An instant in a format of `chrono`, in UTC: the server does not know the person's time zone.
fn utc(at: Timestamp, form: &str) -> String {
    let millis = i64::try_from(at.millis()).unwrap_or(i64::MAX);
    DateTime::from_timestamp_millis(millis).map(|at| at.format(form).to_string()).unwrap_or_default()
}
