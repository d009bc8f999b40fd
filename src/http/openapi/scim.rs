//! The errors of SCIM as the document describes them.

use std::collections::BTreeMap;

use utoipa::openapi::schema::Schema;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, PartialSchema as _};

use crate::http::scim::MEDIA_TYPE;
use crate::http::scim::error::ErrorBody;

/// How a request below `/scim/v2` fails.
pub struct ScimErrors;

/// The name of the schema of their body.
pub(super) const SCHEMA: &str = "ScimError";

/// By status: the name in the document, and when it comes.
const ERRORS: [(&str, &str, &str); 11] = [
    ("400", "ScimInvalid", "The body, the filter, a path or a value is none that is taken; `scimType` says which."),
    ("401", "ScimNoToken", "The token is missing or wrong."),
    ("404", "ScimMissing", "There is no such resource, or `scim.token` is not set."),
    (
        "409",
        "ScimTaken",
        "Another user has the `userName` or the `externalId`, or another group the `displayName` (`uniqueness`).",
    ),
    ("412", "ScimChanged", "`If-Match` names another version."),
    ("413", "ScimTooLarge", "The body is larger than 16 KiB, about groups than 512 KiB."),
    ("429", "ScimTooManyAttempts", "Too many wrong tokens from this network."),
    ("500", "ScimUnknownError", "A bug."),
    ("501", "ScimNotOffered", "Not offered: bulk operations."),
    ("503", "ScimUnavailable", "The store is unreachable, or the server is stopping. Worth trying again."),
    ("405", "ScimMethodNotAllowed", "The path has other methods; `Allow` lists them."),
];

/// The schema of their body.
pub(super) fn schema() -> RefOr<Schema> {
    ErrorBody::schema()
}

/// The responses to refer to, by name.
pub(super) fn responses() -> impl Iterator<Item = (String, RefOr<Response>)> {
    ERRORS.into_iter().map(|(_, name, when)| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(SCHEMA))).build();
        (name.to_owned(), ResponseBuilder::new().description(when).content(MEDIA_TYPE, content).build().into())
    })
}

impl IntoResponses for ScimErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let refer = |(status, name, _): &(&str, &str, _)| ((*status).to_owned(), Ref::from_response_name(*name).into());
        ERRORS.iter().map(refer).collect()
    }
}
