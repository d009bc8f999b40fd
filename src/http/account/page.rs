//! `/account`: who is signed on sees their account; everybody else logs in first.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::{self, Said};
use crate::account::AccountService;
use crate::domain::TokenValue;
use crate::http::directory::next;
use crate::http::error::ApiError;
use crate::http::extract::{Browser, Client, PerRequest, Query};
use crate::http::openapi::errors::PageErrors;
use crate::http::pages::Frame;
use crate::http::pages::account::Notice;
use crate::http::{HttpSettings, Route};
use crate::login::{ACCOUNT_PAGE, LoginService};

/// What to show.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AccountQuery {
    /// Which part of the list of logins, from 1.
    #[param(value_type = Option<u32>)]
    page: Option<String>,
    /// What was done before: `ended`, `others_ended`, `password_changed`, `app_password_revoked`, `factor_added`,
    /// `factor_removed`.
    done: Option<String>,
}

/// Shows the page, or begins a login that leads to it.
#[utoipa::path(
    get, path = Route::Account.pattern(), tag = "pages", operation_id = "showAccount",
    summary = "The account page",
    description = "For whoever is signed on in this browser (`directory_sso`): where they are logged in, their password, and \
        their app passwords. Anybody else is led to a login, which signs the browser on and opens no session. Not while \
        `directory.single_sign_on` is 0.",
    params(AccountQuery),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 302, description = "To the identity provider or the login page."),
        (status = 404, description = "There is no single sign-on, and so no account page."),
        PageErrors,
    ),
)]
pub async fn show(
    browser: Browser,
    Query(query): Query<AccountQuery>,
    frame: Frame,
    client: Client,
    accounts: PerRequest<AccountService>,
    logins: PerRequest<LoginService>,
) -> Result<HttpResponse, ApiError> {
    let Some(holder) = accounts.holder(browser.signed_on.as_ref()).await? else {
        return begin(&browser, &client, &logins, false).await;
    };
    let page = query.page.and_then(|page| page.parse().ok()).unwrap_or(1);
    let done = query.done.as_deref().and_then(Notice::parse);
    view::show(&accounts, &holder, &frame, page, done.map_or(Said::Nothing, Said::Done)).await
}

/// Begins a login that asks the person, signed on or not.
#[utoipa::path(
    get, path = Route::AccountLogin.pattern(), tag = "pages", operation_id = "logInToAccount",
    summary = "Log in to the account page",
    description = "Asks the person who they are, whoever remembers them (`prompt=login` at an identity provider), and leads \
        to the account page. Credentials can be changed there for ten minutes after that.",
    responses(
        (status = 302, description = "To the identity provider or the login page."),
        (status = 404, description = "There is no single sign-on, and so no account page."),
        PageErrors,
    ),
)]
pub async fn log_in(
    browser: Browser,
    client: Client,
    logins: PerRequest<LoginService>,
) -> Result<HttpResponse, ApiError> {
    begin(&browser, &client, &logins, true).await
}

async fn begin(
    browser: &Browser,
    client: &Client,
    logins: &LoginService,
    asks: bool,
) -> Result<HttpResponse, ApiError> {
    if !logins.signs_on() {
        return Err(ApiError::Missing);
    }
    browser.must_be_seen()?;
    let replaces = browser.signed_on.as_ref().map(TokenValue::digest);
    let next = logins.begin_for_account(browser.begins(), client.info(None), client.network(), replaces, asks).await?;
    let mut response = next::respond(browser, next);
    browser.remember(&mut response);
    Ok(response)
}

/// Where password managers look (W3C, A Well-Known URL for Changing Passwords).
#[utoipa::path(
    get, path = Route::ChangePassword.pattern(), tag = "pages", operation_id = "findPasswordChange",
    summary = "Where a password is changed",
    description = "For password managers: to the account page.",
    responses((status = 302, description = "To the account page."))
)]
pub async fn find_password(settings: Data<HttpSettings>) -> HttpResponse {
    let location = format!("{}#password", settings.base.path_to(ACCOUNT_PAGE));
    HttpResponse::Found().insert_header((LOCATION, location)).finish()
}
