//! A user as SCIM sees one.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::filter::{USER, without_schema};
use crate::domain::{Account, Timestamp, UserId};
use crate::session::PublicUrl;

/// Which attributes a client wants (RFC 7644, 3.9).
#[derive(Default)]
pub struct Projection {
    only: Option<Vec<String>>,
    without: Vec<String>,
}

impl Projection {
    /// Reads the parameters `attributes` and `excludedAttributes`.
    pub fn new(attributes: Option<&str>, excluded: Option<&str>) -> Self {
        let names = |list: &str| -> Vec<_> {
            let names = list.split(',').map(|name| without_schema(name.trim()));
            names.filter_map(|name| name.split(['.', '[']).next()).map(str::to_ascii_lowercase).collect()
        };
        let only = attributes.filter(|list| !list.trim().is_empty()).map(names);
        Self { only, without: excluded.map(names).unwrap_or_default() }
    }

    /// A resource without what the client does not want. `schemas` and `id` are always there.
    pub fn of(&self, mut resource: Value) -> Value {
        if let Some(members) = resource.as_object_mut() {
            members.retain(|name, _| {
                let name = name.to_ascii_lowercase();
                let is_wanted = self.only.as_ref().is_none_or(|only| only.contains(&name));
                matches!(name.as_str(), "schemas" | "id") || is_wanted && !self.without.contains(&name)
            });
        }
        resource
    }
}

/// Where a user is found.
pub fn location(base: &PublicUrl, user: UserId) -> String {
    base.at(&format!("{}/Users/{user}", super::ROOT))
}

/// The version of a user: another one once anything that SCIM shows is another (RFC 7644, 3.14).
pub fn version(account: &Account) -> String {
    let shown = json!([
        account.email.as_str(),
        account.name,
        account.enabled,
        account.external_id.as_ref().map(crate::domain::ExternalId::as_str),
        groups(account),
    ]);
    let digest = Sha256::digest(shown.to_string());
    let mut half = [0; 8];
    half.copy_from_slice(&digest[..8]);
    format!("W/\"{:016x}\"", u64::from_be_bytes(half))
}

/// The resource.
pub fn resource(account: &Account, base: &PublicUrl) -> Value {
    let mut user = Map::new();
    let mut put = |name: &str, value: Value| user.insert(name.to_owned(), value);
    put("schemas", json!([USER]));
    put("id", json!(account.id.to_string()));
    if let Some(id) = &account.external_id {
        put("externalId", json!(id.as_str()));
    }
    put(
        "meta",
        json!({
            "resourceType": "User",
            "created": instant(account.created),
            "location": location(base, account.id),
            "version": version(account),
        }),
    );
    put("userName", json!(account.email.as_str()));
    if !account.name.is_empty() {
        put("displayName", json!(account.name));
        put("name", json!({ "formatted": account.name }));
    }
    put("active", json!(account.enabled));
    if account.email.as_str().contains('@') {
        put("emails", json!([{ "value": account.email.as_str(), "type": "work", "primary": true }]));
    }
    let groups = groups(account);
    if !groups.is_empty() {
        put("groups", json!(groups));
    }
    Value::Object(user)
}

fn groups(account: &Account) -> Vec<Value> {
    account.profile.teams.iter().map(|team| json!({ "value": team.id, "display": team.name })).collect()
}

fn instant(at: Timestamp) -> String {
    let instant = i64::try_from(at.millis()).ok().and_then(DateTime::from_timestamp_millis);
    instant.unwrap_or(DateTime::UNIX_EPOCH).to_rfc3339_opts(SecondsFormat::Millis, true)
}
