//! `/directory/api/login`: the login page of this server.

use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};

use super::{next, outcome};
use crate::auth::IdentityError;
use crate::domain::{Email, Password, TokenValue};
use crate::http::error::ApiError;
use crate::http::extract::browser::Browser;
use crate::http::extract::client_info::network;
use crate::http::extract::query::Parameters;
use crate::http::middleware::{Cause, RequestId};
use crate::http::openapi::errors::{FormErrors, PageErrors};
use crate::http::pages::login::{LoginPage, LoginProblem};
use crate::http::pages::problem::ProblemPage;
use crate::http::pages::{self, Frame, Problem};
use crate::http::{AppState, LoginMethod, login_line};
use crate::login::{LoginError, LoginForm, NoLogin};
use crate::store::StoreError;

/// Shows the page.
///
/// # Errors
/// [`ApiError`].
#[utoipa::path(
    get, path = "/directory/api/login", tag = "directory", operation_id = "showLogin",
    summary = "The login page",
    description = "Where `/authenticate` sends the browser when no identity provider is configured *(ours)*.",
    params(("state" = String, Query, description = "The login's state.")),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), PageErrors),
)]
pub async fn show(request: HttpRequest, services: AppState) -> Result<HttpResponse, ApiError> {
    let state = Parameters::of(request.query_string()).state()?;
    let browser = Browser::of(&request, &services.base)?;
    page(&request, &services, &state, &browser, ("", None)).await
}

/// Takes what was entered.
///
/// # Errors
/// [`ApiError`].
#[utoipa::path(
    post, path = "/directory/api/login", tag = "directory", operation_id = "enterLogin",
    summary = "Enter the password",
    description = "What the page's form sends *(ours)*. Throttled and hashed as a login at `/v2/authorize` is.",
    params(("state" = String, Query, description = "The login's state.")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`email`, `password`, `csrf`, `again`."),
    responses(
        (status = 303, description = "To `/onauthenticated`, with a code that is good once."),
        (status = 401, description = "The page again: the address or the password is wrong.", body = String, content_type = "text/html"),
        FormErrors,
    ),
)]
pub async fn enter(request: HttpRequest, services: AppState, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    let state = Parameters::of(request.query_string()).state()?;
    let browser = Browser::of(&request, &services.base)?;
    let form = Parameters::of_form(payload).await?;
    let (typed, password) = (form.one("email")?.unwrap_or_default(), form.one("password")?.unwrap_or_default());
    let (Some(email), Some(password)) = (Email::new(typed), Password::new(password)) else {
        return page(&request, &services, &state, &browser, (typed, Some(LoginProblem::Wrong))).await;
    };
    let (proof, network) = (form.csrf()?.to_owned(), network(&request, &services));
    let signed_on = browser.signed_on.as_ref().map(TokenValue::digest);
    let entry = LoginForm { email, password, proof, network, signed_on };
    let account = services.identity.name_in_log(&entry.email);
    let result = services.logins.enter(&state, browser.cookies(&state), entry).await;
    if let Some(outcome) = outcome::of(&result) {
        services.metrics.observe_login(LoginMethod::Page, outcome);
    }
    login_line::note(&request, &services, result.is_err().then_some(account));
    let problem = match result {
        Ok(next) => return Ok(next::answer(&request, &services, &browser, next)),
        Err(LoginError::Password(error @ IdentityError::Refused(denied))) => {
            request.extensions_mut().insert(Cause(error.to_string(), Some(denied)));
            LoginProblem::Wrong
        }
        Err(LoginError::Password(IdentityError::Throttled(wait))) => LoginProblem::Throttled(wait.0),
        Err(LoginError::Password(IdentityError::Busy)) => LoginProblem::Busy,
        Err(LoginError::Password(IdentityError::Store(StoreError::Unavailable(cause)))) => {
            tracing::warn!(cause, "a person could not be proven");
            LoginProblem::Unavailable
        }
        Err(LoginError::NoLogin(why)) => {
            let again = services.logins.begin_again(browser.known(), form.one("again")?.unwrap_or_default());
            return over(&request, why, again);
        }
        Err(error) => return Err(error.into()),
    };
    page(&request, &services, &state, &browser, (typed, Some(problem))).await
}

async fn page(
    request: &HttpRequest,
    services: &AppState,
    state: &TokenValue,
    browser: &Browser,
    (email, problem): (&str, Option<LoginProblem>),
) -> Result<HttpResponse, ApiError> {
    let login = services.logins.login_page(state, browser.cookies(state)).await?;
    let email = email.get(..Email::MAX_BYTES).unwrap_or(email);
    let (redirect, native, again) = (&login.redirect_url, login.native, login.again.as_deref());
    LoginPage { frame: &Frame::of(request), redirect, native, csrf: &login.csrf, again, email, problem }.respond()
}

/// Says that a login is over, to a person with a link by which it begins again, if there is one.
fn over(request: &HttpRequest, why: NoLogin, again: Option<(&str, Option<NoLogin>)>) -> Result<HttpResponse, ApiError> {
    // The store forgets a login that took too long: the form that was sent tells it.
    let why = again.and_then(|(_, expired)| expired).unwrap_or(why);
    let error = ApiError::from(LoginError::from(why));
    let Some((link, _)) = again.filter(|_| pages::prefers_html(request)) else { return Err(error) };
    let mut noted = request.extensions_mut();
    let request_id = noted.get().map(|RequestId(id)| *id);
    noted.insert(Cause(error.to_string(), None));
    let (frame, problem) = (&Frame::of(request), Problem::of(&error));
    ProblemPage { frame, problem, detail: None, again: Some(link), request_id }.respond(error.kind().0)
}
