//! `/close`: the session is over.

use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::session;
use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::extract::query::Parameters;
use crate::http::middleware::Caller;
use crate::http::openapi::errors::SessionRequestErrors;

/// It is done: an object without members.
#[derive(Serialize, ToSchema)]
pub struct Done {}

/// Closes the session.
///
/// # Errors
/// [`ApiError::BadRequest`], [`ApiError::Session`], [`ApiError::Store`].
#[utoipa::path(
    method(get, post), path = "/directory/api/directorysession/close", tag = "directory", operation_id = "close",
    security(("Infinite_Directory_Session" = []), ("Bearer" = []), ("BimPlus" = [])),
    summary = "Close the session",
    description = "Ends the session, its bearers and the tokens that hang on it, at once and on every server. For a v2 \
        access token that is the session of its client, every token of it included *(ours)*. A body is ignored.",
    params(("forceuserconsentonnextlogin" = bool, Query,
        description = "Whether single sign-on ends too, so that the next login asks the person again. Mandatory; `true` or \
            `false`, in any case.")),
    responses((status = 200, description = "It is closed.", body = Done, example = json!({})), SessionRequestErrors),
)]
pub async fn close(request: HttpRequest, services: AppState) -> Result<HttpResponse, ApiError> {
    let parameters = Parameters::of(request.query_string());
    let ask_again = parameters.flag("forceuserconsentonnextlogin")?;
    let ask_again = ask_again
        .ok_or(ApiError::BadRequest("The parameter forceuserconsentonnextlogin is mandatory: true or false.".into()))?;
    let user = services.directory.close(session::handle(&request)?, ask_again).await?;
    request.extensions_mut().insert(Caller(user));
    Ok(super::tell(&Done {}))
}
