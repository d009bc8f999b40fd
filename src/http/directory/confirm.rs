//! `/directory/api/confirm`: whether a native client may be logged in as the person before the browser.

use actix_web::{HttpRequest, HttpResponse, web};

use super::next;
use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::extract::browser::Browser;
use crate::http::extract::query::Parameters;
use crate::http::openapi::errors::{FormErrors, PageErrors};
use crate::http::pages::Frame;
use crate::http::pages::confirm::{ConfirmPage, Program};

/// Asks.
///
/// # Errors
/// [`ApiError`].
#[utoipa::path(
    get, path = "/directory/api/confirm", tag = "directory", operation_id = "showConfirmation",
    summary = "Ask whether a native client may be logged in",
    description = "Shown to the person who logs in, however they were proven: a link that somebody else prepared must \
        not log that one in *(ours)*.",
    params(("state" = String, Query, description = "The login's state.")),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), PageErrors),
)]
pub async fn show(request: HttpRequest, services: AppState) -> Result<HttpResponse, ApiError> {
    let state = Parameters::of(request.query_string()).state()?;
    let browser = Browser::of(&request, &services.base)?;
    let question = services.logins.question(&state, browser.cookies(&state)).await?;
    let address = question.client.as_ref().and_then(|client| client.address);
    let address = address.map(|address| address.to_string()).unwrap_or_default();
    let program = question
        .client
        .as_ref()
        .map(|client| Program { name: client.user_agent.as_deref().unwrap_or_default(), address: &address });
    ConfirmPage {
        frame: &Frame::of(&request),
        csrf: &question.csrf,
        name: &question.account.name,
        email: question.account.email.as_str(),
        program,
        state: &state.reveal(),
        asked: question.begun,
        now: question.now,
        redirect: &question.redirect_url,
    }
    .respond()
}

/// Takes the answer.
///
/// # Errors
/// [`ApiError`].
#[utoipa::path(
    post, path = "/directory/api/confirm", tag = "directory", operation_id = "confirm",
    summary = "Let a native client be logged in, or not",
    description = "What the page's form sends *(ours)*.",
    params(("state" = String, Query, description = "The login's state.")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`answer`: `yes` or `no`; `csrf`."),
    responses((status = 303, description = "To `redirecturl`."), FormErrors),
)]
pub async fn answer(request: HttpRequest, services: AppState, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    let state = Parameters::of(request.query_string()).state()?;
    let browser = Browser::of(&request, &services.base)?;
    let form = Parameters::of_form(payload).await?;
    let yes = match form.mandatory("answer")? {
        "yes" => true,
        "no" => false,
        _ => return Err(ApiError::BadRequest("The answer must be yes or no.".into())),
    };
    let next = services.logins.confirm(&state, browser.cookies(&state), form.csrf()?, yes).await?;
    Ok(next::answer(&request, &services, &browser, next))
}
