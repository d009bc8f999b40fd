//! The page on which an administrator starts the registration of a front-end user and a redirect URL.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::page::{self, Forms, Frame, Rules};
use crate::domain::RedirectTarget;
use crate::http::error::ApiError;

/// A form with the field `csrf`, posted to the address that the page has, query included.
#[derive(Template)]
#[template(path = "register.html")]
pub struct RegisterPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
    /// The hidden value that proves that the form came from this page.
    pub csrf: &'a str,
    /// What would be registered.
    pub target: &'a RedirectTarget,
}

impl RegisterPage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self) -> Result<HttpResponse, ApiError> {
        // The login that follows may be at an identity provider.
        let rules = Rules { forms: Forms::Anywhere, scripts: false, opener: false };
        page::respond(self, self.frame, StatusCode::OK, rules)
    }
}
