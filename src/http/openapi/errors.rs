//! The errors as the document describes them, made from [`ApiError`] itself: status, code, headers and sentence.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::http::header::HeaderMap;
use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Header, Ref, RefOr, Response, ResponseBuilder};
use uuid::Uuid;

use crate::admin::AdminError;
use crate::domain::Denied;
use crate::error::ServiceError;
use crate::http::error::ApiError;
use crate::http::extract::body;
use crate::store::{RetryAfter, StoreError};

/// Makes the list of errors that operations refer to: the name in the document, one of the kind, when it comes.
macro_rules! kinds {
    ($($name:ident: $example:expr, $when:expr;)+) => {
        #[derive(Clone, Copy, Debug)]
        enum Kind {$($name),+}

        impl Kind {
            const ALL: &[Self] = &[$(Self::$name),+];

            fn name(self) -> String {
                format!("{self:?}")
            }

            fn example(self) -> ApiError {
                match self {$(Self::$name => ApiError::from($example)),+}
            }

            const fn when(self) -> &'static str {
                match self {$(Self::$name => $when),+}
            }
        }
    };
}

kinds! {
    BadRequest: ApiError::BadRequest("The body is not JSON (line 1, column 11).".into()),
        "The body is not JSON, a field is missing or of the wrong type, or a query parameter is wrong.";
    InvalidCredentials: ServiceError::InvalidCredentials(Denied::WrongPassword),
        "Wrong password, an unknown, disabled or passwordless user, or a spent, expired, malformed or foreign \
         cross or remember-me token: all alike to the caller.";
    NotAuthenticated:
        ApiError::NotAuthenticated("This page is the administrator's. Please give their name and password."),
        "The Basic credentials are missing or wrong.";
    InvalidToken: ServiceError::InvalidToken(Denied::UnknownToken),
        "The access token is missing, malformed, unknown, expired or revoked.";
    Forbidden: ApiError::Forbidden("This application may not log in here."),
        "The application is not among those that may log in; a redirect URL is not registered; a form was not shown to \
         this browser; the person lacks a right.";
    Conflict: ServiceError::NativeInUse,
        "The state does not allow it: the native token is in use.";
    NoSession: ServiceError::NoSession(Denied::NoToken),
        "What names the session is missing, malformed, expired or not for this server, or the session is closed.";
    LoginFailed: ServiceError::LoginFailed,
        "The person, the provider or this server said no, or it took too long.";
    LicenseConflict: ServiceError::NoLicenseLeft,
        "None is left, or none for this person; this client has borrowed one already (`checkout`), or none (`renew`, \
         `checkin`).";
    Missing: ApiError::Missing,
        "Every path that is not in this document; what the configuration does not name.";
    NoOperator: ApiError::NoOperator,
        "The API token is missing, unknown or has ended, or the session of the bearer is closed.";
    NotAllowed: ApiError::Forbidden("The API token has no scope that allows this."),
        "The API token has no scope that allows this.";
    NotThere: AdminError::NoSuchUser,
        "There is no such user, session or app password. `code` says which.";
    Unfit: AdminError::IdTaken,
        "What is there does not allow it: an address or id is taken, a bound is reached, the user is disabled or has \
         none of that. `code` says what.";
    Changed: ApiError::Changed,
        "`If-Match` names another version.";
    MethodNotAllowed: ApiError::MethodNotAllowed("POST, OPTIONS"),
        "Every method of a path that is not in this document. `Allow` lists those that are.";
    TooLarge: ApiError::TooLarge(body::MAX_BYTES),
        "The body is larger than 16 KiB.";
    TooManyAttempts: ServiceError::Throttled(RetryAfter(Duration::from_secs(60))),
        "Too many failed attempts, for this account from this network or altogether, the same for known and \
         unknown accounts; too many logins under way; too many unknown tokens; or too much of one person who is \
         logged in: tokens, heartbeats, licences.";
    Unavailable: ServiceError::Store(StoreError::Unavailable(String::new())),
        "The store, the identity provider, the LDAP server or the old service is unreachable, the login queue is full, too \
         many native clients wait, the store is moving to another one, or the server is stopping. Worth trying again.";
    UnknownError: ApiError::Unknown(String::new()),
        "A bug.";
}

/// The responses to refer to, by name.
pub(super) fn responses() -> impl Iterator<Item = (String, RefOr<Response>)> {
    Kind::ALL.iter().map(|kind| (kind.name(), describe(&kind.example(), kind.when()).into()))
}

fn describe(error: &ApiError, when: &str) -> Response {
    let (status, code) = (error.status().as_u16(), error.code());
    let example: serde_json::Value =
        serde_json::from_slice(&error.body(Uuid::from_u128(0x7f0c_u128 << 112))).unwrap_or_default();
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Envelope"))).example(Some(example)).build();
    let mut response =
        ResponseBuilder::new().description(format!("**{status} {code}.** {when}")).content("application/json", content);
    let mut headers = HeaderMap::new();
    error.head(&mut headers);
    for (name, value) in &headers {
        let (name, about) = match name.as_str() {
            "www-authenticate" => ("WWW-Authenticate", "The scheme that is asked for."),
            "retry-after" => ("Retry-After", "Seconds until another attempt may succeed."),
            _ => ("Allow", "The methods there are."),
        };
        let mut header = Header::default();
        header.description = Some(about.to_owned());
        header.example = value.to_str().ok().map(Into::into);
        response = response.header(name, header);
    }
    response.build()
}

fn refer(kinds: &[Kind]) -> BTreeMap<String, RefOr<Response>> {
    let refer =
        |kind: &Kind| (kind.example().status().as_str().to_owned(), Ref::from_response_name(kind.name()).into());
    kinds.iter().map(refer).collect()
}

/// Types that stand for some of the errors in the description of an operation.
macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident = [$($kind:ident),+];)+) => {$(
        $(#[$doc])*
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                refer(&[$(Kind::$kind),+])
            }
        }
    )+};
}

errors! {
    /// How a login fails.
    LoginErrors = [
        BadRequest, InvalidCredentials, Forbidden, TooLarge, TooManyAttempts, Unavailable, UnknownError
    ];
    /// How asking for a link to set a password fails.
    ForgotErrors = [BadRequest, Missing, TooLarge, TooManyAttempts, Unavailable, UnknownError];
    /// How a call with an access token fails.
    TokenErrors = [InvalidToken, TooManyAttempts, Unavailable, UnknownError];
    /// How minting a token fails.
    MintErrors = [InvalidToken, TooManyAttempts, Unavailable, UnknownError];
    /// How a revocation fails.
    RevokeErrors = [BadRequest, InvalidToken, TooManyAttempts, Unavailable, UnknownError];
    /// How asking about a token fails.
    IntrospectionErrors = [
        BadRequest, NotAuthenticated, TooLarge, TooManyAttempts, Unavailable, UnknownError
    ];
    /// How a logout by the identity provider fails.
    LogoutErrors = [BadRequest, Missing, TooLarge, TooManyAttempts, Unavailable, UnknownError];
    /// How a page of a login fails, as JSON or, for a browser, as a page.
    PageErrors = [BadRequest, Forbidden, Conflict, TooManyAttempts, Unavailable, UnknownError];
    /// How a form of a login fails, as JSON or, for a browser, as a page.
    FormErrors = [BadRequest, Forbidden, TooLarge, TooManyAttempts, Unavailable, UnknownError];
    /// How what only the administrator may do fails.
    AdminErrors = [
        BadRequest, NotAuthenticated, Forbidden, TooLarge, TooManyAttempts, Unavailable, UnknownError
    ];
    /// How a call in a session fails.
    SessionErrors = [NoSession, Unavailable, UnknownError];
    /// How a heartbeat fails.
    HeartbeatErrors = [NoSession, TooManyAttempts, Unavailable, UnknownError];
    /// How a call in a session fails that takes parameters.
    SessionRequestErrors = [BadRequest, NoSession, Unavailable, UnknownError];
    /// How waiting for a login fails.
    WaitErrors = [BadRequest, NoSession, LoginFailed, TooManyAttempts, Unavailable, UnknownError];
    /// How borrowing a licence fails.
    BorrowErrors = [BadRequest, NoSession, LicenseConflict, TooManyAttempts, Unavailable, UnknownError];
    /// How an act of an operator fails.
    ManagementErrors = [
        BadRequest, NoOperator, NotAllowed, NotThere, Unfit, Changed, TooLarge, TooManyAttempts, Unavailable,
        UnknownError
    ];
    /// There is nothing, while nothing is configured.
    Missing = [Missing];
    /// The store is away.
    Unavailable = [Unavailable];
    /// How what only a licence server may ask fails.
    InternalErrors = [NoSession, TooManyAttempts, Unavailable, UnknownError];
}
