//! `/manage/v1/hold`: changes are held while the store moves to another one.

use actix_web::HttpResponse;
use actix_web::web::Payload;

use super::body;
use super::operator::Manager;
use crate::admin::Request;
use crate::admin::bodies::{Held, Hold};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::openapi::errors::ManagementErrors;

/// Takes a step.
#[utoipa::path(
    put, path = Route::ManagedHold.pattern(), tag = "management", operation_id = "holdChanges",
    security(("Management" = [])),
    summary = "Hold changes while the store moves to another one",
    description = "For `bimgate store copy`. While changes are held, what would change the store is answered 503, on every \
        server of it; checks go on. `undo` has them go on, also after `keep`: then what happened in the other store does not \
        count.",
    request_body(content = Hold),
    responses((status = 200, description = "Whether the step was taken.", body = Held), ManagementErrors),
)]
pub async fn take(manager: Manager, payload: Payload) -> Result<HttpResponse, ApiError> {
    let step: Hold = body::read(body::MAX_BYTES, payload).await?;
    manager.answer(Request::Hold(step)).await
}
