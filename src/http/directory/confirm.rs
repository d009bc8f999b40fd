//! `/directory/api/confirm`: whether a native client may be logged in as the person before the browser.

use actix_web::HttpResponse;
use serde::Deserialize;

use super::login_state::{LoginState, StateQuery};
use super::next;
use crate::domain::Right;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{Browser, Form, PerRequest};
use crate::http::openapi::errors::{FormErrors, PageErrors};
use crate::http::pages::Frame;
use crate::http::pages::confirm::{ConfirmPage, Program};
use crate::login::LoginService;

/// Asks.
#[utoipa::path(
    get, path = Route::Confirm.pattern(), tag = "directory", operation_id = "showConfirmation",
    summary = "Ask whether a native client may be logged in",
    description = "Shown to the person who logs in, however they were proven: a link that somebody else prepared must \
        not log that one in *(ours)*.",
    params(StateQuery),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), PageErrors),
)]
pub async fn show(
    LoginState(state): LoginState,
    browser: Browser,
    frame: Frame,
    logins: PerRequest<LoginService>,
) -> Result<HttpResponse, ApiError> {
    let question = logins.question(&state, browser.cookies(&state)).await?;
    let address = question.client.as_ref().and_then(|client| client.address);
    let address = address.map(|address| address.to_string()).unwrap_or_default();
    let program = question
        .client
        .as_ref()
        .map(|client| Program { name: client.user_agent.as_deref().unwrap_or_default(), address: &address });
    ConfirmPage {
        frame: &frame,
        csrf: &question.csrf,
        name: &question.account.name,
        email: question.account.email.as_str(),
        program,
        operator: question.right == Right::Admin,
        state: &state.reveal(),
        asked: question.begun,
        now: question.now,
        redirect: &question.redirect_url,
    }
    .respond()
}

/// Takes the answer.
#[utoipa::path(
    post, path = Route::Confirm.pattern(), tag = "directory", operation_id = "confirm",
    summary = "Let a native client be logged in, or not",
    description = "What the page's form sends *(ours)*.",
    params(StateQuery),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`answer`: `yes` or `no`; `csrf`."),
    responses((status = 303, description = "To `redirecturl`."), FormErrors),
)]
pub async fn answer(
    LoginState(state): LoginState,
    browser: Browser,
    Form(form): Form<ConfirmForm>,
    logins: PerRequest<LoginService>,
) -> Result<HttpResponse, ApiError> {
    let yes = match form.answer.as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(ApiError::BadRequest("The answer must be yes or no.".into())),
    };
    let next = logins.confirm(&state, browser.cookies(&state), &form.csrf, yes).await?;
    Ok(next::respond(&browser, next))
}

/// What the page's form sends.
#[derive(Deserialize)]
pub struct ConfirmForm {
    answer: String,
    #[serde(default)]
    csrf: String,
}
