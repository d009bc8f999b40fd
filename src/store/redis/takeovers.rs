//! Tokens of the old service that stand for tokens of ours: nobody could draw them into the shard of their user, so what
//! each stands for lies in the shard of its own digest.

use async_trait::async_trait;

use super::RedisStore;
use crate::domain::{TakenOver, Timestamp, TokenDigest};
use crate::store::codec::{decode, encode};
use crate::store::metrics::Op;
use crate::store::{Result, StoreError, Takeovers};

#[async_trait]
impl Takeovers for RedisStore {
    async fn taken_over(&self, digest: TokenDigest) -> Result<Option<TakenOver>> {
        self.act(Op::Find, async {
            let get = redis::cmd("GET").arg(self.keys.taken_over(digest)).clone();
            let record: Option<Vec<u8>> = self.client.command(&get).await?;
            record.map(|record| decode(&record)).transpose()
        })
        .await
    }

    async fn take_over(&self, digest: TokenDigest, to: &TakenOver) -> Result<Option<TakenOver>> {
        let note = async {
            let mut set = redis::cmd("SET");
            set.arg(self.keys.taken_over(digest)).arg(encode(to)).arg("NX").arg("GET");
            set.arg("PXAT").arg(to.expires.millis());
            let record: Option<Vec<u8>> = self.client.command(&set).await?;
            let noted: Option<TakenOver> = record.map(|record| decode(&record)).transpose()?;
            // The command may be delivered twice: then it finds what it has written.
            Ok(noted.filter(|noted| noted != to))
        };
        self.act(Op::Issue, self.unless_held(note)).await
    }

    async fn upstream_until(&self, default: Timestamp) -> Result<Timestamp> {
        let note = async {
            let mut set = redis::cmd("SET");
            set.arg(self.keys.upstream_until()).arg(default.millis()).arg("NX").arg("GET");
            let stored: Option<Vec<u8>> = self.client.command(&set).await?;
            let Some(stored) = stored else { return Ok(default) };
            let millis = std::str::from_utf8(&stored).ok().and_then(|millis| millis.parse().ok());
            let damaged = || StoreError::Unreadable("end of the old service: damaged".into());
            millis.map(Timestamp::from_millis).ok_or_else(damaged)
        };
        self.act(Op::Account, self.unless_held(note)).await
    }
}
