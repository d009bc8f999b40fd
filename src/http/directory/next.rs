//! A step of a login as the answer to a browser.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::http::{Method, StatusCode};
use url::Url;

use crate::domain::Refusal;
use crate::http::extract::{Browser, RequestLog};
use crate::login::Next;

/// Sends the browser on: after a form by 303, so that it does not send the form again (RFC 9110, 15.4.4).
pub fn respond(browser: &Browser, next: Next) -> HttpResponse {
    let (mut keeps, mut signs_on) = (None, None);
    let location = match next {
        Next::Redirect(location) | Next::AskCode(location) => location,
        Next::Begun { location, kept } => {
            keeps = Some(kept);
            location
        }
        Next::Finished { location, sign_on } => {
            signs_on = sign_on;
            location
        }
        Next::Refused { location, on_our_page, refused } => {
            let log = RequestLog::of(browser.request());
            log.note(|notes| notes.refused(&refused));
            if on_our_page { explained(&log, &location, refused.refusal) } else { location }
        }
    };
    let is_form = *browser.request().method() == Method::POST;
    let status = if is_form { StatusCode::SEE_OTHER } else { StatusCode::FOUND };
    let mut response = HttpResponse::build(status).insert_header((LOCATION, location)).finish();
    if let Some(login) = keeps {
        browser.keep(&login, &mut response);
    }
    if let Some((value, lifetime)) = signs_on {
        browser.sign_on(&value, lifetime, &mut response);
    }
    response
}

/// Our own page, with what it tells the person. A fragment reaches no server, so the query says it.
fn explained(log: &RequestLog, location: &str, refusal: Refusal) -> String {
    let Ok(mut url) = Url::parse(location) else { return location.to_owned() };
    url.query_pairs_mut().clear().append_pair("error", refusal.code()).append_pair("reason", refusal.as_str());
    if let Some(id) = log.request_id() {
        url.query_pairs_mut().append_pair("request", &id.to_string());
    }
    url.into()
}
