//! `/account/console`: the console sends a browser here, to have its person log in.

use actix_web::HttpResponse;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::TokenValue;
use crate::http::Route;
use crate::http::directory::next;
use crate::http::error::ApiError;
use crate::http::extract::{Browser, Client, PerRequest, Query};
use crate::http::openapi::errors::PageErrors;
use crate::login::{LoginService, challenge};

/// What the console sends along.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConsoleQuery {
    /// The digest of a value that the browser keeps there: 32 hexadecimal digits.
    challenge: Option<String>,
}

/// Begins a login that leads to the console.
#[utoipa::path(
    get, path = Route::AccountConsole.pattern(), tag = "pages", operation_id = "logInToConsole",
    summary = "Log in to the console",
    description = "Where `/console/login` sends the browser. Asks the person who they are, whoever remembers them \
        (`prompt=login` at an identity provider), signs the browser on, and leads whoever has `access:admin` back to \
        `manage.public_url`, and nowhere else, with what lets in there for a minute the browser that began.",
    params(ConsoleQuery),
    responses(
        (status = 302, description = "To the identity provider or the login page."),
        (status = 404, description = "`manage.public_url` is not set."),
        PageErrors,
    ),
)]
pub async fn log_in(
    browser: Browser,
    Query(query): Query<ConsoleQuery>,
    client: Client,
    logins: PerRequest<LoginService>,
) -> Result<HttpResponse, ApiError> {
    if !logins.leads_to_console() {
        return Err(ApiError::Missing);
    }
    browser.must_be_seen()?;
    let sentence = "The console sends people here. Please open the console, and begin there.";
    let challenge = query.challenge.as_deref().and_then(challenge).ok_or(ApiError::BadRequest(sentence.into()))?;
    let replaces = browser.signed_on.as_ref().map(TokenValue::digest);
    let (contact, network) = (client.info(None), client.network());
    let next = logins.begin_for_console(browser.begins(), contact, network, replaces, challenge).await?;
    let mut response = next::respond(&browser, next);
    browser.remember(&mut response);
    Ok(response)
}
