//! The only place where an error becomes a response: one envelope for every route, with the request's id in it.

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
use crate::login::{LoginError, NoLogin};
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

/// What programs know an error by.
#[derive(Clone, Copy)]
enum Code {
    BadRequest,
    InvalidCredentials,
    InvalidToken,
    Forbidden,
    Missing,
    MethodNotAllowed,
    Conflict,
    TooLarge,
    TooManyAttempts,
    Unavailable,
    UnknownError,
}

/// When to come back after a 503, in seconds.
const UNAVAILABLE_RETRY: HeaderValue = HeaderValue::from_static("1");
/// When to begin a login after too many others, in seconds: they end within minutes.
const TOO_MANY_LOGINS_RETRY: HeaderValue = HeaderValue::from_static("30");

impl Code {
    /// Its status, and how the envelope spells it.
    const fn on_the_wire(self) -> (StatusCode, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "E_BadRequest"),
            Self::InvalidCredentials => (StatusCode::UNAUTHORIZED, "E_InvalidCredentials"),
            Self::InvalidToken => (StatusCode::UNAUTHORIZED, "E_InvalidToken"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "E_Forbidden"),
            Self::Missing => (StatusCode::NOT_FOUND, "E_Missing_404"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "E_MethodNotAllowed"),
            Self::Conflict => (StatusCode::CONFLICT, "E_Conflict"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "E_TooLarge"),
            Self::TooManyAttempts => (StatusCode::TOO_MANY_REQUESTS, "E_TooManyAttempts"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "E_Unavailable"),
            Self::UnknownError => (StatusCode::INTERNAL_SERVER_ERROR, "E_UnknownError"),
        }
    }
}

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

    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.row().0.on_the_wire().0
    }

    /// Its code in the envelope.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.row().0.on_the_wire().1
    }

    /// The body, for this request.
    #[must_use]
    pub fn body(&self, request: Uuid) -> Vec<u8> {
        let (code, message) = self.row();
        let envelope = Envelope { code: code.on_the_wire().1, error: true, message, uuid: request };
        serde_json::to_vec(&envelope).unwrap_or_default()
    }

    /// Adds the header that belongs to it.
    pub fn head(&self, headers: &mut HeaderMap) {
        let (name, value) = match (self, self.row().0) {
            (Self::NotAuthenticated(_), _) => {
                (WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"bimgate\", charset=\"UTF-8\""))
            }
            (Self::Session(SessionError::Refused(_)), _) => (WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            (Self::MethodNotAllowed(allow), _) => (ALLOW, HeaderValue::from_static(allow)),
            (Self::TooManyAttempts(wait), _) => (RETRY_AFTER, HeaderValue::from(whole_seconds(*wait))),
            (Self::Login(LoginError::TooMany), _) => (RETRY_AFTER, TOO_MANY_LOGINS_RETRY),
            (_, Code::InvalidCredentials | Code::InvalidToken) => {
                (WWW_AUTHENTICATE, HeaderValue::from_static("BimPlus"))
            }
            (_, Code::Unavailable) => (RETRY_AFTER, UNAVAILABLE_RETRY),
            _ => return,
        };
        headers.insert(name, value);
    }

    /// The table: what programs read, and what people read. No sentence holds a secret, an internal path, or another
    /// user's data.
    fn row(&self) -> (Code, Cow<'static, str>) {
        let (code, sentence) = match self {
            Self::BadRequest(sentence) => return (Code::BadRequest, sentence.clone()),
            Self::MethodNotAllowed(allow) => {
                return (Code::MethodNotAllowed, format!("This address only takes {allow}.").into());
            }
            Self::TooLarge(limit) => return (Code::TooLarge, format!("The body is larger than {limit} bytes.").into()),
            Self::TooManyAttempts(wait) => {
                let sentence = format!("Too many attempts. Please try again in {} seconds.", whole_seconds(*wait));
                return (Code::TooManyAttempts, sentence.into());
            }
            Self::InvalidCredentials(_) => (
                Code::InvalidCredentials,
                "The e-mail address or the password is wrong, or the token is spent or expired. Please log in again.",
            ),
            Self::NotAuthenticated(sentence) => (Code::InvalidCredentials, *sentence),
            Self::InvalidToken(_) => {
                (Code::InvalidToken, "The access token is missing, expired or revoked. Please log in again.")
            }
            Self::Forbidden(sentence) => (Code::Forbidden, *sentence),
            Self::Missing => (Code::Missing, "There is nothing at this address. /docs lists what there is."),
            Self::Busy => {
                (Code::Unavailable, "Too many people are logging in at this moment. Please try again in a second.")
            }
            Self::Stopping => (Code::Unavailable, "The server is being restarted. Please try again in a few seconds."),
            Self::Store(StoreError::Unavailable(_)) => STORE_IS_AWAY,
            Self::Store(StoreError::Unreadable(_) | StoreError::NoSuchPlace) | Self::Unknown(_) => A_BUG,
            Self::Login(error) => row_of_login(error),
            Self::Session(error) => row_of_session(error),
        };
        (code, sentence.into())
    }
}

const STORE_IS_AWAY: (Code, &str) =
    (Code::Unavailable, "The service cannot reach its data at this moment. Please try again in a few seconds.");
const A_BUG: (Code, &str) =
    (Code::UnknownError, "Something went wrong on our side. Please give the request's id (uuid) when you report it.");

const fn row_of_login(error: &LoginError) -> (Code, &'static str) {
    match error {
        LoginError::UnknownRedirect => (
            Code::Forbidden,
            "The redirect URL is not registered. The operator registers it with `bimgate redirect add`.",
        ),
        LoginError::Forged => {
            (Code::Forbidden, "This form was not shown to this browser by this server. Please begin the login again.")
        }
        LoginError::Refused(_) => (Code::Forbidden, "This person may not log in here."),
        LoginError::NativeInUse => {
            (Code::Conflict, "The native token is that of another login. Make up a new one for each login.")
        }
        LoginError::TooMany => {
            (Code::TooManyAttempts, "Too many logins are under way. Please try again in half a minute.")
        }
        LoginError::NoLogin(NoLogin::NoCookie) => (
            Code::BadRequest,
            "The browser sent no cookie of this login: it keeps none, or this address is not the one that the login began \
             at (http is not https). Please allow cookies and begin it again.",
        ),
        LoginError::NoLogin(NoLogin::Expired) => (Code::BadRequest, "This login took too long. Please begin it again."),
        LoginError::NoLogin(NoLogin::AnotherBrowser | NoLogin::Unknown) => (
            Code::BadRequest,
            "No such login is under way in this browser: it is over, took too long, or was begun elsewhere. Please begin \
             it again.",
        ),
        LoginError::Unproven(_) => {
            (Code::BadRequest, "The identity provider did not prove who you are. Please begin the login again.")
        }
        LoginError::ProviderUnavailable(_) => (
            Code::Unavailable,
            "The identity provider cannot be reached at this moment. Please try again in a few seconds.",
        ),
        LoginError::Password(_)
        | LoginError::Store(_)
        | LoginError::Randomness(_)
        | LoginError::Sealing
        | LoginError::Bearer(_) => A_BUG,
    }
}

const fn row_of_session(error: &SessionError) -> (Code, &'static str) {
    match error {
        SessionError::Refused(_) => (
            Code::InvalidToken,
            "What names the session is missing or no longer counts, or the session is closed. Please log in again.",
        ),
        SessionError::LoginFailed => (Code::Forbidden, "The login failed. Please begin another."),
        SessionError::AlreadyOut => (Code::Conflict, "This client has borrowed a licence already."),
        SessionError::NoneLeft => (Code::Conflict, "All licences are out. Please try again later."),
        SessionError::NoneForUser => {
            (Code::Conflict, "You have as many licences as one person may have. Please give one back first.")
        }
        SessionError::NotOut => (Code::Conflict, "This client has borrowed no licence, or it has come back by itself."),
        SessionError::TooManyWaiting(_) => {
            (Code::Unavailable, "Too many programs wait for a login at this moment. Please try again in a second.")
        }
        SessionError::Throttled(_) => (Code::TooManyAttempts, "Too many attempts. Please try again later."),
        SessionError::Busy => {
            (Code::Unavailable, "The service is busy at this moment. Please try again in a few seconds.")
        }
        SessionError::NoKeys => STORE_IS_AWAY,
        SessionError::Signing | SessionError::Store(_) => A_BUG,
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

/// The status alone: `middleware`, which knows the request's id, adds head and body.
impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
