//! `/directory/api/login`: the login page of this server.

use actix_web::HttpResponse;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::login_state::{LoginState, StateQuery};
use super::{next, outcome};
use crate::account::AccountService;
use crate::auth::Identity;
use crate::domain::{Denied, Email, Password, TokenValue};
use crate::error::{NoLogin, ServiceError};
use crate::http::account::second_factor::entered;
use crate::http::error::ApiError;
use crate::http::extract::{Browser, Entered, Form, LoginAttempt, PerRequest, RequestLog};
use crate::http::openapi::errors::{FormErrors, PageErrors};
use crate::http::pages::login::{LoginPage, LoginProblem};
use crate::http::pages::problem::ProblemPage;
use crate::http::pages::{Frame, PrefersHtml, Problem};
use crate::http::{LoginMethod, Route};
use crate::login::{CodeForm, LoginForm, LoginService, Next};
use crate::store::StoreError;

/// Shows the page.
#[utoipa::path(
    get, path = Route::Login.pattern(), tag = "directory", operation_id = "showLogin",
    summary = "The login page",
    description = "Where `/authenticate` sends the browser when no identity provider is configured *(ours)*. Of a person with \
        a second factor it asks for a code or a passkey, once the password is right.",
    params(StateQuery),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), PageErrors),
)]
pub async fn show(
    LoginState(state): LoginState,
    browser: Browser,
    frame: Frame,
    logins: PerRequest<LoginService>,
    accounts: PerRequest<AccountService>,
) -> Result<HttpResponse, ApiError> {
    page(&logins, &accounts, &state, &browser, &frame, "", None).await
}

/// Takes what was entered.
#[utoipa::path(
    post, path = Route::Login.pattern(), tag = "directory", operation_id = "enterLogin",
    summary = "Enter the password, or a code",
    description = "What the page's form sends *(ours)*. Throttled and hashed as a login at `/v2/authorize` is. The same form \
        sent twice within a minute leads to the same place. After a right password of a person with a second factor, a \
        second form sends a code of their app, a recovery code, or what a passkey answered; after five wrong ones the login \
        is over.",
    params(StateQuery),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`email` and `password`; or `code`, or \
        `passkey` with `id`, `clientDataJSON`, `authenticatorData`, `signature` and `userHandle` in base64url, with dots in \
        between; `csrf`, `again`."),
    responses(
        (status = 303, description = "To the second step, to the confirmation of a native client's login, or to `redirecturl`."),
        (status = 401, description = "The page again: the address, the password or the code is wrong.", body = String, content_type = "text/html"),
        FormErrors,
    ),
)]
#[expect(clippy::too_many_arguments, reason = "each is taken from the request by its type")]
pub async fn enter(
    LoginState(state): LoginState,
    browser: Browser,
    Form(form): Form<EnteredForm>,
    frame: Frame,
    attempt: LoginAttempt,
    logins: PerRequest<LoginService>,
    accounts: PerRequest<AccountService>,
    identity: PerRequest<Identity>,
) -> Result<HttpResponse, ApiError> {
    if let Some(code) = &form.code {
        let proof = form.csrf;
        let (code, signed_on) = (entered(code, &form.passkey), browser.signed_on.as_ref().map(TokenValue::digest));
        let entered = CodeForm { code, proof, network: attempt.client.network(), signed_on };
        // Known before the last try ends the login.
        if let Some(user) = logins.awaits_code_of(&state, browser.cookies(&state)).await {
            attempt.log.user(user);
        }
        let result = logins.enter_code(&state, browser.cookies(&state), entered).await;
        let entered = Entered { error: result.as_ref().err(), ..Entered::default() };
        attempt.conclude(LoginMethod::Page, outcome::of(&result), None, entered);
        return answer(result, &logins, &accounts, &state, &browser, &frame, &attempt, "", &form.again).await;
    }
    let (Some(email), Some(password)) = (Email::new(&form.email), Password::new(&form.password)) else {
        return page(&logins, &accounts, &state, &browser, &frame, &form.email, Some(LoginProblem::Wrong)).await;
    };
    let account = identity.name_in_log(&email);
    let signed_on = browser.signed_on.as_ref().map(TokenValue::digest);
    let entered =
        LoginForm { email: email.clone(), password, proof: form.csrf, network: attempt.client.network(), signed_on };
    let result = logins.enter(&state, browser.cookies(&state), entered).await;
    let entered = Entered { email: Some(email), error: result.as_ref().err(), ..Entered::default() };
    attempt.conclude(LoginMethod::Page, outcome::of(&result), result.is_err().then_some(account), entered);
    answer(result, &logins, &accounts, &state, &browser, &frame, &attempt, &form.email, &form.again).await
}

/// Leads on, or shows the form once more, with this address.
#[expect(clippy::too_many_arguments, reason = "what both forms have in common")]
async fn answer(
    result: Result<Next, ServiceError>,
    logins: &LoginService,
    accounts: &AccountService,
    state: &TokenValue,
    browser: &Browser,
    frame: &Frame,
    attempt: &LoginAttempt,
    email: &str,
    again: &str,
) -> Result<HttpResponse, ApiError> {
    let problem = match result {
        Ok(next) => return Ok(next::respond(browser, next)),
        Err(ServiceError::InvalidCredentials(denied)) => {
            let what = match denied {
                Denied::WrongCode | Denied::CodeUsed => "the code",
                Denied::WrongPasskey | Denied::PasskeyCount => "the passkey",
                _ => "the e-mail address or the password",
            };
            attempt.log.note(|notes| {
                notes.cause = Some(format!("{what} is wrong: {denied}"));
                notes.denied = Some(denied);
            });
            match denied {
                Denied::WrongPasskey | Denied::PasskeyCount => LoginProblem::WrongPasskey,
                _ => LoginProblem::Wrong,
            }
        }
        Err(ServiceError::Throttled(wait)) => LoginProblem::Throttled(wait.0),
        Err(ServiceError::HashingBusy) => LoginProblem::Busy,
        Err(
            error @ (ServiceError::Elsewhere(_) | ServiceError::Store(StoreError::Unavailable(_) | StoreError::Held)),
        ) => {
            tracing::warn!(cause = %error, "a person could not be proven");
            // The form once more, unless the login has gone on all the same.
            let problem = Some(LoginProblem::Unavailable);
            return page(logins, accounts, state, browser, frame, email, problem).await.or(Err(error.into()));
        }
        Err(ServiceError::NoLogin(why)) => {
            return over(browser, frame, &attempt.log, why, logins.begin_again(browser.known(), again));
        }
        Err(error) => return Err(error.into()),
    };
    page(logins, accounts, state, browser, frame, email, Some(problem)).await
}

/// What the page's form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct EnteredForm {
    email: String,
    password: Zeroizing<String>,
    /// Of the second step alone.
    code: Option<Zeroizing<String>>,
    /// Of the second step: what a passkey has answered.
    passkey: String,
    csrf: String,
    again: String,
}

async fn page(
    logins: &LoginService,
    accounts: &AccountService,
    state: &TokenValue,
    browser: &Browser,
    frame: &Frame,
    email: &str,
    problem: Option<LoginProblem>,
) -> Result<HttpResponse, ApiError> {
    let login = logins.login_page(state, browser.cookies(state)).await?;
    let email = email.get(..Email::MAX_BYTES).unwrap_or(email);
    let (redirect, again) = (&login.redirect_url, login.again.as_deref());
    let (step, account, native) = (login.step, login.account, login.native);
    let forgot = accounts.sends_links();
    let passkey = login.passkey.as_ref();
    let (application, csrf) = (login.application.as_deref(), &*login.csrf);
    LoginPage { frame, step, passkey, redirect, application, account, native, csrf, again, email, forgot, problem }
        .respond()
}

/// Says that a login is over, to a person with a link by which it begins again, if there is one.
fn over(
    browser: &Browser,
    frame: &Frame,
    log: &RequestLog,
    why: NoLogin,
    again: Option<(&str, Option<NoLogin>)>,
) -> Result<HttpResponse, ApiError> {
    // The store forgets a login that took too long: the form that was sent tells it.
    let why = again.and_then(|(_, expired)| expired).unwrap_or(why);
    let error = ApiError::from(ServiceError::from(why));
    let Some((link, _)) = again.filter(|_| PrefersHtml::of(browser.request()).0) else { return Err(error) };
    log.note(|notes| notes.cause = Some(error.to_string()));
    let (problem, request_id) = (Problem::of(&error), log.request_id());
    ProblemPage { frame, problem, detail: None, again: Some(link), request_id }.respond(error.status())
}
