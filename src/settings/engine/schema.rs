//! The settings there are.

use config::Value;
use toml::de::{DeTable, DeValue};

use super::problems::Location;
use super::value::{Field, SettingKind, from_toml};

/// One setting in force.
#[derive(Clone)]
pub struct Setting {
    /// Its name, as `store.url`.
    pub key: String,
    /// Where its value comes from.
    pub location: Location,
    pub(super) value: Value,
    pub(super) is_secret: bool,
    kind: SettingKind,
}

impl Setting {
    /// Whether it has the same value as another.
    #[must_use]
    pub fn is_as(&self, other: &Self) -> bool {
        self.value.kind == other.value.kind
    }

    /// Its value; `[redacted]` for a secret that is set.
    #[must_use]
    pub fn shown(&self) -> serde_json::Value {
        use serde_json::Value::{Array, String};
        // JSON has all kinds of values that settings have.
        match self.value.clone().try_deserialize().unwrap_or_default() {
            String(text) if self.is_secret && !text.is_empty() => "[redacted]".into(),
            Array(items) if self.is_secret => items.iter().map(|_| "[redacted]").collect(),
            value => value,
        }
    }
}

/// A value that a source has for a setting.
pub(super) struct Override {
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) location: Location,
}

/// Every setting with its default, in the order of the file of defaults.
pub struct Schema(Vec<Setting>);

impl Schema {
    /// The settings that `defaults` names, each of the kind of its default. Those in `tables` are lists of tables with
    /// these keys.
    pub fn new(defaults: &str, tables: &[(&str, &'static [Field])], secrets: &[&str]) -> Self {
        // Defaults that are no TOML give no settings: reading them into a type then reports what is missing.
        let defaults = DeTable::parse(defaults).ok();
        let mut found = defaults.as_ref().map_or_else(Vec::new, |table| leaves("", table.get_ref()));
        found.sort_by_key(|(at, ..)| *at);
        let setting = |(at, key, value): (usize, String, &DeValue<'_>)| {
            let fields = tables.iter().find(|(table, _)| *table == key).map(|(_, fields)| *fields);
            let kind = fields.map_or_else(|| SettingKind::of(value), |fields| Some(SettingKind::Tables(fields)))?;
            let value = from_toml(&key, kind, at, value).ok()?;
            Some(Setting { kind, is_secret: secrets.contains(&&*key), value, location: Location::Default, key })
        };
        Self(found.into_iter().filter_map(setting).collect())
    }

    pub(super) fn settings(&self) -> &[Setting] {
        &self.0
    }

    pub(super) fn kind(&self, key: &str) -> Option<SettingKind> {
        self.0.iter().find(|setting| setting.key == key).map(|setting| setting.kind)
    }

    pub(super) fn is_section(&self, name: &str) -> bool {
        self.keys().any(|key| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
    }

    /// Each key, as `store.url`.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|setting| setting.key.as_str())
    }

    /// The setting or section whose name is nearest to `key`, if one is near.
    pub(super) fn nearest(&self, key: &str) -> Option<&str> {
        let sections = self.keys().filter_map(|key| key.rsplit_once('.')).map(|(section, _)| section);
        let (distance, _, nearest) = self.keys().chain(sections).map(|known| distance(key, known)).min()?;
        (distance <= 2.max(key.len() / 3)).then_some(nearest)
    }
}

/// Every value that is no table: where its name stands, its key, and the value.
fn leaves<'a, 'text>(section: &str, table: &'a DeTable<'text>) -> Vec<(usize, String, &'a DeValue<'text>)> {
    let below = table.iter().flat_map(|(name, value)| {
        let key = join(section, name.get_ref());
        match value.get_ref() {
            DeValue::Table(table) => leaves(&key, table),
            value => vec![(name.span().start, key, value)],
        }
    });
    below.collect()
}

/// How far apart two names are: letters changed, except that the right name in the wrong section is near.
fn distance<'a>(key: &str, known: &'a str) -> (usize, usize, &'a str) {
    let letters = strsim::damerau_levenshtein(key, known);
    let same_name = key.rsplit('.').next() == known.rsplit('.').next();
    (if same_name { letters.min(1) } else { letters }, letters, known)
}

pub(super) fn join(section: &str, name: &str) -> String {
    if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") }
}
