//! The page on which a person adds a passkey.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::account::AccountProblem;
use super::page::{self, Forms, Frame, Rules};
use crate::auth::PasskeyRequest;
use crate::http::error::ApiError;

/// A form with the fields `csrf`, `present`, `name`, and `passkey`, which the page's script fills in; posted to the
/// address that the page has.
#[derive(Template)]
#[template(path = "passkey.html")]
pub struct PasskeyPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
    /// The hidden value that proves that the form came from this page.
    pub csrf: &'a str,
    /// The address that the person logs in with.
    pub email: &'a str,
    /// What the browser is asked for.
    pub passkey: &'a PasskeyRequest,
    /// The name that was typed before, to be corrected.
    pub name: &'a str,
    /// Why it is shown again.
    pub problem: Option<AccountProblem>,
}

impl PasskeyPage<'_> {
    /// The page: 200, or the status of the problem.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self) -> Result<HttpResponse, ApiError> {
        let status = self.problem.map_or(StatusCode::OK, AccountProblem::status);
        let rules = Rules { forms: Forms::Here, scripts: true, opener: false };
        let mut response = page::respond(self, self.frame, status, rules)?;
        if let Some(problem) = self.problem {
            problem.head(response.headers_mut());
        }
        Ok(response)
    }

    fn sentence(&self) -> Option<Cow<'static, str>> {
        self.problem.map(|problem| problem.sentence(self.frame.texts))
    }

    fn wrong_present(&self) -> bool {
        self.problem == Some(AccountProblem::WrongPresent)
    }

    fn wrong_name(&self) -> bool {
        self.problem == Some(AccountProblem::PasskeyName)
    }
}
