//! The groups.

use async_trait::async_trait;

use super::RedisStore;
use crate::domain::GroupDirectory;
use crate::store::{Groups, Result};

#[async_trait]
impl Groups for RedisStore {
    async fn groups(&self) -> Result<GroupDirectory> {
        self.versioned(self.keys.groups()).await
    }

    async fn replace_groups(&self, groups: &GroupDirectory) -> Result<bool> {
        // There is no version after the last one.
        let Some(version) = groups.version.checked_add(1) else { return Ok(false) };
        let stored = GroupDirectory { version, groups: groups.groups.clone() };
        self.replace(self.keys.groups(), groups.version, version, &stored).await
    }
}
