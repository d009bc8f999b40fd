//! `GET /console/users`: people, found by a part of their name or address.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;
use utoipa::IntoParams;

use super::operator::{Failed, Operator, Shown, Visitor, surprised};
use super::said::{Problem, Said};
use super::shell::{self, Further, Place, Shell};
use super::user_page::path_of;
use crate::admin::{AccountView, Answer, Request, UserFilter, UserSelector};
use crate::domain::named;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::openapi::errors::PageErrors;

/// How many people a page lists.
const LISTED: usize = 50;
/// The longest text that is searched for, in characters: an address is hardly longer.
const LONGEST: usize = 120;

/// Whom to show.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct UsersQuery {
    /// A part of a name or address, in any case; or an id or a whole address, which leads to the person.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    search: Option<String>,
    /// `disabled`, `no_password`; everybody if absent.
    #[param(value_type = Option<String>)]
    show: Option<String>,
    /// Where the page begins, as the page before says.
    #[param(value_type = Option<String>)]
    after: Option<String>,
}

/// Shows them.
#[utoipa::path(
    get, path = Route::ConsoleUsers.pattern(), tag = "console", operation_id = "consoleUsers",
    summary = "Users, found by a part of their name or address",
    params(UsersQuery),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To the one person who was meant, or to where one enters."),
        PageErrors,
    ),
)]
pub(in crate::http) async fn list(visitor: Visitor, Query(query): Query<UsersQuery>) -> Result<HttpResponse, ApiError> {
    visitor.sees(Place::Users, async |operator| show(operator, query).await).await
}

async fn show(operator: &Operator<'_>, query: UsersQuery) -> Shown {
    let search: String = query.search.unwrap_or_default().trim().chars().take(LONGEST).collect();
    let which = query.show.and_then(|show| Which::ALL.into_iter().find(|which| which.as_str() == show));
    let which = which.unwrap_or(Which::All);
    if let Some(who) = UserSelector::parse(&search).filter(is_whole)
        && let Ok(Answer::Account(account)) = operator.execute(Request::Show(who)).await
    {
        return Ok(operator.visitor().goes_to(&path_of(&account)));
    }
    let later = query.after.is_some();
    let chosen = [("search", search.as_str()), ("show", which.as_str())];
    let shell = operator.shell(Place::Users);
    let page = |items: &[AccountView], next, said| {
        let further = Further::new(Place::Users, &chosen, later, next);
        Ok(UsersPage { shell: &shell, search: &search, which, items, further, said }.respond()?)
    };
    match find(operator, &search, which, query.after).await {
        Ok((items, next)) => page(&items, next, Said::default()),
        Err(Failed::Told(Problem::NoSuchPlace)) => page(&[], None, Said::wrong(Problem::NoSuchPlace)),
        Err(failed) => Err(failed),
    }
}

/// Whether a text can only mean one person: an id, or an address with its sign.
fn is_whole(who: &UserSelector) -> bool {
    match who {
        UserSelector::Id(_) => true,
        UserSelector::Email(email) => email.as_str().contains('@'),
    }
}

/// A part of those who are wanted, and where the list goes on.
async fn find(
    operator: &Operator<'_>,
    search: &str,
    which: Which,
    after: Option<String>,
) -> Result<(Vec<AccountView>, Option<String>), Failed> {
    let filter = UserFilter {
        search: Some(search).filter(|search| !search.is_empty()).map(Into::into),
        disabled: which == Which::Disabled,
        no_password: which == Which::NoPassword,
    };
    match operator.execute(Request::List { after, limit: LISTED, profiles: false, filter }).await? {
        Answer::Accounts { items, next } => Ok((items, next)),
        _ => Err(surprised()),
    }
}

named! {
    /// Whom the list shows.
    pub(super) enum Which {
        /// Everybody.
        All = "",
        /// Who may not log in.
        Disabled = "disabled",
        /// Who has no password here.
        NoPassword = "no_password",
    }
}

/// People, and a form that finds some.
#[derive(Template)]
#[template(path = "users.html")]
pub(super) struct UsersPage<'a> {
    /// What stands around it.
    pub shell: &'a Shell<'a>,
    /// What was searched for.
    pub search: &'a str,
    /// Among whom.
    pub which: Which,
    /// Who was found.
    pub items: &'a [AccountView],
    /// How the list goes on.
    pub further: Further,
    /// Why it cannot be shown.
    pub said: Said,
}

impl UsersPage<'_> {
    /// The page: 200, or the status of the problem.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub(super) fn respond(&self) -> Result<HttpResponse, ApiError> {
        shell::respond(self, self.shell.frame, self.said.status())
    }

    /// What can be chosen: value, name, and whether it is.
    fn choices(&self) -> [(&'static str, &'static str, bool); 3] {
        let texts = &self.shell.texts.users;
        Which::ALL.map(|which| {
            let name = match which {
                Which::All => texts.all,
                Which::Disabled => texts.disabled,
                Which::NoPassword => texts.no_password,
            };
            (which.as_str(), name, which == self.which)
        })
    }
}
