//! Whether Redis answers, takes writes, and is set up to keep what it acknowledges.

use std::collections::HashMap;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use redis::Value;

use super::{RedisStore, scripts};
use crate::domain::{Shard, Timestamp};
use crate::store::metrics::Op;
use crate::store::{Census, Health, Result};

#[async_trait]
impl Health for RedisStore {
    /// In a cluster one server is asked.
    async fn time(&self) -> Result<Timestamp> {
        Ok(self.ready().await?.0)
    }

    async fn takes_logins(&self) -> Result<bool> {
        Ok(self.ready().await?.1)
    }

    /// Users and the sessions of v2 clients have no list: their keys would have to be found among all others.
    async fn census(&self) -> Result<Census> {
        let length = async |key| self.client.command::<u64>(redis::cmd("ZCARD").arg(key)).await;
        let count = async {
            let sessions = try_join_all(Shard::all().map(|shard| length(self.keys.timers(shard)))).await?;
            let mut licenses = scripts::LICENSES.on(&[self.keys.licenses(), self.keys.borrowed()]);
            let (licenses, _none): (u64, Vec<Value>) = self.client.eval(licenses.arg(0)).await?;
            let (directory_sessions, logins) = (Some(sessions.iter().sum()), length(self.keys.logins()).await?);
            Ok(Census { users: None, client_sessions: None, directory_sessions, logins, licenses })
        };
        self.act(Op::Census, count).await
    }

    async fn warnings(&self) -> Result<Vec<String>> {
        let options = &self.shared.primary.options;
        let mut warnings = Vec::new();
        if options.fails_over() {
            warnings.push(
                "a failover of Redis may lose the last acknowledged logins and logouts: replicas follow asynchronously"
                    .into(),
            );
        }
        let mut get = redis::cmd("CONFIG");
        get.arg("GET").arg(&["maxmemory", "maxmemory-policy", "appendonly", "appendfsync", "min-replicas-to-write"]);
        match self.act(Op::Health, self.client.try_command::<HashMap<String, String>>(&get)).await? {
            Ok(found) => warnings.extend(judge(&found, options.sentinels().is_some())),
            Err(why) => {
                warnings.push(format!("whether Redis may evict tokens or lose writes could not be checked: {why}"));
            }
        }
        // Listeners ignore an empty message.
        let channel = self.keys.decided();
        let publish = redis::cmd("PUBLISH").arg(&channel).arg("").clone();
        if let Err(why) = self.act(Op::Health, self.client.try_command::<u64>(&publish)).await? {
            let channel = String::from_utf8_lossy(&channel);
            warnings.push(format!("logins of native clients will fail: Redis does not publish to {channel}: {why}"));
        }
        Ok(warnings)
    }

    async fn close(&self) {
        self.client.close();
    }
}

impl RedisStore {
    /// The server's time, and whether it takes new data. Writes a little: a server that takes no writes at all is an
    /// error.
    async fn ready(&self) -> Result<(Timestamp, bool)> {
        let call = scripts::READY.on(&[self.keys.ready()]);
        let (time, full): (u64, bool) = self.act(Op::Health, self.client.eval(&call)).await?;
        Ok((Timestamp::from_millis(time), !full))
    }
}

/// Which settings may lose something. `has_sentinels`: a primary may be replaced while it still answers.
fn judge(found: &HashMap<String, String>, has_sentinels: bool) -> Vec<String> {
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
    if has_sentinels && value("min-replicas-to-write") == "0" {
        let loses = "a primary that its sentinels have replaced goes on acknowledging logins and logouts that are lost";
        warnings.push(format!("{loses}: set min-replicas-to-write to 1 or more"));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(settings: [&str; 5], has_sentinels: bool) -> usize {
        let names = ["maxmemory", "maxmemory-policy", "appendonly", "appendfsync", "min-replicas-to-write"];
        let found = names.iter().zip(settings).map(|(name, value)| ((*name).into(), value.into()));
        judge(&found.collect(), has_sentinels).len()
    }

    #[test]
    fn a_setting_is_warned_of_only_if_it_can_lose_something() {
        assert_eq!(judged(["0", "allkeys-lru", "yes", "always", "0"], false), 0);
        assert_eq!(judged(["1", "noeviction", "yes", "always", "0"], false), 0);
        assert_eq!(judged(["1", "allkeys-lru", "yes", "always", "0"], false), 1);
        assert_eq!(judged(["0", "noeviction", "yes", "everysec", "0"], false), 1);
        assert_eq!(judged(["0", "noeviction", "no", "everysec", "0"], false), 1);
        assert_eq!(judged(["0", "noeviction", "yes", "always", "0"], true), 1);
        assert_eq!(judged(["0", "noeviction", "yes", "always", "1"], true), 0);
    }
}
