//! An attempt to log in, as it is counted, logged, and told as an event.

use actix_web::HttpRequest;
use actix_web::web::Data;

use super::client::Client;
use super::request_log::RequestLog;
use super::{from_head, shared};
use crate::domain::event::{Login, LoginWay, Outcome};
use crate::domain::{Denied, Email, SessionId};
use crate::error::{OtherService, ServiceError};
use crate::events::Tried;
use crate::http::error::ApiError;
use crate::http::{LoginMethod, LoginOutcome, Metrics};

/// Somebody tries to log in.
pub struct LoginAttempt {
    /// From where.
    pub client: Client,
    /// The log line of it.
    pub log: RequestLog,
    metrics: Data<Metrics>,
}

/// What was entered, and what came of it.
#[derive(Default)]
pub struct Entered<'a> {
    /// The address.
    pub email: Option<Email>,
    /// The client's id.
    pub client: Option<Box<str>>,
    /// The application's id.
    pub application: Option<Box<str>>,
    /// The session, and by what, if it took effect.
    pub done: Option<(SessionId, LoginWay)>,
    /// Why it did not.
    pub error: Option<&'a ServiceError>,
}

impl LoginAttempt {
    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        Ok(Self { client: Client::of(request)?, log: RequestLog::of(request), metrics: shared(request)? })
    }

    /// Counts it and tells it as an event, unless nobody was judged, and has the log line say from where it came and, if it
    /// failed, at which account.
    pub fn conclude(
        &self,
        method: LoginMethod,
        outcome: Option<LoginOutcome>,
        failed_at: Option<String>,
        entered: Entered<'_>,
    ) {
        if let Some(outcome) = outcome {
            self.metrics.observe_login(method, outcome);
        }
        let Entered { email, client, application, done, error } = entered;
        let tried = outcome.map(|outcome| {
            let way = done.map_or_else(|| way_of(method), |(_, way)| way);
            let reason = error.and_then(reason).map(Into::into);
            let login = Login { way, outcome: told(outcome), reason, times: 1 };
            Box::new(Tried { login, email, client, application, session: done.map(|(session, _)| session) })
        });
        self.log.note(|notes| {
            notes.client = self.client.logged_address();
            notes.account = failed_at;
            notes.tried = tried;
        });
    }

    /// Has the log line say why it came to nothing, and from where it came.
    pub fn failed(&self, cause: String) {
        self.log.note(|notes| {
            notes.cause = Some(cause);
            notes.client = self.client.logged_address();
        });
    }
}

const fn way_of(method: LoginMethod) -> LoginWay {
    match method {
        LoginMethod::Password => LoginWay::Password,
        LoginMethod::RememberMe => LoginWay::RememberMe,
        LoginMethod::Cross => LoginWay::Cross,
        LoginMethod::Page => LoginWay::Page,
        LoginMethod::Provider => LoginWay::Provider,
        LoginMethod::SignOn => LoginWay::Browser,
    }
}

const fn told(outcome: LoginOutcome) -> Outcome {
    match outcome {
        LoginOutcome::Success => Outcome::Success,
        LoginOutcome::Refused => Outcome::Refused,
        LoginOutcome::Throttled => Outcome::Throttled,
        LoginOutcome::Busy => Outcome::Busy,
        LoginOutcome::Unavailable => Outcome::Unavailable,
    }
}

/// The name of the reason. Where the rules have none, what the event is told by.
fn reason(error: &ServiceError) -> Option<&'static str> {
    Some(match error {
        ServiceError::InvalidCredentials(denied) => denied.as_str(),
        ServiceError::LoginRefused(refused) => refused.denied.map_or(refused.refusal.as_str(), Denied::as_str),
        ServiceError::UnknownApplication => "unknown_application",
        ServiceError::Unproven(_) => Denied::NotProven.as_str(),
        ServiceError::ProviderUnavailable(_) => "provider_unavailable",
        ServiceError::Elsewhere(elsewhere) => match elsewhere.service {
            OtherService::Ldap => "ldap_unavailable",
            OtherService::Upstream => "old_service_unavailable",
        },
        ServiceError::Store(_) => "store_unavailable",
        _ => return None,
    })
}

from_head!(try LoginAttempt);
