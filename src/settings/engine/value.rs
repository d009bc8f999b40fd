//! Values: which kinds there are, and how each is written in a settings file and in an environment variable.

use std::fmt;

use config::{Map, Value, ValueKind};
use toml::Spanned;
use toml::de::DeValue;

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    Text,
    Number,
    Flag,
    /// A list of texts.
    List,
    /// A list of tables that have these keys.
    Tables(&'static [Field]),
}

/// One key of such a table.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub kind: SettingKind,
    pub mandatory: bool,
}

/// What is wrong with a value, and where in the text that stands.
pub(super) type Wrong = (usize, String);

impl SettingKind {
    /// The kind of a value as it is written, if a setting can be of that kind.
    pub(super) fn of(value: &DeValue<'_>) -> Option<Self> {
        match value {
            DeValue::String(_) => Some(Self::Text),
            DeValue::Integer(_) => Some(Self::Number),
            DeValue::Boolean(_) => Some(Self::Flag),
            DeValue::Array(_) => Some(Self::List),
            DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
        }
    }
}

impl fmt::Display for SettingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a text in quotes",
            Self::Number => "a whole number",
            Self::Flag => "true or false",
            Self::List => "a list of texts in quotes",
            Self::Tables(_) => "a list of tables",
        })
    }
}

/// The value of the setting `key`, whose name stands `at`; or everything that is wrong with it.
pub(super) fn from_toml(key: &str, kind: SettingKind, at: usize, value: &DeValue<'_>) -> Result<Value, Vec<Wrong>> {
    let SettingKind::Tables(fields) = kind else {
        return plain(kind, value).map_err(|what| vec![(at, format!("{key} must be {what}"))]);
    };
    let DeValue::Array(items) = value else {
        return Err(vec![(at, format!("{key} must be {kind}, not a {}", value.type_str()))]);
    };
    let mut wrong = Vec::new();
    let tables: Vec<_> = items.iter().map(|item| table(key, fields, item, &mut wrong)).collect();
    if wrong.is_empty() { Ok(tables.into()) } else { Err(wrong) }
}

/// A value that is no table, or what it must be instead. Nothing is converted: a number in quotes is a mistake.
fn plain(kind: SettingKind, value: &DeValue<'_>) -> Result<Value, String> {
    match (kind, value) {
        (SettingKind::Text, DeValue::String(text)) => Ok(text.as_ref().into()),
        (SettingKind::Flag, DeValue::Boolean(flag)) => Ok((*flag).into()),
        (SettingKind::Number, DeValue::Integer(number)) => i64::from_str_radix(number.as_str(), number.radix())
            .map(Value::from)
            .map_err(|_| format!("{kind}, this one is far too large")),
        (SettingKind::List, DeValue::Array(items)) => {
            let texts: Option<Vec<_>> = items.iter().map(|item| item.get_ref().as_str()).collect();
            texts.map(Value::from).ok_or_else(|| kind.to_string())
        }
        (_, other) => match SettingKind::of(other) {
            Some(found) if found != kind => Err(format!("{kind}, not {found}")),
            _ => Err(format!("{kind}, not a {}", other.type_str())),
        },
    }
}

/// One table of a list.
fn table(key: &str, fields: &[Field], item: &Spanned<DeValue<'_>>, wrong: &mut Vec<Wrong>) -> Map<String, Value> {
    let mut read = Map::new();
    let at = item.span().start;
    let DeValue::Table(table) = item.get_ref() else {
        wrong.push((at, format!("{key} must be {}", SettingKind::Tables(&[]))));
        return read;
    };
    for (name, value) in table {
        let (at, name) = (name.span().start, name.get_ref().as_ref());
        match fields.iter().find(|field| field.name == name).map(|field| plain(field.kind, value.get_ref())) {
            Some(Ok(value)) => drop(read.insert(name.to_owned(), value)),
            Some(Err(what)) => wrong.push((at, format!("{key}: {name} must be {what}"))),
            None => {
                let known: Vec<_> = fields.iter().map(|field| field.name).collect();
                wrong.push((at, format!("{key} has no {name:?}, only {}", known.join(", "))));
            }
        }
    }
    for missing in fields.iter().filter(|field| field.mandatory && !table.contains_key(field.name)) {
        wrong.push((at, format!("{key}: {} is missing", missing.name)));
    }
    read
}

/// The value of a variable that stands for the setting `key`; or everything that is wrong with it. A list of tables is
/// written as in a settings file.
pub(super) fn from_variable(key: &str, kind: SettingKind, text: &str) -> Result<Value, Vec<String>> {
    let value = match kind {
        SettingKind::Text => Some(text.into()),
        SettingKind::Number => text.trim().parse::<i64>().ok().map(Value::from),
        SettingKind::Flag => text.trim().to_ascii_lowercase().parse::<bool>().ok().map(Value::from),
        SettingKind::List => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(items.collect::<Vec<_>>().into())
        }
        SettingKind::Tables(_) if text.trim().is_empty() => Some(ValueKind::Array(Vec::new()).into()),
        SettingKind::Tables(_) => {
            let value =
                DeValue::parse(text).map_err(|error| vec![format!("{key} is not TOML: {}", error.message())])?;
            let read = from_toml(key, kind, 0, value.get_ref());
            return read.map_err(|wrong| wrong.into_iter().map(|(_, what)| what).collect());
        }
    };
    value.ok_or_else(|| vec![format!("must be {kind}")])
}
