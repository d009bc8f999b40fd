//! What cases begin with: accounts, logins and tokens that no other case has.

use std::sync::Arc;

use bimgate::domain::{
    Account, ClientKey, CrossGrant, CrossParent, Grant, Issue, Issued, MintCross, SessionKey, TokenDigest, UserId,
};
use bimgate::store::Store;

use crate::backend::Backend;
use crate::support::given;
pub use crate::support::given::{HOUR, LIMITS, client, close_client, digest, revoke};

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// An account not yet in the store.
pub fn account(backend: &dyn Backend) -> Account {
    given::account(backend.now())
}

/// A user in the store.
pub async fn user(backend: &dyn Backend) -> Result<UserId> {
    let account = account(backend);
    backend.store().create_accounts(std::slice::from_ref(&account)).await?;
    Ok(account.id)
}

/// A login by password of a user of generation 0, for an hour, without a remember-me token.
pub fn login(backend: &dyn Backend, client: &ClientKey) -> Issue {
    given::login(backend.now(), client)
}

/// The same with a remember-me token.
pub fn remembered_login(backend: &dyn Backend, client: &ClientKey) -> Issue {
    Issue { remember_me: Some((digest(), HOUR)), ..login(backend, client) }
}

/// A login by a cross token that the session of `minted_by` minted.
pub fn swap(backend: &dyn Backend, cross: TokenDigest, minted_by: &ClientKey, client: &ClientKey) -> Issue {
    let grant = Grant::Cross(CrossGrant { digest: cross, minted_by: SessionKey::Client(minted_by.clone()) });
    Issue { grant, ..login(backend, client) }
}

pub fn mint(backend: &dyn Backend, client: &ClientKey, parent: TokenDigest) -> MintCross {
    let now = backend.now();
    let parent = CrossParent::Access { token: parent, client: client.clone(), proven: now, not_after: None };
    MintCross { parent, now, cross: (digest(), HOUR), limits: LIMITS }
}

/// Carries a login out that must succeed.
pub async fn logged_in(store: &Arc<dyn Store>, user: UserId, login: &Issue) -> Result<Issued> {
    Ok(store.issue(user, login).await??)
}

/// Whether the store still knows an access token.
pub async fn usable(store: &Arc<dyn Store>, token: TokenDigest) -> Result<bool> {
    Ok(store.access_token(token).await?.is_some())
}
