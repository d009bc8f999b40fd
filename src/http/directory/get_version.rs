//! `/directory/api/getversion`: which directory this is. The vendor's web clients ask before they log in.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Route;
use crate::session::SessionService;

/// Which API answers here.
#[derive(Serialize, ToSchema)]
pub struct VersionResponse<'a> {
    /// From the configuration.
    comment: &'a str,
    /// Always `directoryapi`.
    #[schema(pattern = "^directoryapi$", example = "directoryapi")]
    r#type: &'static str,
    /// From the configuration.
    version: Versions<'a>,
}

/// Versions as clients compare them; all from the configuration.
#[derive(Serialize, ToSchema)]
pub struct Versions<'a> {
    /// Of the server behind the API.
    backend: &'a str,
    /// Of what clients can do with it.
    clientfeature: &'a str,
    /// Of the API.
    #[schema(example = "1.0.0")]
    number: &'a str,
}

/// Tells the version.
#[utoipa::path(
    get, path = Route::GetVersion.pattern(), tag = "directory", operation_id = "getVersion",
    summary = "Tell the version",
    description = "What the vendor's web clients ask before they log in *(ours, from the vendor's manual)*.",
    responses((status = 200, description = "The version.", body = VersionResponse)),
)]
pub async fn tell(sessions: Data<SessionService>) -> HttpResponse {
    let settings = sessions.settings();
    super::respond(&VersionResponse {
        comment: &settings.version_comment,
        r#type: "directoryapi",
        version: Versions {
            backend: &settings.version_backend,
            clientfeature: &settings.version_client_feature,
            number: &settings.version_number,
        },
    })
}
