//! The scripts of the directory session API, delivered twice: done once, and answered so, whatever came in between.

use std::time::Duration;

use bimgate::domain::{
    AccountChange, Begun, Checkout, CloseReason, ConsumedLogin, Denied, KeyRing, LicenseLimits, NativeLogin,
    SessionCommand, SessionId, UsedState,
};
use bimgate::store::{Accounts as _, Licenses as _, Logins as _, Sessions as _, SigningKeys as _, Upkeep as _};
use uuid::Uuid;

use crate::backend::{Backend as _, run};
use crate::given_directory::{
    self, MANY, close, heartbeat, is_open, opened, opening, opening_of, pending, proven, short,
};
use crate::scripts::{COMMITS, source};
use crate::twice::Case;
use crate::{Outcome, given};

fn open(asked: &bimgate::domain::OpenSession) -> SessionCommand {
    SessionCommand::Open(Box::new(asked.clone()))
}

#[test]
fn an_opening() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        let asked = opening(&case.cut, case.user);
        let held = case.twice(case.cut.0.update_session(case.user, &open(&asked))).await??;
        assert_eq!(held.session.id, asked.session);
        assert!(is_open(&case.other, case.user, asked.session).await?);
        Ok(())
    })
}

#[test]
fn an_opening_of_a_session_that_was_closed_meanwhile_stays_closed() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        for everywhere in [false, true] {
            let now = case.other.0.account(case.user).await?.ok_or("nobody")?.generation;
            let mut asked = opening(&case.cut, case.user);
            asked.proof.generation = now;
            let end = async {
                let store = &case.other.0;
                if everywhere {
                    store
                        .change_account(case.user, &AccountChange::LogOutEverywhere(CloseReason::ByAdmin))
                        .await
                        .map(drop)
                } else {
                    store.close_session(case.user, &close(asked.session)).await.map(drop)
                }
            };
            let opened = case.twice_around(COMMITS, case.cut.0.update_session(case.user, &open(&asked)), end).await?;
            assert_eq!(opened?.session.id, asked.session, "it was open");
            assert!(!is_open(&case.other, case.user, asked.session).await?);
        }
        Ok(())
    })
}

#[test]
fn a_heartbeat() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        let asked = opening(&case.cut, case.user);
        opened(&case.other.store(), &asked).await?;
        let beat = heartbeat(&case.cut, asked.session, 2 * given::HOUR);
        let held = case.twice(case.cut.0.update_session(case.user, &beat)).await??;
        assert!(held.session.heartbeat_before > asked.heartbeat_before);
        Ok(())
    })
}

#[test]
fn a_close() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        let asked = opening(&case.cut, case.user);
        opened(&case.other.store(), &asked).await?;
        let closed = case.twice(case.cut.0.close_session(case.user, &close(asked.session))).await?;
        assert_eq!(closed, Ok(()));
        assert_eq!(case.cut.reported().len(), 1);
        assert!(case.other.0.close_session(case.user, &close(asked.session)).await?.is_err(), "nobody else is told");
        Ok(())
    })
}

#[test]
fn a_closing_of_what_is_due() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        let asked = short(&case.cut, case.user, Duration::from_millis(600));
        opened(&case.other.store(), &asked).await?;
        case.other.pass(Duration::from_millis(650)).await;
        case.twice(case.cut.0.close_due()).await?;
        let ended = case.cut.reported();
        assert_eq!(
            ended.iter().map(|ended| (ended.session, ended.why)).collect::<Vec<_>>(),
            [(asked.session, CloseReason::NoHeartbeat)]
        );
        case.other.0.close_due().await?;
        assert_eq!(case.other.reported(), []);
        Ok(())
    })
}

#[test]
fn a_login_under_way() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        let (store, nothing) = (&case.cut.0, || async { Ok(()) });
        // So that Redis knows the scripts.
        let (state, login) = (given::digest(), pending(&case.cut));
        store.begin_login(state, &login, MANY).await?;
        let next = proven(&case.cut, &login);
        assert!(store.advance_login(state, &login, &next).await? && store.end_login(state, &next).await?);

        let (state, login) = (given::digest(), pending(&case.cut));
        let begin = &[source!("begin")];
        let answer = case.twice_around(begin, store.begin_login(state, &login, MANY), nothing()).await?;
        assert_eq!(answer, Begun::Yes, "not in use by itself");
        let next = proven(&case.cut, &login);
        let advance = &[source!("advance")];
        assert!(case.twice_around(advance, store.advance_login(state, &login, &next), nothing()).await?);
        let end = &[source!("end")];
        let other = async { case.other.0.end_login(state, &next).await.map(|ended| assert!(!ended)) };
        assert!(case.twice_around(end, store.end_login(state, &next), other).await?);
        Ok(())
    })
}

#[test]
fn a_completion_of_a_login() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        let store = &case.cut.0;
        let begin = async || {
            let (state, login) = (given::digest(), pending(&case.cut));
            store.begin_login(state, &login, MANY).await?;
            let open = opening_of(&case.cut, &login, case.user);
            Ok::<_, bimgate::store::StoreError>((state, login, open))
        };
        // So that Redis knows the scripts.
        let (state, login, open) = begin().await?;
        store.complete(state, &login, &open).await??;
        let (state, login, open) = begin().await?;
        let end = &[source!("end")];
        let other = async {
            assert_eq!(case.other.0.complete(state, &login, &open).await?, Err(Denied::LoginOver));
            Ok(())
        };
        let opened = case.twice_around(end, store.complete(state, &login, &open), other).await??;
        assert_eq!(opened.session.id, login.session);
        assert!(is_open(&case.other, case.user, login.session).await?);
        let spent = UsedState::Spent(ConsumedLogin { user: case.user, session: login.session });
        assert_eq!(case.other.0.used_state(state).await?, Some(spent));
        Ok(())
    })
}

#[test]
fn an_end_of_a_login_that_is_overdue() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        let overdue = || {
            let mut login = pending(&case.cut);
            login.expires = case.cut.now();
            login
        };
        case.other.0.begin_login(given::digest(), &overdue(), MANY).await?;
        case.other.pass(Duration::from_millis(2)).await;
        assert_eq!(given_directory::ended(&case.other, 1).await?.len(), 1);
        let login = overdue();
        case.other.0.begin_login(given::digest(), &login, MANY).await?;
        case.other.pass(Duration::from_millis(2)).await;
        let give_up = &[source!("give_up")];
        let other = async { case.other.0.close_due().await };
        case.twice_around(give_up, case.cut.0.close_due(), other).await?;
        assert_eq!(case.other.reported(), []);
        let ended = case.cut.reported();
        assert_eq!(ended.iter().map(|ended| ended.session).collect::<Vec<_>>(), [login.session]);
        let native = login.native.ok_or("none")?;
        assert_eq!(case.other.0.native_login(native).await?, Some(NativeLogin::Failed));
        Ok(())
    })
}

#[test]
fn a_borrowed_license() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        let session = SessionId(Uuid::new_v4());
        let (store, first, second) = (&case.cut.0, given::digest(), given::digest());
        let limits = LicenseLimits { total: 2, per_user: 2 };
        let check_out = |native| store.check_out(native, case.user, session, given::HOUR, limits);
        // So that Redis knows the scripts.
        assert_eq!(check_out(first).await?, Checkout::Out);
        assert!(store.check_in(first).await?);

        let other =
            || async { case.other.0.check_out(second, case.user, session, given::HOUR, limits).await.map(drop) };
        let borrow = &[source!("check_out")];
        assert_eq!(case.twice_around(borrow, check_out(first), other()).await?, Checkout::Out);
        assert_eq!(store.licenses(10).await?.1, 2);
        let give_back = &[source!("check_in")];
        let again = async { case.other.0.check_in(first).await.map(|given| assert!(!given)) };
        assert!(case.twice_around(give_back, store.check_in(first), again).await?);
        assert_eq!(store.licenses(10).await?.1, 1);
        Ok(())
    })
}

#[test]
fn a_key_ring() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        assert!(case.cut.0.replace_key_ring(&KeyRing::default()).await?);
        let ring = case.cut.0.key_ring().await?;
        let replace = &[source!("replace")];
        let replaced = case.twice_around(replace, case.cut.0.replace_key_ring(&ring), async { Ok(()) }).await?;
        assert!(replaced && !case.other.0.replace_key_ring(&ring).await?);
        assert_eq!(case.other.0.key_ring().await?.version, 2);
        Ok(())
    })
}
