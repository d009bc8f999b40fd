//! The embedded store on a disk that forgets what was not synced.

use bimgate::domain::{TokenDigest, UserId};
use bimgate::store::embedded::EmbeddedStore;
use bimgate::store::{Accounts as _, Sessions as _, Tokens as _};
use futures_util::future::join_all;

use crate::Outcome;
use crate::disk::{Chance, Disk};
use crate::{given, support};

const ROUNDS: u64 = 80;
const SEED: u64 = 20_261_122;

/// What was acknowledged; what was under way when the power failed is in neither list.
#[derive(Default)]
struct Acknowledged {
    users: Vec<UserId>,
    issued: Vec<TokenDigest>,
    revoked: Vec<TokenDigest>,
}

#[test]
fn what_was_acknowledged_before_a_power_cut_stands_after_it() -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build()?;
    runtime.block_on(async {
        let mut chance = Chance(SEED);
        let mut acknowledged = Acknowledged::default();
        let mut image = Vec::new();
        for round in 0..ROUNDS {
            let disk = Disk::new(image, 20 + chance.below(1500), Chance(chance.below(u64::MAX)));
            // The power may fail while the store opens.
            if let Ok(store) = given::store_on(&disk) {
                for done in join_all((0..8).map(|_| tokio::spawn(work(store.clone())))).await {
                    let done = done?;
                    acknowledged.users.extend(done.users);
                    acknowledged.issued.extend(done.issued);
                    acknowledged.revoked.extend(done.revoked);
                }
            }
            image = disk.survives();
            let disk = Disk::new(image.clone(), u64::MAX, Chance(round));
            let store = given::store_on(&disk).map_err(|error| format!("round {round}: {error}"))?;
            check(&store, &acknowledged).await.map_err(|error| format!("round {round}: {error}"))?;
        }
        assert!(acknowledged.issued.len() > 500 && acknowledged.revoked.len() > 200, "there was a load");
        Ok(())
    })
}

/// Issues and revokes until the power fails, as it does long before the last turn.
async fn work(store: EmbeddedStore) -> Acknowledged {
    let mut done = Acknowledged::default();
    let Ok(user) = given::user(&store).await else { return done };
    done.users.push(user);
    let mut sessions = Vec::new();
    for _turn in 0..1000 {
        let Ok((client, token)) = given::log_in(&store, user).await else { break };
        done.issued.push(token);
        sessions.push((client, token));
        if sessions.len() % 3 == 0 {
            let (client, token) = sessions.remove(0);
            done.issued.retain(|issued| *issued != token);
            let ended = if done.revoked.len() % 2 == 0 {
                store.revoke(user, &support::given::revoke(&client, token)).await
            } else {
                store.close_session(user, &support::given::close_client(&client)).await.map(drop)
            };
            if ended.is_err() {
                break;
            }
            done.revoked.push(token);
        }
    }
    done
}

async fn check(store: &EmbeddedStore, acknowledged: &Acknowledged) -> Outcome {
    for user in &acknowledged.users {
        store.account(*user).await?.ok_or("an account is gone")?;
    }
    for token in &acknowledged.issued {
        let found = store.access_token(*token).await?.ok_or("an issued token is gone")?;
        let held = store.user_state(found.user).await?.ok_or("its user is gone")?;
        held.clients.get(&found.client).ok_or("its session is gone")?;
    }
    for token in &acknowledged.revoked {
        if store.access_token(*token).await?.is_some() {
            return Err("a revoked token lives".into());
        }
    }
    Ok(())
}
