//! What every login has in common: who asks, from where, and how the answer looks.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::TOKEN_TYPE;
use crate::domain::{Email, ForeignId};
use crate::error::ServiceError;
use crate::http::error::ApiError;
use crate::http::extract::{Client, Entered, LoginAttempt};
use crate::http::{LoginMethod, LoginOutcome};
use crate::token::{Login, LoginContext};

/// The answer to every login.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoginResponse<'a> {
    /// The access token: 32 lower-case hexadecimal digits.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    access_token: String,
    /// The access token's whole seconds that remain, less one.
    expires_in: u64,
    /// The client's id: as sent, or made by the server.
    client_id: &'a str,
    /// Always `BimPlus`.
    #[schema(pattern = "^BimPlus$")]
    token_type: &'static str,
    /// As sent, if sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    application_id: Option<&'a str>,
    /// As sent, if sent with a cross token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    team_id: Option<&'a str>,
    /// As sent, if sent with a cross token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    project_id: Option<&'a str>,
    /// True, if a remember-me token was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    remember_me: Option<bool>,
    /// The remember-me token, if asked for: 32 lower-case hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9a-f]{32}$", nullable = false)]
    remember_me_token: Option<String>,
    /// The remember-me token's whole seconds that remain, less one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    remember_me_expires_in: Option<u64>,
}

/// Who logs in, as the request says.
#[derive(Default)]
pub(super) struct Sent {
    /// The address, and its name in the log.
    pub(super) email: Option<(Email, String)>,
    /// The client's id.
    pub(super) client: Option<Box<str>>,
}

impl Sent {
    pub(super) fn by(client: Option<&ForeignId>) -> Self {
        Self { email: None, client: client.map(|id| id.as_str().into()) }
    }
}

/// The ids that a login echoes.
#[derive(Debug, Default)]
pub(super) struct Echo {
    pub(super) application: Option<ForeignId>,
    pub(super) team: Option<ForeignId>,
    pub(super) project: Option<ForeignId>,
}

impl Echo {
    /// Who logs in, from where, and for what.
    pub(super) fn context(&self, client: &Client, client_id: Option<ForeignId>) -> LoginContext {
        let text = |id: &Option<ForeignId>| id.as_ref().map(|id| id.as_str().into());
        LoginContext {
            client_id,
            contact: client.info(text(&self.application)),
            network: client.network(),
            team: text(&self.team),
            project: text(&self.project),
        }
    }
}

/// Counts a login, notes whose it was, or at which account it failed, and renders its answer.
pub(super) fn respond(
    attempt: &LoginAttempt,
    method: LoginMethod,
    result: Result<Login, ServiceError>,
    echo: &Echo,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let outcome = result.as_ref().map_or_else(LoginOutcome::of_error, |_| Some(LoginOutcome::Success));
    let application = echo.application.as_ref().map(|id| id.as_str().into());
    let client = result.as_ref().map_or_else(|_| sent.client, |login| Some(login.client_id.as_str().into()));
    let done = result.as_ref().ok().map(|login| (login.session, login.way));
    let (email, account) = sent.email.unzip();
    let entered = Entered { email, client, application, done, error: result.as_ref().err() };
    attempt.conclude(method, outcome, account.filter(|_| result.is_err()), entered);
    let login = result?;
    attempt.log.user(login.user);
    let (remember_me_token, remember_me_expires_in) =
        login.remember_me.map(|(token, seconds)| (token.reveal(), seconds)).unzip();
    Ok(HttpResponse::Ok().json(LoginResponse {
        access_token: login.access_token.reveal(),
        expires_in: login.expires_in,
        client_id: &login.client_id,
        token_type: TOKEN_TYPE,
        application_id: echo.application.as_ref().map(ForeignId::as_str),
        team_id: echo.team.as_ref().map(ForeignId::as_str),
        project_id: echo.project.as_ref().map(ForeignId::as_str),
        remember_me: remember_me_token.is_some().then_some(true),
        remember_me_token,
        remember_me_expires_in,
    }))
}
