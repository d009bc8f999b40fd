//! `/directory/api/signout`: ends single sign-on in this browser and at the identity provider.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{Browser, Form, PerRequest, Query, query::CsrfForm};
use crate::http::openapi::errors::{FormErrors, PageErrors};
use crate::http::pages::Frame;
use crate::http::pages::sign_out::{SignOutPage, SignedOutPage};
use crate::login::{self, LoginService, SignOutQuestion};

/// With what the browser comes.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SignOutQuery {
    /// With which the browser comes back when it is done.
    state: Option<String>,
}

/// Asks, or says that it is done, or that there is nobody to sign out.
#[utoipa::path(
    get, path = Route::SignOut.pattern(), tag = "directory", operation_id = "showSignOut",
    summary = "Ask whether to sign out",
    description = "For a person: ends single sign-on, at the identity provider too where it offers that (OpenID Connect \
        RP-Initiated Logout) *(ours)*. Where there is one, the page asks whoever comes: who is not signed on here may be \
        there. Sessions that are open stay open.",
    params(SignOutQuery),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), PageErrors),
)]
pub async fn show(
    browser: Browser,
    Query(query): Query<SignOutQuery>,
    frame: Frame,
    logins: PerRequest<LoginService>,
) -> Result<HttpResponse, ApiError> {
    let who = match logins.leaving(browser.known(), browser.signed_on.as_ref(), query.state.as_deref()).await? {
        SignOutQuestion::Asked(who) => who,
        SignOutQuestion::Done { only_here } => return SignedOutPage { frame: &frame, only_here }.respond(),
    };
    let csrf = login::Form::SignOut.proof(browser.id(), "");
    let person = who.as_ref().map(|account| (&*account.name, account.email.as_str()));
    let mut response = SignOutPage { frame: &frame, csrf: &csrf, person }.respond()?;
    browser.remember(&mut response);
    Ok(response)
}

/// Signs out.
#[utoipa::path(
    post, path = Route::SignOut.pattern(), tag = "directory", operation_id = "signOut",
    summary = "Sign out",
    description = "What the page's form sends *(ours)*.",
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`csrf`."),
    responses((status = 303, description = "To the identity provider, or back to the page."), FormErrors),
)]
pub async fn sign_out(
    browser: Browser,
    Form(CsrfForm { csrf }): Form<CsrfForm>,
    logins: PerRequest<LoginService>,
) -> Result<HttpResponse, ApiError> {
    let location = logins.sign_out(browser.known(), browser.signed_on.as_ref(), browser.id_token(), &csrf).await?;
    let mut response = HttpResponse::SeeOther().insert_header((LOCATION, location)).finish();
    browser.sign_off(&mut response);
    Ok(response)
}
