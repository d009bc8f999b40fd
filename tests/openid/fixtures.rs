//! What the tests begin with.

use std::sync::Arc;

use bimgate::auth::oidc::{AuthorizationParams, Claimed, OpenId, OpenIdError};
use bimgate::clock::{Clock, SystemClock};
use bimgate::settings::{OpenIdSettings, Secret, Settings};
use serde_json::{Value, json};
use url::Url;

use crate::support::openid_provider::{CLIENT, OpenIdProvider, SECRET};
use crate::support::visitor::{Visitor, parameter};

/// Where people are sent back to. Nobody listens there: a test reads the URL.
pub const REDIRECT: &str = "http://127.0.0.1:9/directory/api/directorysession/onauthenticated";
pub const STATE: &str = "state-0123456789-0123456789-0123456789-0123";
pub const NONCE: &str = "nonce-0123456789-0123456789-0123456789-0123";
pub const VERIFIER: &str = "verifier-0123456789-0123456789-0123456789-0";

/// A login as any begins.
pub const ASK: AuthorizationParams<'static> =
    AuthorizationParams { state: STATE, nonce: NONCE, verifier: VERIFIER, prompt_login: false };

/// Somebody to log in.
pub fn accounts() -> Value {
    json!({"alice": {"name": "Alice Example", "email": "alice@example.org", "email_verified": true}})
}

/// A provider with [`accounts`].
pub fn provider() -> OpenIdProvider {
    OpenIdProvider::start(&[REDIRECT], &accounts())
}

/// The settings' defaults, for a provider of tests.
pub fn settings(issuer: &str) -> OpenIdSettings {
    let defaults = Settings::defaults().expect("the defaults are good").openid;
    let client_secret = Some(Secret::from(SECRET.to_owned()));
    OpenIdSettings { issuer: Some(issuer.to_owned()), client_id: CLIENT.to_owned(), client_secret, ..defaults }
}

/// A client by these settings.
pub fn open_id(settings: &OpenIdSettings) -> OpenId {
    with_clock(settings, Arc::new(SystemClock))
}

/// As [`open_id`], by another clock.
pub fn with_clock(settings: &OpenIdSettings, clock: Arc<dyn Clock>) -> OpenId {
    OpenId::new(settings, Url::parse(REDIRECT).expect("a URL"), clock).expect("the settings are good")
}

/// The code with which this person comes back.
pub async fn code(open_id: &OpenId, visitor: &mut Visitor, account: &str) -> Result<String, OpenIdError> {
    let url = open_id.authorization_url(&ASK).await?;
    Ok(parameter(&visitor.log_in_at(&url, account), "code"))
}

/// A whole login.
pub async fn log_in(open_id: &OpenId, account: &str) -> Result<Claimed, OpenIdError> {
    let code = code(open_id, &mut Visitor::default(), account).await?;
    open_id.redeem(&code, NONCE, VERIFIER).await
}

/// Checks that it was refused, for this reason.
#[track_caller]
pub fn refused(outcome: Result<Claimed, OpenIdError>, why: &str) {
    match outcome {
        Err(OpenIdError::Refused(said)) => assert!(said.contains(why), "{said}"),
        other => panic!("not refused but {other:?}"),
    }
}

/// Checks that there was no provider, for this reason.
#[track_caller]
pub fn unavailable<T: std::fmt::Debug>(outcome: Result<T, OpenIdError>, why: &str) {
    match outcome {
        Err(OpenIdError::Unavailable(said)) => assert!(said.contains(why), "{said}"),
        other => panic!("not unavailable but {other:?}"),
    }
}
