//! Environment variables: `BIMGATE__SECTION__KEY`.

use std::ffi::OsString;

use config::{Value, ValueKind};
use toml::de::DeValue;

use super::keys::{DEFAULTS, Keys, SettingKind};
use super::load::Setting;
use super::problems::{Location, Problems};
use super::tables::{self, Field};

const PREFIX: &str = "BIMGATE__";
/// Names the settings file.
const CONFIG: &str = "BIMGATE_CONFIG";

/// The settings among `variables`. Other programs' variables are not looked at, but whatever begins with the prefix
/// must be a setting, in capitals.
pub(super) fn read(variables: &[(OsString, OsString)], keys: &Keys, problems: &mut Problems) -> Vec<Setting> {
    let mut entries = Vec::new();
    for (name, value) in variables {
        let name = name.to_string_lossy();
        let capitals = name.to_ascii_uppercase();
        let Some(path) = capitals.strip_prefix(PREFIX) else { continue };
        let key = path.to_ascii_lowercase().replace("__", ".");
        let place = Location::Variable(name.clone().into_owned());
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
        if let (SettingKind::Tables(fields), Some(text)) = (kind, value.to_str()) {
            match tables_of(&key, fields, text) {
                Ok(value) => entries.push(Setting { key, value: Value::from(value), place }),
                Err(wrong) => wrong.into_iter().for_each(|what| problems.add(place.clone(), what)),
            }
            continue;
        }
        match value.to_str().map(|text| value_of(kind, text)) {
            Some(Some(value)) => entries.push(Setting { key, value: Value::from(value), place }),
            Some(None) => problems.add(place, format!("must be {}", in_words(kind))),
            None => problems.add(place, "is not UTF-8"),
        }
    }
    entries
}

/// A sentence for each variable that looks like ours and is not one, as with one underscore. No more than a warning: some
/// supervisors set `BIMGATE_PORT` and the like for a service of this name.
pub(super) fn unknown(variables: &[(OsString, OsString)]) -> Vec<String> {
    let keys = Keys::of(DEFAULTS).unwrap_or_default();
    let names = variables.iter().map(|(name, _)| name.to_string_lossy().to_ascii_uppercase());
    let ours = |name: &String| name.starts_with("BIMGATE_") && !name.starts_with(PREFIX) && name != CONFIG;
    let sentence = |name: String| {
        let meant = keys.iter().map(name_of).find(|known| known.replace("__", "_") == name);
        let advice = meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"));
        format!("the environment variable {name} is not a setting, and is not read{advice}")
    };
    names.filter(ours).map(sentence).collect()
}

/// The variable of a setting.
fn name_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', "__"))
}

fn value_of(kind: SettingKind, text: &str) -> Option<ValueKind> {
    match kind {
        SettingKind::Text => Some(text.into()),
        SettingKind::Number => text.trim().parse::<i64>().ok().map(ValueKind::from),
        SettingKind::Flag => text.trim().to_ascii_lowercase().parse::<bool>().ok().map(ValueKind::from),
        SettingKind::List => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(items.collect::<Vec<_>>().into())
        }
        SettingKind::Tables(_) => None,
    }
}

/// A list of tables, written as in a settings file; nothing: an empty one.
fn tables_of(key: &str, fields: &[Field], text: &str) -> Result<ValueKind, Vec<String>> {
    if text.trim().is_empty() {
        return Ok(ValueKind::Array(Vec::new()));
    }
    let not_toml = |error: toml::de::Error| vec![format!("{key} is not TOML: {}", error.message())];
    let value = DeValue::parse(text).map_err(not_toml)?;
    tables::read(key, fields, value.get_ref()).map_err(|wrong| wrong.into_iter().map(|(_, what)| what).collect())
}

/// Nothing is quoted in the environment.
fn in_words(kind: SettingKind) -> &'static str {
    match kind {
        SettingKind::Text => "a text",
        SettingKind::Number => "a whole number",
        SettingKind::Flag => "true or false",
        SettingKind::List => "texts separated by commas",
        SettingKind::Tables(_) => "a list of tables as in a settings file",
    }
}
