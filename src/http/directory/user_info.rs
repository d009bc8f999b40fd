//! `/userinfo`: what is known of the user.

use actix_web::HttpResponse;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::session;
use crate::domain::UserId;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{PerRequest, RequestLog, SessionCredential};
use crate::http::openapi::errors::SessionErrors;
use crate::session::SessionService;

/// A user.
#[derive(Serialize, ToSchema)]
pub struct UserInfo<'a> {
    /// The user's id, the same as under `/v2`.
    #[schema(value_type = uuid::Uuid)]
    userid: UserId,
    /// The e-mail address.
    #[schema(example = "ada@example.org")]
    email: &'a str,
    /// The user's name, or e-mail address where there is none.
    #[schema(example = "Ada Lovelace")]
    displayname: &'a str,
    /// Who the user is at the identity provider; null for a local user.
    oidcsub: Option<&'a str>,
    /// Whether the user may log in.
    enabled: bool,
    /// Whether the user has the right `access:frontend`.
    frontendaccess: bool,
    /// The `appclaims` that the user may be asked for.
    #[schema(value_type = Vec<String>)]
    thirdpartyscopes: &'a [Box<str>],
    /// The user's teams, and the groups that a provisioning client has put the user in.
    teams: Vec<TeamInfo<'a>>,
    /// The user's tags.
    #[schema(value_type = Vec<String>)]
    tags: &'a [Box<str>],
    /// What the identity provider says of the user; empty for a local user.
    userinfo: Map<String, Value>,
}

/// A team.
#[derive(Serialize, ToSchema)]
pub struct TeamInfo<'a> {
    /// Its id.
    teamuuid: &'a str,
    /// Its name.
    teamname: &'a str,
}

/// Tells about the user of the session.
#[utoipa::path(
    method(get, post), path = Route::UserInfo.pattern(), tag = "directory", operation_id = "userInfo",
    security(("Infinite_Directory_Session" = []), ("Bearer" = []), ("BimPlus" = [])),
    summary = "Tell about the user",
    description = "What is known of the user at this moment. Writes nothing. Parameters and bodies are ignored.",
    responses((status = 200, description = "The user.", body = UserInfo), SessionErrors),
)]
pub async fn tell(
    SessionCredential(credential): SessionCredential,
    sessions: PerRequest<SessionService>,
    log: RequestLog,
) -> Result<HttpResponse, ApiError> {
    let live = sessions.live(credential).await?;
    let account = &live.held.account;
    log.user(account.id);
    let profile = &account.profile;
    Ok(super::respond(&UserInfo {
        userid: account.id,
        email: account.email.as_str(),
        displayname: session::display_name(account),
        oidcsub: profile.subject.as_ref().map(|subject| &*subject.subject),
        enabled: account.enabled,
        frontendaccess: profile.rights.frontend,
        thirdpartyscopes: &profile.scopes,
        teams: profile.all_teams().map(|team| TeamInfo { teamuuid: &team.id, teamname: &team.name }).collect(),
        tags: &profile.tags,
        userinfo: session::provider_claims(account),
    }))
}
