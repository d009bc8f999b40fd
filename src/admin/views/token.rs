//! Tokens of the management API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::iso;
use crate::domain::ApiToken;

/// An API token, without its value.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = ApiToken)]
pub struct TokenView {
    /// What it is called.
    pub name: String,
    /// What it is for: `read`, `users`, `sessions`, `everything`.
    pub scopes: Vec<String>,
    /// When it was made.
    pub made: String,
    /// When it ends by itself, if it does.
    pub expires: Option<String>,
    /// When it was last used, to the minute; none if it was not.
    pub last_used: Option<String>,
}

impl TokenView {
    pub(in crate::admin) fn of(token: &ApiToken) -> Self {
        let ApiToken { name, digest: _, scopes, made, expires, used } = token;
        Self {
            name: name.to_string(),
            scopes: scopes.iter().map(|scope| scope.to_string()).collect(),
            made: iso(*made),
            expires: expires.map(iso),
            last_used: used.map(iso),
        }
    }
}
