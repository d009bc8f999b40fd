//! The administrator, by Basic authentication.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;

use super::basic::Credentials;
use super::browser;
use super::client_info::network;
use crate::http::AppState;
use crate::http::error::ApiError;
use crate::login::LoginError;

/// The administrator, let in.
pub struct Admitted {
    /// The cookie of a browser that they use for the first time.
    cookie: Option<String>,
}

impl Admitted {
    /// Has the browser keep that the administrator has used it.
    pub fn remember(&self, services: &AppState, headers: &mut HeaderMap) {
        if let Some(cookie) = &self.cookie {
            browser::administrator_was_here(&services.base, cookie, headers);
        }
    }
}

/// Lets the administrator pass, and nobody else. A wrong password costs an attempt: of this browser alone if the
/// administrator has used it, so that nobody else can lock them out.
///
/// # Errors
/// [`ApiError::NotAuthenticated`], [`ApiError::TooManyAttempts`], [`ApiError::Store`].
pub async fn admit(request: &HttpRequest, services: &AppState) -> Result<Admitted, ApiError> {
    let Some((name, password)) = services.admin.credentials() else {
        return Err(ApiError::NotAuthenticated(
            "This server has no administrator. Whoever runs it can set admin.username and admin.password.",
        ));
    };
    let refused = ApiError::NotAuthenticated("This page is the administrator's. Please give their name and password.");
    let Some(given) = Credentials::of(request.headers()) else { return Err(refused) };
    let password = password.reveal();
    let right = given.are(name, password);
    let cookie = browser::administrator(request.headers(), &services.base);
    let known = cookie.and_then(|cookie| services.identity.administrator_browser(cookie, password));
    services.identity.judge_administrator(network(request, services), known.as_ref(), right).await?;
    if !right {
        return Err(refused);
    }
    let fresh = known.is_none().then(|| services.identity.new_administrator_browser(password));
    Ok(Admitted { cookie: fresh.transpose().map_err(LoginError::from)? })
}
