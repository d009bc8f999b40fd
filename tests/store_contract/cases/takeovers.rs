//! `Takeovers`: tokens of an old service that stand for tokens of ours.

use std::time::Duration;

use bimgate::domain::{SessionKey, TakenOver};
use futures_util::future::join_all;

use crate::backend::Backend;
use crate::given::{self, HOUR};

const SHORT: Duration = Duration::from_millis(300);

fn taken_over(backend: &dyn Backend, lives: Duration) -> TakenOver {
    let session = Some(SessionKey::Client(given::client()));
    let user = given::account(backend).id;
    TakenOver { user, stands_for: given::digest(), session, expires: backend.now().plus(lives) }
}

on_every_backend!(a_token_taken_over_is_found_on_every_server_until_it_expires, |backend| {
    let (store, second) = (backend.store(), backend.second_server());
    let (long, short) = (given::digest(), given::digest());
    assert_eq!(store.taken_over(long).await?, None);
    let (lives_long, lives_short) = (taken_over(backend, HOUR), taken_over(backend, SHORT));
    assert_eq!(store.take_over(long, &lives_long).await?, None);
    assert_eq!(store.take_over(short, &lives_short).await?, None);
    assert_eq!(second.taken_over(short).await?.as_ref(), Some(&lives_short));
    backend.pass(SHORT * 2).await;
    store.close_due().await?;
    assert_eq!(second.taken_over(short).await?, None, "nothing is kept for longer");
    assert_eq!(second.taken_over(long).await?, Some(lives_long));
    Ok(())
});

on_every_backend!(of_simultaneous_takeovers_of_one_token_one_counts, |backend| {
    let digest = given::digest();
    let attempts: Vec<_> = (0..16).map(|n| (backend.server(n), taken_over(backend, HOUR))).collect();
    let told = join_all(attempts.iter().map(|(store, to)| store.take_over(digest, to))).await;
    let stands = backend.store().taken_over(digest).await?.ok_or("nothing stands")?;
    let mut first = 0;
    for ((_, to), told) in attempts.iter().zip(told) {
        match told? {
            None => {
                assert_eq!(*to, stands);
                first += 1;
            }
            Some(told) => assert_eq!(told, stands),
        }
    }
    assert_eq!(first, 1);
    assert_eq!(backend.second_server().take_over(digest, &taken_over(backend, HOUR)).await?, Some(stands));
    Ok(())
});

on_every_backend!(the_end_of_the_old_service_stays_as_it_was_first_set, |backend| {
    let (store, second) = (backend.store(), backend.second_server());
    let first = backend.now().plus(HOUR);
    assert_eq!(store.upstream_until(first).await?, first);
    for other in [backend.now(), first.plus(HOUR)] {
        assert_eq!(second.upstream_until(other).await?, first);
        assert_eq!(store.upstream_until(other).await?, first);
    }
    Ok(())
});
