//! The API tokens.

use async_trait::async_trait;

use super::RedisStore;
use crate::domain::ApiTokenDirectory;
use crate::store::{ApiTokens, Result};

#[async_trait]
impl ApiTokens for RedisStore {
    async fn api_tokens(&self) -> Result<ApiTokenDirectory> {
        self.versioned(self.keys.api_tokens()).await
    }

    async fn replace_api_tokens(&self, tokens: &ApiTokenDirectory) -> Result<bool> {
        // There is no version after the last one.
        let Some(version) = tokens.version.checked_add(1) else { return Ok(false) };
        let stored = ApiTokenDirectory { version, tokens: tokens.tokens.clone() };
        self.replace(self.keys.api_tokens(), tokens.version, version, &stored).await
    }
}
