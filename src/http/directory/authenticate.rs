//! `GET …/authenticate`: a login begins.

use actix_web::http::header::{HOST, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use super::next;
use crate::domain::{PendingLogin, Profile, Right};
use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::extract::browser::Browser;
use crate::http::extract::client_info::{contact, network};
use crate::http::extract::query::{Parameters, native_token};
use crate::http::openapi::errors::PageErrors;
use crate::login::LoginRequest;

/// Begins a login.
///
/// # Errors
/// [`ApiError`].
#[utoipa::path(
    get, path = "/directory/api/directorysession/authenticate", tag = "directory", operation_id = "authenticate",
    summary = "Begin a login",
    description = "Opened in a window of a browser: what a page loads by itself, or another site's frame, is refused, as \
        far as the browser tells (`Sec-Fetch-Mode`) *(ours)*. Redirects to the identity provider, or to the login page of this server; at the \
        end to `redirecturl`, with a fragment, form-encoded *(ours)*: `directory_access_token`, `http_access_token`, \
        `heartbeat_before`, `session_eol` and `appdata`; or `error` (`access_denied`, `invalid_scope`, `server_error`, \
        `temporarily_unavailable`), `error_description` and `appdata`. With `nativetoken` the fragment has no tokens: \
        the native client collects them from `/waitforauthentication`, after the person has confirmed its login. A \
        parameter that is there twice is refused, unknown ones are ignored. `appclaims`, `appdata` and `redirecturl` may \
        be 7,168 bytes long together *(ours)*.",
    params(
        ("claims" = String, Query, pattern = "^access:(client|frontend|client-dev)$", description = "What kind of client it is."),
        ("redirecturl" = String, Query, pattern = "^http(s)?://.*$", max_length = 2048,
            description = "Where the browser goes at the end. Must be registered: scheme, host, port and path count. A \
                fragment is dropped: the answer takes its place *(ours)*."),
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
        PageErrors,
    ),
)]
pub async fn begin(request: HttpRequest, services: AppState) -> Result<HttpResponse, ApiError> {
    if is_unseen(request.headers()) {
        let sentence =
            "A login begins in a window that the person sees: open this address in one. A page cannot load it.";
        return Err(ApiError::BadRequest(sentence.into()));
    }
    let order = order(&request, &services)?;
    let browser = Browser::of(&request, &services.base)?;
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let step = services.logins.begin(order, host, browser.begins(), browser.signed_on.as_ref()).await?;
    let mut response = next::answer(&request, &services, &browser, step);
    browser.remember(&services.base, services.browser_lifetime, response.headers_mut());
    Ok(response)
}

/// Whether a browser says (Fetch Metadata Request Headers, 2) that this is no window but what a page loads, or another
/// site's frame, in which the cookies of a login are kept from this server anyway. Any page could otherwise use up the
/// logins that a network may have under way, through whoever looks at it. Programs that are no browsers do not say.
pub(super) fn is_unseen(headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let is_frame = said("sec-fetch-dest").is_some_and(|destination| destination != b"document");
    said("sec-fetch-mode").is_some_and(|mode| mode != b"navigate")
        || is_frame && said("sec-fetch-site") == Some(b"cross-site")
}

/// What the application asks for.
fn order(request: &HttpRequest, services: &AppState) -> Result<LoginRequest, ApiError> {
    let query = Parameters::of(request.query_string());
    let refuse = |sentence: &'static str| ApiError::BadRequest(sentence.into());
    let right = Right::parse(query.mandatory("claims")?)
        .ok_or_else(|| refuse("The parameter claims must be access:client, access:frontend or access:client-dev."))?;
    let redirect_url = query.redirect_url()?;
    let native = query.one("nativetoken")?.map(native_token).transpose()?;
    // Programs that build the query of an empty list send an empty one.
    let app_claims = query.all("appclaims").filter(|claim| !matches!(claim, Ok("")));
    let app_claims: Vec<Box<str>> = app_claims.map(|claim| claim.map(Box::from)).collect::<Result<_, _>>()?;
    if app_claims.len() > Profile::MAX_ENTRIES || app_claims.iter().any(|claim| claim.len() > Profile::MAX_ENTRY) {
        return Err(refuse("There may be at most 64 appclaims, of at most 128 bytes each."));
    }
    let app_data = query.one("appdata")?;
    if app_data.is_some_and(|data| data.len() > PendingLogin::MAX_APP_DATA) {
        return Err(refuse("The parameter appdata must be at most 4096 bytes long."));
    }
    let claimed: usize = app_claims.iter().map(|claim| claim.len()).sum();
    if claimed + app_data.map_or(0, str::len) + redirect_url.as_str().len() > PendingLogin::MAX_ASKED {
        return Err(refuse("appclaims, appdata and redirecturl must be at most 7168 bytes long together."));
    }
    Ok(LoginRequest {
        right,
        redirect_url,
        native,
        app_claims,
        extended: query.flag("needextendedbearer")?.unwrap_or_default(),
        app_data: app_data.map(Box::from),
        contact: contact(request, services),
        network: network(request, services),
    })
}
