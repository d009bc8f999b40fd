//! The settings file: TOML, with the line of everything.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use config::{Value, ValueKind};
use toml::de::{DeTable, DeValue};

use super::keys::{Keys, SettingKind, join};
use super::load::Setting;
use super::problems::{Location, Problems};
use super::tables;

/// More than any settings file needs; what is larger is something else, given by mistake.
const MAX_BYTES: u64 = 1 << 20;

/// The settings of a file.
pub(super) fn read(path: &Path, keys: &Keys, problems: &mut Problems) -> Vec<Setting> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let whole = |what: String, problems: &mut Problems| {
        problems.add(Location::File { name: name.clone(), line: None }, what);
        Vec::new()
    };
    match File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)) {
        Err(error) => return whole(format!("cannot be read: {error}"), problems),
        Ok(length) if length as u64 > MAX_BYTES => return whole("is larger than 1 MiB".to_owned(), problems),
        Ok(_) => {}
    }
    match str::from_utf8(&bytes) {
        Ok(text) => parse(&name, text, keys, problems),
        Err(error) => {
            let line = Some(line_of(&bytes, error.valid_up_to()));
            problems.add(Location::File { name, line }, "is not UTF-8");
            Vec::new()
        }
    }
}

/// The settings of a text; none if it is not TOML.
pub(super) fn parse(name: &str, text: &str, keys: &Keys, problems: &mut Problems) -> Vec<Setting> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reading = Reading { name, text, keys, problems, entries: Vec::new() };
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        // The message only: the error as a whole would show the line, and with it perhaps a secret.
        reading.wrong(at, format!("is not TOML: {}", error.message()));
    }
    if errors.is_empty() {
        reading.section("", table.get_ref());
    }
    reading.entries
}

struct Reading<'a> {
    name: &'a str,
    text: &'a str,
    keys: &'a Keys,
    problems: &'a mut Problems,
    entries: Vec<Setting>,
}

impl Reading<'_> {
    fn section(&mut self, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = join(section, name.get_ref());
            let at = name.span().start;
            if let Some(SettingKind::Tables(fields)) = self.keys.kind(&key) {
                match tables::read(&key, fields, value.get_ref()) {
                    Ok(value) => {
                        let place = self.place(at);
                        self.entries.push(Setting { key, value: Value::from(value), place });
                    }
                    Err(wrong) => wrong.into_iter().for_each(|(there, what)| self.wrong(there.unwrap_or(at), what)),
                }
            } else if let Some(kind) = self.keys.kind(&key) {
                match value_of(kind, value.get_ref()) {
                    Ok(value) => {
                        let place = self.place(at);
                        self.entries.push(Setting { key, value: Value::from(value), place });
                    }
                    Err(what) => self.wrong(at, format!("{key} must be {what}")),
                }
            } else if !self.keys.is_section(&key) {
                let what = match self.keys.nearest(&key) {
                    Some(nearest) => format!("there is no setting {key:?}; did you mean {nearest}?"),
                    None => format!("there is no setting {key:?}; `bimgate config show` lists all"),
                };
                self.wrong(at, what);
            } else if let DeValue::Table(table) = value.get_ref() {
                self.section(&key, table);
            } else {
                self.wrong(at, format!("{key} is a section: write [{key}], and its settings below"));
            }
        }
    }

    fn wrong(&mut self, at: usize, what: String) {
        let place = self.place(at);
        self.problems.add(place, what);
    }

    fn place(&self, at: usize) -> Location {
        Location::File { name: self.name.to_owned(), line: Some(line_of(self.text.as_bytes(), at)) }
    }
}

fn line_of(text: &[u8], at: usize) -> usize {
    1 + text.iter().take(at).filter(|byte| **byte == b'\n').count()
}

/// The value, or what it must be instead. Nothing is converted: a number in quotes is a mistake worth telling.
pub(super) fn value_of(kind: SettingKind, value: &DeValue<'_>) -> Result<ValueKind, String> {
    match (kind, value) {
        (SettingKind::Text, DeValue::String(text)) => Ok(text.as_ref().into()),
        (SettingKind::Flag, DeValue::Boolean(flag)) => Ok((*flag).into()),
        (SettingKind::Number, DeValue::Integer(number)) => i64::from_str_radix(number.as_str(), number.radix())
            .map(ValueKind::from)
            .map_err(|_| format!("{kind}, this one is far too large")),
        (SettingKind::List, DeValue::Array(items)) => {
            let texts: Option<Vec<_>> = items.iter().map(|item| item.get_ref().as_str()).collect();
            texts.map(ValueKind::from).ok_or_else(|| kind.to_string())
        }
        (_, other) => match SettingKind::of(other) {
            Some(found) if found != kind => Err(format!("{kind}, not {found}")),
            _ => Err(format!("{kind}, not a {}", other.type_str())),
        },
    }
}
