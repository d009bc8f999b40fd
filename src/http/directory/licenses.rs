//! `/directory/api/licenses`: which licences are out, for a licence server.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

use crate::auth::{GuessedToken, Identity};
use crate::domain::{Denied, SessionId, UserId};
use crate::error::ServiceError;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{Client, PerRequest, admitted, bearer, shared};
use crate::http::openapi::errors::InternalErrors;
use crate::session::SessionService;

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
#[utoipa::path(
    get, path = Route::Licenses.pattern(), tag = "directory", operation_id = "listLicenses",
    security(("Infinite_Internal" = [])),
    summary = "Report the licences that are out (ours)",
    description = "For a licence server: how many there are, how many are out, and at most 10,000 of those, by when they \
        come back.",
    responses((status = 200, description = "The licences.", body = LicenseReport), InternalErrors),
)]
pub async fn list(_: LicenseServer, sessions: PerRequest<SessionService>) -> Result<HttpResponse, ApiError> {
    let (borrows, out) = sessions.licenses().await?;
    let licenses = borrows.iter().map(|borrow| LicenseInfo {
        userid: borrow.user,
        session: borrow.session,
        since: borrow.since.seconds(),
        until: borrow.until.seconds(),
    });
    Ok(super::respond(&LicenseReport { total: sessions.license_settings().total, out, licenses: licenses.collect() }))
}

/// A licence server, by the secret of the configuration: nobody else's request comes to a handler that takes one.
pub struct LicenseServer;

impl LicenseServer {
    async fn admit(request: HttpRequest) -> Result<Self, ApiError> {
        let sessions = shared::<SessionService>(&request)?;
        let secret = sessions.license_settings().internal_secret.as_ref().map(|secret| secret.reveal().as_bytes());
        let sent = bearer::infinite_bearer(request.headers());
        // How long the secret is may be seen; what it is, not.
        if secret.zip(sent).is_some_and(|(secret, sent)| secret.ct_eq(sent).into()) {
            return Ok(Self);
        }
        let network = Client::of(&request)?.network();
        PerRequest::<Identity>::of(&request)?.count_unknown(GuessedToken::Internal, network).await?;
        Err(ServiceError::NoSession(Denied::WrongSecret).into())
    }
}

admitted!(LicenseServer);
