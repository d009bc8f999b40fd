//! `/directory/api/signout`: ends single sign-on in this browser and at the identity provider.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::extract::browser::{self, Browser};
use crate::http::extract::query::Parameters;
use crate::http::openapi::errors::{FormErrors, PageErrors};
use crate::http::pages::Frame;
use crate::http::pages::sign_out::{SignOutPage, SignedOutPage};
use crate::login::{Form, SignOutQuestion};

/// Asks, or says that it is done, or that there is nobody to sign out.
///
/// # Errors
/// [`ApiError`].
#[utoipa::path(
    get, path = "/directory/api/signout", tag = "directory", operation_id = "showSignOut",
    summary = "Ask whether to sign out",
    description = "For a person: ends single sign-on, at the identity provider too where it offers that (OpenID Connect \
        RP-Initiated Logout) *(ours)*. Where there is one, the page asks whoever comes: who is not signed on here may be \
        there. Sessions that are open stay open.",
    params(("state" = Option<String>, Query, description = "With which the browser comes back when it is done.")),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), PageErrors),
)]
pub async fn show(request: HttpRequest, services: AppState) -> Result<HttpResponse, ApiError> {
    let browser = Browser::of(&request, &services.base)?;
    let frame = Frame::of(&request);
    let parameters = Parameters::of(request.query_string());
    let back = parameters.one("state")?;
    let who = match services.logins.leaving(browser.known(), browser.signed_on.as_ref(), back).await? {
        SignOutQuestion::Asked(who) => who,
        SignOutQuestion::Done { only_here } => return SignedOutPage { frame: &frame, only_here }.respond(),
    };
    let csrf = Form::SignOut.proof(browser.id(), "");
    let person = who.as_ref().map(|account| (&*account.name, account.email.as_str()));
    let page = SignOutPage { frame: &frame, csrf: &csrf, person };
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
    services: AppState,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let browser = Browser::of(&request, &services.base)?;
    let form = Parameters::of_form(payload).await?;
    let (signed_on, id_token) = (browser.signed_on.as_ref(), browser::kept_id_token(&request, &services.base));
    let location = services.logins.sign_out(browser.known(), signed_on, id_token, form.csrf()?).await?;
    let mut response = HttpResponse::SeeOther().insert_header((LOCATION, location)).finish();
    browser::sign_off(&services.base, response.headers_mut());
    if id_token.is_some() {
        browser::keep_id_token(&services.base, None, response.headers_mut());
    }
    Ok(response)
}
