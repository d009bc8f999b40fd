//! The directory session API, one file a path.

pub mod applications;
pub mod authenticate;
pub mod backchannel_logout;
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
pub mod login_state;
pub(in crate::http) mod next;
pub mod on_authenticated;
mod outcome;
pub mod register;
pub(in crate::http) mod session;
pub mod sign_out;
pub mod user_info;
pub mod wait_for_authentication;

use actix_web::HttpResponse;
use serde::Serialize;

/// Answers a program. With the content type of the published page, to the letter: some compare it.
fn respond(value: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json; charset=utf-8").json(value)
}
