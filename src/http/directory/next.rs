//! A step of a login as the answer to a browser.

use actix_web::http::header::LOCATION;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use url::Url;

use crate::http::AppState;
use crate::http::extract::browser::{self, Browser};
use crate::http::middleware::{Caller, Cause, RequestId};
use crate::login::{Next, Refusal};

/// Sends the browser on: after a form by 303, so that it does not send the form again (RFC 9110, 15.4.4).
pub(super) fn answer(request: &HttpRequest, services: &AppState, browser: &Browser, step: Next) -> HttpResponse {
    let mut keeps = None;
    let (location, sign_on) = match step {
        Next::Redirect(location) => (location, None),
        Next::Begun { location, kept } => {
            keeps = Some(kept);
            (location, None)
        }
        Next::Finished { location, sign_on } => (location, sign_on),
        Next::Refused { location, on_our_page, refused } => {
            let refusal = refused.refusal;
            let location = if on_our_page { explained(request, &location, refusal) } else { location };
            let mut noted = request.extensions_mut();
            refused.user.map(|user| noted.insert(Caller(user)));
            noted.insert(Cause(refused.to_string(), refused.denied));
            (location, None)
        }
    };
    let status = if *request.method() == Method::POST { StatusCode::SEE_OTHER } else { StatusCode::FOUND };
    let mut response = HttpResponse::build(status).insert_header((LOCATION, location)).finish();
    if let Some(login) = keeps {
        browser.keep(&services.base, &login, services.browser_lifetime, response.headers_mut());
    }
    if let Some((value, lifetime)) = sign_on {
        browser::sign_on(&services.base, &value, lifetime, response.headers_mut());
    }
    response
}

/// Our own page, with what it tells the person. A fragment reaches no server, so the query says it.
fn explained(request: &HttpRequest, location: &str, refusal: Refusal) -> String {
    let Ok(mut url) = Url::parse(location) else { return location.to_owned() };
    url.query_pairs_mut().clear().append_pair("error", refusal.code()).append_pair("reason", refusal.reason());
    if let Some(RequestId(id)) = request.extensions().get() {
        url.query_pairs_mut().append_pair("request", &id.to_string());
    }
    url.into()
}
