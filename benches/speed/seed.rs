//! Stores full of users and tokens, made through the library: hashing a password for each would take an hour.

use std::sync::Arc;

use bimgate::auth::Passwords;
use bimgate::clock::{Clock, SystemClock};
use bimgate::domain::{Account, ClientKey, Email, Issue, Limits, Password, PasswordHash, TokenValue, UserId};
use bimgate::settings::Settings;
use bimgate::store::{MAX_BATCH, Store};
use futures_util::stream::{self, StreamExt as _};
use uuid::Uuid;

use crate::support::given;

/// The password of every user.
pub const PASSWORD: &str = "correct horse battery staple";
/// Acts under way at once.
const AT_ONCE: usize = 256;

/// A store being filled.
pub struct Seed {
    runtime: tokio::runtime::Runtime,
    settings: Settings,
    store: Arc<dyn Store>,
}

impl Seed {
    /// Opens the store at this URL.
    pub fn open(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let inside = runtime.enter();
        let (settings, store) = given::store(url);
        drop(inside);
        Self { runtime, settings, store }
    }

    /// Makes users that share one password; their addresses are [`address`] of 0 to `count`.
    pub fn users(&self, count: usize) -> Vec<UserId> {
        let hash = self.runtime.block_on(self.hash());
        let account = |at: usize| Account {
            id: UserId(Uuid::new_v4()),
            email: Email::new(&address(at)).expect("an address"),
            name: "".into(),
            password: Some(hash.clone()),
            ..given::account(SystemClock.now())
        };
        let accounts: Vec<_> = (0..count).map(account).collect();
        for batch in accounts.chunks(MAX_BATCH.min(1_000)) {
            self.runtime.block_on(self.store.create_accounts(batch)).expect("created");
        }
        accounts.iter().map(|account| account.id).collect()
    }

    /// Logs each user in so many times with one client of their own; the access tokens.
    pub fn tokens(&self, users: &[UserId], each: usize) -> Vec<String> {
        let clients: Vec<_> = users.iter().map(|_| given::client()).collect();
        let acts = (0..each).flat_map(|_| users.iter().zip(&clients));
        let issued = stream::iter(acts).map(|(user, client)| self.issue(*user, client)).buffer_unordered(AT_ONCE);
        self.runtime.block_on(issued.collect())
    }

    /// Writes everything out.
    pub fn close(self) {
        self.runtime.block_on(self.store.close());
    }

    async fn hash(&self) -> PasswordHash {
        let passwords = Passwords::start(&self.settings.passwords).expect("hashing threads");
        let hash = passwords.hash(Password::new(PASSWORD).expect("a password")).await.expect("a hash");
        passwords.stop();
        hash
    }

    async fn issue(&self, user: UserId, client: &ClientKey) -> String {
        let (limits, tokens) = (&self.settings.limits, &self.settings.tokens);
        let value = TokenValue::draw_for(user).expect("randomness");
        let act = Issue {
            access: (value.digest(), tokens.access_lifetime),
            limits: Limits {
                tokens_per_client: limits.max_tokens_per_client,
                remember_me_per_client: limits.max_remember_me_per_client,
                sessions_per_user: limits.max_sessions_per_user,
                cross_tokens_per_session: limits.max_cross_tokens_per_session,
                tokens_per_user: limits.max_tokens_per_user,
                login_age: tokens.max_login_age,
                ..given::LIMITS
            },
            ..given::login(SystemClock.now(), client)
        };
        self.store.issue(user, &act).await.expect("the store answers").expect("issued");
        value.reveal()
    }
}

/// The address of a user.
pub fn address(at: usize) -> String {
    format!("user-{at}@example.org")
}
