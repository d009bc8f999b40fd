//! A user as SCIM sees one.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::filter::USER;
use crate::domain::{Account, Timestamp, UserId};
use crate::session::PublicUrl;

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
        account.profile.groups.iter().map(|group| (&*group.id, &*group.name)).collect::<Vec<_>>(),
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
    // Teams that are no groups have no resource that a client could ask for.
    let groups = account.profile.groups.iter().map(|group| {
        let location = base.at(&format!("{}/Groups/{}", super::ROOT, group.id));
        json!({ "value": group.id, "$ref": location, "display": group.name, "type": "direct" })
    });
    let groups: Vec<_> = groups.collect();
    if !groups.is_empty() {
        put("groups", json!(groups));
    }
    Value::Object(user)
}

/// An instant as SCIM writes it (RFC 7643, 2.3.5).
pub fn instant(at: Timestamp) -> String {
    let instant = i64::try_from(at.millis()).ok().and_then(DateTime::from_timestamp_millis);
    instant.unwrap_or(DateTime::UNIX_EPOCH).to_rfc3339_opts(SecondsFormat::Millis, true)
}
