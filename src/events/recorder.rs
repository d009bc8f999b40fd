//! Takes events from wherever they are known.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::Sender;
use uuid::Uuid;

use crate::clock::Clock;
use crate::domain::event::{Login, Outcome};
use crate::domain::{ClosedSession, Email, Event, Happened, OpenedSession, SessionId, Timestamp, UserId, What};
use crate::settings::ClientAddress;

/// An event that waits to be written.
pub(super) struct Draft {
    pub(super) event: Event,
    /// Whose account it concerns, if that is known by its address alone.
    pub(super) who: Option<Email>,
}

/// Takes events. Cheap to clone; never waits.
#[derive(Clone)]
pub struct Recorder {
    pub(super) queue: Sender<Draft>,
    pub(super) lost: Arc<AtomicU64>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) address: ClientAddress,
}

/// An attempt to log in, as its request tells it.
#[derive(Debug)]
pub struct Tried {
    /// What, and what became of it.
    pub login: Login,
    /// The address that was entered.
    pub email: Option<Email>,
    /// The client's id, as sent.
    pub client: Option<Box<str>>,
    /// The application's id, as sent.
    pub application: Option<Box<str>>,
    /// The session that was opened, or would have been.
    pub session: Option<SessionId>,
}

impl Recorder {
    /// Records what became of a login.
    pub fn tried(&self, tried: &Tried, request: Uuid, user: Option<UserId>, address: Option<&str>) {
        let Tried { login, email, client, application, session } = tried;
        // Where nobody is named, the session that opens tells whose it was.
        if login.outcome == Outcome::Success && user.is_none() && email.is_none() {
            return;
        }
        let event = Event {
            request: Some(request.into_bytes()),
            user,
            session: *session,
            client: client.clone(),
            application: application.clone(),
            address: address.map(Into::into),
            ..Event::new(self.clock.now(), What::Login(login.clone()))
        };
        self.draft(Draft { event, who: email.clone().filter(|_| user.is_none()) });
    }

    /// Records what a person did in a request of theirs.
    pub fn did(&self, what: What, request: Uuid, user: Option<UserId>, address: Option<&str>) {
        let event = Event {
            request: Some(request.into_bytes()),
            user,
            address: address.map(Into::into),
            ..Event::new(self.clock.now(), what)
        };
        self.record(event);
    }

    /// Records that a session ended.
    pub fn closed(&self, closed: &ClosedSession) {
        self.record(Event { at: self.clock.now(), ..of_closed(closed) });
    }

    /// Records what a store, or a service, has reported.
    pub fn happened(&self, happened: Happened) {
        let event = event_of(happened, self.address);
        self.record(Event { at: self.clock.now(), ..event });
    }

    fn record(&self, event: Event) {
        self.draft(Draft { event, who: None });
    }

    fn draft(&self, draft: Draft) {
        if self.queue.try_send(draft).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What is told of a session that ended, at no time yet.
#[must_use]
pub fn of_closed(closed: &ClosedSession) -> Event {
    let what = What::SessionClosed { reason: closed.why.as_str().into() };
    let session = Some(closed.session);
    Event { session, user: closed.user, ..Event::new(Timestamp::default(), what) }
}

/// What is told of something that was reported, at no time yet.
#[must_use]
pub fn event_of(happened: Happened, shown: ClientAddress) -> Event {
    let event = |what| Event::new(Timestamp::default(), what);
    match happened {
        Happened::Opened(opened) => {
            let OpenedSession { session, user, client, contact, opening } = *opened;
            let address = contact.address.and_then(|address| shown.shown(address)).map(Into::into);
            Event {
                user: Some(user),
                session: Some(session),
                client: client.map(|client| client.to_string().into()),
                application: contact.application,
                address,
                ..event(What::SessionOpened(opening))
            }
        }
        Happened::Account(user, act) => Event { user: Some(user), ..event(What::Account { act: act.as_str().into() }) },
        Happened::License { out, user, session } => Event { user, session, ..event(What::License { out }) },
        Happened::Keys { newest, count } => {
            event(What::Keys { newest, count: u32::try_from(count).unwrap_or(u32::MAX) })
        }
        Happened::Operator(act, user) => Event { user, ..event(What::Operator(act)) },
    }
}
