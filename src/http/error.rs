//! The only place where an error becomes a response: one envelope for every route, with the request's id in it.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use uuid::Uuid;

use super::scim::ScimError;
use crate::admin::AdminError;
use crate::domain::{Denied, UserId};
use crate::error::{Elsewhere, NoLogin, OtherService, ServiceError};
use crate::store::{RetryAfter, StoreError};

/// Why a request got no other answer. Each is one row of the table in `docs/api/README.md`, "Errors".
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The request is malformed; the sentence says where.
    #[error("malformed request: {0}")]
    BadRequest(Cow<'static, str>),
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
    /// The server is being stopped.
    #[error("stopping")]
    Stopping,
    /// No operator that this server knows.
    #[error("no operator")]
    NoOperator,
    /// The resource has another version than `If-Match` names.
    #[error("another version")]
    Changed,
    /// What an act of an operator comes to.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// What SCIM says.
    #[error(transparent)]
    Scim(#[from] ScimError),
    /// What a service says.
    #[error(transparent)]
    Service(#[from] ServiceError),
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
    /// Of `E_EmailTaken`: the user who has the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    pub user: Option<UserId>,
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
    Changed,
    /// What an operator names is not there.
    NotThere(&'static str),
    /// What an operator asks for does not go with what is there.
    Unfit(&'static str),
    /// An operator's request cannot be executed as it stands.
    Malformed(&'static str),
}

/// When to come back after a 503, in seconds.
const UNAVAILABLE_RETRY: HeaderValue = HeaderValue::from_static("1");
/// When to come back while the store moves, in seconds: the operator has to start the server again.
const HELD_RETRY: HeaderValue = HeaderValue::from_static("30");
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
            Self::Changed => (StatusCode::PRECONDITION_FAILED, "E_Changed"),
            Self::NotThere(code) => (StatusCode::NOT_FOUND, code),
            Self::Unfit(code) => (StatusCode::CONFLICT, code),
            Self::Malformed(code) => (StatusCode::BAD_REQUEST, code),
        }
    }
}

impl ApiError {
    /// Why it was denied, for the log and the metrics; `None`: it was not for any of these.
    #[must_use]
    pub fn denied(&self) -> Option<Denied> {
        match self {
            Self::Service(
                ServiceError::InvalidCredentials(denied)
                | ServiceError::InvalidToken(denied)
                | ServiceError::NoSession(denied)
                | ServiceError::SignedOff(denied)
                | ServiceError::NoLink(denied)
                | ServiceError::Group(denied),
            ) => Some(*denied),
            Self::Service(ServiceError::LoginRefused(refused)) => refused.denied,
            Self::NotAuthenticated(_) | Self::NoOperator => Some(Denied::WrongSecret),
            Self::Scim(error) => error.denied(),
            _ => None,
        }
    }

    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Scim(error) => error.status,
            _ => self.row().0.on_the_wire().0,
        }
    }

    /// Its code in the envelope.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.row().0.on_the_wire().1
    }

    /// What went wrong and what to do, for people.
    #[must_use]
    pub fn message(&self) -> Cow<'static, str> {
        self.row().1
    }

    /// The body, for this request.
    #[must_use]
    pub fn body(&self, request: Uuid) -> Vec<u8> {
        let (code, message) = self.row();
        let user = match self {
            Self::Admin(AdminError::EmailTaken(user)) => Some(*user),
            _ => None,
        };
        let envelope = Envelope { code: code.on_the_wire().1, error: true, message, uuid: request, user };
        serde_json::to_vec(&envelope).unwrap_or_default()
    }

    /// Adds the header that belongs to it.
    pub fn head(&self, headers: &mut HeaderMap) {
        let (name, value) = match (self, self.row().0) {
            (Self::NotAuthenticated(_), _) => {
                (WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"bimgate\", charset=\"UTF-8\""))
            }
            (Self::Scim(error), _) if error.status == StatusCode::UNAUTHORIZED => {
                (WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
            (Self::NoOperator | Self::Service(ServiceError::NoSession(_)), _) => {
                (WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
            (Self::MethodNotAllowed(allow), _) => (ALLOW, HeaderValue::from_static(allow)),
            (Self::Service(ServiceError::Throttled(RetryAfter(wait))), _) => {
                (RETRY_AFTER, HeaderValue::from(whole_seconds(*wait)))
            }
            (Self::Service(ServiceError::TooManyLogins), _) => (RETRY_AFTER, TOO_MANY_LOGINS_RETRY),
            (_, Code::InvalidCredentials | Code::InvalidToken) => {
                (WWW_AUTHENTICATE, HeaderValue::from_static("BimPlus"))
            }
            (Self::Service(ServiceError::Elsewhere(elsewhere)), _) => (
                RETRY_AFTER,
                elsewhere.retry_after().map_or(UNAVAILABLE_RETRY, |wait| HeaderValue::from(whole_seconds(wait))),
            ),
            (Self::Service(ServiceError::Store(StoreError::Held)), _) => (RETRY_AFTER, HELD_RETRY),
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
            // Told in a body of its own.
            Self::Scim(error) => return (Code::BadRequest, error.detail.clone()),
            Self::Service(error) => return row_of_service(error),
            Self::Admin(error) => return (code_of_admin(error), sentence(&error.to_string()).into()),
            Self::NoOperator => (
                Code::InvalidToken,
                "The API token is missing, unknown or has ended, or the session of the bearer is closed. `bimgate token \
                 add` makes a token.",
            ),
            Self::Changed => {
                (Code::Changed, "It has been changed meanwhile: If-Match names another version. Please read it again.")
            }
            Self::NotAuthenticated(sentence) => (Code::InvalidCredentials, *sentence),
            Self::Forbidden(sentence) => (Code::Forbidden, *sentence),
            Self::Missing => (Code::Missing, "There is nothing at this address. /docs lists what there is."),
            Self::Stopping => (Code::Unavailable, "The server is being restarted. Please try again in a few seconds."),
            Self::Unknown(_) => A_BUG,
        };
        (code, sentence.into())
    }
}

const A_BUG: (Code, &str) =
    (Code::UnknownError, "Something went wrong on our side. Please give the request's id (uuid) when you report it.");

const fn code_of_admin(error: &AdminError) -> Code {
    let code = error.code();
    match error {
        AdminError::NoSuchUser
        | AdminError::NoSuchSession
        | AdminError::NoSuchAppPassword
        | AdminError::NoSuchToken => Code::NotThere(code),
        AdminError::NotLinked
        | AdminError::Disabled
        | AdminError::EmailTaken(_)
        | AdminError::IdTaken
        | AdminError::TooManyEntries
        | AdminError::NoSecondFactor
        | AdminError::TooManyAppPasswords
        | AdminError::TooManyRedirects
        | AdminError::TokenTaken
        | AdminError::TooManyTokens
        | AdminError::Keys(_) => Code::Unfit(code),
        AdminError::NoSuchPlace | AdminError::Malformed(_) => Code::Malformed(code),
        AdminError::IsOperator | AdminError::NotAllowed(_) => Code::Forbidden,
        AdminError::AnotherRelease => Code::Missing,
        AdminError::Unavailable(_) => Code::Unavailable,
    }
}

/// A part of a sentence as one.
fn sentence(part: &str) -> String {
    let mut letters = part.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

#[expect(clippy::too_many_lines, reason = "one row an error")]
fn row_of_service(error: &ServiceError) -> (Code, Cow<'static, str>) {
    let (code, sentence) = match error {
        ServiceError::Throttled(RetryAfter(wait)) => {
            let sentence = format!("Too many attempts. Please try again in {} seconds.", whole_seconds(*wait));
            return (Code::TooManyAttempts, sentence.into());
        }
        ServiceError::InvalidCredentials(_) => (
            Code::InvalidCredentials,
            "The e-mail address or the password is wrong, or the token is spent or expired. Please log in again.",
        ),
        ServiceError::InvalidToken(_) => {
            (Code::InvalidToken, "The access token is missing, expired or revoked. Please log in again.")
        }
        ServiceError::NoSession(_) => (
            Code::InvalidToken,
            "What names the session is missing or no longer counts, or the session is closed. Please log in again.",
        ),
        ServiceError::HashingBusy => {
            (Code::Unavailable, "Too many people are logging in at this moment. Please try again in a second.")
        }
        ServiceError::SigningBusy => {
            (Code::Unavailable, "The service is busy at this moment. Please try again in a few seconds.")
        }
        ServiceError::ApplicationMissing => (Code::BadRequest, "The field application_id is mandatory."),
        ServiceError::UnknownApplication => (Code::Forbidden, "This application may not log in here."),
        ServiceError::UnknownRedirect => (
            Code::Forbidden,
            "The redirect URL is not registered. The operator registers it with `bimgate redirect add`.",
        ),
        ServiceError::Forged => {
            (Code::Forbidden, "This form was not shown to this browser by this server. Please begin the login again.")
        }
        ServiceError::NoMail => {
            (Code::Missing, "This server sends no mail. Please ask your administrator for a new password.")
        }
        ServiceError::NoLink(_) => (
            Code::BadRequest,
            "This link has been used, is too old or incomplete, or the browser keeps no cookies. Please ask for a new one.",
        ),
        // SCIM says it in its own words.
        ServiceError::Group(_) => (Code::Conflict, "The group cannot become that."),
        ServiceError::SignedOff(_) => {
            (Code::Forbidden, "Nobody is signed on in this browser any more. Please open /account again.")
        }
        ServiceError::LoginRefused(_) => (Code::Forbidden, "This person may not log in here."),
        ServiceError::NativeInUse => {
            (Code::Conflict, "The native token is that of another login. Make up a new one for each login.")
        }
        ServiceError::TooManyLogins => {
            (Code::TooManyAttempts, "Too many logins are under way. Please try again in half a minute.")
        }
        ServiceError::NoLogin(NoLogin::NoCookie) => (
            Code::BadRequest,
            "The browser sent no cookie of this login: it keeps none, or this address is not the one that the login began \
             at (http is not https). Please allow cookies and begin it again.",
        ),
        ServiceError::NoLogin(NoLogin::Expired) => {
            (Code::BadRequest, "This login took too long. Please begin it again.")
        }
        ServiceError::NoLogin(NoLogin::TooManyCodes) => {
            (Code::BadRequest, "Too many codes were wrong, so this login is over. Please begin it again.")
        }
        ServiceError::NoLogin(NoLogin::AnotherBrowser | NoLogin::Unknown) => (
            Code::BadRequest,
            "No such login is under way in this browser: it is over, took too long, or was begun elsewhere. Please begin \
             it again.",
        ),
        ServiceError::Unproven(_) => {
            (Code::BadRequest, "The identity provider did not prove who you are. Please begin the login again.")
        }
        ServiceError::Elsewhere(Elsewhere { service: OtherService::Ldap, .. }) => (
            Code::Unavailable,
            "The LDAP server, which knows the password, cannot be asked at this moment. Please try again in a minute; if it \
             lasts, tell your administrator.",
        ),
        ServiceError::ProviderUnavailable(_) => (
            Code::Unavailable,
            "The identity provider cannot be reached at this moment. Please try again in a few seconds.",
        ),
        ServiceError::Elsewhere(Elsewhere { service: OtherService::Upstream, .. }) => (
            Code::Unavailable,
            "The old service, which still has to say whether this is right, does not answer at this moment. Please try \
             again in a few seconds.",
        ),
        ServiceError::LoginFailed => (Code::Forbidden, "The login failed. Please begin another."),
        ServiceError::LicenseIsOut => (Code::Conflict, "This client has borrowed a licence already."),
        ServiceError::NoLicenseLeft => (Code::Conflict, "All licences are out. Please try again later."),
        ServiceError::NoLicenseForUser => {
            (Code::Conflict, "You have as many licences as one person may have. Please give one back first.")
        }
        ServiceError::NoLicenseIsOut => {
            (Code::Conflict, "This client has borrowed no licence, or it has come back by itself.")
        }
        ServiceError::TooManyWaiting(_) => {
            (Code::Unavailable, "Too many programs wait for a login at this moment. Please try again in a second.")
        }
        ServiceError::NoKeys | ServiceError::Store(StoreError::Unavailable(_)) => {
            (Code::Unavailable, "The service cannot reach its data at this moment. Please try again in a few seconds.")
        }
        ServiceError::Store(StoreError::Held) => (
            Code::Unavailable,
            "The service is moving and changes nothing at this moment. Please try again in half a minute; if it lasts, tell \
             your administrator.",
        ),
        ServiceError::Store(StoreError::Unreadable(_) | StoreError::NoSuchPlace)
        | ServiceError::Randomness(_)
        | ServiceError::Bug(_) => A_BUG,
    };
    (code, sentence.into())
}

/// Rounded up, at least one: a client that waits so long finds the bucket refilled.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1)
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
