//! The directory session API, one file a path.

pub mod applications;
pub mod authenticate;
pub mod borrow_license;
pub mod browser;
pub mod close;
pub mod confirm;
pub mod demo;
pub mod heartbeat;
pub mod introspect;
pub mod jwks;
pub mod licenses;
pub mod login;
pub mod on_authenticated;
pub mod query;
pub mod register;
mod session;
pub mod sign_out;
pub mod user_info;
pub mod wait_for_authentication;

use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, Resource, Responder};

use super::{Route, edge};

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
        .service(call(Route::Wait, wait_for_authentication::wait))
        .service(call(Route::Heartbeat, heartbeat::beat))
        .service(call(Route::Close, close::close))
        .service(call(Route::UserInfo, user_info::tell))
        .service(call(Route::Applications, applications::list))
        .service(call(Route::BorrowLicense, borrow_license::borrow))
        .service(
            web::resource("/directory/api/licenses")
                .route(web::get().to(licenses::list))
                .default_service(edge::only(Route::Licenses)),
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

/// A call that programs make: the published page does not say by which method, so both are taken.
fn call<Arguments>(route: Route, handler: impl Handler<Arguments, Output: Responder + 'static>) -> Resource
where
    Arguments: FromRequest + 'static,
{
    web::resource(route.pattern())
        .route(web::get().to(handler.clone()))
        .route(web::post().to(handler))
        .default_service(edge::only(route))
}
