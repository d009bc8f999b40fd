//! The page a browser ends on when a native program's login is done, or failed. It knows of no login: anybody may open it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use url::form_urlencoded;

use super::page::{self, Forms, Frame, Rules};
use super::problem::{Problem, ProblemPage};
use crate::http::error::ApiError;

/// Says that the window may be closed.
#[derive(Template)]
#[template(path = "done.html")]
pub struct DonePage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
}

impl DonePage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self) -> Result<HttpResponse, ApiError> {
        let rules = Rules { forms: Forms::None, scripts: false, opener: false };
        page::respond(self, self.frame, StatusCode::OK, rules)
    }
}

/// The login is done
///
/// Where a native program's login ends: a page that says that the window may be closed, or, with the parameter `error`,
/// that the login failed *(ours)*. It knows of no login.
#[utoipa::path(
    get, path = "/directory/api/static/onauthenticationdone.html", tag = "pages", operation_id = "showDone",
    params(("error" = Option<String>, Query, description = "As in the fragment, which no server sees.")),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(in crate::http) async fn page(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let frame = &Frame::of(&request);
    let mut query = form_urlencoded::parse(request.query_string().as_bytes());
    let problem = match query.find(|(name, _)| name == "error").as_ref().map(|(_, code)| &**code) {
        None => return DonePage { frame }.respond(),
        Some("access_denied") => Problem::Declined,
        Some("invalid_scope") => Problem::Forbidden,
        Some("temporarily_unavailable") => Problem::Unavailable,
        Some(_) => Problem::Refused,
    };
    ProblemPage { frame, problem, detail: None, request_id: None }.respond(StatusCode::OK)
}
