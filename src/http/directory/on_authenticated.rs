//! `GET …/onauthenticated`: the browser is back from the identity provider; and the page that comes after.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use serde::Deserialize;

use super::login_state::LoginState;
use super::{next, outcome};
use crate::http::error::ApiError;
use crate::http::extract::{Browser, Entered, LoginAttempt, PerRequest, Query};
use crate::http::openapi::errors::PageErrors;
use crate::http::{HttpSettings, LoginMethod, Route};
use crate::login::{AuthorizationResponse, CallbackOutcome, LoginService};
use crate::session::DONE_PAGE;

/// The longest code a provider may send, in bytes.
const MAX_CODE: usize = 4096;

/// Goes on with a login.
#[utoipa::path(
    get, path = Route::OnAuthenticated.pattern(), tag = "directory", operation_id = "onAuthenticated",
    summary = "Come back from the identity provider",
    description = "Where the identity provider sends the browser. A `state` counts once, for ten minutes, in the \
        browser that began the login; anything else ends the login with a plain page. Used again in that time, from \
        whichever browser, it also closes the session that the login has opened. Where no identity provider is \
        configured, nobody comes back, and every `state` ends its login. Unknown parameters are ignored.",
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
pub async fn handle_callback(
    state: Result<LoginState, ApiError>,
    query: Result<Query<CallbackQuery>, ApiError>,
    browser: Browser,
    attempt: LoginAttempt,
    logins: PerRequest<LoginService>,
) -> Result<HttpResponse, ApiError> {
    // Any page could otherwise make states up, through anybody who looks at it.
    if browser.is_unseen() {
        let sentence = "A login goes on in a window that the person sees: a page cannot load this address.";
        return Err(ApiError::BadRequest(sentence.into()));
    }
    let (LoginState(state), Query(query)) = (state?, query?);
    let response = query.response()?;
    let result = logins.handle_callback(&state, browser.cookies(&state), attempt.client.network(), response).await;
    let (result, id_token) = match result {
        Ok(CallbackOutcome { step, id_token }) => (Ok(step), id_token),
        Err(error) => (Err(error), None),
    };
    let entered = Entered { error: result.as_ref().err(), ..Entered::default() };
    attempt.conclude(LoginMethod::Provider, outcome::of(&result), None, entered);
    let mut response = next::respond(&browser, result?);
    if let Some((sealed, lifetime)) = id_token {
        browser.keep_id_token(&sealed, lifetime, &mut response);
    }
    Ok(response)
}

/// What the browser brings back, besides the state.
#[derive(Deserialize)]
pub struct CallbackQuery {
    code: Option<String>,
    error: Option<String>,
}

impl CallbackQuery {
    fn response(self) -> Result<AuthorizationResponse, ApiError> {
        match self {
            Self { error: Some(error), .. } if !error.is_empty() => {
                Ok(AuthorizationResponse::Error(error.chars().take(64).collect()))
            }
            Self { code: Some(code), .. } if (1..=MAX_CODE).contains(&code.len()) => {
                Ok(AuthorizationResponse::Code(code))
            }
            _ => Err(ApiError::BadRequest("Either code or error is mandatory.".into())),
        }
    }
}

/// The page that says that a login is done has another address now.
#[utoipa::path(
    get, path = Route::OnAuthenticationDone.pattern(), tag = "directory",
    operation_id = "onAuthenticationDone",
    summary = "The page after a native client's login",
    description = "Deprecated: redirects to `/directory/api/static/onauthenticationdone.html`.",
    responses((status = 302, description = "To the page."))
)]
pub async fn done(settings: Data<HttpSettings>) -> HttpResponse {
    HttpResponse::Found().insert_header((LOCATION, settings.base.path_to(DONE_PAGE))).finish()
}
