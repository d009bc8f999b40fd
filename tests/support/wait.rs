//! Waiting for a condition: the one place where a test lets time pass.

use std::thread;
use std::time::{Duration, Instant};

/// Asks until there is an answer; fails the test when there is none within the deadline.
pub fn until<T>(what: &str, deadline: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < deadline, "not within {deadline:?}: {what}");
        thread::park_timeout(Duration::from_millis(5));
    }
}
