//! The page on which a person decides whether a program may be logged in as them.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use chrono::DateTime;

use super::page::{self, Forms, Frame, Rules};
use crate::domain::{RedirectUrl, Timestamp};
use crate::http::error::ApiError;

/// How much of a program's name for itself is shown, in characters.
const PROGRAM_CHARS: usize = 120;

/// A form with the fields `csrf` and `answer` (`yes` or `no`), posted to the address that the page has, query included.
#[derive(Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
    /// The hidden value that proves that the form came from this page.
    pub csrf: &'a str,
    /// Who is about to give access: display name, and the address they log in with.
    pub name: &'a str,
    /// See `name`.
    pub email: &'a str,
    /// The program; while it is unknown there is nothing to decide.
    pub program: Option<Program<'a>>,
    /// Whether it could then manage this server.
    pub operator: bool,
    /// The login's state, by which the page can be loaded again.
    pub state: &'a str,
    /// When the login began.
    pub asked: Timestamp,
    /// When the page is shown.
    pub now: Timestamp,
    /// Where the browser goes afterwards.
    pub redirect: &'a RedirectUrl,
}

/// A program that waits to be logged in.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    /// What it calls itself, its user agent; empty if it does not say.
    pub name: &'a str,
    /// Which address it asks from; empty if that is not known.
    pub address: &'a str,
}

impl ConfirmPage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self) -> Result<HttpResponse, ApiError> {
        let rules = Rules { forms: Forms::To(self.redirect), scripts: false, opener: false };
        page::respond(self, self.frame, StatusCode::OK, rules)
    }

    fn age(&self) -> Duration {
        self.now.since(self.asked)
    }

    /// The instant in a format of `chrono`, in UTC: the server does not know the person's time zone.
    fn asked(&self, form: &str) -> String {
        let millis = i64::try_from(self.asked.millis()).unwrap_or(i64::MAX);
        DateTime::from_timestamp_millis(millis).map(|at| at.format(form).to_string()).unwrap_or_default()
    }
}

impl Program<'_> {
    /// The program's name for itself, cut off to leave room for the words of this page.
    fn shown(self) -> String {
        let mut shown: String = self.name.chars().take(PROGRAM_CHARS).collect();
        if shown.len() < self.name.len() {
            shown.push('…');
        }
        shown
    }
}
