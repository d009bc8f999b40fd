//! Rows as JSON lines.

use std::io::{BufRead as _, BufReader, Read};

use super::numbered::{MAX_ROW, Numbered};
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rows up to where the file cannot be read on.
    fn rows(file: &[u8]) -> Vec<Numbered> {
        let mut rows = JsonRows::new(file);
        std::iter::from_fn(|| rows.next().ok().flatten()).collect()
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_every_line_is_told(
            file in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..300),
                "[a@\":{}\\[\\]\r\n ]{0,100}".prop_map(String::into_bytes),
            ],
        ) {
            let file = [b"{}\n", &file[..], b"\n{}"].concat();
            let filled = file.split(|byte| *byte == b'\n').enumerate();
            let filled = filled.filter(|(_, line)| {
                !line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii().is_empty()
            });
            let numbers: Vec<_> = filled.map(|(index, _)| index as u64 + 1).collect();
            prop_assert_eq!(rows(&file).iter().map(|row| row.line).collect::<Vec<_>>(), numbers);
        }

        #[test]
        fn a_name_is_read_to_the_letter(name in "\\PC{0,40}[a-z]") {
            let row = serde_json::json!({"email": "a@b", "name": name}).to_string();
            let names: Vec<_> = rows(row.as_bytes()).into_iter().map(|row| row.row.map(|row| row.name)).collect();
            prop_assert_eq!(names, [Ok(name.into())]);
        }
    }
}
