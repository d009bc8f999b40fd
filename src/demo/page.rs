//! `/directory/api/demo`: stands in for an application, and shows what a login gave it.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use askama::Template;
use chrono::DateTime;

use super::texts::DemoTexts;
use crate::domain::{DirectorySession, Timestamp, UserId};
use crate::error::ServiceError;
use crate::http::error::ApiError;
use crate::http::extract::{Browser, KnownCopies, PerRequest};
use crate::http::pages::asset::{Asset, SCRIPT};
use crate::http::pages::page::{Forms, Frame, Rules, respond};
use crate::login::LoginService;
use crate::store::{Store, StoreError};

/// Where the page is.
pub const PATH: &str = "/directory/api/demo";

static PAGE_SCRIPT: LazyLock<Asset> = LazyLock::new(|| Asset::new(SCRIPT, include_str!("page.js")));

/// Shows who is logged in in this browser, what the server knows of the session, and, where scripts run, the fragment
/// that an application gets.
#[derive(Template)]
#[template(path = "page.html")]
pub struct DemoPage<'a> {
    /// Language and paths of this response.
    pub frame: &'a Frame,
    /// The texts in that language.
    pub texts: &'static DemoTexts,
    /// Who is signed on in this browser: display name and e-mail address.
    pub person: Option<(&'a str, &'a str)>,
    /// The session's fields and their values, as the API names them; no secret among them.
    pub fields: &'a [(&'a str, String)],
}

impl DemoPage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self) -> Result<HttpResponse, ApiError> {
        let rules = Rules { forms: Forms::None, scripts: true, opener: false };
        respond(self, self.frame, StatusCode::OK, rules)
    }
}

/// Mounts the page and its script. They take a `Data<dyn Store>`.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource(PATH).route(web::get().to(page)))
        .service(web::resource([PATH, "/page.js"].concat()).route(web::get().to(script)));
}

async fn script(copies: KnownCopies) -> HttpResponse {
    PAGE_SCRIPT.respond(&copies)
}

async fn page(
    browser: Browser,
    frame: Frame,
    logins: PerRequest<LoginService>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, ApiError> {
    let account = logins.who(browser.signed_on.as_ref()).await?.map(|(account, _)| account);
    let session = match &account {
        Some(account) => latest_session(&**store, account.id).await.map_err(ServiceError::from)?,
        None => None,
    };
    let fields = session.map(|session| {
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
    let (frame, texts) = (&frame, DemoTexts::of(frame.language));
    DemoPage { frame, texts, person, fields: &fields.unwrap_or_default() }.respond()
}

/// The person's directory session with the latest heartbeat.
async fn latest_session(store: &dyn Store, user: UserId) -> Result<Option<DirectorySession>, StoreError> {
    let state = store.user_state(user).await?;
    Ok(state.and_then(|state| state.directory.into_values().max_by_key(|session| session.last_contact)))
}

/// As the API has it, and as people read it.
fn instant(at: Timestamp) -> String {
    let millis = i64::try_from(at.millis()).unwrap_or(i64::MAX);
    let read = DateTime::from_timestamp_millis(millis).map(|at| at.format(" (%Y-%m-%d %H:%M:%S UTC)").to_string());
    format!("{}{}", at.seconds(), read.unwrap_or_default())
}
