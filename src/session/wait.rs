//! Wait: a native client waits for the login that goes on in a browser.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{Renewed, SessionService};
use crate::auth::Activity;
use crate::domain::{ClientInfo, NativeLogin, Network, SessionCommand, SessionId, TokenDigest, UserId};
use crate::error::ServiceError;

/// How often the store is asked though nobody says that anything has happened.
const ASK_EVERY: Duration = Duration::from_secs(10);
/// How soon it is asked again when it did not answer.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// How long after the first answer it can be asked for again: a lost answer is no lost login.
const ANSWER_AGAIN: Duration = Duration::from_secs(60);

/// What came of waiting.
#[derive(Debug)]
pub enum Waited {
    /// The person is logged in.
    LoggedIn(Box<Renewed>),
    /// Not yet: the client asks again.
    NotYet,
}

/// What the store knows of a login.
enum NativeProgress {
    LoggedIn(Box<Renewed>),
    /// It is under way.
    Pending,
    /// Nobody has come as far with it as the store must know.
    NotBegun,
}

impl SessionService {
    /// Waits until a native client's login is decided, at most for `patience`; not at all while the server stops, and no
    /// longer than until the place goes to a client whose login is under way. A token that is not known yet may be known
    /// soon. Ten thousand wait at once, so this holds little.
    ///
    /// For a service with a worker's handle of the store: a wait is longer than a request's time there.
    ///
    /// # Errors
    /// [`ServiceError::LoginFailed`]; [`ServiceError::NoSession`] if the session has been beaten or closed, or was collected
    /// a minute ago; [`ServiceError::TooManyWaiting`]; [`ServiceError::NoKeys`]; [`ServiceError::Store`].
    pub async fn wait(
        &self,
        native: TokenDigest,
        network: Network,
        patience: Duration,
    ) -> Result<Waited, ServiceError> {
        let place = match self.waiting.enter(native, network) {
            Ok(place) => place,
            // A login that is decided needs no place, and one that the store knows of is under way.
            Err(full) => match self.ask(native).await? {
                NativeProgress::LoggedIn(renewed) => return Ok(Waited::LoggedIn(renewed)),
                NativeProgress::Pending => self.waiting.enter(native, network).map_err(ServiceError::TooManyWaiting)?,
                NativeProgress::NotBegun => return Err(ServiceError::TooManyWaiting(full)),
            },
        };
        let end = Instant::now() + patience;
        let mut has_asked = false;
        loop {
            // Before the store is asked, so that no decision falls in between.
            let woken = place.woken();
            let pause = match self.ask(native).await {
                Ok(NativeProgress::LoggedIn(renewed)) => return Ok(Waited::LoggedIn(renewed)),
                Ok(NativeProgress::Pending | NativeProgress::NotBegun) => ASK_EVERY,
                // Who has waited so far waits on: an outage may be over before the login is.
                Err(ServiceError::Store(error)) if has_asked => {
                    tracing::debug!(%error, "a waiting client's login could not be read; trying again");
                    ASK_AGAIN
                }
                Err(error) => return Err(error),
            };
            has_asked = true;
            let now = Instant::now();
            if now >= end || self.waiting.is_stopping() || place.is_lost() {
                return Ok(Waited::NotYet);
            }
            // Woken, or time to ask anyway: both are answered by the store.
            let _ = timeout_at(end.min(now + pause), woken).await;
        }
    }

    /// Notes how a native client describes itself, for the person who is asked whether it may be logged in. That it could
    /// not be noted is no reason not to wait: the person is told that it is not known.
    pub async fn introduce(&self, native: TokenDigest, client: &ClientInfo) {
        if let Err(error) = self.store.record_waiting_client(native, client).await {
            tracing::debug!(%error, "a native client that waits could not be noted");
        }
    }

    /// What a login has come to; whoever waits for one that the store knows of goes first.
    async fn ask(&self, native: TokenDigest) -> Result<NativeProgress, ServiceError> {
        match self.store.native_login(native).await? {
            Some(NativeLogin::Open { user, session }) => {
                Box::pin(self.collect(user, session)).await.map(NativeProgress::LoggedIn)
            }
            Some(NativeLogin::Failed) => Err(ServiceError::LoginFailed),
            Some(NativeLogin::Pending) => {
                self.waiting.begun(native);
                Ok(NativeProgress::Pending)
            }
            None => Ok(NativeProgress::NotBegun),
        }
    }

    async fn collect(&self, user: UserId, session: SessionId) -> Result<Box<Renewed>, ServiceError> {
        self.identity.count(Activity::Heartbeat, user).await?;
        let act = SessionCommand::Collect { session, now: self.clock.now(), again: ANSWER_AGAIN };
        let held = self.store.update_session(user, &act).await?;
        self.renew(held.map_err(ServiceError::NoSession)?).await.map(Box::new)
    }
}
