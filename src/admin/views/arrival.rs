//! People who come over from the old service.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::iso;
use crate::domain::{Account, UserId};

/// Somebody whom the old service knows, or may know.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ArrivalView {
    /// The user's id.
    #[schema(value_type = uuid::Uuid)]
    pub id: UserId,
    /// What the user logs in with.
    pub email: String,
    /// The name shown to people.
    pub name: String,
    /// When the person came over, by a password or a token, whichever was first.
    pub came_over: Option<String>,
    /// How many tokens came over.
    pub tokens: u16,
    /// Whether the old service still has to be asked for the password: who is shut out when it is not asked any more.
    pub awaits_password: bool,
}

impl ArrivalView {
    /// `None` for anybody else.
    pub(in crate::admin) fn of(account: &Account) -> Option<Self> {
        let mark = account.upstream?;
        Some(Self {
            id: account.id,
            email: account.email.as_str().to_owned(),
            name: account.name.to_string(),
            came_over: mark.came_over.map(iso),
            tokens: mark.tokens,
            awaits_password: account.awaits_password(),
        })
    }
}
