//! Rows as comma-separated values (RFC 4180), under a line that names the columns.

use std::io::{self, Read};

use csv::{ByteRecord, ReaderBuilder};

use super::numbered::{MAX_ROW, Numbered};
use crate::admin::{NewAccount, Row};
use crate::cli::complaint::Complaint;

pub(super) struct CsvRows<R> {
    from: csv::Reader<Bounded<R>>,
    columns: Vec<Column>,
    record: ByteRecord,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Id,
    Email,
    Name,
    Hash,
}

impl<R: Read> CsvRows<R> {
    pub(super) fn new(from: R) -> Result<Self, Complaint> {
        let from = Bounded { from, left: 2 * MAX_ROW };
        let mut from = ReaderBuilder::new().flexible(true).buffer_capacity(MAX_ROW).from_reader(from);
        let columns = columns(from.byte_headers().map_err(|error| unreadable(&error))?)?;
        Ok(Self { from, columns, record: ByteRecord::new() })
    }

    pub(super) fn next(&mut self) -> Result<Option<Numbered>, Complaint> {
        self.from.get_mut().left = 2 * MAX_ROW;
        if !self.from.read_byte_record(&mut self.record).map_err(|error| unreadable(&error))? {
            return Ok(None);
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        Ok(Some(Numbered { line, row: self.parse() }))
    }

    fn parse(&self) -> Result<NewAccount, String> {
        if self.record.len() != self.columns.len() {
            let (fields, columns) = (self.record.len(), self.columns.len());
            return Err(format!("it has {fields} fields instead of {columns}; what holds commas must stand in quotes"));
        }
        let mut row = Row::default();
        for (column, field) in self.columns.iter().zip(&self.record) {
            let text = std::str::from_utf8(field).map_err(|_| "it is not UTF-8")?.to_owned();
            match column {
                Column::Id => row.id = Some(text),
                Column::Email => row.email = Some(text),
                Column::Name => row.name = Some(text),
                Column::Hash => row.password_hash = Some(text),
            }
        }
        NewAccount::try_from(row).map_err(|flaw| flaw.to_string())
    }
}

fn columns(head: &ByteRecord) -> Result<Vec<Column>, Complaint> {
    let named = |name: &[u8]| match name.trim_ascii() {
        b"id" => Some(Column::Id),
        b"email" => Some(Column::Email),
        b"name" => Some(Column::Name),
        b"password_hash" => Some(Column::Hash),
        _ => None,
    };
    let columns: Option<Vec<_>> = head.iter().map(named).collect();
    let once = |columns: &[Column]| columns.iter().enumerate().all(|(at, column)| !columns[..at].contains(column));
    columns.filter(|columns| columns.contains(&Column::Email) && once(columns)).ok_or_else(|| {
        Complaint::refused(
            "the first line must name the columns, each once: email, and perhaps id, name, password_hash",
        )
    })
}

fn unreadable(error: &csv::Error) -> Complaint {
    let line = error.position().map_or(1, csv::Position::line);
    Complaint::refused(format!("the file cannot be read from line {line} on: {error}"))
}

/// Ends a record that never ends, as one with a quote left open, before it fills the memory.
struct Bounded<R> {
    from: R,
    /// How much may be read before the next record must have begun.
    left: usize,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let message = format!("a row is longer than {MAX_ROW} bytes; is a quote left open?");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let most = into.len().min(self.left);
        let read = self.from.read(&mut into[..most])?;
        self.left -= read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rows up to where the file cannot be read on.
    fn rows(file: &[u8]) -> Vec<Numbered> {
        let Ok(mut rows) = CsvRows::new(file) else { return Vec::new() };
        std::iter::from_fn(|| rows.next().ok().flatten()).collect()
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_lines_never_go_down(
            file in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..300),
                "[a@,\"\r\n ]{0,100}".prop_map(String::into_bytes),
            ],
        ) {
            let _ = rows(&file);
            let rows = rows(&[b"email,name\n", &file[..]].concat());
            prop_assert!(rows.iter().all(|row| row.line >= 2) && rows.is_sorted_by(|a, b| a.line <= b.line));
        }

        #[test]
        fn what_is_quoted_is_read_to_the_letter(name in "[a-z,\"']{1,40}") {
            let file = format!("name,email\n\"{}\",a@b\n", name.replace('"', "\"\""));
            let names: Vec<_> = rows(file.as_bytes()).into_iter().map(|row| row.row.map(|row| row.name)).collect();
            prop_assert_eq!(names, [Ok(name.into())]);
        }
    }
}
