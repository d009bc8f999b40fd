//! The directory session API's part.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use super::{Observed, Op};
use crate::domain::{
    Account, Begun, Borrow, Checkout, ClientInfo, KeyRing, LicenseLimits, NativeLogin, PendingLimits, PendingLogin,
    Ruling, SessionCommand, SessionId, SessionWithAccount, Timestamp, TokenDigest, TokenOwner, UsedState, UserId,
};
use crate::store::{DirectorySessions, Licenses, Logins, RedirectUrls, Result, SigningKeys};

#[async_trait]
impl DirectorySessions for Observed {
    async fn directory_session(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<SessionWithAccount>> {
        self.time(Op::Find, self.store.directory_session(user, session, now)).await
    }

    async fn update_session(&self, user: UserId, command: &SessionCommand) -> Result<Ruling<SessionWithAccount>> {
        self.time(Op::Session, self.store.update_session(user, command)).await
    }

    async fn sign_on(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.time(Op::Find, self.store.sign_on(digest)).await
    }

    async fn close_due(&self) -> Result<()> {
        self.time(Op::Sweep, self.store.close_due()).await
    }

    async fn account_by_subject(&self, issuer: &str, subject: &str) -> Result<Option<Account>> {
        self.time(Op::Find, self.store.account_by_subject(issuer, subject)).await
    }
}

#[async_trait]
impl Logins for Observed {
    async fn begin_login(&self, state: TokenDigest, login: &PendingLogin, limits: PendingLimits) -> Result<Begun> {
        self.time(Op::Login, self.store.begin_login(state, login, limits)).await
    }

    async fn login(&self, state: TokenDigest) -> Result<Option<PendingLogin>> {
        self.time(Op::Find, self.store.login(state)).await
    }

    async fn advance_login(&self, state: TokenDigest, from: &PendingLogin, to: &PendingLogin) -> Result<bool> {
        self.time(Op::Login, self.store.advance_login(state, from, to)).await
    }

    async fn end_login(&self, state: TokenDigest, login: &PendingLogin) -> Result<bool> {
        self.time(Op::Login, self.store.end_login(state, login)).await
    }

    async fn consume_login(&self, state: TokenDigest, login: &PendingLogin, user: UserId) -> Result<bool> {
        self.time(Op::Login, self.store.consume_login(state, login, user)).await
    }

    async fn used_state(&self, state: TokenDigest) -> Result<Option<UsedState>> {
        self.time(Op::Find, self.store.used_state(state)).await
    }

    async fn use_state(&self, state: TokenDigest, until: Timestamp) -> Result<()> {
        self.time(Op::Login, self.store.use_state(state, until)).await
    }

    async fn delete_consumed_login(&self, state: TokenDigest) -> Result<()> {
        self.time(Op::Login, self.store.delete_consumed_login(state)).await
    }

    async fn complete_native_login(&self, native: TokenDigest, outcome: NativeLogin, keep: Duration) -> Result<()> {
        self.time(Op::Login, self.store.complete_native_login(native, outcome, keep)).await
    }

    async fn native_login(&self, native: TokenDigest) -> Result<Option<NativeLogin>> {
        self.time(Op::Find, self.store.native_login(native)).await
    }

    async fn delete_native_login(&self, native: TokenDigest, was: NativeLogin) -> Result<()> {
        self.time(Op::Login, self.store.delete_native_login(native, was)).await
    }

    async fn record_waiting_client(&self, native: TokenDigest, client: &ClientInfo) -> Result<()> {
        self.time(Op::Login, self.store.record_waiting_client(native, client)).await
    }

    async fn waiting_client(&self, native: TokenDigest) -> Result<Option<ClientInfo>> {
        self.time(Op::Find, self.store.waiting_client(native)).await
    }

    fn decisions(&self) -> BoxStream<'static, Option<TokenDigest>> {
        self.store.decisions()
    }
}

#[async_trait]
impl RedirectUrls for Observed {
    async fn is_redirect_registered(&self, url: &str) -> Result<bool> {
        self.time(Op::Find, self.store.is_redirect_registered(url)).await
    }

    async fn register_redirect(&self, url: &str) -> Result<bool> {
        self.time(Op::Account, self.store.register_redirect(url)).await
    }

    async fn unregister_redirect(&self, url: &str) -> Result<bool> {
        self.time(Op::Account, self.store.unregister_redirect(url)).await
    }

    async fn redirects(&self) -> Result<Vec<String>> {
        self.time(Op::Find, self.store.redirects()).await
    }
}

#[async_trait]
impl SigningKeys for Observed {
    async fn key_ring(&self) -> Result<KeyRing> {
        self.time(Op::Find, self.store.key_ring()).await
    }

    async fn replace_key_ring(&self, ring: &KeyRing) -> Result<bool> {
        self.time(Op::Account, self.store.replace_key_ring(ring)).await
    }
}

#[async_trait]
impl Licenses for Observed {
    async fn check_out(
        &self,
        native: TokenDigest,
        user: UserId,
        session: SessionId,
        lifetime: Duration,
        limits: LicenseLimits,
    ) -> Result<Checkout> {
        self.time(Op::License, self.store.check_out(native, user, session, lifetime, limits)).await
    }

    async fn renew_license(&self, native: TokenDigest, lifetime: Duration) -> Result<bool> {
        self.time(Op::License, self.store.renew_license(native, lifetime)).await
    }

    async fn check_in(&self, native: TokenDigest) -> Result<bool> {
        self.time(Op::License, self.store.check_in(native)).await
    }

    async fn licenses(&self, limit: usize) -> Result<(Vec<Borrow>, usize)> {
        self.time(Op::License, self.store.licenses(limit)).await
    }
}
