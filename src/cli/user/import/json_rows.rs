//! Rows as JSON lines.

use std::io::{BufRead as _, BufReader, Read};

use super::rows::{MAX_ROW, Numbered};
use crate::admin::{NewAccount, Row};
use crate::cli::complaint::Complaint;

pub(super) struct JsonRows<R> {
    from: BufReader<R>,
    line: u64,
    text: Vec<u8>,
}

impl<R: Read> JsonRows<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from: BufReader::with_capacity(MAX_ROW, from), line: 0, text: Vec::new() }
    }

    pub(super) fn next(&mut self) -> Result<Option<Numbered>, Complaint> {
        loop {
            self.line += 1;
            self.text.clear();
            let read = self.from.by_ref().take(MAX_ROW as u64 + 1).read_until(b'\n', &mut self.text);
            read.map_err(|error| Complaint::refused(format!("line {} cannot be read: {error}", self.line)))?;
            if self.text.is_empty() {
                return Ok(None);
            }
            if self.text.len() > MAX_ROW {
                return Err(Complaint::refused(format!("line {} is longer than {MAX_ROW} bytes", self.line)));
            }
            let text = self.text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.text);
            if !text.trim_ascii().is_empty() {
                return Ok(Some(Numbered { line: self.line, row: parse(text) }));
            }
        }
    }
}

fn parse(text: &[u8]) -> Result<NewAccount, String> {
    let row: Row = serde_json::from_slice(text).map_err(|error| {
        let sentence = error.to_string();
        // The line it counts is always the first.
        sentence.split(" at line ").next().unwrap_or_default().to_owned()
    })?;
    NewAccount::try_from(row).map_err(|flaw| flaw.to_string())
}
