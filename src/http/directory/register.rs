//! `GET …/registerfrontenduserandredirecturl`: the administrator lets the next login in this browser make a front-end
//! user and register a redirect URL.

use actix_web::HttpResponse;
use actix_web::web::Payload;
use serde::Deserialize;
use utoipa::IntoParams;

use super::next;
use crate::domain::{RedirectUrl, Right};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{Administrator, Browser, Form, PerRequest, Query, query::CsrfForm};
use crate::http::openapi::errors::AdminErrors;
use crate::http::pages::Frame;
use crate::http::pages::register::RegisterPage;
use crate::login::{self, LoginRequest, LoginService};

/// What to register.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RegisterQuery {
    /// The URL to register.
    #[param(value_type = String, pattern = "^http(s)?://.*$")]
    redirecturl: RedirectUrl,
}

/// Asks the administrator.
#[utoipa::path(
    get, path = Route::Register.pattern(), tag = "directory",
    operation_id = "showRegistration", security(("Basic" = [])),
    summary = "Register a front-end user and a redirect URL",
    description = "Opened by the administrator. Shows the URL and asks; the login that then happens in this browser makes \
        that person a front-end user and registers the URL, once it is complete.",
    params(RegisterQuery),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), AdminErrors),
)]
pub async fn show(
    administrator: Administrator,
    query: Result<Query<RegisterQuery>, ApiError>,
    browser: Browser,
    frame: Frame,
) -> Result<HttpResponse, ApiError> {
    let target = query?.0.redirecturl.target();
    let csrf = login::Form::Register.proof(browser.id(), target.as_str());
    let mut response = RegisterPage { frame: &frame, csrf: &csrf, target: &target }.respond()?;
    browser.remember(&mut response);
    administrator.remember(&mut response);
    Ok(response)
}

/// Begins that login.
#[utoipa::path(
    post, path = Route::Register.pattern(), tag = "directory",
    operation_id = "register", security(("Basic" = [])),
    summary = "Begin the registering login",
    description = "What the page's form sends *(ours)*. Whoever is signed on is asked again.",
    params(RegisterQuery),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`csrf`."),
    responses((status = 303, description = "To the identity provider or the login page."), AdminErrors),
)]
pub async fn begin(
    administrator: Administrator,
    query: Result<Query<RegisterQuery>, ApiError>,
    browser: Browser,
    payload: Payload,
    logins: PerRequest<LoginService>,
) -> Result<HttpResponse, ApiError> {
    let Query(RegisterQuery { redirecturl }) = query?;
    let Form(CsrfForm { csrf }) = Form::read(payload.into_inner()).await?;
    let request = LoginRequest {
        right: Right::Frontend,
        redirect_url: redirecturl,
        native: None,
        app_claims: Vec::new(),
        extended: false,
        app_data: None,
        contact: administrator.client.info(None),
        network: administrator.client.network(),
    };
    let next = logins.register(request, browser.known(), browser.room(), &csrf).await?;
    let mut response = next::respond(&browser, next);
    browser.remember(&mut response);
    administrator.remember(&mut response);
    Ok(response)
}
