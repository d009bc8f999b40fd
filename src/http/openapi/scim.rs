//! The errors of SCIM as the document describes them.

use std::collections::BTreeMap;

use utoipa::openapi::{ContentBuilder, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, PartialSchema as _};

use crate::http::scim::MEDIA_TYPE;
use crate::http::scim::error::ErrorBody;

/// How a request below `/scim/v2` fails.
pub struct ScimErrors;

const ERRORS: [(&str, &str); 11] = [
    ("400", "The body, the filter, a path or a value is none that is taken; `scimType` says which."),
    ("401", "The token is missing or wrong."),
    ("404", "There is no such resource, or `scim.token` is not set."),
    ("409", "Another user has the `userName` or the `externalId`, or another group the `displayName` (`uniqueness`)."),
    ("412", "`If-Match` names another version."),
    ("413", "The body is larger than 16 KiB, about groups than 512 KiB."),
    ("429", "Too many wrong tokens from this network."),
    ("500", "A bug."),
    ("501", "Not offered: bulk operations."),
    ("503", "The store is unreachable, or the server is stopping. Worth trying again."),
    ("405", "The path has other methods; `Allow` lists them."),
];

impl IntoResponses for ScimErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let content = ContentBuilder::new().schema(Some(ErrorBody::schema())).build();
        let describe = |(status, when): &(&str, &str)| {
            let response = ResponseBuilder::new().description(*when).content(MEDIA_TYPE, content.clone()).build();
            ((*status).to_owned(), RefOr::T(response))
        };
        ERRORS.iter().map(describe).collect()
    }
}
