//! `Logins`: the native clients that wait for one.

use std::time::Duration;

use bimgate::domain::{Begun, ClientInfo, NativeLogin, OpenSession, PendingLogin, TokenDigest, UserId};
use bimgate::store::Store;
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::BoxStream;

use crate::Outcome;
use crate::backend::Backend;
use crate::given::{self, Result};
use crate::given_directory::{MANY, ended, opening_of, pending};

const SHORT: Duration = Duration::from_millis(300);
/// Far more than it takes to hear of a decision.
const HEARD_WITHIN: Duration = Duration::from_secs(10);

/// A login of a native client.
struct Native {
    state: TokenDigest,
    login: PendingLogin,
    token: TokenDigest,
    user: UserId,
}

async fn begun(store: &dyn Store, backend: &dyn Backend) -> Result<Native> {
    let (state, login, user) = (given::digest(), pending(backend), given::user(backend).await?);
    assert_eq!(store.begin_login(state, &login, MANY).await?, Begun::Yes);
    let token = login.native.ok_or("none")?;
    Ok(Native { state, login, token, user })
}

impl Native {
    /// What its client is told once its session is open.
    fn opened(&self) -> NativeLogin {
        NativeLogin::Open { user: self.user, session: self.login.session }
    }

    async fn complete(&self, store: &dyn Store, backend: &dyn Backend) -> Outcome {
        store.complete(self.state, &self.login, &opening_of(backend, &self.login, self.user)).await??;
        Ok(())
    }
}

on_every_backend!(a_native_client_waits_until_its_login_is_decided, |backend| {
    let (store, second) = (backend.store(), backend.second_server());
    assert_eq!(store.native_login(given::digest()).await?, None);
    for refused in [false, true] {
        let native = begun(&*store, backend).await?;
        assert_eq!(second.native_login(native.token).await?, Some(NativeLogin::Pending));
        let mut open = opening_of(backend, &native.login, native.user);
        open.proof.generation += u32::from(refused);
        let outcome = store.complete(native.state, &native.login, &open).await?;
        assert_eq!(outcome.is_err(), refused);
        let told = if refused { NativeLogin::Failed } else { native.opened() };
        for store in [&store, &second] {
            assert_eq!(store.native_login(native.token).await?, Some(told));
        }
    }
    Ok(())
});

on_every_backend!(of_simultaneous_logins_with_one_native_token_one_begins, |backend| {
    for _round in 0..5 {
        let native = given::digest();
        let beginnings = (0..32).map(|turn| {
            let (store, state) = (backend.server(turn), given::digest());
            let login = PendingLogin { native: Some(native), ..pending(backend) };
            tokio::spawn(async move { (store.begin_login(state, &login, MANY).await, state) })
        });
        let mut begun = 0;
        for beginning in join_all(beginnings).await {
            let (answer, state) = beginning?;
            let answer = answer?;
            assert_eq!(backend.store().login(state).await?.is_some(), answer == Begun::Yes);
            match answer {
                Begun::Yes => begun += 1,
                other => assert_eq!(other, Begun::NativeInUse(NativeLogin::Pending)),
            }
        }
        assert_eq!(begun, 1);
    }
    Ok(())
});

on_every_backend!(a_native_token_may_be_used_again_once_its_login_has_failed, |backend| {
    let store = backend.store();
    let native = begun(&*store, backend).await?;
    let again = || PendingLogin { native: Some(native.token), ..pending(backend) };
    let in_use = store.begin_login(given::digest(), &again(), MANY).await?;
    assert_eq!(in_use, Begun::NativeInUse(NativeLogin::Pending));
    assert!(store.end_login(native.state, &native.login).await?);
    assert_eq!(store.native_login(native.token).await?, Some(NativeLogin::Failed));
    let second = Native { state: given::digest(), login: again(), ..native };
    assert_eq!(backend.second_server().begin_login(second.state, &second.login, MANY).await?, Begun::Yes);
    assert_eq!(store.native_login(second.token).await?, Some(NativeLogin::Pending));
    second.complete(&*store, backend).await?;
    let in_use = backend
        .second_server()
        .begin_login(given::digest(), &PendingLogin { native: Some(second.token), ..pending(backend) }, MANY)
        .await?;
    assert_eq!(in_use, Begun::NativeInUse(second.opened()));
    Ok(())
});

on_every_backend!(an_outcome_is_kept_until_the_end_of_life_of_its_session, |backend| {
    let store = backend.store();
    let native = begun(&*store, backend).await?;
    let open = opening_of(backend, &native.login, native.user);
    let open = OpenSession { end_of_life: open.now.plus(SHORT), ..open };
    store.complete(native.state, &native.login, &open).await??;
    assert!(store.native_login(native.token).await?.is_some());
    backend.pass(SHORT + Duration::from_millis(10)).await;
    store.close_due().await?;
    assert_eq!(backend.second_server().native_login(native.token).await?, None);
    let login = PendingLogin { native: Some(native.token), ..pending(backend) };
    assert_eq!(store.begin_login(given::digest(), &login, MANY).await?, Begun::Yes);
    Ok(())
});

on_every_backend!(a_native_token_is_forgotten_only_if_it_stands_for_what_was_said, |backend| {
    let store = backend.store();
    let native = begun(&*store, backend).await?;
    native.complete(&*store, backend).await?;
    let outcome = native.opened();
    let another = NativeLogin::Open { user: native.user, session: pending(backend).session };
    for other in [NativeLogin::Pending, NativeLogin::Failed, another] {
        backend.second_server().delete_native_login(native.token, other).await?;
        assert_eq!(store.native_login(native.token).await?, Some(outcome));
    }
    backend.second_server().delete_native_login(native.token, outcome).await?;
    assert_eq!(store.native_login(native.token).await?, None);
    store.delete_native_login(given::digest(), outcome).await?;
    let login = PendingLogin { native: Some(native.token), ..pending(backend) };
    assert_eq!(store.begin_login(given::digest(), &login, MANY).await?, Begun::Yes);
    Ok(())
});

on_every_backend!(a_native_client_that_waits_is_described_on_every_server, |backend| {
    let (native, other) = (given::digest(), given::digest());
    for application in ["first", "last"] {
        let client = ClientInfo {
            address: Some([192, 0, 2, 7].into()),
            user_agent: Some("Program/1".into()),
            application: Some(application.into()),
        };
        backend.store().record_waiting_client(native, &client).await?;
        assert_eq!(backend.second_server().waiting_client(native).await?, Some(client));
    }
    assert_eq!(backend.store().waiting_client(other).await?, None);
    Ok(())
});

on_every_backend!(decisions_are_heard_on_every_server, |backend| {
    let mut heard = [backend.store().decisions(), backend.second_server().decisions()];
    for decisions in &mut heard {
        let first = tokio::time::timeout(HEARD_WITHIN, decisions.next()).await?;
        assert_eq!(first, Some(None), "some may have been missed before");
    }
    let store = backend.store();
    for refused in [false, true] {
        let native = begun(&*store, backend).await?;
        if refused {
            store.end_login(native.state, &native.login).await?;
        } else {
            native.complete(&*store, backend).await?;
        }
        for decisions in &mut heard {
            hears(decisions, native.token).await?;
        }
    }
    Ok(())
});

on_every_backend!(a_native_client_whose_login_was_overdue_is_woken, |backend| {
    let mut heard = backend.second_server().decisions();
    tokio::time::timeout(HEARD_WITHIN, heard.next()).await?;
    let login = PendingLogin { expires: backend.now().plus(SHORT), ..pending(backend) };
    backend.store().begin_login(given::digest(), &login, MANY).await?;
    backend.pass(SHORT).await;
    ended(backend, 1).await?;
    hears(&mut heard, login.native.ok_or("none")?).await
});

/// That a decision arrives.
async fn hears(decisions: &mut BoxStream<'static, Option<TokenDigest>>, native: TokenDigest) -> Outcome {
    let hear = async {
        while let Some(decision) = decisions.next().await {
            if decision == Some(native) {
                return Ok(());
            }
        }
        Err("the decisions never end".into())
    };
    tokio::time::timeout(HEARD_WITHIN, hear).await?
}
