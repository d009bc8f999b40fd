//! `/borrowlicense`: a native client borrows a licence, keeps it, gives it back.

use actix_web::{HttpRequest, HttpResponse};

use super::close::Done;
use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::extract::query::{Parameters, native_token};
use crate::http::openapi::errors::BorrowErrors;
use crate::session::Borrowing;

/// Borrows, extends or gives back a licence.
///
/// # Errors
/// [`ApiError::BadRequest`], [`ApiError::Session`], [`ApiError::Store`].
#[utoipa::path(
    method(get, post), path = "/directory/api/directorysession/borrowlicense", tag = "directory",
    operation_id = "borrowLicense",
    summary = "Borrow a licence",
    description = "`checkout` borrows a licence for `lmxborrowsec`, `renew` has it last so long from now, `checkin` gives it \
        back. Checkout and renew need the open session of the native token; checkin works until the borrow ends, for a \
        borrow outlives its session, and ends by itself. Never are more out than the configuration says. A body is \
        ignored.",
    params(
        ("action" = String, Query, pattern = "^(checkout|renew|checkin)$", description = "What to do; to the letter."),
        ("nativetoken" = String, Query, min_length = 16, max_length = 256,
            description = "The token that the native client made up for its login, 16 to 256 bytes."),
    ),
    responses((status = 200, description = "It is done.", body = Done, example = json!({})), BorrowErrors),
)]
pub async fn borrow(request: HttpRequest, services: AppState) -> Result<HttpResponse, ApiError> {
    let parameters = Parameters::of(request.query_string());
    let borrowing = match parameters.mandatory("action")? {
        "checkout" => Borrowing::Checkout,
        "renew" => Borrowing::Renew,
        "checkin" => Borrowing::Checkin,
        _ => return Err(ApiError::BadRequest("The parameter action must be checkout, renew or checkin.".into())),
    };
    let native = native_token(parameters.mandatory("nativetoken")?)?;
    services.directory.borrow_license(native.digest(), borrowing).await?;
    Ok(super::tell(&Done {}))
}
