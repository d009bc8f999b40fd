//! `Logins`: the native clients that wait for one.

use std::time::Duration;

use bimgate::domain::{Begun, ClientInfo, NativeLogin, PendingLogin, TokenDigest};
use bimgate::store::Store;
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::BoxStream;

use crate::Outcome;
use crate::backend::Backend;
use crate::given::{self, HOUR, Result};
use crate::given_directory::{MANY, ended, open_outcome, pending};

const SHORT: Duration = Duration::from_millis(300);
/// Far more than it takes to hear of a decision.
const HEARD_WITHIN: Duration = Duration::from_secs(10);

/// A login of a native client.
async fn begun(store: &dyn Store, backend: &dyn Backend) -> Result<(TokenDigest, PendingLogin, TokenDigest)> {
    let (state, login) = (given::digest(), pending(backend));
    assert_eq!(store.begin_login(state, &login, MANY).await?, Begun::Yes);
    let native = login.native.ok_or("none")?;
    Ok((state, login, native))
}

pub async fn a_native_client_waits_until_its_login_is_decided(backend: &dyn Backend) -> Outcome {
    let (store, second) = (backend.store(), backend.second_server());
    assert_eq!(store.native_login(given::digest()).await?, None);
    let (state, login, native) = begun(&*store, backend).await?;
    assert_eq!(second.native_login(native).await?, Some(NativeLogin::Pending));
    assert!(store.end_login(state, &login).await?);
    assert_eq!(second.native_login(native).await?, Some(NativeLogin::Pending), "taken away, not decided");
    let outcome = open_outcome();
    store.complete_native_login(native, outcome, HOUR).await?;
    for store in [&store, &second] {
        assert_eq!(store.native_login(native).await?, Some(outcome));
    }
    Ok(())
}

pub async fn of_simultaneous_logins_with_one_native_token_one_begins(backend: &dyn Backend) -> Outcome {
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
}

pub async fn a_native_token_may_be_used_again_once_its_login_has_failed(backend: &dyn Backend) -> Outcome {
    let store = backend.store();
    let (state, login, native) = begun(&*store, backend).await?;
    let again = || PendingLogin { native: Some(native), ..pending(backend) };
    assert!(store.end_login(state, &login).await?);
    let in_use = store.begin_login(given::digest(), &again(), MANY).await?;
    assert_eq!(in_use, Begun::NativeInUse(NativeLogin::Pending));
    store.complete_native_login(native, NativeLogin::Failed, HOUR).await?;
    assert_eq!(store.native_login(native).await?, Some(NativeLogin::Failed));
    let (state, login) = (given::digest(), again());
    assert_eq!(backend.second_server().begin_login(state, &login, MANY).await?, Begun::Yes);
    assert_eq!(store.native_login(native).await?, Some(NativeLogin::Pending));
    assert!(store.end_login(state, &login).await?);
    let outcome = open_outcome();
    store.complete_native_login(native, outcome, HOUR).await?;
    let in_use = backend.second_server().begin_login(given::digest(), &again(), MANY).await?;
    assert_eq!(in_use, Begun::NativeInUse(outcome));
    Ok(())
}

pub async fn a_decision_is_kept_as_long_as_was_said(backend: &dyn Backend) -> Outcome {
    let store = backend.store();
    let (state, login, native) = begun(&*store, backend).await?;
    assert!(store.end_login(state, &login).await?);
    store.complete_native_login(native, open_outcome(), SHORT).await?;
    assert!(store.native_login(native).await?.is_some());
    backend.pass(SHORT + Duration::from_millis(10)).await;
    store.close_due().await?;
    assert_eq!(backend.second_server().native_login(native).await?, None);
    let login = PendingLogin { native: Some(native), ..pending(backend) };
    assert_eq!(store.begin_login(given::digest(), &login, MANY).await?, Begun::Yes);
    Ok(())
}

pub async fn a_native_token_is_forgotten_only_if_it_stands_for_what_was_said(backend: &dyn Backend) -> Outcome {
    let store = backend.store();
    let (_, _, native) = begun(&*store, backend).await?;
    let outcome = open_outcome();
    store.complete_native_login(native, outcome, HOUR).await?;
    for other in [NativeLogin::Pending, NativeLogin::Failed, open_outcome()] {
        backend.second_server().delete_native_login(native, other).await?;
        assert_eq!(store.native_login(native).await?, Some(outcome));
    }
    backend.second_server().delete_native_login(native, outcome).await?;
    assert_eq!(store.native_login(native).await?, None);
    store.delete_native_login(given::digest(), outcome).await?;
    let login = PendingLogin { native: Some(native), ..pending(backend) };
    assert_eq!(store.begin_login(given::digest(), &login, MANY).await?, Begun::Yes);
    Ok(())
}

pub async fn a_native_client_that_waits_is_described_on_every_server(backend: &dyn Backend) -> Outcome {
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
}

pub async fn decisions_are_heard_on_every_server(backend: &dyn Backend) -> Outcome {
    let mut heard = [backend.store().decisions(), backend.second_server().decisions()];
    for decisions in &mut heard {
        let first = tokio::time::timeout(HEARD_WITHIN, decisions.next()).await?;
        assert_eq!(first, Some(None), "some may have been missed before");
    }
    let store = backend.store();
    let (state, login, native) = begun(&*store, backend).await?;
    store.end_login(state, &login).await?;
    store.complete_native_login(native, open_outcome(), HOUR).await?;
    for decisions in &mut heard {
        hears(decisions, native).await?;
    }
    Ok(())
}

pub async fn a_native_client_whose_login_was_overdue_is_woken(backend: &dyn Backend) -> Outcome {
    let mut heard = backend.second_server().decisions();
    tokio::time::timeout(HEARD_WITHIN, heard.next()).await?;
    let login = PendingLogin { expires: backend.now().plus(SHORT), ..pending(backend) };
    backend.store().begin_login(given::digest(), &login, MANY).await?;
    backend.pass(SHORT).await;
    ended(backend, 1).await?;
    hears(&mut heard, login.native.ok_or("none")?).await
}

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
