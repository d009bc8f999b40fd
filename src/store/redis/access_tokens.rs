//! Access tokens: the hot path, and how one is written.

use futures_util::future::Either;

use super::revocation::WRITE_WINDOW;
use super::{RedisStore, scripts};
use crate::domain::{AccessToken, Timestamp, TokenDigest};
use crate::store::codec::{decode, encode};
use crate::store::{AccessTokens, Lookup, Result, StoreError};

impl AccessTokens for RedisStore {
    fn access_token(&self, digest: TokenDigest) -> Lookup<'_> {
        Either::Right(Box::pin(self.client.act(async move {
            let mut get = redis::Cmd::with_capacity(2, 64);
            get.arg("GET").arg(self.keys.access(digest));
            let record: Option<Vec<u8>> = self.client.command(&get).await?;
            record.filter(|record| !record.is_empty()).map(|record| decode(&record)).transpose()
        })))
    }
}

impl RedisStore {
    /// Writes a token that was committed at `committed`. False if it was killed meanwhile.
    pub(super) async fn put_access(&self, token: &(TokenDigest, AccessToken), committed: Timestamp) -> Result<bool> {
        let (digest, token) = token;
        let expires = token.expires.millis().to_string();
        let latest = (committed.millis() + WRITE_WINDOW).to_string();
        let record = encode(token);
        let arguments = [&record, expires.as_bytes(), latest.as_bytes()];
        match self.client.eval(&scripts::PUT_TOKEN, &[&self.keys.access(*digest)], &arguments).await? {
            1 => Ok(true),
            0 => Ok(false),
            _late => Err(StoreError::Unavailable("Redis was reached too late".into())),
        }
    }
}
