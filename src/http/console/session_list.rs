//! `/console/sessions`: where people are logged in, and the end of one session.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::operator::{Failed, Operator, Shown, Visitor, surprised};
use super::said::{Done, Problem, Said};
use super::session_words::{kind_of, program_of};
use super::shell::{self, AskPage, Further, Place, Shell, with_query};
use crate::admin::{
    AccountView, Answer, Request, SessionFilter, SessionKind, SessionSelector, SessionView, UserSelector,
    UserSessionView,
};
use crate::domain::{Scope, UserId};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{Form, Query};
use crate::http::openapi::errors::{FormErrors, PageErrors};

/// With so many sessions a page is full.
const ENOUGH: usize = 50;
/// How many accounts a page looks at, and how many of them at once.
const ACCOUNTS: usize = 1_000;
const ACCOUNTS_AT_ONCE: usize = 25;
/// How many sessions are listed of one person among others, and of one who was asked for.
const OF_EACH: usize = 10;
const OF_ONE: usize = 100;
/// The longest text that is looked for, in characters.
const LONGEST: usize = 320;

/// Which sessions to show, or which to close.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct SessionsQuery {
    /// Those of this user alone: id or e-mail address.
    user: Option<String>,
    /// A part of the client's id, of what it calls itself, or of the application, in any case.
    client: Option<String>,
    /// `v2`, `directory`: those opened through this API alone.
    show: Option<String>,
    /// Where the page begins, as the page before says.
    after: Option<String>,
    /// Which session to ask about, and whose it is.
    session: Option<String>,
    who: Option<String>,
    /// What was done before.
    done: Option<String>,
}

/// Shows them, or asks whether one is to be closed.
#[utoipa::path(
    get, path = Route::ConsoleSessions.pattern(), tag = "console", operation_id = "consoleSessions",
    summary = "Where people are logged in",
    description = "Sessions of at most 1000 accounts a page, at most ten of each; with `user` at most 100 of that one.",
    params(SessionsQuery),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To where one enters."),
        (status = 404, description = "There is no such user or session.", body = String, content_type = "text/html"),
        PageErrors,
    ),
)]
pub(in crate::http) async fn list(
    visitor: Visitor,
    Query(query): Query<SessionsQuery>,
) -> Result<HttpResponse, ApiError> {
    let said = Said::of_address(query.done.as_deref());
    let wanted = Wanted::of(query.user, query.client, query.show);
    visitor
        .sees(Place::Sessions, async |operator| match (query.session, query.who) {
            (Some(session), Some(who)) => ask(operator, &wanted, &who, &session).await,
            _ => show(operator, &wanted, query.after, said).await,
        })
        .await
}

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct CloseForm {
    csrf: String,
    who: String,
    session: String,
    user: String,
    client: String,
    show: String,
}

/// Closes one.
#[utoipa::path(
    post, path = Route::ConsoleSessions.pattern(), tag = "console", operation_id = "consoleCloseSession",
    summary = "Close a session",
    request_body(content = String, content_type = "application/x-www-form-urlencoded",
        description = "`who`, `session`; `user`, `client`, `show`: which sessions to show then; `csrf`."),
    responses(
        (status = 303, description = "Back to the page, or to where one enters."),
        (status = 404, description = "There is no such user or session.", body = String, content_type = "text/html"),
        FormErrors,
    ),
)]
pub(in crate::http) async fn close(visitor: Visitor, Form(form): Form<CloseForm>) -> Result<HttpResponse, ApiError> {
    let wanted = Wanted::of(Some(form.user), Some(form.client), Some(form.show));
    visitor
        .sends(&form.csrf, Place::Sessions, async |operator| {
            operator.must(Scope::Sessions)?;
            let close = async {
                let close = Request::Close(UserSelector::Id(id(&form.who)?), SessionSelector::One(form.session));
                operator.execute(close).await
            };
            match close.await {
                Ok(_) => Ok(visitor.goes_to(&wanted.path(&[("done", Done::Closed.as_str())]))),
                Err(Failed::Told(problem)) => show(operator, &wanted, None, Said::wrong(problem)).await,
                Err(failed) => Err(failed),
            }
        })
        .await
}

/// Which sessions are wanted: those that all of it is true of.
#[derive(Default)]
pub(super) struct Wanted {
    /// The user's id or address.
    pub user: String,
    /// A part of what the client is known by.
    pub client: String,
    /// Through which API they were opened.
    pub kind: Option<SessionKind>,
}

impl Wanted {
    fn of(user: Option<String>, client: Option<String>, kind: Option<String>) -> Self {
        let [user, client] = [user, client].map(|text| text.unwrap_or_default().trim().chars().take(LONGEST).collect());
        let kind = kind.and_then(|name| SessionKind::ALL.into_iter().find(|kind| kind.as_str() == name));
        Self { user, client, kind }
    }

    fn chosen(&self) -> [(&'static str, &str); 3] {
        [("user", &self.user), ("client", &self.client), ("show", self.kind.map_or("", SessionKind::as_str))]
    }

    /// The page that shows them, from the root.
    fn path(&self, more: &[(&str, &str)]) -> String {
        let chosen = self.chosen();
        let chosen = chosen.iter().filter(|(_, value)| !value.is_empty());
        with_query(Place::Sessions.as_str(), chosen.chain(more))
    }

    fn wants(&self, session: &SessionView, part: &str) -> bool {
        let known_by = [&session.client, &session.user_agent, &session.application, &session.redirect_url];
        self.kind.is_none_or(|kind| kind == session.kind)
            && (part.is_empty() || known_by.into_iter().flatten().any(|name| name.to_lowercase().contains(part)))
    }
}

fn id(text: &str) -> Result<UserId, Failed> {
    Uuid::try_parse(text).map(UserId).map_err(|_| Failed::Told(Problem::NoSuchUser))
}

async fn account(operator: &Operator<'_>, who: UserSelector) -> Result<Box<AccountView>, Failed> {
    match operator.execute(Request::Show(who)).await? {
        Answer::Account(account) => Ok(account),
        _ => Err(surprised()),
    }
}

async fn sessions_of(operator: &Operator<'_>, user: UserId) -> Result<Vec<SessionView>, Failed> {
    match operator.execute(Request::Sessions(UserSelector::Id(user))).await? {
        Answer::Sessions(sessions) => Ok(sessions),
        _ => Err(surprised()),
    }
}

async fn show(operator: &Operator<'_>, wanted: &Wanted, after: Option<String>, mut said: Said) -> Shown {
    let later = after.is_some();
    let found = if wanted.user.is_empty() {
        of_all(operator, wanted, after).await
    } else {
        of_one(operator, wanted).await.map(|found| (found, None))
    };
    let (items, next) = match found {
        Ok(found) => found,
        Err(Failed::Told(problem @ (Problem::NoSuchUser | Problem::NoSuchPlace))) => {
            said = Said::wrong(problem);
            (Vec::new(), None)
        }
        Err(failed) => return Err(failed),
    };
    let shell = operator.shell(Place::Sessions);
    let further = Further::new(Place::Sessions, &wanted.chosen(), later, next);
    let people = people(items, if wanted.user.is_empty() { OF_EACH } else { OF_ONE });
    Ok(SessionsPage { shell: &shell, wanted, people: &people, further, said }.respond()?)
}

/// The sessions of the one who is wanted, latest contact first.
async fn of_one(operator: &Operator<'_>, wanted: &Wanted) -> Result<Vec<UserSessionView>, Failed> {
    let who = UserSelector::parse(&wanted.user).ok_or(Failed::Told(Problem::NoSuchUser))?;
    let account = account(operator, who).await?;
    let (user, part) = (account.id, wanted.client.to_lowercase());
    let sessions = sessions_of(operator, user).await?.into_iter().filter(|session| wanted.wants(session, &part));
    Ok(sessions.map(|session| UserSessionView { user, email: account.email.clone(), session }).collect())
}

/// The sessions of a part of the accounts, and where the list goes on.
async fn of_all(
    operator: &Operator<'_>,
    wanted: &Wanted,
    mut after: Option<String>,
) -> Result<(Vec<UserSessionView>, Option<String>), Failed> {
    let (mut found, part) = (Vec::new(), wanted.client.to_lowercase());
    for _ in 0..ACCOUNTS / ACCOUNTS_AT_ONCE {
        let filter = SessionFilter { kind: wanted.kind, ..SessionFilter::default() };
        let request = Request::AllSessions { after, limit: ACCOUNTS_AT_ONCE, filter };
        let Answer::AllSessions { items, next } = operator.execute(request).await? else { return Err(surprised()) };
        found.extend(items.into_iter().filter(|item| wanted.wants(&item.session, &part)));
        after = next;
        if after.is_none() || found.len() >= ENOUGH {
            break;
        }
    }
    Ok((found, after))
}

/// Asks whether a session is to be closed.
async fn ask(operator: &Operator<'_>, wanted: &Wanted, who: &str, which: &str) -> Shown {
    operator.must(Scope::Sessions)?;
    let user = id(who)?;
    let account = account(operator, UserSelector::Id(user)).await?;
    let sessions = sessions_of(operator, user).await?;
    let session = sessions.iter().find(|session| session.id.to_string() == which);
    let session = session.ok_or(Failed::Told(Problem::NoSuchSession))?;
    let shell = &operator.shell(Place::Sessions);
    let texts = &shell.texts.sessions;
    let program = format!("{} · {}", program_of(session, texts), kind_of(session, texts, shell.frame.colon()));
    let own = [("who", who), ("session", which)];
    let fields: Vec<_> = own.into_iter().chain(wanted.chosen()).collect();
    let (question, back) = (texts.ask_close, wanted.path(&[]));
    let (about, to) = (&account.email, Place::Sessions.as_str());
    Ok(AskPage { shell, question, about, more: &program, to, fields: &fields, back: &back }.respond()?)
}

/// Somebody's sessions, as far as the page lists them.
pub(super) struct Person {
    /// Their address.
    pub email: String,
    /// The page about them, from the root.
    pub path: String,
    /// Who they are.
    pub user: UserId,
    /// Latest contact first.
    pub sessions: Vec<SessionView>,
    /// How many more they have.
    pub more: usize,
}

/// By person, so many sessions of each.
fn people(items: Vec<UserSessionView>, most: usize) -> Vec<Person> {
    let mut people: Vec<Person> = Vec::new();
    for UserSessionView { user, email, session } in items {
        if people.last().is_none_or(|last| last.user != user) {
            let path = format!("{}/{user}", Place::Users.as_str());
            people.push(Person { email, path, user, sessions: Vec::new(), more: 0 });
        }
        if let Some(person) = people.last_mut() {
            if person.sessions.len() < most {
                person.sessions.push(session);
            } else {
                person.more += 1;
            }
        }
    }
    people
}

/// Sessions, and a form that finds some.
#[derive(Template)]
#[template(path = "sessions.html")]
pub(super) struct SessionsPage<'a> {
    /// What stands around it.
    pub shell: &'a Shell<'a>,
    /// Which are wanted.
    pub wanted: &'a Wanted,
    /// What was found.
    pub people: &'a [Person],
    /// How the list goes on.
    pub further: Further,
    /// What came of a form.
    pub said: Said,
}

impl SessionsPage<'_> {
    /// The page: 200, or the status of the problem.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub(super) fn respond(&self) -> Result<HttpResponse, ApiError> {
        shell::respond(self, self.shell.frame, self.said.status())
    }

    /// What can be chosen: value, name, and whether it is.
    fn choices(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let texts = &self.shell.texts.sessions;
        let kinds = SessionKind::ALL.map(|kind| {
            let name = match kind {
                SessionKind::V2 => texts.only_v2,
                SessionKind::Directory => texts.only_directory,
            };
            (kind.as_str(), name, self.wanted.kind == Some(kind))
        });
        std::iter::once(("", texts.all, self.wanted.kind.is_none())).chain(kinds)
    }

    fn program(&self, session: &SessionView) -> String {
        program_of(session, &self.shell.texts.sessions)
    }

    fn kind(&self, session: &SessionView) -> String {
        kind_of(session, &self.shell.texts.sessions, self.shell.frame.colon())
    }

    fn more_of(&self, person: &Person) -> String {
        (self.shell.texts.sessions.more_of)(person.more)
    }

    /// Where it is asked whether to close it.
    fn ask(&self, person: &Person, session: &SessionView) -> String {
        let (who, session) = (person.user.to_string(), session.id.to_string());
        format!(
            "{}{}",
            self.shell.frame.root,
            self.wanted.path(&[("who", who.as_str()), ("session", session.as_str())])
        )
    }
}
