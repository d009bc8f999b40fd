//! Every session that ends is told once: in the log, and to whoever counts.

use std::sync::Arc;

use crate::domain::{CloseReason, SessionId, UserId};

/// Tells endings; the same for the whole process. Cheap to clone.
#[derive(Clone)]
pub struct SessionEvents(Arc<dyn Fn(CloseReason) + Send + Sync>);

impl SessionEvents {
    /// Told to the log, and to `count`.
    #[must_use]
    pub fn new(count: impl Fn(CloseReason) + Send + Sync + 'static) -> Self {
        Self(Arc::new(count))
    }

    /// This session has ended; of a pending one it is not known whose it would have been.
    pub(crate) fn tell(&self, session: SessionId, user: Option<UserId>, why: CloseReason) {
        let user = user.map(tracing::field::display);
        tracing::info!(%session, user, reason = why.as_str(), "session closed");
        self.count(why);
    }

    /// Sessions of this user had to go for a new one.
    pub(crate) fn tell_pushed_out(&self, user: UserId, sessions: &[SessionId]) {
        for session in sessions {
            self.tell(*session, Some(user), CloseReason::ByApplication);
        }
    }

    /// A session has ended that the log tells of otherwise.
    pub(crate) fn count(&self, why: CloseReason) {
        (self.0)(why);
    }
}
