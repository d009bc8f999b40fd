//! `GET …/authenticate`: a login begins.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{next, outcome};
use crate::domain::{NativeToken, PendingLogin, Profile, RedirectUrl, Right};
use crate::http::error::ApiError;
use crate::http::extract::{Browser, Client, PerRequest, Query, query::flag};
use crate::http::openapi::errors::PageErrors;
use crate::http::{LoginMethod, Metrics, Route};
use crate::login::{LoginRequest, LoginService};

/// What an application asks for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuthenticateQuery {
    #[doc = "What kind of client it is. `access:admin` *(ours)*, for the management API, takes a `nativetoken`, and the \
        person is asked who they are even if they are signed on."]
    #[param(value_type = String, pattern = "^access:(client|frontend|client-dev|admin)$")]
    claims: Right,
    #[doc = "Where the browser goes at the end. Must be registered: scheme, host, port and path count. A fragment is \
        dropped: the answer takes its place *(ours)*."]
    #[param(value_type = String, pattern = "^http(s)?://.*$", max_length = 2048)]
    redirecturl: RedirectUrl,
    /// Made up by the native client that waits, from a random generator.
    #[param(value_type = Option<String>, min_length = 16, max_length = 256)]
    nativetoken: Option<NativeToken>,
    /// Third-party claims; repeatable, at most 64.
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>)]
    appclaims: Vec<Box<str>>,
    #[doc = "Whether the bearers also tell the identity provider's claims, teams and tags. Default false."]
    #[serde(default, deserialize_with = "flag")]
    needextendedbearer: Option<bool>,
    /// Given back as it came, at most 4,096 bytes *(ours)*.
    #[param(value_type = Option<String>, max_length = 4096)]
    appdata: Option<Box<str>>,
}

/// Begins a login.
#[utoipa::path(
    get, path = Route::Authenticate.pattern(), tag = "directory", operation_id = "authenticate",
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
        AuthenticateQuery,
        ("directory_sso" = Option<String>, Cookie, description = "Single sign-on; `__Host-directory_sso` over TLS."),
    ),
    responses(
        (status = 302, description = "To the identity provider, the login page, the confirmation, or `redirecturl`."),
        PageErrors,
    ),
)]
pub async fn begin(
    query: Result<Query<AuthenticateQuery>, ApiError>,
    browser: Browser,
    client: Client,
    logins: PerRequest<LoginService>,
    metrics: Data<Metrics>,
) -> Result<HttpResponse, ApiError> {
    browser.must_be_seen()?;
    let Query(query) = query?;
    let next =
        logins.begin(query.request(&client)?, browser.host(), browser.begins(), browser.signed_on.as_ref()).await?;
    if let Some(outcome) = outcome::of_sign_on(&next) {
        metrics.observe_login(LoginMethod::SignOn, outcome);
    }
    let mut response = next::respond(&browser, next);
    browser.remember(&mut response);
    Ok(response)
}

impl AuthenticateQuery {
    fn request(mut self, client: &Client) -> Result<LoginRequest, ApiError> {
        let refuse = |sentence: &'static str| Err(ApiError::BadRequest(sentence.into()));
        // Programs that build the query of an empty list send an empty one.
        self.appclaims.retain(|claim| !claim.is_empty());
        let claims = &self.appclaims;
        if claims.len() > Profile::MAX_ENTRIES || claims.iter().any(|claim| claim.len() > Profile::MAX_ENTRY) {
            return refuse("There may be at most 64 appclaims, of at most 128 bytes each.");
        }
        // A page would be sent it without the person's knowing, and any script on that page could have it.
        if self.claims == Right::Admin && self.nativetoken.is_none() {
            return refuse(
                "A session for access:admin is for a program that waits with a nativetoken, and not for a page.",
            );
        }
        let data = self.appdata.as_ref().map_or(0, |data| data.len());
        if data > PendingLogin::MAX_APP_DATA {
            return refuse("The parameter appdata must be at most 4096 bytes long.");
        }
        let claimed: usize = claims.iter().map(|claim| claim.len()).sum();
        if claimed + data + self.redirecturl.as_str().len() > PendingLogin::MAX_ASKED {
            return refuse("appclaims, appdata and redirecturl must be at most 7168 bytes long together.");
        }
        Ok(LoginRequest {
            right: self.claims,
            redirect_url: self.redirecturl,
            native: self.nativetoken,
            app_claims: self.appclaims,
            extended: self.needextendedbearer.unwrap_or_default(),
            app_data: self.appdata,
            contact: client.info(None),
            network: client.network(),
        })
    }
}
