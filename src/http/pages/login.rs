//! The login page of this server, for people who have a password here.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use askama::Template;

use super::page::{self, Forms, Frame, Rules};
use crate::auth::PasskeyRequest;
use crate::domain::RedirectUrl;
use crate::http::error::{self, ApiError};
use crate::login::LoginStep;

/// A form with the fields `email` and `password`, or `code` and `passkey`, and with `csrf` and `again`, posted to the
/// address that the page has, query included.
#[derive(Template)]
#[template(path = "login.html")]
pub struct LoginPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
    /// What it asks for.
    pub step: LoginStep,
    /// What it asks the person's passkeys in place of a code.
    pub passkey: Option<&'a PasskeyRequest>,
    /// Where the login leads: its host is shown, and the answer to the form may redirect to its origin.
    pub redirect: &'a RedirectUrl,
    /// What the application there is called, if that is known: stands before the host.
    pub application: Option<&'a str>,
    /// Whether it leads to the account page, and not to an application.
    pub account: bool,
    /// Whether a native program waits for it, which the person confirms afterwards.
    pub native: bool,
    /// The hidden value that proves that the form came from this page.
    pub csrf: &'a str,
    /// The hidden value by which the login can begin again when it has expired.
    pub again: Option<&'a str>,
    /// The address that was typed before, to be corrected.
    pub email: &'a str,
    /// Whether who has forgotten their password can ask for a link.
    pub forgot: bool,
    /// Why it is shown again.
    pub problem: Option<LoginProblem>,
}

/// Why a login did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginProblem {
    /// The address, the password or the code is wrong, or the account is disabled.
    Wrong,
    /// The passkey's answer does not hold.
    WrongPasskey,
    /// Too many attempts; come back after this.
    Throttled(Duration),
    /// The login queue is full.
    Busy,
    /// The store, or who knows the password, is unavailable.
    Unavailable,
}

impl LoginPage<'_> {
    /// The page: 200, or the status of the problem.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self) -> Result<HttpResponse, ApiError> {
        let status = match self.problem {
            None => StatusCode::OK,
            Some(LoginProblem::Wrong | LoginProblem::WrongPasskey) => StatusCode::UNAUTHORIZED,
            Some(LoginProblem::Throttled(_)) => StatusCode::TOO_MANY_REQUESTS,
            Some(LoginProblem::Busy | LoginProblem::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let rules = Rules { forms: Forms::To(self.redirect), scripts: self.passkey.is_some(), opener: true };
        let mut response = page::respond(self, self.frame, status, rules)?;
        let wait = match self.problem {
            None | Some(LoginProblem::Wrong | LoginProblem::WrongPasskey) => return Ok(response),
            Some(LoginProblem::Throttled(wait)) => wait,
            Some(LoginProblem::Busy | LoginProblem::Unavailable) => Duration::from_secs(1),
        };
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(error::whole_seconds(wait)));
        Ok(response)
    }

    fn sentence(&self) -> Option<Cow<'static, str>> {
        let texts = &self.frame.texts.login;
        self.problem.map(|problem| match problem {
            LoginProblem::Wrong if self.asks_code() => texts.wrong_code.into(),
            LoginProblem::Wrong => texts.wrong.into(),
            LoginProblem::WrongPasskey => self.frame.texts.passkey.wrong.into(),
            LoginProblem::Throttled(wait) => (texts.throttled)(error::whole_seconds(wait)).into(),
            LoginProblem::Busy => texts.busy.into(),
            LoginProblem::Unavailable => texts.unavailable.into(),
        })
    }

    const fn title(&self) -> &'static str {
        let texts = &self.frame.texts;
        match (self.step, self.passkey) {
            (LoginStep::Password, _) => texts.login.title,
            (LoginStep::Code { .. }, None) => texts.login.code_title,
            (LoginStep::Code { .. }, Some(_)) => texts.passkey.login_title,
        }
    }

    fn asks_code(&self) -> bool {
        self.step != LoginStep::Password
    }

    fn has_app(&self) -> bool {
        self.step == LoginStep::Code { app: true }
    }

    /// Whether the focus is on the password, since the address is there already.
    fn only_password(&self) -> bool {
        !self.email.is_empty()
    }

    fn wrong(&self) -> bool {
        self.problem == Some(LoginProblem::Wrong)
    }
}
