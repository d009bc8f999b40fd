//! What a handler adds to the log line of its request.

use actix_web::{HttpMessage as _, HttpRequest};
use uuid::Uuid;

use super::from_head;
use crate::domain::{Denied, UserId};

/// What the log line of a request says besides method, route, status and duration.
#[derive(Debug, Default)]
pub struct LogNotes {
    /// Whose request it was.
    pub user: Option<UserId>,
    /// Why it was answered as it was.
    pub cause: Option<String>,
    /// Which of the reasons that are counted.
    pub denied: Option<Denied>,
    /// From where somebody tried to log in: as much of the address as the settings allow.
    pub client: Option<String>,
    /// At which account a login failed: a keyed digest of its e-mail address, so that attempts at one account can be
    /// followed without its name.
    pub account: Option<String>,
}

impl LogNotes {
    /// What the handler of a request has noted.
    pub fn take(request: &HttpRequest) -> Self {
        request.extensions_mut().remove().unwrap_or_default()
    }
}

/// The id of a request of what a browser opens: a page shows it.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(pub Uuid);

/// Takes notes for the log line.
#[derive(Clone, Debug)]
pub struct RequestLog(HttpRequest);

impl RequestLog {
    /// That of a request.
    pub fn of(request: &HttpRequest) -> Self {
        Self(request.clone())
    }

    /// Notes something.
    pub fn note(&self, note: impl FnOnce(&mut LogNotes)) {
        let mut extensions = self.0.extensions_mut();
        let mut notes = extensions.remove().unwrap_or_default();
        note(&mut notes);
        extensions.insert(notes);
    }

    /// Notes whose request it was.
    pub fn user(&self, user: UserId) {
        self.note(|notes| notes.user = Some(user));
    }

    /// The request's id, if a browser opens what it asks for.
    pub fn request_id(&self) -> Option<Uuid> {
        self.0.extensions().get().map(|RequestId(id)| *id)
    }
}

from_head!(RequestLog);
