//! Whether Redis is well, and set up to keep what it acknowledges.

use std::collections::HashMap;

use async_trait::async_trait;

use super::RedisStore;
use super::scripts::{self, Arguments};
use crate::domain::Timestamp;
use crate::store::{Health, Result};

#[async_trait]
impl Health for RedisStore {
    /// Writes a little, so that a server that takes no writes is noticed. Of a cluster, one server is asked.
    async fn time(&self) -> Result<Timestamp> {
        let time =
            self.client.act(self.client.eval(&scripts::READY, &[self.keys.ready()], &Arguments::default())).await?;
        Ok(Timestamp::from_millis(time))
    }

    async fn warnings(&self) -> Result<Vec<String>> {
        let mut warnings = Vec::new();
        if self.shared.options.fails_over() {
            warnings.push(
                "a failover of Redis may lose the last acknowledged logins and logouts: replicas follow asynchronously"
                    .into(),
            );
        }
        let mut get = redis::cmd("CONFIG");
        get.arg("GET").arg(&["maxmemory", "maxmemory-policy", "appendonly", "appendfsync"]);
        match self.client.act(self.client.try_command::<HashMap<String, String>>(&get)).await? {
            Ok(found) => warnings.extend(judge(&found)),
            Err(why) => {
                warnings.push(format!("whether Redis may evict tokens or lose writes could not be checked: {why}"));
            }
        }
        // Subscribers take no notice: this is about nobody.
        let channel = self.keys.decided();
        if let Err(why) =
            self.client.act(self.client.try_command::<u64>(redis::cmd("PUBLISH").arg(&channel).arg(""))).await?
        {
            let channel = String::from_utf8_lossy(&channel);
            warnings.push(format!("logins of native clients will fail: Redis does not publish to {channel}: {why}"));
        }
        Ok(warnings)
    }

    async fn close(&self) {
        self.client.close();
    }
}

fn judge(found: &HashMap<String, String>) -> Vec<String> {
    let value = |name| found.get(name).map_or("", String::as_str);
    let mut warnings = Vec::new();
    if value("maxmemory") != "0" && value("maxmemory-policy") != "noeviction" {
        let policy = value("maxmemory-policy");
        warnings.push(format!("Redis may evict tokens: maxmemory-policy is {policy}, set it to noeviction"));
    }
    if value("appendonly") != "yes" {
        warnings.push("Redis loses acknowledged logins and logouts when it crashes: set appendonly to yes".into());
    } else if value("appendfsync") != "always" {
        let when = value("appendfsync");
        warnings.push(format!(
            "Redis may lose the last acknowledged logins and logouts in a power cut: appendfsync is {when}, not always"
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(settings: [(&str, &str); 4]) -> usize {
        judge(&settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()).len()
    }

    #[test]
    fn only_what_can_lose_something_is_warned_of() {
        let names = |[a, b, c, d]: [&'static str; 4]| {
            [("maxmemory", a), ("maxmemory-policy", b), ("appendonly", c), ("appendfsync", d)]
        };
        assert_eq!(judged(names(["0", "allkeys-lru", "yes", "always"])), 0);
        assert_eq!(judged(names(["1", "noeviction", "yes", "always"])), 0);
        assert_eq!(judged(names(["1", "allkeys-lru", "yes", "always"])), 1);
        assert_eq!(judged(names(["0", "noeviction", "yes", "everysec"])), 1);
        assert_eq!(judged(names(["0", "noeviction", "no", "everysec"])), 1);
    }
}
