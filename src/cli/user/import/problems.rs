//! What is wrong with rows: the first few for the person, all of it for a file.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde_json::json;

use crate::cli::error::CliError;
use crate::cli::output::{self, plain};

/// How many are shown.
const MAX_SHOWN: usize = 50;

pub(super) struct Problems {
    file: Option<BufWriter<File>>,
    json: bool,
    shown: Vec<String>,
    count: u64,
    told: u64,
}

impl Problems {
    /// `json`: each is also printed as a line of JSON.
    pub(super) fn new(report: Option<&Path>, json: bool) -> Result<Self, CliError> {
        let file = report.map(File::create).transpose().map_err(|error| unwritable(&error))?.map(BufWriter::new);
        Ok(Self { file, json, shown: Vec::new(), count: 0, told: 0 })
    }

    pub(super) fn add(&mut self, line: u64, problem: &str) -> Result<(), CliError> {
        self.count += 1;
        let text = format!("line {line}: {}", plain(problem));
        if let Some(file) = &mut self.file {
            writeln!(file, "{text}").map_err(|error| unwritable(&error))?;
        }
        if self.json {
            output::json(&json!({ "line": line, "problem": problem }))?;
        }
        if self.shown.len() < MAX_SHOWN {
            self.shown.push(text);
        }
        Ok(())
    }

    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// Shows the person the problems that were added since the last time.
    pub(super) fn report(&mut self) -> Result<(), CliError> {
        if let Some(file) = &mut self.file {
            file.flush().map_err(|error| unwritable(&error))?;
        }
        for problem in &self.shown {
            eprintln!("{problem}");
        }
        let hidden = self.count - self.told - self.shown.len() as u64;
        if hidden > 0 {
            eprintln!("… and {hidden} more; --report FILE writes all of them");
        }
        self.told = self.count;
        self.shown.clear();
        Ok(())
    }
}

fn unwritable(error: &std::io::Error) -> CliError {
    CliError::refused(format!("the report cannot be written: {error}"))
}
