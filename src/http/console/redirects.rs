//! `/console/redirects`: where browsers may be sent after a login.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;
use utoipa::IntoParams;

use super::operator::{Failed, Operator, Shown, Visitor, surprised};
use super::said::{Done, Problem, Said};
use super::shell::{self, AskPage, Further, Place, Shell, with_query};
use crate::admin::{Answer, Request};
use crate::domain::{RedirectTarget, Scope};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{Form, Query};
use crate::http::openapi::errors::{FormErrors, PageErrors};

/// How many a page lists.
const LISTED: usize = 100;

/// The redirect URLs, and a form that registers one.
#[derive(Template)]
#[template(path = "redirects.html")]
pub(super) struct RedirectsPage<'a> {
    /// What stands around it.
    pub shell: &'a Shell<'a>,
    /// In alphabetical order.
    pub items: &'a [String],
    /// What was typed in, if it was refused.
    pub given: &'a str,
    /// How the list goes on.
    pub further: Further,
    /// What came of a form.
    pub said: Said,
}

impl RedirectsPage<'_> {
    /// Each URL, and where its removal is asked about.
    fn rows(&self) -> impl Iterator<Item = (&str, String)> {
        let here = format!("{}{}", self.shell.frame.root, Place::Redirects.as_str());
        let ask = move |url: &str| shell::with_query(&here, [&("ask", "remove"), &("url", url)]);
        self.items.iter().map(move |url| (url.as_str(), ask(url)))
    }
}

/// What to show.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct RedirectsQuery {
    /// Where the page begins, as the page before says.
    after: Option<String>,
    /// `remove`: whether to remove `url`.
    ask: Option<String>,
    /// Which to ask about.
    url: Option<String>,
    /// What was done before.
    done: Option<String>,
}

/// Shows them, or asks whether one is to be removed.
#[utoipa::path(
    get, path = Route::ConsoleRedirects.pattern(), tag = "console", operation_id = "consoleRedirects",
    summary = "The redirect URLs",
    params(RedirectsQuery),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To where one enters."),
        PageErrors,
    ),
)]
pub(in crate::http) async fn show(
    visitor: Visitor,
    Query(query): Query<RedirectsQuery>,
) -> Result<HttpResponse, ApiError> {
    visitor
        .sees(Place::Redirects, async |operator| match (&query.ask, &query.url) {
            (Some(_), Some(url)) => ask(operator, url),
            _ => tell(operator, query.after, "", Said::of_address(query.done.as_deref())).await,
        })
        .await
}

/// What the page's forms send.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct RedirectForm {
    csrf: String,
    act: String,
    url: String,
}

/// Registers one, or removes it.
#[utoipa::path(
    post, path = Route::ConsoleRedirects.pattern(), tag = "console", operation_id = "consoleChangeRedirect",
    summary = "Register or remove a redirect URL",
    request_body(content = String, content_type = "application/x-www-form-urlencoded",
        description = "`act`: `add` or `remove`; `url`; `csrf`."),
    responses((status = 303, description = "Back to the page, or to where one enters."), FormErrors),
)]
pub(in crate::http) async fn change(
    visitor: Visitor,
    Form(form): Form<RedirectForm>,
) -> Result<HttpResponse, ApiError> {
    visitor
        .sends(&form.csrf, Place::Redirects, async |operator| {
            operator.must(Scope::Everything)?;
            match perform(operator, &form).await {
                Ok(done) => Ok(visitor.goes_to(&with_query(Place::Redirects.as_str(), &[("done", done.as_str())]))),
                Err(Failed::Told(problem)) => tell(operator, None, &form.url, Said::wrong(problem)).await,
                Err(failed) => Err(failed),
            }
        })
        .await
}

async fn perform(operator: &Operator<'_>, form: &RedirectForm) -> Result<Done, Failed> {
    let url = RedirectTarget::parse(form.url.trim()).map_err(|_| Problem::NotAUrl)?;
    if form.act == "remove" {
        return operator.execute(Request::RemoveRedirect(url)).await.map(|_| Done::Removed);
    }
    match operator.execute(Request::AddRedirect(url)).await? {
        Answer::Redirect { changed: true, .. } => Ok(Done::Added),
        _ => Ok(Done::WasThere),
    }
}

async fn tell(operator: &Operator<'_>, after: Option<String>, given: &str, said: Said) -> Shown {
    let later = after.is_some();
    let answer = operator.execute(Request::Redirects { after, limit: LISTED }).await?;
    let Answer::Redirects { items, next } = answer else { return Err(surprised()) };
    let shell = &operator.shell(Place::Redirects);
    let further = Further::new(Place::Redirects, &[], later, next);
    let page = RedirectsPage { shell, items: &items, given, further, said };
    Ok(shell::respond(&page, shell.frame, said.status())?)
}

fn ask(operator: &Operator<'_>, url: &str) -> Shown {
    operator.must(Scope::Everything)?;
    let shell = &operator.shell(Place::Redirects);
    let (here, question) = (Place::Redirects.as_str(), shell.texts.redirects.ask_remove);
    let fields = [("act", "remove"), ("url", url)];
    let page = AskPage { shell, question, about: url, more: "", to: here, fields: &fields, back: here };
    Ok(page.respond()?)
}
