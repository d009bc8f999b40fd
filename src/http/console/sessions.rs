//! Browsers that have entered the console. They are known by random cookies, of which this process keeps the digests: a
//! restart ends them all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::domain::{TokenDigest, TokenValue, UserId};

/// How long a browser stays in at the most.
pub(super) const LIFETIME: Duration = Duration::from_secs(8 * 3600);
/// How long one stays in that asks for nothing.
pub(super) const IDLE: Duration = Duration::from_secs(30 * 60);
/// How many are in at once. Of more, that one goes which has asked for nothing for longest.
const MOST: usize = 1_000;

/// By what a browser has entered. Whether that still counts is looked up with each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EnteredBy {
    /// An API token, digested.
    Token(TokenDigest),
    /// A login of this person.
    Person {
        /// Who it is.
        user: UserId,
        /// The cookie, digested, by which the browser is signed on.
        sign_on: TokenDigest,
    },
}

/// The browsers that are in, and by what each entered.
pub(super) struct ConsoleSessions {
    clock: Arc<dyn Clock>,
    open: Mutex<HashMap<TokenDigest, Entered>>,
}

#[derive(Clone, Copy)]
struct Entered {
    by: EnteredBy,
    /// By the clock that never jumps.
    since: Duration,
    used: Duration,
}

impl Entered {
    const fn counts(&self, now: Duration) -> bool {
        now.saturating_sub(self.since).as_secs() < LIFETIME.as_secs()
            && now.saturating_sub(self.used).as_secs() < IDLE.as_secs()
    }
}

impl ConsoleSessions {
    /// Nobody is in.
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, open: Mutex::default() }
    }

    /// Lets a browser in; the cookie that it keeps.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub(super) fn enter(&self, by: EnteredBy) -> Result<TokenValue, getrandom::Error> {
        let (cookie, now) = (TokenValue::generate()?, self.clock.monotonic());
        let mut open = self.open();
        open.retain(|_, entered| entered.counts(now));
        if open.len() >= MOST
            && let Some(idle) = open.iter().min_by_key(|(_, entered)| entered.used).map(|(cookie, _)| *cookie)
        {
            open.remove(&idle);
        }
        open.insert(cookie.digest(), Entered { by, since: now, used: now });
        Ok(cookie)
    }

    /// By what the browser with this cookie entered, if it is still in. It counts as asking for something.
    pub(super) fn find(&self, cookie: &TokenValue) -> Option<EnteredBy> {
        let now = self.clock.monotonic();
        let mut open = self.open();
        let entered = open.get_mut(&cookie.digest()).filter(|entered| entered.counts(now))?;
        entered.used = now;
        Some(entered.by)
    }

    /// As [`Self::find`], without counting as asking for something.
    pub(super) fn peek(&self, cookie: &TokenValue) -> Option<EnteredBy> {
        let now = self.clock.monotonic();
        self.open().get(&cookie.digest()).filter(|entered| entered.counts(now)).map(|entered| entered.by)
    }

    /// The browser with this cookie is not in any more.
    pub(super) fn leave(&self, cookie: &TokenValue) {
        self.open().remove(&cookie.digest());
    }

    /// Never held across an await.
    fn open(&self) -> MutexGuard<'_, HashMap<TokenDigest, Entered>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::domain::Timestamp;

    type Outcome = Result<(), getrandom::Error>;

    #[derive(Default)]
    struct Hands(AtomicU64);

    impl Hands {
        fn turn(&self, by: Duration) {
            self.0.fetch_add(by.as_secs(), Ordering::Relaxed);
        }
    }

    impl Clock for Hands {
        fn now(&self) -> Timestamp {
            Timestamp::default()
        }

        fn monotonic(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::Relaxed))
        }
    }

    const BY: EnteredBy = EnteredBy::Token(TokenDigest([7; 16]));
    const SECOND: Duration = Duration::from_secs(1);

    fn nobody() -> (Arc<Hands>, ConsoleSessions) {
        let clock = Arc::new(Hands::default());
        (Arc::clone(&clock), ConsoleSessions::new(clock))
    }

    #[test]
    fn a_browser_that_asks_for_nothing_is_out_after_half_an_hour() -> Outcome {
        let (clock, sessions) = nobody();
        let cookie = sessions.enter(BY)?;
        for _ in 0..3 {
            clock.turn(IDLE.saturating_sub(SECOND));
            assert_eq!(sessions.find(&cookie), Some(BY));
        }
        clock.turn(IDLE.saturating_sub(SECOND));
        assert_eq!(sessions.peek(&cookie), Some(BY));
        clock.turn(SECOND);
        assert_eq!((sessions.peek(&cookie), sessions.find(&cookie)), (None, None), "to look is not to ask");
        Ok(())
    }

    #[test]
    fn one_that_goes_on_asking_is_out_after_eight_hours() -> Outcome {
        let (clock, sessions) = nobody();
        let cookie = sessions.enter(BY)?;
        for _ in 1..16 {
            clock.turn(IDLE.saturating_sub(SECOND));
            assert_eq!(sessions.find(&cookie), Some(BY));
        }
        clock.turn(IDLE.saturating_sub(SECOND));
        assert_eq!(sessions.find(&cookie), Some(BY));
        clock.turn(16 * SECOND);
        assert_eq!(sessions.find(&cookie), None);
        Ok(())
    }

    #[test]
    fn leaving_ends_one_and_no_other() -> Outcome {
        let (_, sessions) = nobody();
        let [one, other] = [sessions.enter(BY)?, sessions.enter(BY)?];
        sessions.leave(&one);
        assert_eq!((sessions.find(&one), sessions.find(&other)), (None, Some(BY)));
        assert_eq!(sessions.find(&TokenValue::generate()?), None);
        Ok(())
    }

    #[test]
    fn of_too_many_the_longest_idle_goes() -> Outcome {
        let (clock, sessions) = nobody();
        let idle = sessions.enter(BY)?;
        clock.turn(SECOND);
        let others = (0..MOST).map(|_| sessions.enter(BY)).collect::<Result<Vec<_>, _>>()?;
        assert_eq!(sessions.find(&idle), None);
        assert!(others.iter().all(|cookie| sessions.find(cookie) == Some(BY)));
        assert_eq!(sessions.open().len(), MOST);
        Ok(())
    }
}
