//! `/directory/api/signout`: ends single sign-on in this browser and at the identity provider.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};

use super::browser::{self, Browser};
use super::parameters::Parameters;
use crate::directory::login::Form;
use crate::http::error::ApiError;
use crate::http::openapi::errors::{FormErrors, PageErrors};
use crate::http::pages::Frame;
use crate::http::pages::sign_out::{SignOutPage, SignedOutPage};
use crate::http::{Route, Services};

/// Asks, or says that nobody is signed on.
///
/// # Errors
/// [`ApiError`].
#[utoipa::path(
    get, path = "/directory/api/signout", tag = "directory", operation_id = "showSignOut",
    summary = "Ask whether to sign out",
    description = "For a person: ends single sign-on, at the identity provider too where it offers that (OpenID Connect \
        RP-Initiated Logout) *(ours)*. Sessions that are open stay open.",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), PageErrors),
)]
pub async fn show(request: HttpRequest, services: web::Data<Services>) -> Result<HttpResponse, ApiError> {
    let browser = Browser::of(&request, &services.base)?;
    let frame = Frame::of(&request);
    let Some(account) = services.logins.who(browser.signed_on.as_ref()).await? else {
        return SignedOutPage { frame: &frame }.respond();
    };
    let csrf = Form::SignOut.proof(browser.id(), "");
    let page = SignOutPage { frame: &frame, csrf: &csrf, name: &account.name, email: account.email.as_str() };
    let mut response = page.respond()?;
    browser.remember(&services.base, services.browser_lifetime, response.headers_mut());
    Ok(response)
}

/// Signs out.
///
/// # Errors
/// [`ApiError`].
#[utoipa::path(
    post, path = "/directory/api/signout", tag = "directory", operation_id = "signOut",
    summary = "Sign out",
    description = "What the page's form sends *(ours)*.",
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`csrf`."),
    responses((status = 303, description = "To the identity provider, or back to the page."), FormErrors),
)]
pub async fn sign_out(
    request: HttpRequest,
    services: web::Data<Services>,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let browser = Browser::of(&request, &services.base)?;
    let form = Parameters::of_form(payload).await?;
    let next = services.logins.sign_out(browser.known(), browser.signed_on.as_ref(), form.csrf()?).await?;
    let location = next.unwrap_or_else(|| services.base.way(Route::SignOut.pattern()));
    let mut response = HttpResponse::SeeOther().insert_header((LOCATION, location)).finish();
    browser::sign_off(&services.base, response.headers_mut());
    Ok(response)
}
