//! An attempt to log in, as it is counted and logged.

use actix_web::HttpRequest;
use actix_web::web::Data;

use super::client::Client;
use super::request_log::RequestLog;
use super::{from_head, shared};
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

impl LoginAttempt {
    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        Ok(Self { client: Client::of(request)?, log: RequestLog::of(request), metrics: shared(request)? })
    }

    /// Counts it, unless nobody was judged, and has the log line say from where it came and, if it failed, at which account.
    pub fn conclude(&self, method: LoginMethod, outcome: Option<LoginOutcome>, failed_at: Option<String>) {
        if let Some(outcome) = outcome {
            self.metrics.observe_login(method, outcome);
        }
        self.log.note(|notes| {
            notes.client = self.client.logged_address();
            notes.account = failed_at;
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

from_head!(try LoginAttempt);
