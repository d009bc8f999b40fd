//! The page on which a person sets their password by a one-time link.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::account::AccountProblem;
use super::page::{self, Forms, Frame, Rules};
use crate::http::error::ApiError;

/// A form with the fields `csrf`, `new` and `repeat`, posted to the address that the page has, which has no secret.
#[derive(Template)]
#[template(path = "link.html")]
pub struct LinkPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
    /// The hidden value that proves that the form came from this page.
    pub csrf: &'a str,
    /// The address that the person logs in with.
    pub email: &'a str,
    /// The fewest characters of a password.
    pub shortest: usize,
    /// Why it is shown again.
    pub problem: Option<AccountProblem>,
}

impl LinkPage<'_> {
    /// The page: 200, or the status of the problem.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self) -> Result<HttpResponse, ApiError> {
        let status = self.problem.map_or(StatusCode::OK, AccountProblem::status);
        let rules = Rules { forms: Forms::Here, scripts: false, opener: false };
        let mut response = page::respond(self, self.frame, status, rules)?;
        if let Some(problem) = self.problem {
            problem.head(response.headers_mut());
        }
        Ok(response)
    }

    fn sentence(&self) -> Option<Cow<'static, str>> {
        self.problem.map(|problem| problem.sentence(self.frame.texts))
    }

    fn rules(&self) -> String {
        (self.frame.texts.account.rules)(self.shortest)
    }

    /// Whether the problem is the password that was typed in.
    fn wrong_new(&self) -> bool {
        self.problem.is_some_and(AccountProblem::is_of_the_new_one)
    }
}

/// Says that the password is set. Anybody may open it.
#[derive(Template)]
#[template(path = "link_done.html")]
pub struct PasswordIsSetPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
}

impl PasswordIsSetPage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self) -> Result<HttpResponse, ApiError> {
        let rules = Rules { forms: Forms::None, scripts: false, opener: false };
        page::respond(self, self.frame, StatusCode::OK, rules)
    }
}
