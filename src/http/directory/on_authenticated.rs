//! `GET …/onauthenticated`: the browser is back from the identity provider; and the page that comes after.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};

use super::authenticate::is_unseen;
use super::{next, outcome};
use crate::http::error::ApiError;
use crate::http::extract::browser::{self, Browser};
use crate::http::extract::client_info::network;
use crate::http::extract::query::Parameters;
use crate::http::openapi::errors::PageErrors;
use crate::http::{AppState, LoginMethod, login_line};
use crate::login::{AuthorizationResponse, CallbackOutcome};
use crate::session::DONE_PAGE;

/// The longest code a provider may send, in bytes.
const MAX_CODE: usize = 4096;

/// Goes on with a login.
///
/// # Errors
/// [`ApiError`].
#[utoipa::path(
    get, path = "/directory/api/directorysession/onauthenticated", tag = "directory", operation_id = "onAuthenticated",
    summary = "Come back from the identity provider",
    description = "Where the identity provider sends the browser. A `state` counts once, for ten minutes, in the \
        browser that began the login; anything else ends the login with a plain page. Used again in that time, from \
        whichever browser, it also closes the session that the login has opened. Unknown parameters are ignored.",
    params(
        ("code" = Option<String>, Query, description = "The provider's code."),
        ("state" = String, Query, description = "The login's state."),
        ("error" = Option<String>, Query, description = "The provider's error code."),
        ("error_description" = Option<String>, Query, description = "Ignored."),
        ("error_uri" = Option<String>, Query, description = "Ignored."),
    ),
    responses(
        (status = 302, description = "To the confirmation of a native client's login, or to `redirecturl`."),
        PageErrors,
    ),
)]
pub async fn handle_callback(request: HttpRequest, services: AppState) -> Result<HttpResponse, ApiError> {
    // Any page could otherwise make states up, through whoever looks at it.
    if is_unseen(request.headers()) {
        let sentence = "A login goes on in a window that the person sees: a page cannot load this address.";
        return Err(ApiError::BadRequest(sentence.into()));
    }
    let query = Parameters::of(request.query_string());
    let state = query.state()?;
    let response = match (query.one("code")?, query.one("error")?) {
        (_, Some(error)) if !error.is_empty() => AuthorizationResponse::Error(error.chars().take(64).collect()),
        (Some(code), _) if (1..=MAX_CODE).contains(&code.len()) => AuthorizationResponse::Code(code.to_owned()),
        _ => return Err(ApiError::BadRequest("Either code or error is mandatory.".into())),
    };
    let browser = Browser::of(&request, &services.base)?;
    let result =
        services.logins.handle_callback(&state, browser.cookies(&state), network(&request, &services), response).await;
    let (result, id_token) = match result {
        Ok(CallbackOutcome { step, id_token }) => (Ok(step), id_token),
        Err(error) => (Err(error), None),
    };
    // On our own page it is there that a login is tried.
    if services.logins.has_provider()
        && let Some(outcome) = outcome::of(&result)
    {
        services.metrics.observe_login(LoginMethod::Provider, outcome);
    }
    login_line::note(&request, &services, None);
    let mut response = next::answer(&request, &services, &browser, result?);
    if id_token.is_some() {
        browser::keep_id_token(&services.base, id_token, response.headers_mut());
    }
    Ok(response)
}

/// The page that says that a login is done has another address now.
#[utoipa::path(
    get, path = "/directory/api/directorysession/onauthenticationdone", tag = "directory",
    operation_id = "onAuthenticationDone",
    summary = "The page after a native client's login",
    description = "Deprecated: redirects to `/directory/api/static/onauthenticationdone.html`.",
    responses((status = 302, description = "To the page."))
)]
pub async fn done(services: web::Data<AppState>) -> HttpResponse {
    HttpResponse::Found().insert_header((LOCATION, services.base.path_to(DONE_PAGE))).finish()
}
