//! The settings in force, to be shown.

use config::ValueKind;
use serde_json::Value;

use super::keys::is_secret;
use super::load::load;
use super::problems::{Location, Problems};
use super::{Settings, Sources};

/// One setting in force.
#[derive(Clone, Debug)]
pub struct ShownSetting {
    /// Its name, as `store.url`.
    pub key: String,
    /// Its value; `[redacted]` for a secret that is set.
    pub value: Value,
    /// Where the value comes from.
    pub place: Location,
}

impl Settings {
    /// Every setting in force, secrets masked, in the order of `config/default.toml`.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn show(sources: &Sources) -> Result<Vec<ShownSetting>, Problems> {
        let shown = load(sources)?.in_force.into_iter().map(|entry| {
            let value = match plain(&entry.value.kind) {
                Value::String(text) if is_secret(&entry.key) && !text.is_empty() => "[redacted]".into(),
                Value::Array(items) if is_secret(&entry.key) => items.iter().map(|_| "[redacted]").collect(),
                value => value,
            };
            ShownSetting { key: entry.key, value, place: entry.place }
        });
        Ok(shown.collect())
    }
}

/// Only the kinds that settings have occur.
fn plain(value: &ValueKind) -> Value {
    match value {
        ValueKind::Boolean(flag) => (*flag).into(),
        ValueKind::I64(number) => (*number).into(),
        ValueKind::Table(fields) => fields.iter().map(|(name, value)| (name.clone(), plain(&value.kind))).collect(),
        ValueKind::Array(items) => items.iter().map(|item| plain(&item.kind)).collect(),
        other => other.to_string().into(),
    }
}
