//! What a client wants of a group: read from a whole resource, or from the operations of a `PATCH`.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::error::ScimError;
use super::filter::without_schema;
use super::patch::{Kind, Target, member, operations, text};
use crate::domain::{ExternalId, Profile, UserId};
use crate::groups::{GroupEdit, MemberEdit};

/// How many members a request may name, and how many operations it may have: a client may send one for each member.
const MAX_MEMBERS: usize = 5000;

/// Reads a resource that makes a group or replaces one. The members stay as they are where it does not name them: nobody
/// loses a team unsaid.
///
/// # Errors
/// If a value cannot be taken.
pub fn whole(resource: &Map<String, Value>) -> Result<GroupEdit, ScimError> {
    let mut edit = GroupEdit { external_id: Some(None), ..GroupEdit::default() };
    merge(&mut edit, Kind::Replace, resource)?;
    if edit.name.is_none() {
        return Err(ScimError::invalid_value("displayName is mandatory."));
    }
    Ok(edit)
}

/// Reads the operations of a `PATCH`.
///
/// # Errors
/// If it is no such message, or a value cannot be taken.
pub fn patched(message: &Map<String, Value>) -> Result<GroupEdit, ScimError> {
    let mut edit = GroupEdit::default();
    for operation in operations(message, MAX_MEMBERS)? {
        match operation.target {
            Target::Path(path, value) => set(&mut edit, operation.kind, path, value)?,
            Target::Members(members) => merge(&mut edit, operation.kind, members)?,
        }
    }
    Ok(edit)
}

fn merge(edit: &mut GroupEdit, kind: Kind, attributes: &Map<String, Value>) -> Result<(), ScimError> {
    for (name, value) in attributes {
        let read_only = ["id", "meta", "schemas"];
        if !read_only.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            set(edit, kind, name, Some(value))?;
        }
    }
    Ok(())
}

fn set(edit: &mut GroupEdit, kind: Kind, path: &str, value: Option<&Value>) -> Result<(), ScimError> {
    let path = without_schema(path);
    // Extensions are not kept, whatever their attributes are called.
    if path.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:")) {
        return Ok(());
    }
    let (attribute, rest) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
    let given = value.filter(|_| kind != Kind::Remove).unwrap_or(&Value::Null);
    match attribute.to_ascii_lowercase().as_str() {
        "displayname" => {
            let name = text(given, "displayName")?;
            if !Profile::is_entry(&name) {
                let detail = "displayName is mandatory, has at most 128 bytes and no control characters.";
                return Err(ScimError::invalid_value(detail));
            }
            edit.name = Some(name.into());
        }
        "externalid" => {
            let id = text(given, "externalId")?;
            let refused = || ScimError::invalid_value("externalId is too long or has control characters.");
            let id = Some(id).filter(|id| !id.is_empty());
            edit.external_id = Some(id.map(|id| ExternalId::new(&id).ok_or_else(refused)).transpose()?);
        }
        "members" => set_members(&mut edit.members, kind, rest, value)?,
        "id" | "meta" | "schemas" => {
            return Err(ScimError::mutability("id, meta and schemas of a group are not the client's to change."));
        }
        "" => return Err(ScimError::invalid_path("A path is malformed.")),
        _not_kept => {}
    }
    Ok(())
}

fn set_members(members: &mut MemberEdit, kind: Kind, rest: &str, value: Option<&Value>) -> Result<(), ScimError> {
    let value = value.filter(|value| !value.is_null());
    match (rest, kind, value) {
        ("", Kind::Remove, None) => members.leave_all(),
        ("", Kind::Remove, Some(value)) => {
            // Whoever has no id of ours is in no group.
            for user in listed(value)?.into_iter().flatten() {
                members.leave(user);
            }
        }
        ("", Kind::Add | Kind::Replace, value) => {
            if kind == Kind::Replace {
                members.leave_all();
            }
            for user in value.map(listed).transpose()?.into_iter().flatten() {
                members.join(user.ok_or_else(no_such_member)?);
            }
        }
        (filter, Kind::Remove, _) => {
            let malformed = || ScimError::invalid_path("Of members only members[value eq \"…\"] can be removed.");
            if let Some(user) = filtered(filter).ok_or_else(malformed)? {
                members.leave(user);
            }
        }
        _ => return Err(ScimError::invalid_path("Members are added and replaced by the path members alone.")),
    }
    if members.count() > MAX_MEMBERS {
        return Err(ScimError::too_many("A request may name at most 5000 members."));
    }
    Ok(())
}

/// What is said of a member who is no user here.
pub fn no_such_member() -> ScimError {
    ScimError::invalid_value("A member is no user here. Only users may be members, by their id.")
}

/// The users of a list of members, or of one; `None` for what can be no user's id.
fn listed(value: &Value) -> Result<Vec<Option<UserId>>, ScimError> {
    let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let user = |value: &Value| {
        let id = match value {
            Value::String(id) => Some(id.as_str()),
            Value::Object(parts) => {
                let kind = member(parts, "type").and_then(Value::as_str);
                if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("User")) {
                    return Err(ScimError::invalid_value("Only users may be members: groups are in no group here."));
                }
                member(parts, "value").and_then(Value::as_str)
            }
            _ => None,
        };
        let id = id.ok_or_else(|| ScimError::invalid_value("A member must have the id of a user as its value."))?;
        Ok(Uuid::try_parse(id.trim()).ok().map(UserId))
    };
    values.iter().map(user).collect()
}

/// The user of `[value eq "…"]`, `None` within if that can be no user's id; `None` for any other filter.
#[expect(clippy::option_option, reason = "no such filter, and one that no user meets, are two things")]
fn filtered(filter: &str) -> Option<Option<UserId>> {
    let term = filter.strip_prefix('[')?.strip_suffix(']')?.trim();
    let (attribute, rest) = term.split_once(char::is_whitespace)?;
    let (operator, value) = rest.trim_start().split_once(char::is_whitespace)?;
    if !attribute.eq_ignore_ascii_case("value") || !operator.eq_ignore_ascii_case("eq") {
        return None;
    }
    let id: String = serde_json::from_str(value.trim()).ok()?;
    Some(Uuid::try_parse(id.trim()).ok().map(UserId))
}
