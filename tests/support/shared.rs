//! What cases use at the same time.

use std::sync::{Arc, Mutex, PoisonError, Weak};

/// What other cases use at the moment, or a new one. It lives as long as a case uses it: statics are never dropped, and
/// would leave a process behind.
pub fn shared<T>(place: &Mutex<Weak<T>>, start: impl FnOnce() -> T) -> Arc<T> {
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    place.upgrade().unwrap_or_else(|| {
        let started = Arc::new(start());
        *place = Arc::downgrade(&started);
        started
    })
}
