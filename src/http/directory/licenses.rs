//! `/directory/api/licenses`: which licences are out, for a licence server.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

use crate::auth::GuessedToken;
use crate::domain::{Denied, SessionId, UserId};
use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::extract::bearer::INFINITE_BEARER;
use crate::http::extract::client_info::network;
use crate::http::openapi::errors::InternalErrors;
use crate::session::SessionError;

/// The licences.
#[derive(Serialize, ToSchema)]
pub struct LicenseReport {
    /// How many there are.
    #[schema(example = 10)]
    total: usize,
    /// How many are out.
    #[schema(example = 1)]
    out: usize,
    /// Those that are out, by when they come back; at most 10,000 of them.
    licenses: Vec<LicenseInfo>,
}

/// A licence that is out. Instants are seconds since 1970.
#[derive(Serialize, ToSchema)]
pub struct LicenseInfo {
    /// Who borrowed it.
    #[schema(value_type = uuid::Uuid)]
    userid: UserId,
    /// The session it was borrowed in, which it may outlive.
    #[schema(value_type = uuid::Uuid)]
    session: SessionId,
    /// When it was borrowed.
    #[schema(example = 1_798_765_200)]
    since: u64,
    /// When it comes back by itself.
    #[schema(example = 1_798_851_600)]
    until: u64,
}

/// Tells which licences are out.
///
/// # Errors
/// [`ApiError::Session`], [`ApiError::TooManyAttempts`], [`ApiError::Store`].
#[utoipa::path(
    get, path = "/directory/api/licenses", tag = "directory", operation_id = "listLicenses",
    security(("Infinite_Internal" = [])),
    summary = "Report the licences that are out (ours)",
    description = "For a licence server: how many there are, how many are out, and at most 10,000 of those, by when they \
        come back.",
    responses((status = 200, description = "The licences.", body = LicenseReport), InternalErrors),
)]
pub async fn list(request: HttpRequest, services: AppState) -> Result<HttpResponse, ApiError> {
    let settings = services.directory.license_settings();
    let secret = settings.internal_secret.as_ref().map(|secret| secret.reveal().as_bytes());
    let sent = request.headers().get(INFINITE_BEARER).map(|sent| sent.as_bytes().trim_ascii());
    // How long the secret is may be seen; what it is, not.
    let known = secret.zip(sent).is_some_and(|(secret, sent)| secret.ct_eq(sent).into());
    if !known {
        let network = network(&request, &services);
        services.identity.count_unknown(GuessedToken::Internal, network).await?;
        return Err(SessionError::Refused(Denied::WrongSecret).into());
    }
    let (borrows, out) = services.directory.licenses().await?;
    let licenses = borrows.iter().map(|borrow| LicenseInfo {
        userid: borrow.user,
        session: borrow.session,
        since: borrow.since.seconds(),
        until: borrow.until.seconds(),
    });
    Ok(super::tell(&LicenseReport { total: settings.total, out, licenses: licenses.collect() }))
}
