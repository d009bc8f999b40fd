//! The embedded store while nothing can be written, and after.

use std::time::{Duration, Instant};

use bimgate::store::{Health as _, Sessions as _, StoreError, Tokens as _};

use crate::Outcome;
use crate::disk::{Chance, Disk};
use crate::{given, support};

#[tokio::test]
async fn a_full_disk_refuses_writes_and_serving_resumes_by_itself() -> Outcome {
    let disk = Disk::new(Vec::new(), u64::MAX, Chance(1));
    let store = given::store_on(&disk)?;
    let user = given::user(&store).await?;
    let (client, before) = given::log_in(&store, user).await?;

    disk.set_full(true);
    for _attempt in 0..20 {
        let asked = Instant::now();
        let refused = given::log_in(&store, user).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        assert!(asked.elapsed() < Duration::from_secs(1), "refused at once");
    }
    disk.set_full(false);

    let deadline = Instant::now() + Duration::from_secs(5);
    while store.time().await.is_err() {
        assert!(Instant::now() < deadline, "it serves again");
        tokio::task::yield_now().await;
    }
    let (_, after) = given::log_in(&store, user).await?;
    for token in [before, after] {
        assert!(store.access_token(token).await?.is_some());
    }
    store.revoke(user, &support::given::revoke(&client, before)).await?;
    store.close().await;

    let reopened = given::store_on(&disk)?;
    assert!(reopened.access_token(before).await?.is_none());
    assert!(reopened.access_token(after).await?.is_some());
    let held = reopened.user_state(user).await?.ok_or("the user is gone")?;
    let usable: Vec<_> = held.clients.values().flat_map(|session| &session.access).collect();
    for handle in usable {
        assert!(reopened.access_token(handle.digest).await?.is_some(), "no session holds what is not usable");
    }
    Ok(())
}
