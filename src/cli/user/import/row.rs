//! A row of an import file, and what its columns mean.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::admin::{NewAccount, Row, TeamView};

/// The most bytes one row may take.
pub(super) const MAX_ROW: usize = 64 << 10;
/// The most names to remember of columns that are not read.
const MAX_UNREAD: usize = 32;
/// How much of such a name is shown, in characters.
const MAX_SHOWN: usize = 40;

/// A row: the line where it begins, counted from 1, and its account or what is wrong with it.
pub(super) struct NumberedRow {
    pub line: u64,
    pub row: Result<NewAccount, String>,
}

/// The part of a user that a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Id,
    Email,
    Name,
    Hash,
    Enabled,
    Rights,
    Scopes,
    Teams,
    Tags,
    Issuer,
    Subject,
}

impl Column {
    /// The column with this name, in any case, with or without spaces, hyphens and underscores.
    pub(super) fn named(name: &str) -> Option<Self> {
        match simplified(name).as_str() {
            "id" | "userid" | "uuid" | "guid" => Some(Self::Id),
            "email" | "mail" | "emailaddress" | "mailaddress" | "emailadresse" | "mailadresse" => Some(Self::Email),
            "name" | "displayname" | "fullname" | "anzeigename" => Some(Self::Name),
            "passwordhash" | "hash" => Some(Self::Hash),
            "enabled" => Some(Self::Enabled),
            "rights" => Some(Self::Rights),
            "scopes" => Some(Self::Scopes),
            "teams" => Some(Self::Teams),
            "tags" => Some(Self::Tags),
            "issuer" => Some(Self::Issuer),
            "subject" => Some(Self::Subject),
            _ => None,
        }
    }

    /// Whether a column of this name holds passwords in clear, which an import does not accept.
    pub(super) fn is_password(name: &str) -> bool {
        matches!(simplified(name).as_str(), "password" | "passwort" | "kennwort" | "pwd")
    }

    /// Puts what stands there into the row, in text as a table has it or as JSON has it.
    ///
    /// # Errors
    /// What is wrong with it, without its text.
    pub(super) fn set(self, row: &mut Row, value: Value) -> Result<(), String> {
        match (self, value) {
            (Self::Id, value) => row.id = text("id", value)?,
            (Self::Email, value) => row.email = text("e-mail address", value)?,
            (Self::Name, value) => row.name = text("name", value)?,
            (Self::Hash, value) => row.password_hash = text("password hash", value)?,
            (Self::Enabled, value) => row.enabled = truth(&value)?,
            (Self::Rights, value) => row.rights = texts("rights", value)?,
            (Self::Scopes, value) => row.scopes = texts("scopes", value)?,
            (Self::Teams, value) => row.teams = teams(value)?,
            (Self::Tags, value) => row.tags = texts("tags", value)?,
            (Self::Issuer, value) => row.issuer = text("issuer", value)?,
            // As `bimgate user list --json` prints it.
            (Self::Subject, Value::Object(mut both)) => {
                row.issuer = text("issuer", both.remove("issuer").unwrap_or_default())?;
                row.subject = text("subject", both.remove("subject").unwrap_or_default())?;
            }
            (Self::Subject, value) => row.subject = text("subject", value)?,
        }
        Ok(())
    }
}

fn text(what: &str, value: Value) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(format!("the {what} is not a text in quotes")),
    }
}

fn truth(value: &Value) -> Result<Option<bool>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(enabled) => Ok(Some(*enabled)),
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "" => Ok(None),
            "true" | "yes" | "1" | "ja" | "wahr" => Ok(Some(true)),
            "false" | "no" | "0" | "nein" | "falsch" => Ok(Some(false)),
            _ => Err("enabled is neither true nor false".to_owned()),
        },
        _ => Err("enabled is neither true nor false".to_owned()),
    }
}

/// A list, in a table separated by semicolons.
pub(super) fn texts(what: &str, value: Value) -> Result<Vec<String>, String> {
    let items = match value {
        Value::Null => Vec::new(),
        Value::String(text) => {
            text.split([';', '\n']).map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
        }
        Value::Array(items) => {
            let texts = items.into_iter().map(|item| text(what, item));
            texts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()
        }
        _ => return Err(format!("the {what} are not a list of texts")),
    };
    Ok(items)
}

/// Teams: objects, or texts `id=name`, or ids that are names as well.
fn teams(value: Value) -> Result<Vec<TeamView>, String> {
    let of_text = |text: String| match text.split_once('=') {
        Some((id, name)) => TeamView { id: id.to_owned(), name: name.to_owned() },
        None => TeamView { id: text.clone(), name: text },
    };
    let Value::Array(items) = value else { return Ok(texts("teams", value)?.into_iter().map(of_text).collect()) };
    let team = |item| match item {
        Value::String(text) => Ok(of_text(text)),
        item => {
            serde_json::from_value(item).map_err(|_| "the teams are not a list of objects with id and name".to_owned())
        }
    };
    items.into_iter().map(team).collect()
}

fn simplified(name: &str) -> String {
    let kept = |c: &char| !matches!(c, '-' | '_') && !c.is_whitespace();
    name.chars().filter(kept).flat_map(char::to_lowercase).collect()
}

/// The names of columns that are not read.
#[derive(Default)]
pub(super) struct Unread(BTreeSet<String>);

impl Unread {
    pub(super) fn note(&mut self, name: &str) {
        if self.0.len() < MAX_UNREAD && !self.0.contains(name) && !name.trim().is_empty() {
            self.0.insert(name.trim().chars().take(MAX_SHOWN).collect());
        }
    }

    /// The names, separated by commas; `None` if there are none.
    pub(super) fn list(&self) -> Option<String> {
        let names: Vec<_> = self.0.iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}
