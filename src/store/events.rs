//! What a store reports once it is true: every session that ends, in the log and to a listener, and every change of
//! credentials, to another; and what else is told as an event.

use std::sync::{Arc, OnceLock};

use crate::domain::{ClosedSession, CredentialChange, Happened};

type Listener<T> = Box<dyn Fn(T) + Send + Sync>;

/// Reports what a store has made true. Cheap to clone.
#[derive(Clone, Default)]
pub struct StoreEvents(Arc<Listeners>);

#[derive(Default)]
struct Listeners {
    sessions: OnceLock<Listener<ClosedSession>>,
    credentials: OnceLock<Listener<CredentialChange>>,
    happened: OnceLock<Listener<Happened>>,
}

impl StoreEvents {
    /// Reports the sessions that end from now on to `listener`, which must not wait. Only the first listener counts.
    pub fn on_session(&self, listener: impl Fn(ClosedSession) + Send + Sync + 'static) {
        let _there_is_one = self.0.sessions.set(Box::new(listener));
    }

    /// Reports the credentials that change from now on to `listener`, which must not wait. Only the first listener counts.
    pub fn on_credentials(&self, listener: impl Fn(CredentialChange) + Send + Sync + 'static) {
        let _there_is_one = self.0.credentials.set(Box::new(listener));
    }

    /// Reports what happens from now on, besides sessions that end, to `listener`, which must not wait. Only the first
    /// listener counts.
    pub fn on_happened(&self, listener: impl Fn(Happened) + Send + Sync + 'static) {
        let _there_is_one = self.0.happened.set(Box::new(listener));
    }

    /// Reports something that is true, also what a service above the store has found to be so.
    pub(crate) fn report(&self, happened: impl IntoIterator<Item = Happened>) {
        if let Some(listener) = self.0.happened.get() {
            happened.into_iter().for_each(listener);
        }
    }

    pub(super) fn emit(&self, sessions: impl IntoIterator<Item = ClosedSession>) {
        for closed in sessions {
            let user = closed.user.map(tracing::field::display);
            tracing::info!(session = %closed.session, user, reason = closed.why.as_str(), "session closed");
            if let Some(listener) = self.0.sessions.get() {
                listener(closed);
            }
        }
    }

    pub(super) fn tell(&self, changes: impl IntoIterator<Item = CredentialChange>) {
        if let Some(listener) = self.0.credentials.get() {
            changes.into_iter().for_each(listener);
        }
    }
}
