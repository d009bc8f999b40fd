//! `/account/forgot`: a person who has forgotten their password asks for a link.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::account::{AccountService, FORGOT_PAGE, check_forgot_form, forgot_form};
use crate::domain::Email;
use crate::error::ServiceError;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{Browser, Form, LoginAttempt, PerRequest, Query};
use crate::http::openapi::errors::{FormErrors, Missing, PageErrors};
use crate::http::pages::Frame;
use crate::http::pages::forgot::{ForgotPage, ForgotProblem};

/// What to show.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ForgotQuery {
    /// `asked`: the person has asked.
    done: Option<String>,
}

/// Shows the page.
#[utoipa::path(
    get, path = Route::AccountForgot.pattern(), tag = "pages", operation_id = "showForgot",
    summary = "Ask for a link to set a password",
    description = "Where the login page leads who has forgotten their password. Not while there is no `[mail]`.",
    params(ForgotQuery),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), Missing, PageErrors),
)]
pub async fn show(
    browser: Browser,
    Query(query): Query<ForgotQuery>,
    frame: Frame,
    accounts: PerRequest<AccountService>,
) -> Result<HttpResponse, ApiError> {
    if !accounts.sends_links() {
        return Err(ApiError::Missing);
    }
    page(&browser, &frame, query.done.is_some(), None)
}

/// What the page's form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ForgotForm {
    csrf: String,
    email: String,
}

/// Takes the address.
#[utoipa::path(
    post, path = Route::AccountForgot.pattern(), tag = "pages", operation_id = "sendForgot",
    summary = "Send a link to set a password",
    description = "What the page's form sends. The answer is the same, in content and time, whether the address is known or not; \
        a mail is sent after it. Throttled by address and by network.",
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`email`, `csrf`."),
    responses((status = 303, description = "Back to the page, which says what happens now."), Missing, FormErrors),
)]
pub async fn ask(
    browser: Browser,
    Form(form): Form<ForgotForm>,
    frame: Frame,
    attempt: LoginAttempt,
    accounts: PerRequest<AccountService>,
) -> Result<HttpResponse, ApiError> {
    if !accounts.sends_links() {
        return Err(ApiError::Missing);
    }
    check_forgot_form(browser.known(), &form.csrf)?;
    let Some(email) = Email::new(&form.email).filter(|email| email.as_str().contains('@')) else {
        return page(&browser, &frame, false, Some(ForgotProblem::NoAddress));
    };
    let error = match accounts.forgot(email, attempt.client.network()).await {
        Ok(()) => {
            let location = format!("{}?done=asked", browser.path_to(FORGOT_PAGE));
            return Ok(HttpResponse::SeeOther().insert_header((LOCATION, location)).finish());
        }
        Err(error) => error,
    };
    let cause = error.to_string();
    let problem = match error {
        ServiceError::Throttled(wait) => ForgotProblem::Throttled(wait.0),
        error => return Err(error.into()),
    };
    attempt.failed(cause);
    page(&browser, &frame, false, Some(problem))
}

fn page(
    browser: &Browser,
    frame: &Frame,
    asked: bool,
    problem: Option<ForgotProblem>,
) -> Result<HttpResponse, ApiError> {
    let csrf = forgot_form(browser.id());
    let mut response = ForgotPage { frame, csrf: &csrf, asked, problem }.respond()?;
    browser.remember(&mut response);
    Ok(response)
}
