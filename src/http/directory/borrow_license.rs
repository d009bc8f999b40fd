//! `/borrowlicense`: a native client borrows a licence, keeps it, gives it back.

use actix_web::HttpResponse;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use utoipa::IntoParams;

use super::close::Done;
use crate::domain::NativeToken;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{PerRequest, Query};
use crate::http::openapi::errors::BorrowErrors;
use crate::session::{Borrowing, SessionService};

/// What to do, and for whom.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BorrowQuery {
    /// What to do; to the letter.
    #[serde(deserialize_with = "borrowing")]
    #[param(value_type = String, pattern = "^(checkout|renew|checkin)$")]
    action: Borrowing,
    /// The token that the native client made up for its login, 16 to 256 bytes.
    #[param(value_type = String, min_length = 16, max_length = 256)]
    nativetoken: NativeToken,
}

/// Borrows, extends or gives back a licence.
#[utoipa::path(
    method(get, post), path = Route::BorrowLicense.pattern(), tag = "directory",
    operation_id = "borrowLicense",
    summary = "Borrow a licence",
    description = "`checkout` borrows a licence for `lmxborrowsec`, `renew` has it last so long from now, `checkin` gives it \
        back. Checkout and renew need the open session of the native token; checkin works until the borrow ends, for a \
        borrow outlives its session, and ends by itself. Never are more out than the configuration says. A body is \
        ignored.",
    params(BorrowQuery),
    responses((status = 200, description = "It is done.", body = Done, example = json!({})), BorrowErrors),
)]
pub async fn borrow(
    Query(BorrowQuery { action, nativetoken }): Query<BorrowQuery>,
    sessions: PerRequest<SessionService>,
) -> Result<HttpResponse, ApiError> {
    sessions.borrow_license(nativetoken.digest(), action).await?;
    Ok(super::respond(&Done {}))
}

fn borrowing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Borrowing, D::Error> {
    match <&str>::deserialize(deserializer)? {
        "checkout" => Ok(Borrowing::Checkout),
        "renew" => Ok(Borrowing::Renew),
        "checkin" => Ok(Borrowing::Checkin),
        _ => Err(D::Error::custom("must be checkout, renew or checkin")),
    }
}
