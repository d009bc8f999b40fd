//! The page a browser ends on when a native program's login is done, or failed. It knows of no login: anybody may open it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Query;
use askama::Template;
use uuid::Uuid;

use super::page::{self, Forms, Frame, Rules};
use super::problem::{Problem, ProblemPage};
use crate::domain::Refusal;
use crate::http::Route;
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
    get, path = Route::Static.pattern(), tag = "pages", operation_id = "showDone",
    params(
        ("error" = Option<String>, Query, description = "As in the fragment, which no server sees."),
        ("reason" = Option<String>, Query, description = "What the page then says."),
        ("request" = Option<String>, Query, description = "The id of the request that ended the login."),
    ),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(in crate::http) async fn page(frame: Frame, query: Query<Vec<(String, String)>>) -> Result<HttpResponse, ApiError> {
    let frame = &frame;
    let of = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let Some(error) = of("error") else { return DonePage { frame }.respond() };
    // Whoever makes up an address chooses among sentences of ours, and shows no words of theirs.
    let refusal = of("reason").and_then(|reason| Refusal::ALL.into_iter().find(|known| known.as_str() == reason));
    let problem = match (refusal, error) {
        (Some(refusal), _) => Problem::of_refusal(refusal),
        (None, "access_denied") => Problem::Denied,
        (None, "invalid_scope") => Problem::Forbidden,
        (None, "temporarily_unavailable") => Problem::Unavailable,
        (None, _) => Problem::Refused,
    };
    let request_id = of("request").and_then(|id| Uuid::parse_str(id).ok());
    ProblemPage { frame, problem, detail: None, again: None, request_id }.respond(StatusCode::OK)
}
