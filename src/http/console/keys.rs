//! `/console/keys`: the keys that sign bearers.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;
use utoipa::IntoParams;

use super::operator::{Failed, Operator, Shown, Visitor, surprised};
use super::said::{Done, Said};
use super::shell::{self, AskPage, Place, Shell, with_query};
use crate::admin::{Answer, KeyState, KeyView, Request};
use crate::domain::Scope;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::query::CsrfForm;
use crate::http::extract::{Form, Query};
use crate::http::openapi::errors::{FormErrors, PageErrors};

/// The signing keys.
#[derive(Template)]
#[template(path = "keys.html")]
pub(super) struct KeysPage<'a> {
    /// What stands around it.
    pub shell: &'a Shell<'a>,
    /// Oldest first.
    pub keys: &'a [KeyView],
    /// What came of a form.
    pub said: Said,
}

impl KeysPage<'_> {
    fn state(&self, key: &KeyView) -> &'static str {
        let texts = &self.shell.texts.keys;
        match key.state {
            KeyState::Next => texts.next,
            KeyState::Signing => texts.signing,
            KeyState::Retiring => texts.retiring,
        }
    }
}

/// What to show.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct KeysQuery {
    /// `rotate`: whether to make the next key.
    ask: Option<String>,
    /// What was done before.
    done: Option<String>,
}

/// Shows them, or asks whether the next is to be made.
#[utoipa::path(
    get, path = Route::ConsoleKeys.pattern(), tag = "console", operation_id = "consoleKeys",
    summary = "The signing keys",
    params(KeysQuery),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To where one enters."),
        PageErrors,
    ),
)]
pub(in crate::http) async fn show(visitor: Visitor, Query(query): Query<KeysQuery>) -> Result<HttpResponse, ApiError> {
    visitor
        .sees(Place::Keys, async |operator| {
            if query.ask.is_some() {
                return ask(operator);
            }
            tell(operator, Said::of_address(query.done.as_deref())).await
        })
        .await
}

/// Makes the next key.
#[utoipa::path(
    post, path = Route::ConsoleKeys.pattern(), tag = "console", operation_id = "consoleRotateKey",
    summary = "Make the next signing key",
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`csrf`."),
    responses((status = 303, description = "Back to the page, or to where one enters."), FormErrors),
)]
pub(in crate::http) async fn rotate(visitor: Visitor, Form(form): Form<CsrfForm>) -> Result<HttpResponse, ApiError> {
    visitor
        .sends(&form.csrf, Place::Keys, async |operator| {
            operator.must(Scope::Everything)?;
            match operator.execute(Request::RotateKey).await {
                Ok(_) => Ok(visitor.goes_to(&with_query(Place::Keys.as_str(), &[("done", Done::Rotated.as_str())]))),
                Err(Failed::Told(problem)) => tell(operator, Said::wrong(problem)).await,
                Err(failed) => Err(failed),
            }
        })
        .await
}

async fn tell(operator: &Operator<'_>, said: Said) -> Shown {
    let Answer::Keys(keys) = operator.execute(Request::Keys).await? else { return Err(surprised()) };
    let shell = &operator.shell(Place::Keys);
    Ok(shell::respond(&KeysPage { shell, keys: &keys, said }, shell.frame, said.status())?)
}

fn ask(operator: &Operator<'_>) -> Shown {
    operator.must(Scope::Everything)?;
    let shell = &operator.shell(Place::Keys);
    let here = Place::Keys.as_str();
    let question = shell.texts.keys.ask_rotate;
    let page = AskPage { shell, question, about: "", more: "", to: here, fields: &[], back: here };
    Ok(page.respond()?)
}
