//! The rows of an import file, in any format.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressBarIter};

use super::csv_rows::CsvRows;
use super::json_rows::JsonRows;
use super::source::Text;
use crate::admin::{NewAccount, Row};
use crate::cli::error::CliError;

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

/// What an import file holds.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum Format {
    /// A table: values separated by commas, semicolons, tabs or vertical bars.
    Csv,
    /// A JSON object a line, or one list of objects.
    #[value(alias = "json")]
    Jsonl,
}

/// The given format, or else that of the file's name.
pub(super) fn format_of(path: &Path, given: Option<Format>) -> Result<Format, CliError> {
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    match (given, extension.as_deref()) {
        (Some(format), _) => Ok(format),
        (None, Some("csv" | "tsv")) => Ok(Format::Csv),
        (None, Some("jsonl" | "ndjson" | "json")) => Ok(Format::Jsonl),
        (None, _) => Err(CliError::usage("the file's name does not tell what it holds: give --format csv or jsonl")),
    }
}

/// Reads a file row by row.
pub(super) enum Rows {
    Csv(Box<CsvRows<Text<ProgressBarIter<File>>>>),
    Json(Box<JsonRows<Text<ProgressBarIter<File>>>>),
}

impl Rows {
    pub(super) fn new(file: File, format: Format, progress: &ProgressBar) -> Result<Self, CliError> {
        let text = Text::new(progress.wrap_read(file));
        let text = text.map_err(|error| CliError::refused(format!("line 1 cannot be read: {error}")))?;
        Ok(match format {
            Format::Csv => Self::Csv(CsvRows::new(text)?.into()),
            Format::Jsonl => Self::Json(JsonRows::new(text)?.into()),
        })
    }

    /// The next row; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<NumberedRow>, CliError> {
        match self {
            Self::Csv(rows) => rows.next(),
            Self::Json(rows) => rows.next(),
        }
    }

    /// The names in the rows so far that are not read.
    pub(super) const fn unread(&self) -> &Unread {
        match self {
            Self::Csv(rows) => rows.unread(),
            Self::Json(rows) => rows.unread(),
        }
    }
}

/// The part of a user that a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Id,
    Email,
    Name,
    Hash,
}

impl Column {
    /// The column with this name, in any case, with or without spaces, hyphens and underscores.
    pub(super) fn named(name: &str) -> Option<Self> {
        match simplified(name).as_str() {
            "id" | "userid" | "uuid" | "guid" => Some(Self::Id),
            "email" | "mail" | "emailaddress" | "mailaddress" | "emailadresse" | "mailadresse" => Some(Self::Email),
            "name" | "displayname" | "fullname" | "anzeigename" => Some(Self::Name),
            "passwordhash" | "hash" => Some(Self::Hash),
            _ => None,
        }
    }

    /// Whether a column of this name holds passwords in clear, which an import does not accept.
    pub(super) fn is_password(name: &str) -> bool {
        matches!(simplified(name).as_str(), "password" | "passwort" | "kennwort" | "pwd")
    }

    pub(super) fn of(self, row: &mut Row) -> &mut Option<String> {
        match self {
            Self::Id => &mut row.id,
            Self::Email => &mut row.email,
            Self::Name => &mut row.name,
            Self::Hash => &mut row.password_hash,
        }
    }
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
