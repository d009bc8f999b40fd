//! `GET …/registerfrontenduserandredirecturl`: the administrator lets the next login in this browser make a front-end
//! user and register a redirect URL.

use actix_web::{HttpRequest, HttpResponse, web};

use super::next;
use crate::domain::Right;
use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::extract::administrator;
use crate::http::extract::browser::Browser;
use crate::http::extract::client_info::{contact, network};
use crate::http::extract::query::Parameters;
use crate::http::openapi::errors::AdminErrors;
use crate::http::pages::Frame;
use crate::http::pages::register::RegisterPage;
use crate::login::{Form, LoginRequest};

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
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), AdminErrors),
)]
pub async fn show(request: HttpRequest, services: AppState) -> Result<HttpResponse, ApiError> {
    let admitted = administrator::admit(&request, &services).await?;
    let url = Parameters::of(request.query_string()).redirect_url()?;
    let browser = Browser::of(&request, &services.base)?;
    let csrf = Form::Register.proof(browser.id(), url.target().as_str());
    let page = RegisterPage { frame: &Frame::of(&request), csrf: &csrf, target: &url.target() };
    let mut response = page.respond()?;
    browser.remember(&services.base, services.browser_lifetime, response.headers_mut());
    admitted.remember(&services, response.headers_mut());
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
    responses((status = 303, description = "To the identity provider or the login page."), AdminErrors),
)]
pub async fn begin(request: HttpRequest, services: AppState, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    let admitted = administrator::admit(&request, &services).await?;
    let redirect_url = Parameters::of(request.query_string()).redirect_url()?;
    let browser = Browser::of(&request, &services.base)?;
    let form = Parameters::of_form(payload).await?;
    let order = LoginRequest {
        right: Right::Frontend,
        redirect_url,
        native: None,
        app_claims: Vec::new(),
        extended: false,
        app_data: None,
        contact: contact(&request, &services),
        network: network(&request, &services),
    };
    let next = services.logins.register(order, browser.known(), browser.room(), form.csrf()?).await?;
    let mut response = next::answer(&request, &services, &browser, next);
    browser.remember(&services.base, services.browser_lifetime, response.headers_mut());
    admitted.remember(&services, response.headers_mut());
    Ok(response)
}
