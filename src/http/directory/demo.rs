//! `/directory/api/demo`: stands in for an application in the demo, and only there. Shows what a login gave.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use chrono::DateTime;

use crate::domain::Timestamp;
use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::extract::browser::Browser;
use crate::http::pages::Frame;
use crate::http::pages::session::SessionPage;

/// Where it is.
pub const PATH: &str = "/directory/api/demo";

/// Mounts it.
pub fn routes(config: &mut ServiceConfig) {
    config.service(web::resource(PATH).route(web::get().to(page)));
}

async fn page(request: HttpRequest, services: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let browser = Browser::of(&request, &services.base)?;
    let account = services.logins.who(browser.signed_on.as_ref()).await?;
    let held = match &account {
        Some(account) => services.directory.latest(account.id).await.map_err(ApiError::Store)?,
        None => None,
    };
    let fields = held.as_ref().map(|held| {
        let session = &held.session;
        vec![
            ("sid", session.id.to_string()),
            ("claims", session.right.to_string()),
            ("how", session.how.as_str().to_owned()),
            ("opened", instant(session.opened)),
            ("heartbeat_before", instant(session.heartbeat_before)),
            ("session_eol", instant(session.end_of_life)),
        ]
    });
    let person = account.as_ref().map(|account| (&*account.name, account.email.as_str()));
    SessionPage { frame: &Frame::of(&request), person, fields: &fields.unwrap_or_default() }.respond()
}

/// As on the wire, and as people read it.
fn instant(at: Timestamp) -> String {
    let millis = i64::try_from(at.millis()).unwrap_or(i64::MAX);
    let read = DateTime::from_timestamp_millis(millis).map(|at| at.format(" (%Y-%m-%d %H:%M:%S UTC)").to_string());
    format!("{}{}", at.seconds(), read.unwrap_or_default())
}
