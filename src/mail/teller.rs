//! People are told when what they log in with changes, so that nobody else does it unnoticed.

use std::sync::Arc;

use futures_util::StreamExt as _;
use tokio::sync::mpsc::{self, Receiver};

use super::{AT_ONCE, Letter, MAX_WAITING, Mailer, until_stopped};
use crate::domain::CredentialChange;

/// Tells people of changes of what they log in with.
pub struct Teller {
    changes: Receiver<CredentialChange>,
    mailer: Arc<Mailer>,
    place: String,
}

impl Teller {
    /// The teller, and what takes each change: it never waits. Mails name this server by `place`, its public URL.
    pub fn new(mailer: Arc<Mailer>, place: &str) -> (Self, impl Fn(CredentialChange) + Send + Sync + use<>) {
        let (queue, changes) = mpsc::channel(MAX_WAITING);
        let metrics = mailer.metrics().clone();
        let take = move |change: CredentialChange| {
            if let Err(full) = queue.try_send(change) {
                let user = full.into_inner().user;
                tracing::warn!(%user, "too much mail waits: a person is not told that their credentials changed");
                metrics.count_dropped();
            }
        };
        (Self { changes, mailer, place: place.to_owned() }, take)
    }

    /// Tells people until `stop` is ready, and then those who still wait.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { changes, mailer, place } = self;
        let told = |change| tell(&mailer, &place, change);
        until_stopped(changes, stop).for_each_concurrent(AT_ONCE, told).await;
    }
}

async fn tell(mailer: &Mailer, place: &str, change: CredentialChange) {
    let CredentialChange { user, email, credential } = change;
    match mailer.send(&email, &Letter::Changed { place, credential: &credential }).await {
        Ok(()) => tracing::info!(%user, "mailed that credentials changed"),
        Err(error) => tracing::warn!(%user, %error, "a person could not be told that their credentials changed"),
    }
}
