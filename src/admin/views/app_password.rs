//! App passwords.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{day, iso};
use crate::domain::{AppPassword, AppPasswordId};

/// An app password, without its value.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct AppPasswordView {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    pub id: AppPasswordId,
    /// What it is called.
    pub name: String,
    /// When it was made.
    pub created: String,
    /// When it ends by itself, if it does.
    pub expires: Option<String>,
    /// The day of the last login by it; none if there was none.
    pub last_used: Option<String>,
    /// Where that login came from: an IPv4 address, or an IPv6 /64.
    pub last_network: Option<String>,
}

impl AppPasswordView {
    pub(in crate::admin) fn of(app_password: &AppPassword) -> Self {
        let AppPassword { id, name, created, expires, used, digest: _ } = app_password;
        Self {
            id: *id,
            name: name.to_string(),
            created: iso(*created),
            expires: expires.map(iso),
            last_used: used.map(|used| day(used.seen)),
            last_network: used.map(|used| used.network.to_string()),
        }
    }
}
