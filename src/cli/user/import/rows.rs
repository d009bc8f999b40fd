//! The rows of an import file, in any format.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressBarIter};

use super::csv_rows::CsvRows;
use super::json_rows::JsonRows;
use super::row::{NumberedRow, Unread};
use super::shape::Shape;
use super::source::Text;
use crate::cli::error::CliError;

/// What an import file holds.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum Format {
    /// A table: values separated by commas, semicolons, tabs or vertical bars.
    Csv,
    /// A JSON object a line, or one list of objects; a realm that Keycloak exported; a dump of the vendor's directory.
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
    pub(super) fn new(
        file: File,
        format: Format,
        shape: &Arc<Shape>,
        progress: &ProgressBar,
    ) -> Result<Self, CliError> {
        let text = Text::new(progress.wrap_read(file));
        let text = text.map_err(|error| CliError::refused(format!("line 1 cannot be read: {error}")))?;
        Ok(match format {
            Format::Csv => Self::Csv(CsvRows::new(text)?.into()),
            Format::Jsonl => Self::Json(JsonRows::new(text, Arc::clone(shape))?.into()),
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
