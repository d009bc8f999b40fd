//! The only place where an error becomes a response: one envelope for every route, with the request's id in it.

mod login;
mod session;

use std::borrow::Cow;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use uuid::Uuid;

use crate::auth::IdentityError;
use crate::bearer::BearerError;
use crate::domain::Denied;
use crate::login::LoginError;
use crate::session::SessionError;
use crate::store::StoreError;
use crate::token::TokenError;

/// Why a request got no other answer. Each is one row of the table in `docs/api/README.md`, "Errors".
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The request is malformed; the sentence says where.
    #[error("malformed request: {0}")]
    BadRequest(Cow<'static, str>),
    /// Credentials that do not count, whatever the reason.
    #[error("invalid credentials: {0}")]
    InvalidCredentials(Denied),
    /// An access token that does not count, whatever the reason.
    #[error("invalid token: {0}")]
    InvalidToken(Denied),
    /// Neither the administrator nor a back end that may ask; the sentence says who is wanted.
    #[error("not authenticated by Basic")]
    NotAuthenticated(&'static str),
    /// Known, but not allowed; the sentence says what is missing.
    #[error("forbidden: {0}")]
    Forbidden(&'static str),
    /// No such route.
    #[error("no such route")]
    Missing,
    /// The route has other methods: these.
    #[error("method not allowed")]
    MethodNotAllowed(&'static str),
    /// The body is larger than this many bytes.
    #[error("body larger than {0} bytes")]
    TooLarge(usize),
    /// Too many attempts; come back after this.
    #[error("throttled")]
    TooManyAttempts(Duration),
    /// The login queue is full.
    #[error("the login queue is full")]
    Busy,
    /// The server is being stopped.
    #[error("stopping")]
    Stopping,
    /// A login through a browser does not go on.
    #[error(transparent)]
    Login(LoginError),
    /// The session is not open, or does not allow it.
    #[error(transparent)]
    Session(SessionError),
    /// The store is unavailable.
    #[error(transparent)]
    Store(StoreError),
    /// A bug.
    #[error("unexpected: {0}")]
    Unknown(String),
}

/// The envelope of every error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Envelope<'a> {
    /// What went wrong, for programs.
    #[schema(example = "E_InvalidCredentials")]
    pub code: &'a str,
    /// Always true.
    #[schema(example = true)]
    pub error: bool,
    /// What went wrong and what to do, for people.
    #[schema(example = "The e-mail address or the password is wrong.")]
    pub message: Cow<'a, str>,
    /// The request's id: also in the header `x-request-id` and in the log.
    pub uuid: Uuid,
}

/// When to come back after a 503, in seconds.
const UNAVAILABLE_RETRY: HeaderValue = HeaderValue::from_static("1");
/// When to begin a login after too many others, in seconds: they end within minutes.
const TOO_MANY_LOGINS_RETRY: HeaderValue = HeaderValue::from_static("30");

impl ApiError {
    /// Why it was denied, for the log and the metrics; `None`: it was not for any of these.
    #[must_use]
    pub const fn denied(&self) -> Option<Denied> {
        match self {
            Self::InvalidCredentials(denied)
            | Self::InvalidToken(denied)
            | Self::Session(SessionError::Refused(denied)) => Some(*denied),
            Self::Login(LoginError::Refused(refused)) => refused.denied,
            _ => None,
        }
    }

    /// Status and code, as the table in `docs/api/README.md` pairs them.
    #[must_use]
    pub const fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "E_BadRequest"),
            Self::InvalidCredentials(_) | Self::NotAuthenticated(_) => {
                (StatusCode::UNAUTHORIZED, "E_InvalidCredentials")
            }
            Self::InvalidToken(_) => (StatusCode::UNAUTHORIZED, "E_InvalidToken"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "E_Forbidden"),
            Self::Missing => (StatusCode::NOT_FOUND, "E_Missing_404"),
            Self::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, "E_MethodNotAllowed"),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "E_TooLarge"),
            Self::TooManyAttempts(_) => (StatusCode::TOO_MANY_REQUESTS, "E_TooManyAttempts"),
            Self::Login(error) => login::kind(error),
            Self::Session(error) => session::kind(error),
            Self::Busy | Self::Stopping | Self::Store(StoreError::Unavailable(_)) => {
                (StatusCode::SERVICE_UNAVAILABLE, "E_Unavailable")
            }
            Self::Store(StoreError::Unreadable(_) | StoreError::NoSuchPlace) | Self::Unknown(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "E_UnknownError")
            }
        }
    }

    /// The sentence for the person. Never holds a secret, an internal path, or another user's data.
    fn message(&self) -> Cow<'static, str> {
        match self {
            Self::BadRequest(sentence) => sentence.clone(),
            Self::InvalidCredentials(_) => {
                "The e-mail address or the password is wrong, or the token is spent or expired. Please log in again."
                    .into()
            }
            Self::InvalidToken(_) => "The access token is missing, expired or revoked. Please log in again.".into(),
            Self::Forbidden(sentence) | Self::NotAuthenticated(sentence) => (*sentence).into(),
            Self::Missing => "There is nothing at this address. /docs lists what there is.".into(),
            Self::MethodNotAllowed(allow) => format!("This address only takes {allow}.").into(),
            Self::TooLarge(limit) => format!("The body is larger than {limit} bytes.").into(),
            Self::TooManyAttempts(wait) => {
                format!("Too many attempts. Please try again in {} seconds.", whole_seconds(*wait)).into()
            }
            Self::Login(error) => login::message(error).into(),
            Self::Session(error) => session::message(error).into(),
            Self::Busy => "Too many people are logging in at this moment. Please try again in a second.".into(),
            Self::Stopping => "The server is being restarted. Please try again in a few seconds.".into(),
            Self::Store(StoreError::Unavailable(_)) => {
                "The service cannot reach its data at this moment. Please try again in a few seconds.".into()
            }
            Self::Store(StoreError::Unreadable(_) | StoreError::NoSuchPlace) | Self::Unknown(_) => {
                "Something went wrong on our side. Please give the request's id (uuid) when you report it.".into()
            }
        }
    }

    /// The body, for this request.
    #[must_use]
    pub fn body(&self, request: Uuid) -> Vec<u8> {
        let envelope = Envelope { code: self.kind().1, error: true, message: self.message(), uuid: request };
        serde_json::to_vec(&envelope).unwrap_or_default()
    }

    /// The headers that belong to the status.
    pub fn head(&self, headers: &mut HeaderMap) {
        match self {
            Self::InvalidCredentials(_) | Self::InvalidToken(_) => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("BimPlus"));
            }
            Self::NotAuthenticated(_) => {
                let challenge = HeaderValue::from_static("Basic realm=\"bimgate\", charset=\"UTF-8\"");
                headers.insert(WWW_AUTHENTICATE, challenge);
            }
            Self::MethodNotAllowed(allow) => {
                headers.insert(ALLOW, HeaderValue::from_static(allow));
            }
            Self::TooManyAttempts(wait) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(*wait)));
            }
            Self::Session(SessionError::Refused(_)) => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::Busy
            | Self::Stopping
            | Self::Store(StoreError::Unavailable(_))
            | Self::Session(SessionError::TooManyWaiting(_) | SessionError::NoKeys | SessionError::Busy)
            | Self::Login(LoginError::ProviderUnavailable(_)) => {
                headers.insert(RETRY_AFTER, UNAVAILABLE_RETRY);
            }
            Self::Login(LoginError::TooMany) => {
                headers.insert(RETRY_AFTER, TOO_MANY_LOGINS_RETRY);
            }
            _ => {}
        }
    }
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Store(error) | LoginError::Password(IdentityError::Store(error)) => Self::Store(error),
            LoginError::Password(IdentityError::Refused(denied)) => Self::InvalidCredentials(denied),
            LoginError::Password(IdentityError::Throttled(retry_after)) => Self::TooManyAttempts(retry_after.0),
            LoginError::Password(IdentityError::Busy) => Self::Busy,
            LoginError::Bearer(error) => error.into(),
            error => Self::Login(error),
        }
    }
}

/// Rounded up, at least one: a client that waits so long finds the bucket refilled.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1)
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::InvalidToken(denied) | TokenError::Session(SessionError::Refused(denied)) => {
                Self::InvalidToken(denied)
            }
            TokenError::Session(error) => error.into(),
            TokenError::InvalidCredentials(denied) => Self::InvalidCredentials(denied),
            TokenError::UnknownApplication => Self::Forbidden("This application may not log in here."),
            TokenError::ApplicationMissing => Self::BadRequest("The field application_id is mandatory.".into()),
            TokenError::Throttled(retry_after) => Self::TooManyAttempts(retry_after.0),
            TokenError::Busy => Self::Busy,
            TokenError::Store(error) => Self::Store(error),
            TokenError::Randomness(error) => Self::Unknown(error.to_string()),
        }
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Store(error) => Self::Store(error),
            SessionError::Throttled(retry_after) => Self::TooManyAttempts(retry_after.0),
            error => Self::Session(error),
        }
    }
}

impl From<BearerError> for ApiError {
    fn from(error: BearerError) -> Self {
        match error {
            BearerError::Refused(denied) => Self::InvalidToken(denied),
            BearerError::NoKeys => Self::Session(SessionError::NoKeys),
            BearerError::Busy => Self::Session(SessionError::Busy),
            BearerError::Signing => Self::Unknown(error.to_string()),
        }
    }
}

impl From<IdentityError> for ApiError {
    fn from(error: IdentityError) -> Self {
        TokenError::from(error).into()
    }
}

/// The status alone: [`super::middleware`], which knows the request's id, adds head and body.
impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.kind().0
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
