//! `/v2/user`: tell about the user.

use actix_web::HttpResponse;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::Account;
use crate::http::Route;
use crate::http::directory::session::{display_name, provider_claims};
use crate::http::error::ApiError;
use crate::http::extract::{Client, PerRequest, PresentedToken, RequestLog};
use crate::http::openapi::errors::TokenErrors;
use crate::token::TokenService;

/// A user, as the v2 API tells of one. What is not known is an empty text, never absent.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct User<'a> {
    /// The user's id, the same as `user_id` of the check.
    id: Uuid,
    /// The e-mail address.
    #[schema(example = "ada@example.org")]
    email: &'a str,
    /// The given name, where the identity provider tells it; else the name up to its last space.
    #[schema(example = "Ada")]
    firstname: &'a str,
    /// The family name, where the identity provider tells it; else the last word of the name.
    #[schema(example = "Lovelace")]
    lastname: &'a str,
    /// The whole name.
    #[schema(example = "Ada Lovelace")]
    fullname: &'a str,
    /// The name, or the e-mail address where there is none.
    #[schema(example = "Ada Lovelace")]
    displayname: &'a str,
    /// Always `active`: nobody else has a token.
    #[schema(pattern = "^active$", example = "active")]
    status: &'static str,
    /// Always empty.
    #[schema(example = "")]
    company: &'static str,
}

impl<'a> User<'a> {
    fn of(account: &'a Account, claims: &'a Map<String, Value>) -> Self {
        let name = account.name.trim();
        // A name of one word is a given name.
        let (first, last) = name.rsplit_once(char::is_whitespace).unwrap_or((name, ""));
        let claim = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        Self {
            id: account.id.0,
            email: account.email.as_str(),
            firstname: claim("given_name").unwrap_or_else(|| first.trim_end()),
            lastname: claim("family_name").unwrap_or(last),
            fullname: name,
            displayname: display_name(account),
            status: "active",
            company: "",
        }
    }
}

/// Tells about the user of the presented access token.
#[utoipa::path(
    get, path = Route::User.pattern(), tag = "v2", operation_id = "user", security(("BimPlus" = []), ("Bearer" = [])),
    summary = "Tell about the user",
    description = "Who the user of the presented access token is. Takes every token that the check takes, and refuses every \
        other. Writes nothing *(ours: the vendor's programs end every login with it)*.",
    responses((status = 200, description = "The user.", body = User), TokenErrors),
)]
pub async fn tell(
    PresentedToken(token): PresentedToken,
    client: Client,
    tokens: PerRequest<TokenService>,
    log: RequestLog,
) -> Result<HttpResponse, ApiError> {
    let account = tokens.user(token.as_ref(), client.network()).await?;
    log.user(account.id);
    Ok(HttpResponse::Ok().json(User::of(&account, &provider_claims(&account))))
}
