//! What is wrong with a request, as SCIM says it (RFC 7644, 3.12).

use std::borrow::Cow;

use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Denied;
use crate::http::error::ApiError;

/// The URI of an error's schema.
const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// Why a request of a provisioning client is refused. No sentence quotes what was sent: it is personal data.
#[derive(Debug, thiserror::Error)]
#[error("SCIM: {}: {detail}", .kind.unwrap_or_else(|| .status.as_str()))]
pub struct ScimError {
    /// The status.
    pub status: StatusCode,
    kind: Option<&'static str>,
    /// What went wrong and what to do, for people.
    pub detail: Cow<'static, str>,
}

/// Makes the constructors, each with its status and `scimType`.
macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident: $status:ident $kind:expr;)+) => {
        impl ScimError {$(
            $(#[$doc])*
            pub fn $name(detail: impl Into<Cow<'static, str>>) -> Self {
                Self { status: StatusCode::$status, kind: $kind, detail: detail.into() }
            }
        )+}
    };
}

errors! {
    /// The token is missing or wrong.
    unauthorized: UNAUTHORIZED None;
    /// There is no such resource.
    not_found: NOT_FOUND None;
    /// The body is no message that was expected here.
    invalid_syntax: BAD_REQUEST Some("invalidSyntax");
    /// The filter is none that is understood.
    invalid_filter: BAD_REQUEST Some("invalidFilter");
    /// A value is missing, or cannot be stored.
    invalid_value: BAD_REQUEST Some("invalidValue");
    /// A path is malformed.
    invalid_path: BAD_REQUEST Some("invalidPath");
    /// A change has nothing that it is about.
    no_target: BAD_REQUEST Some("noTarget");
    /// An attribute that clients do not change.
    mutability: BAD_REQUEST Some("mutability");
    /// More than this server goes through.
    too_many: BAD_REQUEST Some("tooMany");
    /// Another resource has it.
    uniqueness: CONFLICT Some("uniqueness");
    /// Not a provisioning client's to do.
    forbidden: FORBIDDEN None;
    /// The resource is another than the client knows.
    changed: PRECONDITION_FAILED None;
    /// Not offered.
    not_implemented: NOT_IMPLEMENTED None;
}

impl ScimError {
    /// Why it was denied, for the log and the metrics.
    pub fn denied(&self) -> Option<Denied> {
        (self.status == StatusCode::UNAUTHORIZED).then_some(Denied::WrongSecret)
    }
}

/// The body of every error below `/scim/v2`.
#[derive(Serialize, ToSchema)]
#[schema(as = ScimError)]
pub struct ErrorBody<'a> {
    #[schema(example = json!([SCHEMA]))]
    schemas: [&'static str; 1],
    /// The status, as text.
    #[schema(example = "409")]
    status: &'a str,
    /// What went wrong, for programs (RFC 7644, table 9).
    #[serde(rename = "scimType", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "uniqueness")]
    kind: Option<&'static str>,
    /// What went wrong and what to do, for people.
    detail: Cow<'a, str>,
}

/// An error as the body of a response below `/scim/v2`.
pub fn body(error: &ApiError) -> Vec<u8> {
    let status = error.status();
    let kind = match error {
        ApiError::Scim(error) => error.kind,
        _ => None,
    };
    let body = ErrorBody { schemas: [SCHEMA], status: status.as_str(), kind, detail: error.message() };
    serde_json::to_vec(&body).unwrap_or_default()
}
