//! A step of a login as the answer to a browser.

use actix_web::http::header::LOCATION;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};

use super::browser;
use crate::directory::login::Step;
use crate::http::Services;

/// Sends the browser on: after a form by 303, so that it does not send the form again (RFC 9110, 15.4.4).
pub(super) fn answer(request: &HttpRequest, services: &Services, step: Step) -> HttpResponse {
    let (location, sign_on) = match step {
        Step::Go(location) => (location, None),
        Step::Done { location, sign_on } => (location, sign_on),
    };
    let status = if *request.method() == Method::POST { StatusCode::SEE_OTHER } else { StatusCode::FOUND };
    let mut response = HttpResponse::build(status).insert_header((LOCATION, location)).finish();
    if let Some((value, lifetime)) = sign_on {
        browser::sign_on(&services.base, &value, lifetime, response.headers_mut());
    }
    response
}
