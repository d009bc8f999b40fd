//! What becomes of a request whose session is not open, or does not allow it.

use actix_web::http::StatusCode;

use crate::session::SessionError;

pub(super) const fn kind(error: &SessionError) -> (StatusCode, &'static str) {
    match error {
        SessionError::Refused(_) => (StatusCode::UNAUTHORIZED, "E_InvalidToken"),
        SessionError::LoginFailed => (StatusCode::FORBIDDEN, "E_Forbidden"),
        SessionError::AlreadyOut | SessionError::NoneLeft | SessionError::NoneForUser | SessionError::NotOut => {
            (StatusCode::CONFLICT, "E_Conflict")
        }
        SessionError::TooManyWaiting(_) | SessionError::NoKeys | SessionError::Busy => {
            (StatusCode::SERVICE_UNAVAILABLE, "E_Unavailable")
        }
        SessionError::Throttled(_) => (StatusCode::TOO_MANY_REQUESTS, "E_TooManyAttempts"),
        SessionError::Signing | SessionError::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "E_UnknownError"),
    }
}

pub(super) const fn message(error: &SessionError) -> &'static str {
    match error {
        SessionError::Refused(_) => {
            "What names the session is missing or no longer counts, or the session is closed. Please log in again."
        }
        SessionError::LoginFailed => "The login failed. Please begin another.",
        SessionError::AlreadyOut => "This client has borrowed a licence already.",
        SessionError::NoneLeft => "All licences are out. Please try again later.",
        SessionError::NoneForUser => "You have as many licences as one person may have. Please give one back first.",
        SessionError::NotOut => "This client has borrowed no licence, or it has come back by itself.",
        SessionError::TooManyWaiting(_) => {
            "Too many programs wait for a login at this moment. Please try again in a second."
        }
        SessionError::Throttled(_) => "Too many attempts. Please try again later.",
        SessionError::Busy => "The service is busy at this moment. Please try again in a few seconds.",
        SessionError::NoKeys => "The service cannot reach its data at this moment. Please try again in a few seconds.",
        SessionError::Signing | SessionError::Store(_) => {
            "Something went wrong on our side. Please give the request's id (uuid) when you report it."
        }
    }
}
