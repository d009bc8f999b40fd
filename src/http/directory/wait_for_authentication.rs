//! `/waitforauthentication`: the long poll of a native client.

use std::time::Duration;

use actix_web::http::header::ORIGIN;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::IntoParams;

use super::session::{self, SessionResponse};
use crate::domain::{ClientInfo, Denied, NativeToken, Network};
use crate::error::ServiceError;
use crate::http::Route;
use crate::http::connection::EndOfRequests;
use crate::http::error::ApiError;
use crate::http::extract::{Client, Query, RequestLog, bearer, from_head};
use crate::http::openapi::errors::WaitErrors;
use crate::session::{SessionService, Waited};

/// How long a wait is if its client does not say, in seconds.
const DEFAULT_SECONDS: u64 = 25;
/// The most that a client may ask for, in seconds.
const MAX_ASKED_SECONDS: u64 = 60;
/// The longest wait, in seconds: proxies give up on a silent answer after 50 or 60 s.
const MAX_SECONDS: u64 = 45;

/// How long to wait.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WaitQuery {
    /// How long to wait, in seconds; 25 if absent or empty. More than 45 count as 45.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 60)]
    timeoutsec: Option<String>,
}

/// Waits for a login.
#[utoipa::path(
    method(get, post), path = Route::Wait.pattern(), tag = "directory",
    operation_id = "waitForAuthentication", security(("Native_Token" = [])),
    summary = "Wait for a login",
    description = "A native client waits for the login that goes on in a browser. It may ask before the browser arrives. \
        Answers as soon as the login is decided, whichever server decided it. Can be asked again until the first \
        heartbeat, or for a minute after the first answer: a lost answer is no lost login. A server that is being \
        stopped, or a client that says it will send nothing more, ends the wait with 204 *(ours)*. So do 45 seconds, because \
        proxies give up on longer waits. A body is ignored.",
    params(WaitQuery),
    responses(
        (status = 200, description = "The person is logged in.", body = SessionResponse),
        (status = 204, description = "Not yet; ask again."),
        WaitErrors,
    ),
)]
pub async fn wait(
    Query(query): Query<WaitQuery>,
    waiting: WaitingClient,
    end: EndOfRequests,
    sessions: Data<SessionService>,
    log: RequestLog,
) -> Result<HttpResponse, ApiError> {
    let patience = query.patience()?;
    let native = waiting.native.ok_or(ServiceError::NoSession(Denied::NoToken))?;
    sessions.introduce(native.digest(), &waiting.info).await;
    let waited = tokio::select! {
        biased;
        waited = sessions.wait(native.digest(), waiting.network, patience) => waited?,
        // Nobody hears the answer any more: the place is for somebody else.
        () = end.reached() => Waited::NotYet,
    };
    match waited {
        Waited::LoggedIn(renewed) => Ok(session::respond(&sessions, &log, &renewed)),
        Waited::NotYet => Ok(HttpResponse::NoContent().finish()),
    }
}

/// The client that waits. A page does so in whatever browser has it open, which may be the person's own: it is known by
/// its site, and its machine must not be taken for that of the program.
pub struct WaitingClient {
    native: Option<NativeToken>,
    info: ClientInfo,
    network: Network,
}

impl WaitingClient {
    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let client = Client::of(request)?;
        let info = match request.headers().get(ORIGIN) {
            None => client.info(None),
            Some(origin) => {
                let site = origin.to_str().unwrap_or_default().chars().take(ClientInfo::MAX_USER_AGENT);
                ClientInfo { user_agent: Some(site.collect::<String>().into()), ..ClientInfo::default() }
            }
        };
        let sent = bearer::infinite_bearer(request.headers());
        Ok(Self { native: sent.and_then(NativeToken::parse), info, network: client.network() })
    }
}

from_head!(try WaitingClient);

impl WaitQuery {
    fn patience(&self) -> Result<Duration, ApiError> {
        let seconds = match self.timeoutsec.as_deref() {
            None | Some("") => Some(DEFAULT_SECONDS),
            Some(sent) => sent.parse().ok().filter(|seconds| *seconds <= MAX_ASKED_SECONDS),
        };
        let wrong =
            || ApiError::BadRequest(format!("timeoutsec must be a whole number from 0 to {MAX_ASKED_SECONDS}.").into());
        seconds.map(|seconds| Duration::from_secs(seconds.min(MAX_SECONDS))).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_before_a_proxy_gives_up() {
        let patience = |query| Query::<WaitQuery>::parse(query).and_then(|Query(query)| query.patience());
        let seconds = |query| patience(query).ok().map(|patience| patience.as_secs());
        for (query, expected) in [
            ("", Some(25)),
            ("timeoutsec=", Some(25)),
            ("timeoutsec=0", Some(0)),
            ("timeoutsec=44", Some(44)),
            ("timeoutsec=60&_=1", Some(45)),
            ("timeoutsec=61", None),
            ("timeoutsec=-1", None),
            ("timeoutsec=1.5", None),
            ("timeoutsec=1&timeoutsec=1", None),
            ("timeoutsec=99999999999999999999", None),
        ] {
            assert_eq!(seconds(query), expected, "{query}");
        }
    }
}
