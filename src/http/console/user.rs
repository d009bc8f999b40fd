//! `/console/users/{id}`: one person, and what can be done for them.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::operator::{Failed, Operator, Shown, Visitor, surprised};
use super::said::{Done, Problem, Said};
use super::shell::{AskPage, Place, with_query};
use super::texts::{Question, UserTexts};
use super::user_page::{GRANTED, UserPage, path_of};
use crate::account::LINK_PAGE;
use crate::admin::{
    AccountView, Answer, AppPasswordView, Change, EventQuery, EventView, Request, SessionSelector, SessionView,
    ThrottleView, UserSelector,
};
use crate::domain::{AppPasswordId, LinkPurpose, LinkSecret, Right, Scope, UserId, named};
use crate::error::ServiceError;
use crate::http::error::ApiError;
use crate::http::extract::{Form, Query};
use crate::http::openapi::errors::{FormErrors, PageErrors};
use crate::http::{HttpSettings, Route};
use crate::store::EVENTS_OF_USER;

/// How many sessions a page lists.
const SESSIONS: usize = 25;

named! {
    /// What can be done.
    enum Act {
        /// The person may log in again.
        Enable = "enable",
        /// The person may not log in any more.
        Disable = "disable",
        /// Whoever opens the link first sets the password.
        ResetLink = "reset-link",
        /// No second factor is asked for any more.
        ResetFactor = "reset-factor",
        /// Attempts at logging in count anew.
        Lift = "lift",
        /// Every browser asks again.
        SignOff = "sign-off",
        /// One session ends.
        Close = "close",
        /// All do.
        CloseAll = "close-all",
        /// One app password counts no more.
        Revoke = "revoke",
        /// None does.
        RevokeAll = "revoke-all",
        /// The person has one right more.
        Grant = "grant",
        /// The person has one right less, and no session by it.
        Take = "take",
    }
}

impl Act {
    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == name)
    }

    const fn scope(self) -> Scope {
        match self {
            Self::Enable
            | Self::Disable
            | Self::ResetLink
            | Self::ResetFactor
            | Self::Lift
            | Self::Revoke
            | Self::RevokeAll
            | Self::Grant
            | Self::Take => Scope::Users,
            Self::SignOff | Self::Close | Self::CloseAll => Scope::Sessions,
        }
    }

    /// What is asked before it is done to `what`. What can be undone, or is soon repeated, is not asked about.
    fn question(self, what: &str, texts: &UserTexts) -> Option<Question> {
        let makes_operators = what == Right::Admin.as_str();
        Some(match self {
            Self::Grant if makes_operators => texts.ask_grant_admin,
            Self::Enable | Self::Lift | Self::Close | Self::Grant => return None,
            Self::Take if makes_operators => texts.ask_take_admin,
            Self::Take => texts.ask_take,
            Self::Disable => texts.ask_disable,
            Self::ResetLink => texts.ask_reset_link,
            Self::ResetFactor => texts.ask_reset_factor,
            Self::SignOff => texts.ask_sign_off,
            Self::CloseAll => texts.ask_close_all,
            Self::Revoke => texts.ask_revoke,
            Self::RevokeAll => texts.ask_revoke_all,
        })
    }
}

/// What to show of the person.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct UserQuery {
    /// Which part of the sessions, from 1.
    #[param(value_type = Option<u32>)]
    page: Option<String>,
    /// What was done before.
    done: Option<String>,
    /// What to ask about: `disable`, `reset-link`, `reset-factor`, `sign-off`, `close-all`, `revoke`, `revoke-all`,
    /// `grant`, `take`.
    ask: Option<String>,
    /// Which app password or right to ask about.
    what: Option<String>,
}

/// Shows the person, or asks whether something is to be done.
#[utoipa::path(
    get, path = Route::ConsoleUser.pattern(), tag = "console", operation_id = "consoleUser",
    summary = "A user: whether they can log in, and why not",
    params(("id" = Uuid, Path, description = "The user's id."), UserQuery),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To where one enters."),
        (status = 404, description = "There is no such user.", body = String, content_type = "text/html"),
        PageErrors,
    ),
)]
pub(in crate::http) async fn show(
    visitor: Visitor,
    id: Path<String>,
    Query(query): Query<UserQuery>,
) -> Result<HttpResponse, ApiError> {
    visitor
        .sees(Place::Users, async |operator| {
            let user = who(&id)?;
            let what = query.what.as_deref().unwrap_or_default();
            if let Some(act) = query.ask.as_deref().and_then(Act::parse)
                && let Some(question) = act.question(what, &visitor.texts().user)
            {
                return ask(operator, user, act, question, what).await;
            }
            let page = query.page.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1);
            tell(operator, user, page, Said::of_address(query.done.as_deref()), None).await
        })
        .await
}

/// What the page's forms send.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct ActForm {
    csrf: String,
    act: String,
    what: String,
}

/// Does what a form of the page asks for.
#[utoipa::path(
    post, path = Route::ConsoleUser.pattern(), tag = "console", operation_id = "consoleUserAct",
    summary = "Do something for a user",
    description = "What the page's forms send. It is done, and logged, as an act of the API token by which the browser \
        entered.",
    params(("id" = Uuid, Path, description = "The user's id.")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded",
        description = "`act`; `what`: the session, app password or right that it is about; `csrf`."),
    responses(
        (status = 200, description = "The page, with a link that was made.", body = String, content_type = "text/html"),
        (status = 303, description = "Back to the page, or to where one enters."),
        (status = 404, description = "There is no such user, session or app password.", body = String,
            content_type = "text/html"),
        FormErrors,
    ),
)]
pub(in crate::http) async fn act(
    visitor: Visitor,
    id: Path<String>,
    Form(form): Form<ActForm>,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    visitor
        .sends(&form.csrf, Place::Users, async |operator| {
            let user = who(&id)?;
            let act = Act::parse(&form.act).ok_or(ApiError::BadRequest("There is no such act.".into()))?;
            operator.must(act.scope())?;
            let done = match act {
                Act::ResetLink => make_link(operator, user, &settings).await.map(Came::Link),
                act => perform(operator, user, act, &form.what).await.map(Came::Done),
            };
            match done {
                Ok(Came::Done(done)) => {
                    let path = format!("{}/{}", Place::Users.as_str(), user);
                    Ok(visitor.goes_to(&with_query(&path, &[("done", done.as_str())])))
                }
                Ok(Came::Link(link)) => tell(operator, user, 1, Said::default(), Some(&link)).await,
                Err(Failed::Told(problem)) => tell(operator, user, 1, Said::wrong(problem), None).await,
                Err(failed) => Err(failed),
            }
        })
        .await
}

/// What came of an act.
enum Came {
    Done(Done),
    Link(String),
}

fn who(id: &str) -> Result<UserId, Failed> {
    Uuid::try_parse(id).map(UserId).map_err(|_| Failed::Told(Problem::NoSuchUser))
}

async fn perform(operator: &Operator<'_>, user: UserId, act: Act, what: &str) -> Result<Done, Failed> {
    let who = UserSelector::Id(user);
    let (request, done) = match act {
        Act::Enable => (Request::Change(who, Change::Enabled(true)), Done::Enabled),
        Act::Disable => (Request::Change(who, Change::Enabled(false)), Done::Disabled),
        Act::ResetFactor => (Request::Change(who, Change::ResetFactor), Done::FactorReset),
        Act::Lift => (Request::Lift(who, None), Done::Lifted),
        Act::SignOff => (Request::SignOff(who), Done::SignedOff),
        Act::Close => (Request::Close(who, SessionSelector::One(what.to_owned())), Done::Closed),
        Act::CloseAll => (Request::Close(who, SessionSelector::All), Done::ClosedAll),
        Act::Revoke => {
            let which = Uuid::try_parse(what).map_err(|_| Failed::Told(Problem::NoSuchAppPassword))?;
            (Request::Change(who, Change::RevokeAppPasswords(Some(AppPasswordId(which)))), Done::Revoked)
        }
        Act::RevokeAll => (Request::Change(who, Change::RevokeAppPasswords(None)), Done::RevokedAll),
        Act::Grant => {
            let change = Change::Rights { grant: vec![right(what)?], revoke: Vec::new() };
            (Request::Change(who, change), Done::RightGranted)
        }
        Act::Take => {
            let change = Change::Rights { grant: Vec::new(), revoke: vec![right(what)?] };
            (Request::Change(who, change), Done::RightTaken)
        }
        Act::ResetLink => return Err(surprised()),
    };
    operator.execute(request).await.map(|_| done)
}

/// The right of this name, if it is granted person by person.
fn right(what: &str) -> Result<Right, Failed> {
    let right = GRANTED.into_iter().find(|right| right.as_str() == what);
    right.ok_or_else(|| Failed::Error(ApiError::BadRequest("There is no such right to grant.".into())))
}

/// Makes a link; its address. What it leads to must be known for sure, for it is given away.
async fn make_link(operator: &Operator<'_>, user: UserId, settings: &HttpSettings) -> Result<String, Failed> {
    if settings.base.public_host().is_none() {
        return Err(Failed::Told(Problem::NoPublicUrl));
    }
    let secret = LinkSecret::draw(user).map_err(|error| ApiError::from(ServiceError::from(error)))?;
    let (purpose, digest) = (LinkPurpose::Reset, secret.digest().0);
    operator.execute(Request::AddLink { user, purpose, digest }).await?;
    Ok(settings.base.at(&format!("{LINK_PAGE}?link={}", secret.reveal())))
}

async fn account(operator: &Operator<'_>, user: UserId) -> Result<Box<AccountView>, Failed> {
    match operator.execute(Request::Show(UserSelector::Id(user))).await? {
        Answer::Account(account) => Ok(account),
        _ => Err(surprised()),
    }
}

async fn sessions(operator: &Operator<'_>, user: UserId) -> Result<Vec<SessionView>, Failed> {
    match operator.execute(Request::Sessions(UserSelector::Id(user))).await? {
        Answer::Sessions(sessions) => Ok(sessions),
        _ => Err(surprised()),
    }
}

async fn app_passwords(operator: &Operator<'_>, user: UserId) -> Result<Vec<AppPasswordView>, Failed> {
    match operator.execute(Request::AppPasswords(UserSelector::Id(user))).await? {
        Answer::AppPasswords(held) => Ok(held),
        _ => Err(surprised()),
    }
}

/// What happened to them last, newest first.
async fn events(operator: &Operator<'_>, user: UserId) -> Result<Vec<EventView>, Failed> {
    let user = Some(UserSelector::Id(user));
    let query = EventQuery { user, newest_first: true, limit: EVENTS_OF_USER, ..EventQuery::default() };
    match operator.execute(Request::Events(query)).await? {
        Answer::Events { items, .. } => Ok(items),
        _ => Err(surprised()),
    }
}

async fn throttle(operator: &Operator<'_>, user: UserId) -> Result<ThrottleView, Failed> {
    match operator.execute(Request::Throttle(UserSelector::Id(user), None)).await? {
        Answer::Throttle(view) => Ok(view),
        _ => Err(surprised()),
    }
}

/// The page, with a part of the sessions.
async fn tell(operator: &Operator<'_>, user: UserId, page: usize, said: Said, link: Option<&str>) -> Shown {
    let account = account(operator, user).await?;
    let sessions = sessions(operator, user).await?;
    let app_passwords = app_passwords(operator, user).await?;
    let pages = sessions.len().div_ceil(SESSIONS).max(1);
    let page = page.clamp(1, pages);
    let from = (page - 1) * SESSIONS;
    let shown = &sessions[from..sessions.len().min(from + SESSIONS)];
    let mut shell = operator.shell(Place::Users);
    shell.may.users &= shell.may.everything || !account.is_operator();
    let events = events(operator, user).await?;
    let throttle = throttle(operator, user).await?;
    let is_refusal = |event: &&EventView| event.outcome.is_some() && !event.let_somebody_in();
    let page = UserPage {
        shell: &shell,
        account: &account,
        sessions: shown,
        page,
        pages,
        app_passwords: &app_passwords,
        last_login: events.iter().find(|event| event.let_somebody_in()),
        last_refusal: events.iter().find(is_refusal),
        throttle: &throttle,
        link,
        said,
    };
    Ok(page.respond()?)
}

/// Asks whether an act is meant.
async fn ask(operator: &Operator<'_>, user: UserId, act: Act, question: Question, what: &str) -> Shown {
    operator.must(act.scope())?;
    let account = account(operator, user).await?;
    let name = if account.name.is_empty() { &account.email } else { &account.name };
    let (mut about, mut more) = (name.clone(), account.email.clone());
    if matches!(act, Act::Grant | Act::Take) {
        if right(what)? == Right::Admin {
            operator.must(Scope::Everything)?;
        }
        (about, more) = (what.to_owned(), about);
    }
    if act == Act::Revoke {
        let held = app_passwords(operator, user).await?;
        let held = held.into_iter().find(|held| held.id.to_string() == what);
        more = about;
        about = held.ok_or(Problem::NoSuchAppPassword)?.name;
    }
    let path = path_of(&account);
    let fields = [("act", act.as_str()), ("what", what)];
    let shell = &operator.shell(Place::Users);
    let page = AskPage { shell, question, about: &about, more: &more, to: &path, fields: &fields, back: &path };
    Ok(page.respond()?)
}
