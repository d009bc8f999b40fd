//! What sends mail beside everything else, if there is any.

use std::sync::Arc;

use tokio::sync::watch::Receiver;

use crate::account::{FirstPasswords, Forgotten, LinkSender};
use crate::clock::Clock;
use crate::http::Metrics;
use crate::mail::{Mailer, Teller};
use crate::session::PublicUrl;
use crate::settings::Settings;
use crate::store::Store;

/// Links for those who have forgotten their passwords, and word of changed credentials: each with a queue of its own, so that
/// nobody keeps the second from being sent by asking for the first.
pub(super) struct Post {
    links: LinkSender,
    teller: Teller,
}

impl Post {
    /// Puts it together. It tells of what changes in `store` from now on.
    pub(super) fn new(
        mailer: &Arc<Mailer>,
        settings: &Settings,
        store: &Arc<dyn Store>,
        clock: &Arc<dyn Clock>,
        base: &PublicUrl,
        metrics: &Metrics,
    ) -> (Self, Forgotten) {
        metrics.show(|page| mailer.metrics().register(page));
        let (teller, tell) = Teller::new(Arc::clone(mailer), base.as_str());
        store.events().on_credentials(tell);
        let first = first_passwords(settings);
        let (links, forgotten) =
            LinkSender::new(Arc::clone(mailer), Arc::clone(store), Arc::clone(clock), base.clone(), first);
        (Self { links, teller }, forgotten)
    }

    /// Sends until the other end of `stopped` is dropped, and then what still waits.
    pub(super) async fn run(self, stopped: Receiver<()>) {
        let stop = || {
            let mut stopped = stopped.clone();
            async move {
                let _ = stopped.changed().await;
            }
        };
        tokio::join!(self.links.run(stop()), self.teller.run(stop()));
    }
}

/// Where nobody is proven elsewhere, who has no password here has only not set it yet.
fn first_passwords(settings: &Settings) -> FirstPasswords {
    let proven_elsewhere = settings.openid.issuer.is_some() || !settings.ldap.urls.is_empty();
    if settings.passwords.beside_provider || !proven_elsewhere {
        FirstPasswords::Everybody
    } else if settings.upstream.url.is_some() {
        FirstPasswords::WhoComesOver
    } else {
        FirstPasswords::Nobody
    }
}
