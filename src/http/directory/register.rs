//! `GET …/registerfrontenduserandredirecturl`: the administrator lets the next login in this browser make a front-end
//! user and register a redirect URL.

use actix_web::{HttpRequest, HttpResponse, web};

use super::authenticate::{go, redirect_url};
use super::browser::Browser;
use super::login::form;
use super::query::Pairs;
use crate::directory::login::{LoginError, Order, Page};
use crate::domain::Right;
use crate::http::error::ApiError;
use crate::http::pages::Frame;
use crate::http::pages::register::RegisterPage;
use crate::http::{Services, admin, v2};

/// Asks the administrator.
///
/// # Errors
/// [`ApiError`].
#[utoipa::path(
    get, path = "/directory/api/directorysession/registerfrontenduserandredirecturl", tag = "directory",
    operation_id = "showRegistration", security(("Basic" = [])),
    summary = "Register a front-end user and a redirect URL",
    description = "Opened by the administrator. Shows the URL and asks; the login that then happens in this browser makes \
        that person a front-end user and registers the URL, once it is complete.",
    params(("redirecturl" = String, Query, pattern = "^http(s)?://.*$", description = "The URL to register.")),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), crate::http::openapi::errors::AdminErrors),
)]
pub async fn show(request: HttpRequest, services: web::Data<Services>) -> Result<HttpResponse, ApiError> {
    admin::admit(&request, &services).await?;
    let url = redirect_url(&Pairs::parse(request.query_string())?)?;
    let browser = Browser::of(&request, &services.base).map_err(LoginError::from)?;
    let csrf = Page::Register.proof(&browser.id, &browser.id);
    let page = RegisterPage { frame: &Frame::of(&request), csrf: &csrf, target: &url.target() };
    let mut response = page.respond()?;
    browser.remember(&services.base, services.browser_lifetime, response.headers_mut());
    Ok(response)
}

/// Begins that login.
///
/// # Errors
/// [`ApiError`].
#[utoipa::path(
    post, path = "/directory/api/directorysession/registerfrontenduserandredirecturl", tag = "directory",
    operation_id = "register", security(("Basic" = [])),
    summary = "Begin the registering login",
    description = "What the page's form sends *(ours)*. Whoever is signed on is asked again.",
    params(("redirecturl" = String, Query, pattern = "^http(s)?://.*$", description = "The URL to register.")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`csrf`."),
    responses((status = 303, description = "To the identity provider or the login page."), crate::http::openapi::errors::AdminErrors),
)]
pub async fn begin(
    request: HttpRequest,
    services: web::Data<Services>,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    admin::admit(&request, &services).await?;
    let redirect_url = redirect_url(&Pairs::parse(request.query_string())?)?;
    let browser = Browser::of(&request, &services.base).map_err(LoginError::from)?;
    let form = form(payload).await?;
    let (contact, network) = v2::login::contact(&request, &services, None);
    let order = Order {
        right: Right::Frontend,
        redirect_url,
        native: None,
        app_claims: Vec::new(),
        extended: false,
        app_data: None,
        contact,
        network,
    };
    let proof = form.one("csrf")?.unwrap_or_default();
    Ok(go(&request, &services, services.logins.register(order, browser.known(), proof).await?))
}
