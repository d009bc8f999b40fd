//! `/account/link`: a person sets their password by a one-time link.

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderValue, LOCATION, REFERRER_POLICY};
use serde::Deserialize;
use utoipa::IntoParams;
use zeroize::Zeroizing;

use super::view;
use crate::account::{AccountService, LINK_PAGE, check_link_form, link_form};
use crate::domain::{Account, LinkSecret, Password};
use crate::error::ServiceError;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{Browser, Client, Form, LoginAttempt, PerRequest, Query};
use crate::http::openapi::errors::{FormErrors, PageErrors};
use crate::http::pages::Frame;
use crate::http::pages::account::AccountProblem;
use crate::http::pages::link::{LinkPage, PasswordIsSetPage};

/// With what the browser comes.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LinkQuery {
    /// The secret of the link. It leaves the address at once.
    #[param(value_type = Option<String>)]
    link: Option<Zeroizing<String>>,
    /// `set`: the password has been set.
    done: Option<String>,
}

/// Shows the page.
#[utoipa::path(
    get, path = Route::AccountLink.pattern(), tag = "pages", operation_id = "openLink",
    summary = "Open a one-time link",
    description = "What `bimgate user invite` and `bimgate user reset-link` print. The link's secret goes into a cookie, and \
        the browser to the same address without it. Opening a link uses nothing up. Links that are unknown, used, expired or void \
        are answered alike.",
    params(LinkQuery),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To the page, without the secret."),
        PageErrors,
    ),
)]
pub async fn show(
    browser: Browser,
    Query(query): Query<LinkQuery>,
    frame: Frame,
    client: Client,
    accounts: PerRequest<AccountService>,
) -> Result<HttpResponse, ApiError> {
    if let Some(link) = query.link {
        let mut response = to(&browser, LINK_PAGE);
        browser.keep_link(LinkSecret::parse(&link).as_ref(), &mut response);
        return Ok(response);
    }
    if query.done.is_some() {
        return PasswordIsSetPage { frame: &frame }.respond();
    }
    let link = browser.link();
    let account = match accounts.linked(link.as_ref(), client.network()).await {
        Ok(account) => account,
        Err(error) => return view::dead_link(&browser, &frame, &accounts, error),
    };
    page(&browser, link.as_ref(), &frame, &accounts, &account, None)
}

/// What the page's form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct LinkForm {
    csrf: String,
    new: Zeroizing<String>,
    repeat: Zeroizing<String>,
}

/// Sets the password.
#[utoipa::path(
    post, path = Route::AccountLink.pattern(), tag = "pages", operation_id = "setPasswordByLink",
    summary = "Set the password by a one-time link",
    description = "What the page's form sends. Uses the link up, with every other of the account, and ends every login of the \
        person. The page comes again, with 400, where the new password may not be used; the link then still counts.",
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`new`, `repeat`, `csrf`."),
    responses((status = 303, description = "It is set: to a page that says so."), FormErrors),
)]
pub async fn set(
    browser: Browser,
    Form(form): Form<LinkForm>,
    frame: Frame,
    attempt: LoginAttempt,
    accounts: PerRequest<AccountService>,
) -> Result<HttpResponse, ApiError> {
    let kept = browser.link();
    let account = match accounts.linked(kept.as_ref(), attempt.client.network()).await {
        Ok(account) => account,
        Err(error) => return view::dead_link(&browser, &frame, &accounts, error),
    };
    let Some(link) = &kept else { return Err(ApiError::Missing) };
    check_link_form(browser.known(), link, &form.csrf)?;
    attempt.log.user(account.id);
    let set = accounts.set_by_link(link, &account, Password::new(&form.new), form.new == form.repeat).await;
    let (cause, problem) = match set {
        Ok(Ok(())) => {
            let mut response = to(&browser, &format!("{LINK_PAGE}?done=set"));
            browser.keep_link(None, &mut response);
            return Ok(response);
        }
        Ok(Err(why)) => (why.to_string(), view::unchanged(why)),
        Err(error @ ServiceError::NoLink(_)) => return view::dead_link(&browser, &frame, &accounts, error),
        Err(error) => (error.to_string(), view::later(error)?),
    };
    attempt.failed(cause);
    page(&browser, kept.as_ref(), &frame, &accounts, &account, Some(problem))
}

fn page(
    browser: &Browser,
    link: Option<&LinkSecret>,
    frame: &Frame,
    accounts: &AccountService,
    account: &Account,
    problem: Option<AccountProblem>,
) -> Result<HttpResponse, ApiError> {
    let csrf = link.map(|link| link_form(browser.id(), link)).unwrap_or_default();
    let shortest = accounts.shortest_password();
    let mut response = LinkPage { frame, csrf: &csrf, email: account.email.as_str(), shortest, problem }.respond()?;
    browser.remember(&mut response);
    Ok(response)
}

/// Leads on, and tells nobody from where.
fn to(browser: &Browser, path: &str) -> HttpResponse {
    let mut response = HttpResponse::SeeOther().insert_header((LOCATION, browser.path_to(path))).finish();
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
