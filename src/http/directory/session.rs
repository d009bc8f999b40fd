//! The session as its client is told of it: what `/heartbeat` and `/waitforauthentication` answer.

use actix_web::HttpResponse;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::domain::Account;
use crate::http::extract::RequestLog;
use crate::session::{Renewed, SessionService};

/// An open session, and bearers for it. Instants are seconds since 1970, durations seconds.
#[derive(Serialize, ToSchema)]
pub struct SessionResponse<'a> {
    /// From the configuration.
    #[schema(example = 0)]
    buildrentsec: u64,
    /// What the session is for.
    #[schema(pattern = "^access:(client|frontend|client-dev)$", example = "access:client")]
    claims: &'a str,
    /// How long a client may be idle; the client itself watches over it.
    #[schema(example = 3600)]
    clientmaxidledurationsec: u64,
    /// The bearer for this server: an RS256 JWT.
    #[schema(example = "eyJhbGciOiJSUzI1NiIs…")]
    directory_access_token: &'a str,
    /// The user's name, or e-mail address where there is none.
    #[schema(example = "Ada Lovelace")]
    displayname: &'a str,
    /// The session closes at this instant unless a heartbeat comes.
    #[schema(example = 1_798_765_800)]
    heartbeat_before: u64,
    /// The bearer for third-party back ends: an RS256 JWT.
    #[schema(example = "eyJhbGciOiJSUzI1NiIs…")]
    http_access_token: &'a str,
    /// How long a licence is borrowed.
    #[schema(example = 86_400)]
    lmxborrowsec: u64,
    /// From the configuration.
    lmxfeature: &'a str,
    /// From the configuration.
    lmxserver: &'a str,
    /// The session closes at this instant whatever happens.
    #[schema(example = 1_798_808_400)]
    session_eol: u64,
    /// What the identity provider says of the user; empty for a local user.
    subinfo: Map<String, Value>,
}

/// Answers with a session.
pub(super) fn respond(sessions: &SessionService, log: &RequestLog, renewed: &Renewed) -> HttpResponse {
    let Renewed { held, bearers } = renewed;
    let (account, session, licenses) = (&held.account, &held.session, sessions.license_settings());
    log.user(account.id);
    super::respond(&SessionResponse {
        buildrentsec: licenses.build_rent.as_secs(),
        claims: session.right.as_str(),
        clientmaxidledurationsec: sessions.settings().client_max_idle.as_secs(),
        directory_access_token: &bearers.directory,
        displayname: display_name(account),
        heartbeat_before: session.heartbeat_before.seconds(),
        http_access_token: &bearers.http,
        lmxborrowsec: licenses.borrow_time.as_secs(),
        lmxfeature: &licenses.feature,
        lmxserver: &licenses.server,
        session_eol: session.end_of_life.seconds(),
        subinfo: provider_claims(account),
    })
}

/// The user's name, or e-mail address where there is none.
pub(in crate::http) fn display_name(account: &Account) -> &str {
    if account.name.is_empty() { account.email.as_str() } else { &account.name }
}

/// What the identity provider last said of a user.
pub(in crate::http) fn provider_claims(account: &Account) -> Map<String, Value> {
    let claims = account.profile.subject.as_ref().map(|subject| serde_json::from_str(&subject.claims));
    claims.and_then(Result::ok).unwrap_or_default()
}
