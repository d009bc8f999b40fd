//! Not kept yet.
#![allow(unused_variables)]

use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use super::RedisStore;
use crate::domain::{
    Account, Begun, Borrow, Checkout, DirectoryAct, Ended, Held, KeyRing, Located, NativeLogin, PendingLimits,
    PendingLogin, SessionId, Timestamp, TokenDigest, UserId,
};
use crate::store::{DirectorySessions, Licenses, Logins, RedirectUrls, Result, SigningKeys, StoreError};

#[async_trait]
impl DirectorySessions for RedisStore {
    async fn directory_session(&self, user: UserId, session: SessionId, now: Timestamp) -> Result<Option<Held>> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn direct(&self, user: UserId, act: &DirectoryAct) -> Result<Option<Held>> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn sign_on(&self, digest: TokenDigest) -> Result<Option<Located>> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn close_due(&self) -> Result<Vec<Ended>> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn account_by_subject(&self, issuer: &str, subject: &str) -> Result<Option<Account>> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
}

#[async_trait]
impl Logins for RedisStore {
    async fn begin_login(&self, state: TokenDigest, login: &PendingLogin, limits: PendingLimits) -> Result<Begun> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn login(&self, state: TokenDigest) -> Result<Option<PendingLogin>> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn advance_login(&self, state: TokenDigest, from: &PendingLogin, to: &PendingLogin) -> Result<bool> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn end_login(&self, state: TokenDigest, login: &PendingLogin) -> Result<bool> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn decide_native(&self, native: TokenDigest, outcome: NativeLogin, keep: Duration) -> Result<()> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn native_login(&self, native: TokenDigest) -> Result<Option<NativeLogin>> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn forget_native(&self, native: TokenDigest, was: NativeLogin) -> Result<()> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    fn decisions(&self) -> BoxStream<'static, Option<TokenDigest>> {
        Box::pin(futures_util::stream::pending())
    }
}

#[async_trait]
impl RedirectUrls for RedisStore {
    async fn is_redirect_registered(&self, url: &str) -> Result<bool> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn register_redirect(&self, url: &str) -> Result<bool> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn unregister_redirect(&self, url: &str) -> Result<bool> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn redirects(&self) -> Result<Vec<String>> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
}

#[async_trait]
impl SigningKeys for RedisStore {
    async fn key_ring(&self) -> Result<KeyRing> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn replace_key_ring(&self, ring: &KeyRing) -> Result<bool> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
}

#[async_trait]
impl Licenses for RedisStore {
    async fn check_out(
        &self,
        native: TokenDigest,
        user: UserId,
        session: SessionId,
        lifetime: Duration,
        total: usize,
    ) -> Result<Checkout> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn renew_license(&self, native: TokenDigest, lifetime: Duration) -> Result<bool> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn check_in(&self, native: TokenDigest) -> Result<bool> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
    async fn licenses(&self, limit: usize) -> Result<(Vec<Borrow>, usize)> {
        Err(StoreError::Unavailable("not kept yet".into()))
    }
}
