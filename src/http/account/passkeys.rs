//! `/account/second-factor/passkeys`: the person adds a passkey, or removes one.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::second_factor::{FactorForm, failed, removed, unchanged};
use super::view::{self, Said};
use crate::account::{AccountService, Holder};
use crate::auth::PasskeyRequest;
use crate::domain::{Attestation, Passkey, Password};
use crate::error::ServiceError;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{Browser, Form, LoginAttempt, PerRequest};
use crate::http::openapi::errors::{FormErrors, PageErrors};
use crate::http::pages::Frame;
use crate::http::pages::account::{AccountProblem, Notice};
use crate::http::pages::passkey::PasskeyPage;
use crate::http::pages::second_factor::RecoveryCodesPage;
use crate::login::ACCOUNT_PAGE;

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct PasskeyForm {
    csrf: String,
    present: Zeroizing<String>,
    name: String,
    passkey: String,
}

/// Shows what a passkey is asked for by.
#[utoipa::path(
    get, path = Route::AccountPasskeys.pattern(), tag = "pages", operation_id = "showPasskey",
    summary = "Add a passkey",
    description = "The page that asks the browser for a passkey, by a script. For people who log in on this server's own \
        page, within ten minutes after they were asked who they are; anybody else is led to the account page, as is who has \
        five, or where `server.public_url` is neither https with a name nor `http://localhost`.",
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 302, description = "To the account page."),
        PageErrors,
    ),
)]
pub async fn show(
    browser: Browser,
    frame: Frame,
    accounts: PerRequest<AccountService>,
) -> Result<HttpResponse, ApiError> {
    if let Some(holder) = accounts.holder(browser.signed_on.as_ref()).await?
        && let Ok(offered) = accounts.offered_passkey(&holder)?
    {
        return page(&holder, &frame, &offered, "", None);
    }
    let location = format!("{}#second-factor", browser.path_to(ACCOUNT_PAGE));
    Ok(HttpResponse::Found().insert_header((LOCATION, location)).finish())
}

/// Adds it.
#[utoipa::path(
    post, path = Route::AccountPasskeys.pattern(), tag = "pages", operation_id = "addPasskey",
    summary = "Add the passkey that the browser has made",
    description = "What that page's form sends. The password, throttled and hashed as at a login, shows that it is the \
        person. With the first second factor the answer shows recovery codes, once. Every other session and sign-on of the \
        person ends, and this browser gets another cookie.",
    request_body(content = String, content_type = "application/x-www-form-urlencoded",
        description = "`present`, `name`, `csrf`; `passkey`: `clientDataJSON` and `attestationObject` in base64url, with a \
            dot in between."),
    responses(
        (status = 200, description = "It is added: the recovery codes.", body = String, content_type = "text/html"),
        (status = 303, description = "Back to the account page: it is added beside another factor."),
        (status = 401, description = "The page again: the password is wrong, or the passkey is not accepted.", body = String, content_type = "text/html"),
        FormErrors,
    ),
)]
pub async fn add(
    browser: Browser,
    Form(form): Form<PasskeyForm>,
    frame: Frame,
    attempt: LoginAttempt,
    accounts: PerRequest<AccountService>,
) -> Result<HttpResponse, ApiError> {
    let holder = match accounts.holder_of(browser.signed_on.as_ref(), &form.csrf).await {
        Ok(holder) => holder,
        Err(error) => return view::outdated(&browser, &frame, error),
    };
    attempt.log.user(holder.account.id);
    let (present, answer) = (Password::new(&form.present), Attestation::parse(&form.passkey));
    let from = attempt.client.network();
    let problem = match accounts.add_passkey(&holder, &form.name, present, answer.as_ref(), from).await {
        Ok(Ok(made)) if made.codes.is_empty() => return Ok(view::back(&browser, Notice::FactorAdded, made.renewed)),
        Ok(Ok(made)) => {
            return RecoveryCodesPage { frame: &frame, is_new: true, codes: &made.codes }
                .respond(&browser, made.renewed);
        }
        Ok(Err(why)) => unchanged(&attempt, why),
        Err(error @ ServiceError::SignedOff(_)) => return view::outdated(&browser, &frame, error),
        Err(error) => failed(&attempt, error)?,
    };
    match accounts.offered_passkey(&holder)? {
        Ok(offered) => page(&holder, &frame, &offered, &form.name, Some(problem)),
        Err(_) => view::show(&accounts, &holder, &frame, 1, Said::Wrong(problem)).await,
    }
}

/// Removes one.
#[utoipa::path(
    post, path = Route::AccountNoPasskey.pattern(), tag = "pages", operation_id = "removePasskey",
    summary = "Remove a passkey",
    description = "What the account page's form sends. Takes a code or a passkey, and counts for ten minutes after the person \
        was asked who they are. The last factor takes the recovery codes along. Every other session and sign-on of the person \
        ends, and this browser gets another cookie.",
    request_body(content = String, content_type = "application/x-www-form-urlencoded",
        description = "`id`, the passkey's in base64url; `code` or `passkey`; `csrf`."),
    responses(
        (status = 303, description = "Back to the page: it is gone."),
        (status = 401, description = "The page again: the code is wrong, or the passkey is not accepted.", body = String, content_type = "text/html"),
        FormErrors,
    ),
)]
pub async fn remove(
    browser: Browser,
    Form(form): Form<FactorForm>,
    frame: Frame,
    attempt: LoginAttempt,
    accounts: PerRequest<AccountService>,
) -> Result<HttpResponse, ApiError> {
    let id = Passkey::parse_id(&form.id).ok_or_else(|| ApiError::BadRequest("There is no such passkey.".into()))?;
    removed(&browser, &form, &frame, &attempt, &accounts, Some(id)).await
}

fn page(
    holder: &Holder,
    frame: &Frame,
    passkey: &PasskeyRequest,
    name: &str,
    problem: Option<AccountProblem>,
) -> Result<HttpResponse, ApiError> {
    let email = holder.account.email.as_str();
    PasskeyPage { frame, csrf: &holder.csrf, email, passkey, name, problem }.respond()
}
