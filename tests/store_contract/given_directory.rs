//! What cases about the directory session API begin with.

use std::sync::Arc;
use std::time::Duration;

use bimgate::domain::{
    AccountChange, CloseReason, CloseSession, ClosedSession, ListChange, LoginProof, OpenSession, PendingLimits,
    PendingLogin, Rights, SessionCommand, SessionId, SessionKey, SessionWithAccount, Stage, Subject, Team, UserId,
};
use bimgate::store::Store;
use uuid::Uuid;

use crate::backend::Backend;
use crate::given::{self, Result};
use crate::support;

pub const MANY: PendingLimits = PendingLimits { total: 10_000, per_network: 10_000 };

/// A proof by password, just now, of a user of generation 0.
pub fn proof(backend: &dyn Backend, user: UserId) -> LoginProof {
    support::given::proof(backend.now(), user)
}

/// A session of a user of generation 0, for an hour without heartbeat and a day in all.
pub fn opening(backend: &dyn Backend, user: UserId) -> OpenSession {
    support::given::opening(backend.now(), user)
}

/// One whose first heartbeat is due after `time`.
pub fn short(backend: &dyn Backend, user: UserId, time: Duration) -> OpenSession {
    OpenSession { heartbeat_before: backend.now().plus(time), ..opening(backend, user) }
}

/// Opens a session that must open.
pub async fn opened(store: &Arc<dyn Store>, opening: &OpenSession) -> Result<SessionWithAccount> {
    let act = SessionCommand::Open(Box::new(opening.clone()));
    Ok(store.update_session(opening.proof.user, &act).await??)
}

/// Keeps a session alive for `time` from now.
pub fn heartbeat(backend: &dyn Backend, session: SessionId, time: Duration) -> SessionCommand {
    let now = backend.now();
    SessionCommand::Heartbeat { session, now, before: now.plus(time) }
}

pub fn close(session: SessionId) -> CloseSession {
    CloseSession { session: SessionKey::Directory(session), ask_again: false, why: CloseReason::ByApplication }
}

/// Whether a session is open on any server.
pub async fn is_open(backend: &dyn Backend, user: UserId, session: SessionId) -> Result<bool> {
    let (one, other) = (backend.store(), backend.second_server());
    let one = one.directory_session(user, session, backend.now()).await?;
    let other = other.directory_session(user, session, backend.now()).await?;
    assert_eq!(one.is_some(), other.is_some());
    Ok(one.is_some())
}

/// A user with every right, and the scope `plans`.
pub async fn entitled_user(backend: &dyn Backend) -> Result<UserId> {
    let user = given::user(backend).await?;
    for change in [
        AccountChange::Rights {
            grant: Rights { frontend: true, client_dev: true, admin: false },
            revoke: Rights::default(),
        },
        AccountChange::Scopes(ListChange { add: vec!["plans".into()], remove: Vec::new() }),
    ] {
        backend.store().change_account(user, &change).await??;
    }
    Ok(user)
}

/// Closes what is due, on all servers in turn, until `enough` are reported to have ended.
pub async fn ended(backend: &dyn Backend, enough: usize) -> Result<Vec<ClosedSession>> {
    let mut ended = Vec::new();
    for turn in 0..2_000 {
        backend.server(turn).close_due().await?;
        ended.extend(backend.reported());
        if ended.len() >= enough {
            return Ok(ended);
        }
        backend.pass(Duration::from_millis(2)).await;
    }
    Err(format!("only {} of {enough} have ended", ended.len()).into())
}

/// A login under way for ten minutes, with a native client.
pub fn pending(backend: &dyn Backend) -> PendingLogin {
    support::given::pending(backend.now())
}

/// The session that a login of this user opens.
pub fn opening_of(backend: &dyn Backend, login: &PendingLogin, user: UserId) -> OpenSession {
    OpenSession { session: login.session, native: login.native, ..opening(backend, user) }
}

/// The same login, one stage on.
pub fn proven(backend: &dyn Backend, login: &PendingLogin) -> PendingLogin {
    let stage = Stage::Confirming(proof(backend, UserId(Uuid::new_v4())));
    PendingLogin { stage, ..login.clone() }
}

/// Links a user to this subject.
pub fn link(subject: &str) -> AccountChange {
    link_to("https://id.example.org", subject, false)
}

/// As [`link`], to one of this issuer; `relinks`: also in the place of another's.
pub fn link_to(issuer: &str, subject: &str, relinks: bool) -> AccountChange {
    AccountChange::Link {
        subject: Subject { issuer: issuer.into(), subject: subject.into(), claims: "{}".into() },
        name: Some("Ada".into()),
        teams: Some(vec![Team { id: "1".into(), name: "One".into() }]),
        relinks,
    }
}

/// A new name at the identity provider.
pub fn subject() -> String {
    Uuid::new_v4().to_string()
}
