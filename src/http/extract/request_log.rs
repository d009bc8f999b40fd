//! What a handler adds to the log line of its request.

use actix_web::{HttpMessage as _, HttpRequest};
use uuid::Uuid;

use super::from_head;
use crate::domain::event::{Login, LoginWay, Outcome};
use crate::domain::{Denied, Refused, UserId, What};
use crate::events::Tried;

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
    /// The attempt to log in, if it was one: an event.
    pub tried: Option<Box<Tried>>,
    /// What else it did that is an event.
    pub did: Option<Box<What>>,
}

impl LogNotes {
    /// What the handler of a request has noted.
    pub fn take(request: &HttpRequest) -> Self {
        request.extensions_mut().remove().unwrap_or_default()
    }

    /// Notes that the person is refused who took part in a login.
    pub fn refused(&mut self, refused: &Refused) {
        self.user = refused.user;
        self.cause = Some(refused.to_string());
        self.denied = refused.denied;
        let tried = self.tried.get_or_insert_with(|| {
            let login = Login { way: LoginWay::Browser, outcome: Outcome::Refused, reason: None, times: 1 };
            Tried { login, email: None, client: None, application: None, session: None }.into()
        });
        tried.login.reason = Some(refused.denied.map_or(refused.refusal.as_str(), Denied::as_str).into());
        tried.session = Some(refused.session);
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
