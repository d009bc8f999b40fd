//! The page on which a person who has forgotten their password asks for a link.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use askama::Template;

use super::page::{self, Forms, Frame, Rules};
use crate::http::error::{self, ApiError};

/// A form with the fields `csrf` and `email`, or what happens once it was sent.
#[derive(Template)]
#[template(path = "forgot.html")]
pub struct ForgotPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
    /// The hidden value that proves that the form came from this page.
    pub csrf: &'a str,
    /// Whether the person has asked.
    pub asked: bool,
    /// Why the form is shown again.
    pub problem: Option<ForgotProblem>,
}

/// Why nothing is sent. Never whether the address is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForgotProblem {
    /// It can be no address.
    NoAddress,
    /// Too many have asked, for this address or from this network; come back after this.
    Throttled(Duration),
}

impl ForgotPage<'_> {
    /// The page: 200, or the status of the problem.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self) -> Result<HttpResponse, ApiError> {
        let (status, wait) = match self.problem {
            None => (StatusCode::OK, None),
            Some(ForgotProblem::NoAddress) => (StatusCode::BAD_REQUEST, None),
            Some(ForgotProblem::Throttled(wait)) => (StatusCode::TOO_MANY_REQUESTS, Some(wait)),
        };
        let rules = Rules { forms: Forms::Here, scripts: false, opener: true };
        let mut response = page::respond(self, self.frame, status, rules)?;
        if let Some(wait) = wait {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(error::whole_seconds(wait)));
        }
        Ok(response)
    }

    fn sentence(&self) -> Option<Cow<'static, str>> {
        let texts = self.frame.texts;
        self.problem.map(|problem| match problem {
            ForgotProblem::NoAddress => texts.forgot.no_address.into(),
            ForgotProblem::Throttled(wait) => (texts.login.throttled)(error::whole_seconds(wait)).into(),
        })
    }

    fn wrong_address(&self) -> bool {
        self.problem == Some(ForgotProblem::NoAddress)
    }
}
