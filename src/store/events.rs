//! Every session that ends is reported once, by the store that ended it: in the log, and to the listener.

use std::sync::{Arc, OnceLock};

use crate::domain::ClosedSession;

type Listener = Box<dyn Fn(ClosedSession) + Send + Sync>;

/// Reports the sessions that a store has closed, after it is true. Cheap to clone.
#[derive(Clone, Default)]
pub struct SessionEvents(Arc<OnceLock<Listener>>);

impl SessionEvents {
    /// Reports the sessions that end from now on to `listener`. Only the first listener counts.
    pub fn listen(&self, listener: impl Fn(ClosedSession) + Send + Sync + 'static) {
        let _there_is_one = self.0.set(Box::new(listener));
    }

    pub(super) fn emit(&self, sessions: impl IntoIterator<Item = ClosedSession>) {
        for closed in sessions {
            let user = closed.user.map(tracing::field::display);
            tracing::info!(session = %closed.session, user, reason = closed.why.as_str(), "session closed");
            if let Some(listener) = self.0.get() {
                listener(closed);
            }
        }
    }
}
