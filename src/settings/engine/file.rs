//! The settings file: TOML, with the line of everything.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::problems::{Location, Problems};
use super::schema::{Override, Schema, join};
use super::value::from_toml;

/// More than any settings file needs. A larger file was named by mistake.
const MAX_BYTES: u64 = 1 << 20;

/// The settings of a file; none if it is not TOML.
pub(super) fn read(path: &Path, schema: &Schema, problems: &mut Problems) -> Vec<Override> {
    let name = path.display().to_string();
    let text = match text_of(path) {
        Ok(text) => text,
        Err((line, what)) => {
            problems.add(Location::File { name, line }, what);
            return Vec::new();
        }
    };
    let (table, errors) = DeTable::parse_recoverable(&text);
    let mut reading = Reading { name, text: &text, schema, problems, overrides: Vec::new() };
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        // The message only: the error as a whole would show the line, and with it perhaps a secret.
        reading.wrong(at, format!("is not TOML: {}", error.message()));
    }
    if errors.is_empty() {
        reading.section("", table.get_ref());
    }
    reading.overrides
}

/// What is in a file; or what is wrong with it, and in which line.
fn text_of(path: &Path) -> Result<String, (Option<usize>, String)> {
    let mut bytes = Vec::new();
    let length = File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| (None, format!("cannot be read: {error}")))?;
    if length as u64 > MAX_BYTES {
        return Err((None, "is larger than 1 MiB".to_owned()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = line_of(error.as_bytes(), error.utf8_error().valid_up_to());
        (Some(line), "is not UTF-8".to_owned())
    })
}

struct Reading<'a> {
    name: String,
    text: &'a str,
    schema: &'a Schema,
    problems: &'a mut Problems,
    overrides: Vec<Override>,
}

impl Reading<'_> {
    fn section(&mut self, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = join(section, name.get_ref());
            let at = name.span().start;
            if let Some(kind) = self.schema.kind(&key) {
                match from_toml(&key, kind, at, value.get_ref()) {
                    Ok(value) => self.overrides.push(Override { key, value, location: self.location(at) }),
                    Err(wrong) => wrong.into_iter().for_each(|(at, what)| self.wrong(at, what)),
                }
            } else if !self.schema.is_section(&key) {
                let what = match self.schema.nearest(&key) {
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
        self.problems.add(self.location(at), what);
    }

    fn location(&self, at: usize) -> Location {
        Location::File { name: self.name.clone(), line: Some(line_of(self.text.as_bytes(), at)) }
    }
}

fn line_of(text: &[u8], at: usize) -> usize {
    1 + text.iter().take(at).filter(|byte| **byte == b'\n').count()
}
