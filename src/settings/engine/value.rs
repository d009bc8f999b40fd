//! Settings that are lists of tables, as `[[directory.applications]]`: which there are, and how they are read.

use config::{Map, Value, ValueKind};
use toml::de::DeValue;

use super::file::value_of;
use super::keys::SettingKind;

/// One key of such a table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    name: &'static str,
    kind: SettingKind,
    mandatory: bool,
}

const fn field(name: &'static str, kind: SettingKind, mandatory: bool) -> Field {
    Field { name, kind, mandatory }
}

const APPLICATION: &[Field] = &[
    field("id", SettingKind::Text, true),
    field("name", SettingKind::Text, true),
    field("url", SettingKind::Text, true),
    field("description", SettingKind::Text, false),
    field("teams", SettingKind::List, false),
];

/// What the tables of the setting `key` hold, if it is a list of tables.
pub(super) fn fields(key: &str) -> Option<&'static [Field]> {
    (key == "directory.applications").then_some(APPLICATION)
}

/// The value, or everything that is wrong with it and where in the text that stands; `None`: with it as a whole.
pub(super) fn read(
    key: &str,
    fields: &[Field],
    value: &DeValue<'_>,
) -> Result<ValueKind, Vec<(Option<usize>, String)>> {
    let DeValue::Array(items) = value else {
        return Err(vec![(None, format!("{key} must be {}, not a {}", SettingKind::Tables(&[]), value.type_str()))]);
    };
    let (mut tables, mut wrong) = (Vec::new(), Vec::new());
    for item in items {
        let DeValue::Table(table) = item.get_ref() else {
            wrong.push((Some(item.span().start), format!("{key} must be {}", SettingKind::Tables(&[]))));
            continue;
        };
        let mut read = Map::new();
        for (name, value) in table {
            let (at, name) = (Some(name.span().start), name.get_ref().as_ref());
            match fields.iter().find(|field| field.name == name).map(|field| value_of(field.kind, value.get_ref())) {
                Some(Ok(value)) => drop(read.insert(name.to_owned(), Value::from(value))),
                Some(Err(what)) => wrong.push((at, format!("{key}: {name} must be {what}"))),
                None => {
                    let known: Vec<_> = fields.iter().map(|field| field.name).collect();
                    wrong.push((at, format!("{key} has no {name:?}, only {}", known.join(", "))));
                }
            }
        }
        for missing in fields.iter().filter(|field| field.mandatory && !table.contains_key(field.name)) {
            wrong.push((Some(item.span().start), format!("{key}: {} is missing", missing.name)));
        }
        tables.push(Value::from(ValueKind::Table(read)));
    }
    if wrong.is_empty() { Ok(ValueKind::Array(tables)) } else { Err(wrong) }
}
