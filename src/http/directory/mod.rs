//! The directory session API, one file a path.

pub mod applications;
pub mod authenticate;
pub mod borrow_license;
pub mod close;
pub mod confirm;
pub mod get_version;
pub mod get_web_api;
pub mod heartbeat;
pub mod introspect;
pub mod jwks;
pub mod licenses;
pub mod login;
mod next;
pub mod on_authenticated;
mod outcome;
pub mod register;
pub(in crate::http) mod session;
pub mod sign_out;
pub mod user_info;
pub mod wait_for_authentication;

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use serde::Serialize;

use super::Route;
use super::routing::{at, get_and_head, get_and_post};

/// Mounts the routes of the directory session API.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(get_and_head(at(Route::Jwks), jwks::keys))
        .service(get_and_head(at(Route::DirectoryJwks), jwks::keys_of_directory))
        .service(at(Route::Introspect).route(web::post().to(introspect::introspect)))
        .service(at(Route::Authenticate).route(web::get().to(authenticate::begin)))
        .service(at(Route::OnAuthenticated).route(web::get().to(on_authenticated::handle_callback)))
        .service(at(Route::OnAuthenticationDone).route(web::get().to(on_authenticated::done)))
        .service(at(Route::Register).route(web::get().to(register::show)).route(web::post().to(register::begin)))
        .service(get_and_post(at(Route::Wait), wait_for_authentication::wait))
        .service(get_and_post(at(Route::Heartbeat), heartbeat::beat))
        .service(get_and_post(at(Route::Close), close::close))
        .service(get_and_post(at(Route::UserInfo), user_info::tell))
        .service(get_and_post(at(Route::Applications), applications::list))
        .service(get_and_post(at(Route::BorrowLicense), borrow_license::borrow))
        .service(at(Route::Licenses).route(web::get().to(licenses::list)))
        .service(at(Route::GetVersion).route(web::get().to(get_version::tell)))
        .service(at(Route::GetWebApi).route(web::get().to(get_web_api::find)))
        .service(at(Route::Login).route(web::get().to(login::show)).route(web::post().to(login::enter)))
        .service(at(Route::Confirm).route(web::get().to(confirm::show)).route(web::post().to(confirm::answer)))
        .service(at(Route::SignOut).route(web::get().to(sign_out::show)).route(web::post().to(sign_out::sign_out)));
}

/// Answers a program. With the content type of the published page, to the letter: some compare it.
fn tell(value: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json; charset=utf-8").json(value)
}
