//! Access, cross and remember-me tokens.

use async_trait::async_trait;
use futures_util::future::{Either, ready};

use super::EmbeddedStore;
use crate::domain::{Issue, Issued, MintCross, Minted, Revoke, Ruling, TokenDigest, TokenOwner, UserId};
use crate::store::metrics::Op;
use crate::store::{Lookup, Result, Tokens};

#[async_trait]
impl Tokens for EmbeddedStore {
    fn access_token(&self, digest: TokenDigest) -> Lookup<'_> {
        Either::Left(ready(self.read(Op::Check, |snapshot| snapshot.access_token(digest))))
    }

    async fn cross_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.read(Op::Find, |snapshot| snapshot.cross(digest))
    }

    async fn remember_me_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.read(Op::Find, |snapshot| snapshot.remember_me(digest))
    }

    async fn issue(&self, user: UserId, login: &Issue) -> Result<Ruling<Issued>> {
        self.command(Op::Issue, user, login).await
    }

    async fn mint_cross(&self, user: UserId, mint: &MintCross) -> Result<Ruling<Minted>> {
        self.command(Op::MintCross, user, mint).await
    }

    async fn revoke(&self, user: UserId, revoke: &Revoke) -> Result<()> {
        // The tokens of a user who is gone are refused already.
        self.command(Op::Revoke, user, revoke).await.map(|_| ())
    }
}
