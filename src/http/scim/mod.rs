//! SCIM 2.0 (RFC 7643, RFC 7644): an identity provider makes, changes, disables and deletes users, and puts them
//! in groups. See
//! `docs/api/scim.md`.

mod access;
pub mod discovery;
mod edit;
pub mod error;
mod filter;
mod group;
mod group_edit;
pub mod groups;
mod patch;
mod projection;
mod request;
mod user;
pub mod users;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::{Map, Value};
use utoipa::ToSchema;

pub use error::ScimError;

/// The root of all paths.
pub const ROOT: &str = "/scim/v2";
/// The type of all bodies (RFC 7644, 3.1).
pub const MEDIA_TYPE: &str = "application/scim+json";

/// Whether a path, as the router sees it, is below the root, so that what goes wrong there is told as SCIM does.
pub fn is_below(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A SCIM resource or message.
#[derive(ToSchema)]
#[schema(as = ScimResource, value_type = Object)]
pub struct Resource(#[expect(dead_code, reason = "described alone")] Map<String, Value>);

fn response(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.content_type(MEDIA_TYPE);
    response
}

fn respond(value: &Value) -> HttpResponse {
    response(StatusCode::OK).body(value.to_string())
}

/// A list of everything, as a response has it.
fn list_of(resources: &[Value], total: usize, start: usize) -> Value {
    serde_json::json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}
