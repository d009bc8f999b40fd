//! `/close`: the session is over.

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{PerRequest, Query, RequestLog, SessionCredential, query::flag};
use crate::http::openapi::errors::SessionRequestErrors;
use crate::session::SessionService;

/// How to close it.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CloseQuery {
    #[doc = "Whether single sign-on ends too, so that the next login asks the person again. Mandatory; `true` or \
        `false`, in any case."]
    #[serde(default, deserialize_with = "flag")]
    #[param(value_type = bool, required = true)]
    forceuserconsentonnextlogin: Option<bool>,
}

/// It is done: an object without members.
#[derive(Serialize, ToSchema)]
pub struct Done {}

/// Closes the session.
#[utoipa::path(
    method(get, post), path = Route::Close.pattern(), tag = "directory", operation_id = "close",
    security(("Infinite_Directory_Session" = []), ("Bearer" = []), ("BimPlus" = [])),
    summary = "Close the session",
    description = "Ends the session, its bearers and the tokens that hang on it, at once and on every server. For a v2 \
        access token that is the session of its client, every token of it included *(ours)*. A body is ignored.",
    params(CloseQuery),
    responses((status = 200, description = "It is closed.", body = Done, example = json!({})), SessionRequestErrors),
)]
pub async fn close(
    Query(CloseQuery { forceuserconsentonnextlogin }): Query<CloseQuery>,
    SessionCredential(credential): SessionCredential,
    sessions: PerRequest<SessionService>,
    log: RequestLog,
) -> Result<HttpResponse, ApiError> {
    let ask_again = forceuserconsentonnextlogin
        .ok_or(ApiError::BadRequest("The parameter forceuserconsentonnextlogin is mandatory: true or false.".into()))?;
    log.user(sessions.close(credential, ask_again).await?);
    Ok(super::respond(&Done {}))
}
