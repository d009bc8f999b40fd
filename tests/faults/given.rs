//! Accounts and logins for the embedded store.

use std::sync::Arc;
use std::time::Duration;

use bimgate::clock::{Clock as _, SystemClock};
use bimgate::domain::{
    Account, ClientKey, Contact, Email, Grant, Issue, Limits, Profile, SessionId, TokenDigest, TokenValue, UserId,
};
use bimgate::store::embedded::{EmbeddedStore, OpenError};
use bimgate::store::{Accounts as _, Sessions as _, StoreError};
use uuid::Uuid;

use crate::disk::Disk;

/// How long an act may take: never, but for a machine that stands still.
pub const TIMEOUT: Duration = Duration::from_secs(20);
const HOUR: Duration = Duration::from_secs(3600);

/// Room for what a load issues.
pub const LIMITS: Limits = Limits {
    tokens_per_client: 64,
    remember_me_per_client: 16,
    sessions_per_user: 10_000,
    directory_sessions_per_user: 10_000,
    cross_tokens_per_session: 32,
    login_age: HOUR,
};

/// The store on a disk of memory.
pub fn store_on(disk: &Disk) -> Result<EmbeddedStore, OpenError> {
    let disk = disk.clone();
    EmbeddedStore::open_with_backend(move || Ok(disk.clone()), Arc::new(SystemClock), TIMEOUT)
}

/// An account not yet in the store.
pub fn account() -> Account {
    let id = UserId(Uuid::new_v4());
    Account {
        id,
        email: Email::new(&format!("{id}@example.org")).expect("an address"),
        name: "".into(),
        password: None,
        enabled: true,
        generation: 0,
        created: SystemClock.now(),
        networks: Vec::new(),
        profile: Profile::default(),
    }
}

/// Creates a user.
pub async fn user(store: &EmbeddedStore) -> Result<UserId, StoreError> {
    let account = account();
    store.create_accounts(std::slice::from_ref(&account)).await?;
    Ok(account.id)
}

/// Logs a user in on a client of its own. `Err` may have taken effect.
pub async fn log_in(store: &EmbeddedStore, user: UserId) -> Result<(ClientKey, TokenDigest), StoreError> {
    let (now, client) = (SystemClock.now(), ClientKey::Uuid(Uuid::new_v4()));
    let digest = TokenValue::generate().expect("random bits").digest();
    let login = Issue {
        grant: Grant::Proof { generation: 0, proven: now },
        now,
        client: client.clone(),
        server_made: false,
        audience: client.audience(),
        team: None,
        project: None,
        contact: Contact::default(),
        network: None,
        session: SessionId(Uuid::new_v4()),
        access: (digest, HOUR),
        remember_me: None,
        limits: LIMITS,
    };
    let issued = store.issue(user, &login).await?;
    assert!(issued.is_some(), "a good login is not refused");
    Ok((client, digest))
}
