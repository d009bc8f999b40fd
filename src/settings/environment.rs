//! Environment variables: `BIMGATE__SECTION__KEY`.

use std::ffi::OsString;

use config::{Value, ValueKind};

use super::keys::{Keys, Kind};
use super::load::Entry;
use super::problems::{Place, Problems};

const PREFIX: &str = "BIMGATE__";

/// The settings among `variables`. Other programs' variables are not looked at, but whatever begins with the prefix
/// must be a setting, in capitals.
pub(super) fn read(variables: &[(OsString, OsString)], keys: &Keys, problems: &mut Problems) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (name, value) in variables {
        let name = name.to_string_lossy();
        let capitals = name.to_ascii_uppercase();
        let Some(path) = capitals.strip_prefix(PREFIX) else { continue };
        let key = path.to_ascii_lowercase().replace("__", ".");
        let place = Place::Variable(name.clone().into_owned());
        let Some(kind) = keys.kind(&key) else {
            let what = match keys.nearest(&key).filter(|nearest| keys.kind(nearest).is_some()) {
                Some(nearest) => format!("there is no such setting; did you mean {}?", name_of(nearest)),
                None => "there is no such setting; `bimgate config show` lists all".to_owned(),
            };
            problems.add(place, what);
            continue;
        };
        if name != capitals {
            problems.add(place, format!("must be written in capitals, {}", name_of(&key)));
            continue;
        }
        match value.to_str().map(|text| value_of(kind, text)) {
            Some(Some(value)) => entries.push(Entry { key, value: Value::from(value), place }),
            Some(None) => problems.add(place, format!("must be {}", in_words(kind))),
            None => problems.add(place, "is not UTF-8"),
        }
    }
    entries
}

/// The variable of a setting.
fn name_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', "__"))
}

fn value_of(kind: Kind, text: &str) -> Option<ValueKind> {
    match kind {
        Kind::Text => Some(text.into()),
        Kind::Number => text.trim().parse::<i64>().ok().map(ValueKind::from),
        Kind::Flag => text.trim().to_ascii_lowercase().parse::<bool>().ok().map(ValueKind::from),
        Kind::List => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(items.collect::<Vec<_>>().into())
        }
    }
}

/// Nothing is quoted in the environment.
fn in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text",
        Kind::Number => "a whole number",
        Kind::Flag => "true or false",
        Kind::List => "texts separated by commas",
    }
}
