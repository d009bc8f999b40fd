//! `/console/login` and `/console/arrive`: a person enters as themselves, by a login at this server's public address.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;
use utoipa::IntoParams;

use super::enter::{Refused, form};
use super::operator::Visitor;
use super::sessions::EnteredBy;
use super::texts::ConsoleTexts;
use crate::domain::{TokenValue, What};
use crate::error::ServiceError;
use crate::http::error::ApiError;
use crate::http::extract::{Client, PerRequest, Query, RequestLog};
use crate::http::openapi::errors::PageErrors;
use crate::http::pages::page::{self, Forms, Frame, Rules};
use crate::http::{HttpSettings, Route};
use crate::login::{Arrival, CONSOLE_LOGIN, LoginService, challenge_of};

/// Leads on to the console.
///
/// It is a page and no redirect: a browser that comes from another site sends no `SameSite=Strict` cookie along while
/// it is redirected, and the console would not know it.
#[derive(Template)]
#[template(path = "arrived.html")]
pub(super) struct ArrivedPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
    /// The texts in its language.
    pub texts: &'static ConsoleTexts,
}

impl ArrivedPage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub(super) fn respond(&self) -> Result<HttpResponse, ApiError> {
        page::respond(self, self.frame, StatusCode::OK, Rules { forms: Forms::None, scripts: false, opener: false })
    }
}

/// Sends a person to log in.
#[utoipa::path(
    get, path = Route::ConsoleLogin.pattern(), tag = "console", operation_id = "consoleLogin",
    summary = "Enter the console as oneself",
    description = "Leads to the login at `server.public_url`, and from there back to `/console/arrive`. Whoever has \
        `access:admin` is let in.",
    responses(
        (status = 302, description = "To the login."),
        (status = 404, description = "`manage.public_url` is not set."), PageErrors,
    ),
)]
pub(in crate::http) async fn log_in(visitor: Visitor, settings: Data<HttpSettings>) -> Result<HttpResponse, ApiError> {
    if visitor.console.public_url.is_none() {
        return Err(ApiError::Missing);
    }
    let verifier = TokenValue::generate().map_err(ServiceError::from)?;
    let location = settings.base.at(&format!("{CONSOLE_LOGIN}?challenge={}", challenge_of(&verifier)));
    let mut response = HttpResponse::Found().insert_header((LOCATION, location)).finish();
    visitor.keep_verifier(Some(&verifier), &mut response);
    Ok(response)
}

/// What the browser brings from the login.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct ArrivalQuery {
    /// Counts for a minute, in the browser that began the login here.
    code: Option<String>,
}

/// Lets a browser in whose person has logged in.
#[utoipa::path(
    get, path = Route::ConsoleArrival.pattern(), tag = "console", operation_id = "consoleArrive",
    summary = "Where a browser comes back to that logs in for the console",
    description = "The browser is given a cookie, which counts for eight hours, for half an hour without a request, \
        and no longer than the browser is signed on at `server.public_url` and its person has `access:admin`.",
    params(ArrivalQuery),
    responses(
        (status = 200, description = "A page that leads on to the console.", body = String, content_type = "text/html"),
        PageErrors,
    ),
)]
pub(in crate::http) async fn arrive(
    visitor: Visitor,
    Query(query): Query<ArrivalQuery>,
    client: Client,
    log: RequestLog,
    logins: PerRequest<LoginService>,
) -> Result<HttpResponse, ApiError> {
    let arrival = visitor.verifier().zip(query.code).and_then(|(verifier, code)| logins.arrival(&verifier, &code));
    let Some(Arrival { user, sign_on }) = arrival else {
        visitor.log("this browser began no such login, or too long ago");
        return form(&visitor, None, Some(Refused::NoLogin));
    };
    if visitor.person(user, sign_on).await?.is_none() {
        visitor.log("the person has not access:admin, or is signed off by now");
        return form(&visitor, None, Some(Refused::NoLogin));
    }
    let cookie = visitor.console.sessions.enter(EnteredBy::Person { user, sign_on }).map_err(ServiceError::from)?;
    tracing::info!(person = %user, "an operator has entered the console");
    log.note(|notes| {
        notes.user = Some(user);
        notes.client = client.logged_address();
        notes.did = Some(Box::new(What::ConsoleEntered { token: None }));
    });
    let mut response = ArrivedPage { frame: &visitor.frame, texts: visitor.texts() }.respond()?;
    visitor.keep_of_person(&cookie, &mut response);
    visitor.keep_verifier(None, &mut response);
    Ok(response)
}
