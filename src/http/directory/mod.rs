//! The directory session API, one file a path.

use actix_web::web::{self, ServiceConfig};

use super::{Route, edge};

pub mod authenticate;
pub mod browser;
pub mod confirm;
pub mod demo;
pub mod introspect;
pub mod jwks;
pub mod login;
pub mod on_authenticated;
pub mod query;
pub mod register;
pub mod sign_out;

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
        )
        .service(
            web::resource("/directory/api/directorysession/authenticate")
                .route(web::get().to(authenticate::begin))
                .default_service(edge::only(Route::Authenticate)),
        )
        .service(
            web::resource("/directory/api/directorysession/onauthenticated")
                .route(web::get().to(on_authenticated::come_back))
                .default_service(edge::only(Route::OnAuthenticated)),
        )
        .service(
            web::resource("/directory/api/directorysession/onauthenticationdone")
                .route(web::get().to(on_authenticated::done))
                .default_service(edge::only(Route::OnAuthenticationDone)),
        )
        .service(
            web::resource("/directory/api/directorysession/registerfrontenduserandredirecturl")
                .route(web::get().to(register::show))
                .route(web::post().to(register::begin))
                .default_service(edge::only(Route::Register)),
        )
        .service(
            web::resource("/directory/api/login")
                .route(web::get().to(login::show))
                .route(web::post().to(login::enter))
                .default_service(edge::only(Route::Login)),
        )
        .service(
            web::resource("/directory/api/confirm")
                .route(web::get().to(confirm::show))
                .route(web::post().to(confirm::answer))
                .default_service(edge::only(Route::Confirm)),
        )
        .service(
            web::resource("/directory/api/signout")
                .route(web::get().to(sign_out::show))
                .route(web::post().to(sign_out::sign_out))
                .default_service(edge::only(Route::SignOut)),
        );
}
