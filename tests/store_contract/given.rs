//! What cases begin with: accounts, logins and tokens that no other case has.

use std::sync::Arc;
use std::time::Duration;

use bimgate::domain::{
    Account, ClientKey, Contact, CrossGrant, CrossParent, Email, Grant, Issue, Issued, Limits, MintCross, Profile,
    SessionId, SessionKey, TokenDigest, TokenValue, UserId,
};
use bimgate::store::Store;
use uuid::Uuid;

use crate::backend::Backend;

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

pub const HOUR: Duration = Duration::from_secs(3600);

pub const LIMITS: Limits = Limits {
    tokens_per_client: 64,
    remember_me_per_client: 16,
    sessions_per_user: 256,
    directory_sessions_per_user: 32,
    cross_tokens_per_session: 32,
    login_age: Duration::from_secs(90 * 86_400),
};

/// An account not yet in the store.
pub fn account(backend: &dyn Backend) -> Account {
    let id = UserId(Uuid::new_v4());
    Account {
        id,
        email: Email::new(&format!("{id}@example.org")).expect("an address"),
        name: "Someone".into(),
        password: None,
        enabled: true,
        generation: 0,
        created: backend.now(),
        networks: Vec::new(),
        profile: Profile::default(),
    }
}

/// A user in the store.
pub async fn user(backend: &dyn Backend) -> Result<UserId> {
    let account = account(backend);
    backend.store().create_accounts(std::slice::from_ref(&account)).await?;
    Ok(account.id)
}

pub fn digest() -> TokenDigest {
    TokenValue::generate().expect("random bits").digest()
}

pub fn client() -> ClientKey {
    ClientKey::Uuid(Uuid::new_v4())
}

/// A login by password of a user of generation 0, for an hour, without a remember-me token.
pub fn login(backend: &dyn Backend, client: &ClientKey) -> Issue {
    let now = backend.now();
    Issue {
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
        access: (digest(), HOUR),
        remember_me: None,
        limits: LIMITS,
    }
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
    let parent = CrossParent::Access { token: parent, client: client.clone(), proven: now };
    MintCross { parent, now, cross: (digest(), HOUR), limits: LIMITS }
}

/// Carries a login out that must succeed.
pub async fn logged_in(store: &Arc<dyn Store>, user: UserId, login: &Issue) -> Result<Issued> {
    Ok(store.issue(user, login).await?.ok_or("the login was refused")?)
}

/// Whether the store still knows an access token.
pub async fn usable(store: &Arc<dyn Store>, token: TokenDigest) -> Result<bool> {
    Ok(store.access_token(token).await?.is_some())
}
