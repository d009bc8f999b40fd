//! The pages on which a person ends single sign-on in a browser.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::page::{self, Forms, Frame, Rules};
use crate::http::error::ApiError;

/// Asks. A form with the field `csrf`, posted to the address that the page has, query included.
#[derive(Template)]
#[template(path = "sign_out.html")]
pub struct SignOutPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
    /// The hidden value that proves that the form came from this page.
    pub csrf: &'a str,
    /// Who is logged in, if that is known: display name, and the address they log in with.
    pub person: Option<(&'a str, &'a str)>,
}

impl SignOutPage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self) -> Result<HttpResponse, ApiError> {
        // An identity provider may want to know of it.
        let rules = Rules { forms: Forms::Anywhere, scripts: false, opener: false };
        page::respond(self, self.frame, StatusCode::OK, rules)
    }
}

/// Says that it is done.
#[derive(Template)]
#[template(path = "signed_out.html")]
pub struct SignedOutPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
    /// Whether there is an identity provider that does not know of it.
    pub only_here: bool,
}

impl SignedOutPage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self) -> Result<HttpResponse, ApiError> {
        let rules = Rules { forms: Forms::None, scripts: false, opener: false };
        page::respond(self, self.frame, StatusCode::OK, rules)
    }
}
