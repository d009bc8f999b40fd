//! Accounts and logins for the embedded store.

use std::sync::Arc;
use std::time::Duration;

use bimgate::clock::{Clock as _, SystemClock};
use bimgate::domain::{ClientKey, Issue, Limits, TokenDigest, UserId};
use bimgate::store::embedded::{EmbeddedStore, OpenError};
use bimgate::store::{Accounts as _, StoreError, Tokens as _};

use crate::disk::Disk;
use crate::support::given;

/// How long an act may take: never, but for a machine that stands still.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// Room for what a load issues.
pub const LIMITS: Limits = Limits { sessions_per_user: 10_000, directory_sessions_per_user: 10_000, ..given::LIMITS };

/// The store on a disk of memory.
pub fn store_on(disk: &Disk) -> Result<EmbeddedStore, OpenError> {
    let disk = disk.clone();
    EmbeddedStore::open_with_backend(move || Ok(disk.clone()), Arc::new(SystemClock), TIMEOUT)
}

/// Creates a user.
pub async fn user(store: &EmbeddedStore) -> Result<UserId, StoreError> {
    let account = given::account(SystemClock.now());
    store.create_accounts(std::slice::from_ref(&account)).await?;
    Ok(account.id)
}

/// Logs a user in on a client of its own. `Err` may have taken effect.
pub async fn log_in(store: &EmbeddedStore, user: UserId) -> Result<(ClientKey, TokenDigest), StoreError> {
    let login = Issue { limits: LIMITS, ..given::login(SystemClock.now(), &given::client()) };
    let issued = store.issue(user, &login).await?;
    assert!(issued.is_ok(), "a good login is not refused");
    Ok((login.client, login.access.0))
}
