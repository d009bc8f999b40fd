//! A group as SCIM sees one.

use serde_json::{Map, Value, json};

use super::filter::GROUP;
use super::user;
use crate::domain::{Group, GroupId, UserId};
use crate::session::PublicUrl;

/// Where a group is found.
pub fn location(base: &PublicUrl, group: GroupId) -> String {
    base.at(&format!("{}/Groups/{group}", super::ROOT))
}

/// The version of a group: raised by each change of it by SCIM. A user who is deleted leaves it without one.
pub fn version(group: &Group) -> String {
    format!("W/\"{}\"", group.version)
}

/// The resource; `members` are absent where the client does not want them.
pub fn resource(group: &Group, members: Option<&[UserId]>, base: &PublicUrl) -> Value {
    let mut resource = Map::new();
    let mut put = |name: &str, value: Value| resource.insert(name.to_owned(), value);
    put("schemas", json!([GROUP]));
    put("id", json!(group.id.to_string()));
    if let Some(id) = &group.external_id {
        put("externalId", json!(id.as_str()));
    }
    put(
        "meta",
        json!({
            "resourceType": "Group",
            "created": user::instant(group.created),
            "location": location(base, group.id),
            "version": version(group),
        }),
    );
    put("displayName", json!(group.name));
    if let Some(members) = members {
        let member =
            |user: &UserId| json!({ "value": user.to_string(), "$ref": user::location(base, *user), "type": "User" });
        put("members", members.iter().map(member).collect());
    }
    Value::Object(resource)
}
