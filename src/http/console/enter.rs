//! `/console/enter` and `/console/leave`: in and out.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use askama::Template;
use serde::Deserialize;
use utoipa::IntoParams;
use zeroize::Zeroizing;

use super::operator::Visitor;
use super::said::Why;
use super::sessions::EnteredBy;
use super::shell::Place;
use super::texts::ConsoleTexts;
use crate::auth::{GuessedToken, Identity};
use crate::domain::{ApiTokenValue, TokenValue, What};
use crate::error::ServiceError;
use crate::http::Route;
use crate::http::error::{self, ApiError};
use crate::http::extract::query::CsrfForm;
use crate::http::extract::{Client, Form, PerRequest, Query, RequestLog};
use crate::http::openapi::errors::{FormErrors, PageErrors};
use crate::http::pages::page::{self, Forms, Frame, Rules};
use crate::login;
use crate::store::RetryAfter;

/// A form that takes an API token.
#[derive(Template)]
#[template(path = "enter.html")]
pub(super) struct EnterPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
    /// The texts in its language.
    pub texts: &'static ConsoleTexts,
    /// The hidden value that proves that the form came from this page.
    pub csrf: &'a str,
    /// Where somebody enters as themselves, if they can.
    pub login: Option<&'a str>,
    /// Why it is shown.
    pub why: Option<Why>,
    /// Why it is shown again.
    pub problem: Option<Refused>,
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refused {
    /// The form was not shown to this browser, or is too old, or the browser keeps no cookies.
    Forged,
    /// The token does not count.
    Wrong,
    /// The login was begun elsewhere or too long ago, or its person is no operator.
    NoLogin,
    /// Too many attempts; come back after so many seconds.
    Throttled(u64),
}

impl EnterPage<'_> {
    /// The page: 200, or the status of the problem.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub(super) fn respond(&self) -> Result<HttpResponse, ApiError> {
        let status = match self.problem {
            None => StatusCode::OK,
            Some(Refused::Forged | Refused::NoLogin) => StatusCode::FORBIDDEN,
            Some(Refused::Wrong) => StatusCode::UNAUTHORIZED,
            Some(Refused::Throttled(_)) => StatusCode::TOO_MANY_REQUESTS,
        };
        let rules = Rules { forms: Forms::Here, scripts: false, opener: false };
        let mut response = page::respond(self, self.frame, status, rules)?;
        if let Some(Refused::Throttled(seconds)) = self.problem {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        Ok(response)
    }

    fn sentence(&self) -> Option<String> {
        let texts = &self.texts.enter;
        self.problem.map(|problem| match problem {
            Refused::Forged => texts.forged.to_owned(),
            Refused::Wrong => texts.wrong.to_owned(),
            Refused::NoLogin => texts.no_login.to_owned(),
            Refused::Throttled(seconds) => (texts.throttled)(seconds),
        })
    }

    fn notice(&self) -> Option<&'static str> {
        let texts = &self.texts.enter;
        self.why.map(|why| match why {
            Why::Ended => texts.ended,
            Why::Left => texts.left,
        })
    }
}

/// What to say.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct EnterQuery {
    /// `ended`, `left`: why it is shown.
    why: Option<String>,
}

/// Shows the form.
#[utoipa::path(
    get, path = Route::ConsoleEnter.pattern(), tag = "console", operation_id = "consoleEnter",
    summary = "Where an operator enters the console",
    params(EnterQuery),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), PageErrors),
)]
pub(in crate::http) async fn show(visitor: Visitor, Query(query): Query<EnterQuery>) -> Result<HttpResponse, ApiError> {
    let why = query.why.and_then(|text| Why::ALL.into_iter().find(|why| why.as_str() == text));
    form(&visitor, why, None)
}

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct EnterForm {
    csrf: String,
    token: Zeroizing<String>,
}

/// Lets a browser in by an API token.
#[utoipa::path(
    post, path = Route::ConsoleEnter.pattern(), tag = "console", operation_id = "consoleLetIn",
    summary = "Enter the console by an API token",
    description = "What the form sends. The browser is given a cookie, which counts for eight hours, for half an hour \
        without a request, and no longer than the token. Wrong tokens are throttled by network.",
    request_body(content = String, content_type = "application/x-www-form-urlencoded",
        description = "`token`, `csrf`."),
    responses(
        (status = 303, description = "To the console."),
        (status = 401, description = "The token does not count: the page.", body = String, content_type = "text/html"),
        FormErrors,
    ),
)]
pub(in crate::http) async fn enter(
    visitor: Visitor,
    Form(sent): Form<EnterForm>,
    client: Client,
    log: RequestLog,
    identity: PerRequest<Identity>,
) -> Result<HttpResponse, ApiError> {
    if !visitor.proves(login::Form::ConsoleEnter, &sent.csrf) {
        return form(&visitor, None, Some(Refused::Forged));
    }
    log.note(|notes| notes.client = client.logged_address());
    let value = ApiTokenValue::parse(sent.token.trim().as_bytes());
    if let Some(digest) = value.map(|value| value.digest())
        && let Some(token) = visitor.token(digest).await?
    {
        let cookie = visitor.console.sessions.enter(EnteredBy::Token(digest)).map_err(ServiceError::from)?;
        tracing::info!(token = &*token.name, "an operator has entered the console");
        log.note(|notes| notes.did = Some(Box::new(What::ConsoleEntered { token: Some(token.name) })));
        let mut response = visitor.goes_to(Place::Overview.as_str());
        visitor.keep(&cookie, &mut response);
        return Ok(response);
    }
    let refused = match identity.count_unknown(GuessedToken::Management, client.network()).await {
        Ok(()) => Refused::Wrong,
        Err(ServiceError::Throttled(RetryAfter(wait))) => Refused::Throttled(error::whole_seconds(wait)),
        Err(error) => return Err(error.into()),
    };
    visitor.log(&format!("the API token does not count: {refused:?}"));
    form(&visitor, None, Some(refused))
}

/// Ends what a browser has entered by.
#[utoipa::path(
    post, path = Route::ConsoleLeave.pattern(), tag = "console", operation_id = "consoleLeave",
    summary = "Leave the console",
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`csrf`."),
    responses((status = 303, description = "To where one enters."), FormErrors),
)]
pub(in crate::http) async fn leave(visitor: Visitor, Form(form): Form<CsrfForm>) -> Result<HttpResponse, ApiError> {
    visitor
        .sends(&form.csrf, Place::Overview, async |_| {
            if let Some(cookie) = visitor.cookie() {
                visitor.console.sessions.leave(&cookie);
            }
            let mut response = visitor.goes_to_enter(Some(Why::Left));
            visitor.forget(&mut response);
            Ok(response)
        })
        .await
}

/// The form. It counts in this browser alone, which is given a cookie for that if it has none.
pub(super) fn form(visitor: &Visitor, why: Option<Why>, problem: Option<Refused>) -> Result<HttpResponse, ApiError> {
    let known = visitor.cookie();
    let is_new = known.is_none();
    let cookie = known.map_or_else(TokenValue::generate, Ok).map_err(ServiceError::from)?;
    let csrf = login::Form::ConsoleEnter.proof(&cookie, "");
    let login = visitor.console.public_url.as_ref().map(|url| format!("{url}{}", Route::ConsoleLogin.pattern()));
    let (frame, texts, login) = (&visitor.frame, visitor.texts(), login.as_deref());
    let page = EnterPage { frame, texts, csrf: &csrf, login, why, problem };
    let mut response = page.respond()?;
    if is_new {
        visitor.keep(&cookie, &mut response);
    }
    Ok(response)
}
