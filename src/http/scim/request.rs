//! What requests for users and for groups have in common.

use actix_web::web::Payload;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::IntoParams;

use super::error::ScimError;
use super::projection::Projection;
use crate::http::error::ApiError;
use crate::http::extract::body;

/// How many resources one page has at most.
pub const MAX_PAGE: usize = 200;

/// What to list, and how much of it.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// `attribute eq "…"`; of users `userName`, `externalId` or `id`, of groups also `displayName` and `members`.
    #[param(example = "userName eq \"someone@example.org\"")]
    filter: Option<String>,
    /// The first place of the page, from 1.
    #[param(rename = "startIndex", value_type = Option<i64>)]
    startindex: Option<String>,
    /// How many resources at the most; 100 if absent, never more than 200.
    #[param(value_type = Option<i64>)]
    count: Option<String>,
}

impl ListQuery {
    /// The filter, if there is one.
    pub fn filter(&self) -> Option<&str> {
        self.filter.as_deref()
    }

    /// The first place of the page, from 1, and how many it has at the most.
    ///
    /// # Errors
    /// If they are no numbers.
    pub fn page(&self) -> Result<(usize, usize), ScimError> {
        let start = number(self.startindex.as_deref(), 1)?.max(1);
        Ok((start, number(self.count.as_deref(), 100)?.min(MAX_PAGE)))
    }
}

/// A number of a query; less than none is none.
fn number(given: Option<&str>, default: usize) -> Result<usize, ScimError> {
    let Some(given) = given.filter(|given| !given.is_empty()) else { return Ok(default) };
    let number: i64 =
        given.trim().parse().map_err(|_| ScimError::invalid_value("startIndex and count are numbers."))?;
    Ok(usize::try_from(number).unwrap_or(0))
}

/// What of a resource to answer with.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ShownQuery {
    /// Only these attributes, separated by commas.
    attributes: Option<String>,
    /// All but these attributes.
    #[param(rename = "excludedAttributes")]
    excludedattributes: Option<String>,
}

impl ShownQuery {
    /// Which attributes they are.
    pub fn projection(&self) -> Projection {
        Projection::new(self.attributes.as_deref(), self.excludedattributes.as_deref())
    }

    /// Whether anything is said.
    pub const fn is_given(&self) -> bool {
        self.attributes.is_some() || self.excludedattributes.is_some()
    }
}

/// What is said of a version that is not the client's any more.
pub fn changed() -> ScimError {
    ScimError::changed("The resource has been changed meanwhile: If-Match names another version. Please read it again.")
}

/// The body, which must be a JSON object of at most so many bytes.
pub async fn object(most: usize, payload: Payload) -> Result<Map<String, Value>, ApiError> {
    let body = body::read_up_to(most, payload.into_inner()).await?;
    match serde_json::from_slice(&body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(ScimError::invalid_syntax("The body must be a JSON object.").into()),
    }
}
