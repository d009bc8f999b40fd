//! `/account/second-factor`: the person sets an app up as a second factor, makes new recovery codes, or removes the
//! app.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::view::{self, Said};
use crate::account::{AccountService, FactorUnchanged, Holder, Offer};
use crate::domain::{Assertion, Denied, FactorCode, Password};
use crate::error::ServiceError;
use crate::http::error::ApiError;
use crate::http::extract::{Browser, Form, LoginAttempt, PerRequest};
use crate::http::openapi::errors::{FormErrors, PageErrors};
use crate::http::pages::Frame;
use crate::http::pages::account::{AccountProblem, Notice};
use crate::http::pages::second_factor::{RecoveryCodesPage, SetUpPage};
use crate::http::{HttpSettings, Route};
use crate::login::ACCOUNT_PAGE;

/// What the forms send.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct FactorForm {
    csrf: String,
    present: Zeroizing<String>,
    code: Zeroizing<String>,
    passkey: String,
    /// Which passkey is to be removed.
    pub(super) id: String,
}

impl FactorForm {
    /// The code, or what a passkey has answered in its place.
    fn entered(&self) -> Option<FactorCode> {
        entered(&self.code, &self.passkey)
    }
}

/// What a form sends in place of a second factor: a code, or what the page's script puts into `passkey`.
pub fn entered(code: &str, passkey: &str) -> Option<FactorCode> {
    if passkey.is_empty() { FactorCode::parse(code) } else { Assertion::parse(passkey).map(FactorCode::Passkey) }
}

/// Shows what an app is given.
#[utoipa::path(
    get, path = Route::AccountFactor.pattern(), tag = "pages", operation_id = "showSecondFactor",
    summary = "Set up an authenticator app",
    description = "The page with the secret for the person's authenticator app, as a QR code and to be typed in. For people who \
        log in on this server's own page, within ten minutes after they were asked who they are; anybody else is led to the \
        account page.",
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
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    if let Some(holder) = accounts.holder(browser.signed_on.as_ref()).await?
        && let Ok(offer) = accounts.offer(&holder, settings.base.host())?
    {
        return set_up_page(&holder, &frame, &offer, None);
    }
    let location = format!("{}#second-factor", browser.path_to(ACCOUNT_PAGE));
    Ok(HttpResponse::Found().insert_header((LOCATION, location)).finish())
}

/// Sets it up.
#[utoipa::path(
    post, path = Route::AccountFactor.pattern(), tag = "pages", operation_id = "setUpSecondFactor",
    summary = "Turn the app on",
    description = "What that page's form sends. A code shows that the app has the secret, and the password, throttled and hashed as \
        at a login, that it is the person. With the first second factor the answer shows recovery codes, once. \
        Every other session and sign-on of the \
        person ends, and this browser gets another cookie. From then on the login page asks for a code, and `/v2/authorize` \
        takes app passwords alone (`passwords.skip_second_factor`).",
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`present`, `code`, `csrf`."),
    responses(
        (status = 200, description = "It is on: the recovery codes.", body = String, content_type = "text/html"),
        (status = 303, description = "Back to the account page: it is on beside a passkey."),
        (status = 401, description = "The page again: the password or the code is wrong.", body = String, content_type = "text/html"),
        FormErrors,
    ),
)]
pub async fn set_up(
    browser: Browser,
    Form(form): Form<FactorForm>,
    frame: Frame,
    attempt: LoginAttempt,
    accounts: PerRequest<AccountService>,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    let holder = match accounts.holder_of(browser.signed_on.as_ref(), &form.csrf).await {
        Ok(holder) => holder,
        Err(error) => return view::outdated(&browser, &frame, error),
    };
    attempt.log.user(holder.account.id);
    let (present, code) = (Password::new(&form.present), FactorCode::parse(&form.code));
    let problem = match accounts.add_app(&holder, present, code.as_ref(), attempt.client.network()).await {
        Ok(Ok(made)) if made.codes.is_empty() => return Ok(view::back(&browser, Notice::FactorAdded, made.renewed)),
        Ok(Ok(made)) => {
            return RecoveryCodesPage { frame: &frame, is_new: true, codes: &made.codes }
                .respond(&browser, made.renewed);
        }
        Ok(Err(why)) => unchanged(&attempt, why),
        Err(error @ ServiceError::SignedOff(_)) => return view::outdated(&browser, &frame, error),
        Err(error) => failed(&attempt, error)?,
    };
    match accounts.offer(&holder, settings.base.host())? {
        Ok(offer) => set_up_page(&holder, &frame, &offer, Some(problem)),
        Err(_) => view::show(&accounts, &holder, &frame, 1, Said::Wrong(problem)).await,
    }
}

/// Makes new recovery codes.
#[utoipa::path(
    post, path = Route::AccountCodes.pattern(), tag = "pages", operation_id = "renewRecoveryCodes",
    summary = "Make new recovery codes",
    description = "What the account page's form sends. Takes a code or a passkey, and counts for ten minutes after the person \
        was asked who they are. The answer shows the codes, once; the former count no more. Every other session and sign-on \
        of the person ends, and this browser gets another cookie.",
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`code` or `passkey`; `csrf`."),
    responses(
        (status = 200, description = "The codes.", body = String, content_type = "text/html"),
        (status = 401, description = "The page again: the code is wrong, or the passkey is not accepted.", body = String, content_type = "text/html"),
        FormErrors,
    ),
)]
pub async fn renew_codes(
    browser: Browser,
    Form(form): Form<FactorForm>,
    frame: Frame,
    attempt: LoginAttempt,
    accounts: PerRequest<AccountService>,
) -> Result<HttpResponse, ApiError> {
    let holder = match accounts.holder_of(browser.signed_on.as_ref(), &form.csrf).await {
        Ok(holder) => holder,
        Err(error) => return view::outdated(&browser, &frame, error),
    };
    attempt.log.user(holder.account.id);
    let code = form.entered();
    let problem = match accounts.renew_codes(&holder, code.as_ref(), attempt.client.network()).await {
        Ok(Ok(made)) => {
            return RecoveryCodesPage { frame: &frame, is_new: false, codes: &made.codes }
                .respond(&browser, made.renewed);
        }
        Ok(Err(why)) => unchanged(&attempt, why),
        Err(error @ ServiceError::SignedOff(_)) => return view::outdated(&browser, &frame, error),
        Err(error) => failed(&attempt, error)?,
    };
    view::show(&accounts, &holder, &frame, 1, Said::Wrong(problem)).await
}

/// Removes it.
#[utoipa::path(
    post, path = Route::AccountNoFactor.pattern(), tag = "pages", operation_id = "removeSecondFactor",
    summary = "Remove the authenticator app",
    description = "What the account page's form sends. Takes a code or a passkey, and counts for ten minutes after the person \
        was asked who they are. The last factor takes the recovery codes along. Every other session and sign-on of the person \
        ends, and this browser gets another cookie.",
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`code` or `passkey`; `csrf`."),
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
    removed(&browser, &form, &frame, &attempt, &accounts, None).await
}

/// Removes the app, or a passkey.
pub(super) async fn removed(
    browser: &Browser,
    form: &FactorForm,
    frame: &Frame,
    attempt: &LoginAttempt,
    accounts: &AccountService,
    passkey: Option<Box<[u8]>>,
) -> Result<HttpResponse, ApiError> {
    let holder = match accounts.holder_of(browser.signed_on.as_ref(), &form.csrf).await {
        Ok(holder) => holder,
        Err(error) => return view::outdated(browser, frame, error),
    };
    attempt.log.user(holder.account.id);
    let (code, from) = (form.entered(), attempt.client.network());
    let problem = match accounts.remove_factor(&holder, passkey, code.as_ref(), from).await {
        Ok(Ok(renewed)) => return Ok(view::back(browser, Notice::FactorRemoved, renewed)),
        Ok(Err(why)) => unchanged(attempt, why),
        Err(error @ ServiceError::SignedOff(_)) => return view::outdated(browser, frame, error),
        Err(error) => failed(attempt, error)?,
    };
    view::show(accounts, &holder, frame, 1, Said::Wrong(problem)).await
}

fn set_up_page(
    holder: &Holder,
    frame: &Frame,
    offer: &Offer,
    problem: Option<AccountProblem>,
) -> Result<HttpResponse, ApiError> {
    let email = holder.account.email.as_str();
    SetUpPage { frame, csrf: &holder.csrf, email, secret: &offer.secret, uri: &offer.uri, problem }.respond()
}

/// What a person is told of a second factor that is as it was; the log is told too.
pub(super) fn unchanged(attempt: &LoginAttempt, why: FactorUnchanged) -> AccountProblem {
    let (denied, problem) = match why {
        FactorUnchanged::NotHere => (None, AccountProblem::NoFactorHere),
        FactorUnchanged::NotFresh => (None, AccountProblem::NotFresh),
        FactorUnchanged::WrongPresent(denied) => (Some(denied), AccountProblem::WrongPresent),
        FactorUnchanged::WrongCode(denied @ (Denied::WrongPasskey | Denied::PasskeyCount)) => {
            (Some(denied), AccountProblem::WrongPasskey)
        }
        FactorUnchanged::WrongCode(denied) => (Some(denied), AccountProblem::WrongCode),
        FactorUnchanged::Name => (None, AccountProblem::PasskeyName),
        FactorUnchanged::NoPasskey => (None, AccountProblem::NoPasskey),
    };
    attempt.log.note(|notes| notes.denied = denied);
    attempt.failed(why.to_string());
    problem
}

/// What a person is told who must come back later; any other error comes back.
pub(super) fn failed(attempt: &LoginAttempt, error: ServiceError) -> Result<AccountProblem, ServiceError> {
    let cause = error.to_string();
    let problem = view::later(error)?;
    attempt.failed(cause);
    Ok(problem)
}
