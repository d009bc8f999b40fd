//! What the metrics show besides requests: each number from whoever knows it.

use std::sync::Arc;
use std::time::Duration;

use super::dependencies::Dependencies;
use crate::auth::PeerMetrics;
use crate::clock::{Clock as _, SystemClock};
use crate::domain::Timestamp;
use crate::session::CensusMetrics;
use crate::tls::ServerCertificate;

/// Shows what everybody counts, and gauges.
pub(super) fn show(parts: &Dependencies, census: &CensusMetrics, certificate: Option<&Arc<ServerCertificate>>) {
    let Dependencies { settings, store, clock, passwords, metrics, bearers, waiting, .. } = parts;
    metrics.show(|page| store.metrics().register(page));
    metrics.show(|page| parts.password_metrics.register(page));
    metrics.show(|page| census.register(page));
    let peers = [
        parts.provider.as_ref().map(|provider| provider.metrics()),
        parts.ldap.as_ref().map(|ldap| ldap.metrics()),
        parts.upstream.as_ref().map(|upstream| upstream.metrics()),
    ];
    let peers: Vec<_> = peers.into_iter().flatten().cloned().collect();
    metrics.show(|page| PeerMetrics::register(&peers, page));

    let counted = Arc::clone(passwords);
    metrics.watch("bimgate_hashing_queued", "Logins waiting for a hashing thread", move || Some(counted.queued()));
    let counted = Arc::clone(passwords);
    metrics.watch("bimgate_hashing_running", "Passwords being hashed", move || Some(counted.running()));
    let counted = Arc::clone(waiting);
    metrics
        .watch("bimgate_waiting_clients", "Native clients that wait for their logins", move || Some(counted.taken()));

    let total = settings.licenses.total;
    metrics.watch("bimgate_licenses_limit", "How many licences may be out (licenses.total)", move || Some(total));
    let (keys, now) = (Arc::clone(bearers), Arc::clone(clock));
    let about = "Since when the key signs that signs bearers now, in seconds since 1970";
    let since = move || keys.signing_since(now.now()).map(seconds);
    metrics.watch("bimgate_signing_key_start_timestamp_seconds", about, since);
    let every = bearers.rotate_every().as_secs();
    let about = "How often a key is made (signing.rotate_every); 0: only by hand";
    metrics.watch("bimgate_signing_key_rotation_seconds", about, move || Some(every));
    let followed = Arc::clone(clock);
    let about = "How far this machine's clock is ahead of the store's, which is the one that counts";
    metrics.watch("bimgate_clock_offset_seconds", about, move || {
        Some(seconds(SystemClock.now()) - seconds(followed.now()))
    });
    if let Some(certificate) = certificate {
        let shown = Arc::clone(certificate);
        let about = "When the certificate of this server ends, in seconds since 1970";
        let ends = move || shown.ends().map(|ends| ends.as_secs());
        metrics.watch("bimgate_tls_certificate_end_timestamp_seconds", about, ends);
    }
}

fn seconds(instant: Timestamp) -> f64 {
    Duration::from_millis(instant.millis()).as_secs_f64()
}
