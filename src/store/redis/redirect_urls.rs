//! Registered redirect URLs: one set.

use async_trait::async_trait;

use super::{RedisStore, scripts};
use crate::store::metrics::Op;
use crate::store::{MAX_REDIRECT_URLS, RedirectUrls, Result};

#[async_trait]
impl RedirectUrls for RedisStore {
    async fn is_redirect_registered(&self, url: &str) -> Result<bool> {
        self.act(Op::Find, self.client.command(redis::cmd("SISMEMBER").arg(self.keys.redirects()).arg(url))).await
    }

    async fn register_redirect(&self, url: &str) -> Result<bool> {
        let mut call = scripts::REGISTER.on(&[self.keys.redirects()]);
        self.act(Op::Account, self.unless_held(self.client.eval(call.arg(url).arg(MAX_REDIRECT_URLS)))).await
    }

    async fn unregister_redirect(&self, url: &str) -> Result<bool> {
        let remove = async {
            let key = self.keys.redirects();
            // Asked first: a removal that is delivered twice answers that there was nothing.
            let was: bool = self.client.command(redis::cmd("SISMEMBER").arg(&key).arg(url)).await?;
            let removed: bool = self.client.command(redis::cmd("SREM").arg(&key).arg(url)).await?;
            Ok(was || removed)
        };
        self.act(Op::Account, self.unless_held(remove)).await
    }

    async fn redirects(&self) -> Result<Vec<String>> {
        let mut all: Vec<String> =
            self.act(Op::Find, self.client.command(redis::cmd("SMEMBERS").arg(self.keys.redirects()))).await?;
        all.sort_unstable();
        Ok(all)
    }
}
