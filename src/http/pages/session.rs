//! The page that stands in for an application in the demo: what a login gave.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::page::{self, Forms, Frame, Rules};
use crate::http::error::ApiError;

/// Shows who is logged in in this browser, what the server knows of the session, and, where scripts run, the fragment
/// that an application gets.
#[derive(Template)]
#[template(path = "session.html")]
pub struct SessionPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
    /// Who single sign-on says is logged in: display name and e-mail address.
    pub person: Option<(&'a str, &'a str)>,
    /// The session's fields and their values, as the API names them; no secret among them.
    pub fields: &'a [(&'a str, String)],
}

impl SessionPage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self) -> Result<HttpResponse, ApiError> {
        let rules = Rules { forms: Forms::None, scripts: true, opener: false };
        page::respond(self, self.frame, StatusCode::OK, rules)
    }
}
