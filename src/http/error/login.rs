//! What becomes of a login through a browser that does not go on.

use actix_web::http::StatusCode;

use crate::login::{LoginError, NoLogin};

pub(super) const fn kind(error: &LoginError) -> (StatusCode, &'static str) {
    match error {
        LoginError::UnknownRedirect | LoginError::Forged | LoginError::Refused(_) => {
            (StatusCode::FORBIDDEN, "E_Forbidden")
        }
        LoginError::NativeInUse => (StatusCode::CONFLICT, "E_Conflict"),
        LoginError::TooMany => (StatusCode::TOO_MANY_REQUESTS, "E_TooManyAttempts"),
        LoginError::NoLogin(_) | LoginError::Unproven(_) => (StatusCode::BAD_REQUEST, "E_BadRequest"),
        LoginError::ProviderUnavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "E_Unavailable"),
        LoginError::Password(_)
        | LoginError::Store(_)
        | LoginError::Randomness(_)
        | LoginError::Sealing
        | LoginError::Bearer(_) => (StatusCode::INTERNAL_SERVER_ERROR, "E_UnknownError"),
    }
}

pub(super) const fn message(error: &LoginError) -> &'static str {
    match error {
        LoginError::UnknownRedirect => {
            "The redirect URL is not registered. The operator registers it with `bimgate redirect add`."
        }
        LoginError::Forged => "This form was not shown to this browser by this server. Please begin the login again.",
        LoginError::Refused(_) => "This person may not log in here.",
        LoginError::NativeInUse => "The native token is that of another login. Make up a new one for each login.",
        LoginError::TooMany => "Too many logins are under way. Please try again in half a minute.",
        LoginError::NoLogin(NoLogin::NoCookie) => {
            "The browser sent no cookie of this login: it keeps none, or this address is not the one that the login began \
             at (http is not https). Please allow cookies and begin it again."
        }
        LoginError::NoLogin(NoLogin::Expired) => "This login took too long. Please begin it again.",
        LoginError::NoLogin(NoLogin::AnotherBrowser | NoLogin::Unknown) => {
            "No such login is under way in this browser: it is over, took too long, or was begun elsewhere. Please begin \
             it again."
        }
        LoginError::Unproven(_) => "The identity provider did not prove who you are. Please begin the login again.",
        LoginError::ProviderUnavailable(_) => {
            "The identity provider cannot be reached at this moment. Please try again in a few seconds."
        }
        LoginError::Password(_)
        | LoginError::Store(_)
        | LoginError::Randomness(_)
        | LoginError::Sealing
        | LoginError::Bearer(_) => {
            "Something went wrong on our side. Please give the request's id (uuid) when you report it."
        }
    }
}
