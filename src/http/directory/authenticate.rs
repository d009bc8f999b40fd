//! `GET …/authenticate`: a login begins.

use actix_web::http::header::LOCATION;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};

use super::browser::{self, Browser};
use super::query::Pairs;
use crate::directory::login::{LoginError, Order, Step};
use crate::domain::{NativeToken, PendingLogin, Profile, RedirectUrl, Right};
use crate::http::error::ApiError;
use crate::http::{Services, v2};

/// Begins a login.
///
/// # Errors
/// [`ApiError`].
#[utoipa::path(
    get, path = "/directory/api/directorysession/authenticate", tag = "directory", operation_id = "authenticate",
    summary = "Begin a login",
    description = "Opened in a browser. Redirects to the identity provider, or to the login page of this server; at the \
        end to `redirecturl`, with a fragment, form-encoded *(ours)*: `directory_access_token`, `http_access_token`, \
        `heartbeat_before`, `session_eol` and `appdata`; or `error` (`access_denied`, `invalid_scope`, `server_error`, \
        `temporarily_unavailable`), `error_description` and `appdata`. With `nativetoken` the fragment has no tokens: \
        the native client collects them from `/waitforauthentication`, after the person has confirmed its login. A \
        parameter that is there twice is refused, unknown ones are ignored.",
    params(
        ("claims" = String, Query, pattern = "^access:(client|frontend|client-dev)$", description = "What kind of client it is."),
        ("redirecturl" = String, Query, pattern = "^http(s)?://.*$", max_length = 2048,
            description = "Where the browser goes at the end. Must be registered: scheme, host, port and path count."),
        ("nativetoken" = Option<String>, Query, min_length = 16, max_length = 256,
            description = "Made up by the native client that waits, from a random generator."),
        ("appclaims" = Option<Vec<String>>, Query, description = "Third-party claims; repeatable, at most 64."),
        ("needextendedbearer" = Option<bool>, Query, description = "Whether the bearers also tell the identity \
            provider's claims, teams and tags. Default false."),
        ("appdata" = Option<String>, Query, max_length = 4096, description = "Given back as it came, at most 4,096 bytes *(ours)*."),
        ("directory_sso" = Option<String>, Cookie, description = "Single sign-on; `__Host-directory_sso` over TLS."),
    ),
    responses(
        (status = 302, description = "To the identity provider, the login page, the confirmation, or `redirecturl`."),
        crate::http::openapi::errors::PageErrors,
    ),
)]
pub async fn begin(request: HttpRequest, services: web::Data<Services>) -> Result<HttpResponse, ApiError> {
    let order = order(&request, &services)?;
    let browser = Browser::of(&request, &services.base).map_err(LoginError::from)?;
    let step = services.logins.begin(order, &browser.id, browser.signed_on.as_ref()).await?;
    let mut response = go(&request, &services, step);
    browser.remember(&services.base, services.browser_lifetime, response.headers_mut());
    Ok(response)
}

/// Sends the browser on: after a form by 303, so that it does not send the form again (RFC 9110, 15.4.4).
pub(super) fn go(request: &HttpRequest, services: &Services, step: Step) -> HttpResponse {
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

/// What the application asks for.
fn order(request: &HttpRequest, services: &Services) -> Result<Order, ApiError> {
    let query = Pairs::parse(request.query_string())?;
    let refuse = |sentence: &'static str| ApiError::BadRequest(sentence.into());
    let right = Right::parse(query.mandatory("claims")?)
        .ok_or_else(|| refuse("The parameter claims must be access:client, access:frontend or access:client-dev."))?;
    let redirect_url = redirect_url(&query)?;
    let native = query.one("nativetoken")?.map(|sent| NativeToken::parse(sent.as_bytes()));
    let native =
        native.map(|sent| sent.ok_or_else(|| refuse("The parameter nativetoken must be 16 to 256 bytes long.")));
    let app_claims: Vec<Box<str>> = query.all("appclaims").map(Box::from).collect();
    let good = app_claims.iter().all(|claim| (1..=Profile::MAX_ENTRY).contains(&claim.len()));
    if app_claims.len() > Profile::MAX_ENTRIES || !good {
        return Err(refuse("There may be at most 64 appclaims, of 1 to 128 bytes each."));
    }
    let app_data = query.one("appdata")?;
    if app_data.is_some_and(|data| data.len() > PendingLogin::MAX_APP_DATA) {
        return Err(refuse("The parameter appdata must be at most 4096 bytes long."));
    }
    let (contact, network) = v2::login::contact(request, services, None);
    Ok(Order {
        right,
        redirect_url,
        native: native.transpose()?,
        app_claims,
        extended: query.flag("needextendedbearer")?.unwrap_or_default(),
        app_data: app_data.map(Box::from),
        contact,
        network,
    })
}

/// The redirect URL of a query string.
pub(super) fn redirect_url(query: &Pairs) -> Result<RedirectUrl, ApiError> {
    let sent = query.mandatory("redirecturl")?;
    RedirectUrl::parse(sent).map_err(|error| ApiError::BadRequest(format!("The parameter redirecturl {error}.").into()))
}
