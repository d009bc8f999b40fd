//! The operations of a `PATCH` (RFC 7644, 3.5.2), as Entra ID and Okta send them: in any case, with a path or without.

use serde_json::{Map, Value};

use super::error::ScimError;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `add`
    Add,
    /// `replace`
    Replace,
    /// `remove`
    Remove,
}

/// One operation. It has a path, or a value that is an object.
pub struct Operation<'a> {
    /// What it does.
    pub kind: Kind,
    /// The path, and the value if there is one; to add or replace there is.
    pub target: Target<'a>,
}

/// What an operation is about.
pub enum Target<'a> {
    /// One attribute, or a part of one.
    Path(&'a str, Option<&'a Value>),
    /// The attributes that a value names, each by a path.
    Members(&'a Map<String, Value>),
}

/// The operations of a message, at most so many.
///
/// # Errors
/// If it is no such message.
pub fn operations(message: &Map<String, Value>, most: usize) -> Result<Vec<Operation<'_>>, ScimError> {
    let operations = member(message, "Operations").and_then(Value::as_array);
    let operations = operations.ok_or_else(|| ScimError::invalid_syntax("The list Operations is mandatory."))?;
    if operations.len() > most {
        return Err(ScimError::too_many(format!("A request may have at most {most} operations.")));
    }
    operations.iter().map(read).collect()
}

fn read(operation: &Value) -> Result<Operation<'_>, ScimError> {
    let malformed = || ScimError::invalid_syntax("An operation must be an object with op, path and value.");
    let operation = operation.as_object().ok_or_else(malformed)?;
    let op = member(operation, "op").and_then(Value::as_str).ok_or_else(malformed)?;
    let path = match member(operation, "path") {
        None | Some(Value::Null) => None,
        Some(path) => Some(path.as_str().ok_or_else(malformed)?.trim()).filter(|path| !path.is_empty()),
    };
    let kind = match op.to_ascii_lowercase().as_str() {
        "add" => Kind::Add,
        "replace" => Kind::Replace,
        "remove" => Kind::Remove,
        _ => return Err(ScimError::invalid_syntax("An operation must be add, replace or remove.")),
    };
    let target = match (kind, path, member(operation, "value")) {
        (Kind::Remove, Some(path), value) => Target::Path(path, value),
        (Kind::Remove, None, _) => return Err(ScimError::no_target("To remove something, a path must say what.")),
        (_, Some(path), Some(value)) => Target::Path(path, Some(value)),
        (_, None, Some(Value::Object(members))) => Target::Members(members),
        _ => return Err(ScimError::invalid_value("An operation has no value.")),
    };
    Ok(Operation { kind, target })
}

/// A member of an object; names of attributes are in any case (RFC 7643, 2.1).
pub fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The one value of an attribute that has one: some clients send `[{"value": …}]`.
pub fn single(value: &Value) -> &Value {
    match value {
        Value::Array(values) if values.len() == 1 => single(&values[0]),
        Value::Object(parts) => member(parts, "value").unwrap_or(value),
        _ => value,
    }
}

/// The text of an attribute; `null` is an empty one.
///
/// # Errors
/// If it is none.
pub fn text(value: &Value, attribute: &str) -> Result<String, ScimError> {
    match single(value) {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.trim().to_owned()),
        _ => Err(ScimError::invalid_value(format!("{attribute} must be a text."))),
    }
}
