//! The directory session API, one file a path.

use actix_web::web::{self, ServiceConfig};

use super::{Route, edge};

pub mod introspect;
pub mod jwks;

/// The path under which the session API lies.
pub const BASE: &str = "/directory/api/directorysession";

/// Mounts the routes of the directory session API.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/.well-known/jwks.json")
                .route(web::get().to(jwks::keys))
                .route(web::head().to(jwks::keys))
                .default_service(edge::only(Route::Jwks)),
        )
        .service(
            web::resource("/directory/api/.well-known/jwks.json")
                .route(web::get().to(jwks::keys_of_directory))
                .route(web::head().to(jwks::keys_of_directory))
                .default_service(edge::only(Route::DirectoryJwks)),
        )
        .service(
            web::resource("/directory/api/introspect")
                .route(web::post().to(introspect::introspect))
                .default_service(edge::only(Route::Introspect)),
        );
}
