//! The settings there are: those that `config/default.toml` names.

use std::fmt;

use toml::de::{DeTable, DeValue};

use super::tables::{self, Field};

/// The defaults, and the list of keys.
pub(super) const DEFAULTS: &str = include_str!("../../config/default.toml");

/// Settings that are never shown; each can also be given as a file, by the key of the same name with `_file`.
const SECRETS: [&str; 5] =
    ["store.password", "openid.client_secret", "licenses.internal_secret", "admin.password", "introspection.clients"];

/// Whether the value of this setting must never be shown.
pub(super) fn is_secret(key: &str) -> bool {
    SECRETS.contains(&key)
}

/// What a setting's value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SettingKind {
    Text,
    Number,
    Flag,
    /// Of texts.
    List,
    /// A list of tables that have these keys.
    Tables(&'static [Field]),
}

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

/// Every key there is.
#[derive(Default)]
pub(super) struct Keys(Vec<(String, SettingKind)>);

impl Keys {
    /// The keys of `text`.
    pub(super) fn of(text: &str) -> Result<Self, toml::de::Error> {
        let mut keys = Self::default();
        keys.collect("", DeTable::parse(text)?.get_ref());
        Ok(keys)
    }

    fn collect(&mut self, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = join(section, name.get_ref());
            match value.get_ref() {
                DeValue::Table(table) => self.collect(&key, table),
                value => {
                    let kind = tables::fields(&key).map(SettingKind::Tables).or_else(|| SettingKind::of(value));
                    self.0.extend(kind.map(|kind| (key, kind)));
                }
            }
        }
    }

    pub(super) fn kind(&self, key: &str) -> Option<SettingKind> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, kind)| *kind)
    }

    pub(super) fn is_section(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
    }

    /// Each key, as `store.url`.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }

    /// The setting or section whose name is nearest to `key`, if one is near.
    pub(super) fn nearest(&self, key: &str) -> Option<&str> {
        let sections = self.iter().filter_map(|key| key.rsplit_once('.')).map(|(section, _)| section);
        let (distance, _, nearest) = self.iter().chain(sections).map(|known| distance(key, known)).min()?;
        (distance <= 2.max(key.len() / 3)).then_some(nearest)
    }
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
