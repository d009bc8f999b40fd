//! The page a browser ends on when a native program's login is done. It knows of no login: anybody may open it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::page::{self, Forms, Frame, Rules};
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
/// Where a native program's login ends: a page that says that the window may be closed. It knows of no login.
#[utoipa::path(
    get, path = "/directory/api/static/onauthenticationdone.html", tag = "pages", operation_id = "showDone",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(in crate::http) async fn page(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    DonePage { frame: &Frame::of(&request) }.respond()
}
