//! What the embedded store keeps for the directory session API, on a disk that forgets what was not synced.

use bimgate::clock::{Clock as _, SystemClock};
use bimgate::domain::{
    Begun, Checkout, CloseReason, CloseSession, ConsumedLogin, LicenseLimits, NativeLogin, OpenSession, PendingLimits,
    PendingLogin, SessionCommand, SessionId, SessionKey, TokenDigest, UsedState, UserId,
};
use bimgate::store::embedded::EmbeddedStore;
use bimgate::store::{Licenses as _, Logins as _, Sessions as _, StoreError};
use futures_util::future::join_all;

use crate::Outcome;
use crate::disk::{Chance, Disk};
use crate::given::{self, LIMITS};
use crate::support::given::{HOUR, digest, opening, pending};

const ROUNDS: u64 = 40;
const SEED: u64 = 20_261_123;
const LICENSES: usize = 20;
const MANY: PendingLimits = PendingLimits { total: 100_000, per_network: 100_000 };

/// What was acknowledged; what was under way when the power failed stands nowhere here.
#[derive(Default)]
struct Acknowledged {
    open: Vec<(UserId, SessionId)>,
    closed: Vec<(UserId, SessionId)>,
    under_way: Vec<(TokenDigest, PendingLogin)>,
    ended: Vec<(TokenDigest, ConsumedLogin)>,
    told: Vec<(TokenDigest, NativeLogin)>,
    lent: Vec<TokenDigest>,
}

#[test]
fn sessions_logins_and_licences_stand_after_a_power_cut() -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build()?;
    runtime.block_on(async {
        let mut chance = Chance(SEED);
        let (mut image, mut lines) = (Vec::new(), 0);
        let mut before = Vec::new();
        for round in 0..ROUNDS {
            let disk = Disk::new(image, 100 + chance.below(1500), Chance(chance.below(u64::MAX)));
            // The power may fail while the store opens.
            if let Ok(store) = given::store_on(&disk) {
                for done in join_all((0..8).map(|_| tokio::spawn(work(store.clone())))).await {
                    before.push(done?);
                }
            }
            image = disk.survives();
            let disk = Disk::new(image.clone(), u64::MAX, Chance(round));
            let store = given::store_on(&disk).map_err(|error| format!("round {round}: {error}"))?;
            for acknowledged in before.drain(..) {
                lines += acknowledged.closed.len() + acknowledged.ended.len() + acknowledged.lent.len();
                check(&store, acknowledged).await.map_err(|error| format!("round {round}: {error}"))?;
            }
            let (out, count) = store.licenses(usize::MAX).await?;
            assert!(count <= LICENSES && out.len() == count, "round {round}: {count} of {LICENSES} are out");
            // The next round begins with all of them.
            for borrow in out {
                assert!(store.check_in(borrow.native).await?);
            }
            image = disk.survives();
        }
        assert!(lines > 500, "there was a load: {lines}");
        Ok(())
    })
}

/// Logs in and out again until the power fails, as it does long before the last turn.
async fn work(store: EmbeddedStore) -> Acknowledged {
    let mut done = Acknowledged::default();
    let Ok(user) = given::user(&store).await else { return done };
    for turn in 0..1000 {
        if log_in(&store, user, turn, &mut done).await.is_err() {
            break;
        }
    }
    done
}

/// One login by a native client, as the directory makes it. What fails is taken from the list before it is tried.
async fn log_in(store: &EmbeddedStore, user: UserId, turn: u32, done: &mut Acknowledged) -> Result<(), StoreError> {
    let (state, native) = (digest(), digest());
    let login = PendingLogin { native: Some(native), ..pending(SystemClock.now()) };
    assert_eq!(store.begin_login(state, &login, MANY).await?, Begun::Yes);
    if turn.is_multiple_of(3) {
        done.under_way.push((state, login));
        return Ok(());
    }
    let session = login.session;
    assert!(store.complete(state, &login, &open(user, &login)).await?.is_ok());
    done.ended.push((state, ConsumedLogin { user, session }));
    done.open.push((user, session));
    done.told.push((native, NativeLogin::Open { user, session }));
    if store.check_out(native, user, session, HOUR, LicenseLimits { total: LICENSES, per_user: LICENSES }).await?
        == Checkout::Out
    {
        done.lent.push(native);
    }
    if turn % 3 == 1 {
        done.open.pop();
        let (session, why) = (SessionKey::Directory(session), CloseReason::ByApplication);
        assert!(store.close_session(user, &CloseSession { session, ask_again: false, why }).await?.is_ok());
        done.closed.push((user, login.session));
    }
    Ok(())
}

async fn check(store: &EmbeddedStore, acknowledged: Acknowledged) -> Outcome {
    let now = SystemClock.now();
    let heartbeat = |session| SessionCommand::Heartbeat { session, now, before: now.plus(HOUR) };
    for (user, session) in acknowledged.open {
        store.update_session(user, &heartbeat(session)).await??;
        store.directory_session(user, session, now).await?.ok_or("a session kept alive is gone")?;
    }
    for (user, session) in acknowledged.closed {
        assert_eq!(store.directory_session(user, session, now).await?, None);
        assert!(store.update_session(user, &heartbeat(session)).await?.is_err());
    }
    for (state, login) in acknowledged.under_way {
        assert_eq!(store.native_login(login.native.ok_or("none")?).await?, Some(NativeLogin::Pending));
        assert!(store.end_login(state, &login).await?, "a login under way is gone");
    }
    for (state, spent) in acknowledged.ended {
        assert_eq!(store.login(state).await?, None);
        assert_eq!(store.used_state(state).await?, Some(UsedState::Spent(spent)));
    }
    for (native, outcome) in acknowledged.told {
        assert_eq!(store.native_login(native).await?, Some(outcome));
    }
    for native in acknowledged.lent {
        assert!(store.renew_license(native, HOUR).await?, "a licence that was lent is not out");
    }
    Ok(())
}

fn open(user: UserId, login: &PendingLogin) -> OpenSession {
    let (session, native) = (login.session, login.native);
    OpenSession { session, native, limits: LIMITS, ..opening(SystemClock.now(), user) }
}
