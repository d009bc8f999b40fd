//! Rows of a table (RFC 4180, as spreadsheets write it) under a line that names the columns.

use std::io::{self, BufRead as _, BufReader, Chain, Cursor, Read};

use csv::{ByteRecord, ReaderBuilder, Terminator};
use serde_json::Value;

use super::row::{Column, MAX_ROW, NumberedRow, Unread};
use crate::admin::{NewAccount, Row};
use crate::cli::error::CliError;
use crate::cli::output::plain;

/// The characters that may separate fields, and their names.
const DELIMITERS: [(u8, &str); 4] = [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs"), (b'|', "vertical bars")];
/// How much of a first line that names no columns is shown, in characters.
const MAX_SHOWN: usize = 100;

const NOT_UTF8: &str = "it is not UTF-8; save the file as \"CSV UTF-8\"";

pub(super) struct CsvRows<R: Read> {
    from: csv::Reader<Bounded<RowEnd<R>>>,
    header: Header,
    /// How many lines stand before the one that names the columns.
    lines_before: u64,
    /// Where the last row began.
    line: u64,
    record: ByteRecord,
}

/// The first line, the rest, and a last newline.
type RowEnd<R> = Chain<Chain<Cursor<Vec<u8>>, BufReader<R>>, &'static [u8]>;

/// What the first line tells.
struct Header {
    delimiter: (u8, &'static str),
    /// What each column holds, if it is read.
    columns: Vec<Option<Column>>,
    unread: Unread,
}

impl<R: Read> CsvRows<R> {
    pub(super) fn new(from: R) -> Result<Self, CliError> {
        let mut from = BufReader::with_capacity(MAX_ROW, from);
        let (mut line, mut lines_before, mut delimiters) = (Vec::new(), 0, &DELIMITERS[..]);
        loop {
            line.clear();
            let read = from.by_ref().take(MAX_ROW as u64).read_until(b'\n', &mut line);
            read.map_err(|error| CliError::refused(format!("line {} cannot be read: {error}", lines_before + 1)))?;
            if let Some(said) = said_delimiter(&line) {
                delimiters = said;
            } else if line.is_empty()
                || !line.iter().all(|c| matches!(c, b',' | b';' | b'\t' | b'|' | b'"' | b' ' | b'\r' | b'\n'))
            {
                break;
            }
            lines_before += 1;
        }
        let header = Header::read(&line, delimiters)?;
        // Records end at the newline alone, so that lines can be counted. A carriage return before it is space at the
        // end of a field.
        let newlines = line.ends_with(b"\n");
        let terminator = if newlines { Terminator::Any(b'\n') } else { Terminator::CRLF };
        let from = Bounded { from: Cursor::new(line).chain(from).chain(&b"\n"[..]), left: 2 * MAX_ROW };
        let mut builder = ReaderBuilder::new();
        builder.flexible(true).buffer_capacity(MAX_ROW).delimiter(header.delimiter.0).terminator(terminator);
        let (from, line) = (builder.from_reader(from), lines_before + 2);
        Ok(Self { from, header, lines_before, line, record: ByteRecord::new() })
    }

    /// The columns that are not read.
    pub(super) const fn unread(&self) -> &Unread {
        &self.header.unread
    }

    pub(super) fn next(&mut self) -> Result<Option<NumberedRow>, CliError> {
        loop {
            self.from.get_mut().left = 2 * MAX_ROW;
            let before = self.lines_before;
            let read = self.from.read_byte_record(&mut self.record).map_err(|error| {
                let line = before + error.position().map_or(1, csv::Position::line);
                CliError::refused(format!("the file cannot be read from line {line} on: {error}"))
            });
            if !read? {
                return Ok(None);
            }
            if self.record.iter().any(|field| !field.trim_ascii().is_empty()) {
                // Counted back from its end, which is always a newline: empty lines may come before the record, where
                // the reader says that it begins.
                let own = self.record.as_slice().split(|c| *c == b'\n').count() as u64;
                let line = self.lines_before + self.from.position().line().saturating_sub(own);
                self.line = self.line.max(line);
                return Ok(Some(NumberedRow { line: self.line, row: self.parse() }));
            }
        }
    }

    fn parse(&self) -> Result<NewAccount, String> {
        let columns = &self.header.columns;
        let fields = self.record.len();
        let beyond = self.record.iter().skip(columns.len()).any(|field| !field.trim_ascii().is_empty());
        if beyond || columns.iter().skip(fields).any(Option::is_some) {
            let (columns, signs) = (columns.len(), self.header.delimiter.1);
            return Err(format!(
                "it has {fields} fields instead of {columns}; what holds {signs} must stand in quotes"
            ));
        }
        let mut row = Row::default();
        for (column, field) in columns.iter().zip(&self.record) {
            let Some(column) = column else { continue };
            let text = std::str::from_utf8(field).map_err(|_| NOT_UTF8)?;
            column.set(&mut row, Value::String(text.to_owned()))?;
        }
        NewAccount::try_from(row).map_err(|flaw| flaw.to_string())
    }
}

/// The delimiter that a line `sep=;` names, as spreadsheets write and read it before the columns.
fn said_delimiter(line: &[u8]) -> Option<&'static [(u8, &'static str)]> {
    let said = line.strip_suffix(b"\n").unwrap_or(line);
    let said = said.strip_suffix(b"\r").unwrap_or(said);
    let said = said.strip_prefix(b"\"").and_then(|said| said.strip_suffix(b"\"")).unwrap_or(said);
    let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', sign] = *said else { return None };
    DELIMITERS.iter().position(|(known, _)| *known == sign).map(|at| &DELIMITERS[at..=at])
}

impl Header {
    /// Reads the line with each delimiter in turn, and takes the first that separates a column of addresses.
    fn read(line: &[u8], delimiters: &'static [(u8, &'static str)]) -> Result<Self, CliError> {
        let text = std::str::from_utf8(line).map_err(|_| CliError::refused(format!("line 1: {NOT_UTF8}")))?;
        for &delimiter in delimiters {
            let names = names(text, delimiter.0);
            let columns: Vec<_> = names.iter().map(|name| Column::named(name)).collect();
            if !columns.contains(&Some(Column::Email)) {
                continue;
            }
            if let Some(password) = names.iter().find(|name| Column::is_password(name)) {
                let password = plain(password);
                return Err(CliError::refused(format!(
                    "the first line must name the columns; {password:?} cannot be one: only hashes are imported"
                )));
            }
            let twice = |(at, column): (usize, &Option<Column>)| column.is_some() && columns[..at].contains(column);
            if let Some(at) = columns.iter().enumerate().position(twice) {
                let name = plain(&names[at]);
                return Err(CliError::refused(format!(
                    "the first line must name the columns, each once; {name:?} is one that it names before"
                )));
            }
            let mut unread = Unread::default();
            names.iter().zip(&columns).filter(|(_, column)| column.is_none()).for_each(|(name, _)| unread.note(name));
            return Ok(Self { delimiter, columns, unread });
        }
        Err(Self::missing(text))
    }

    /// There is no column of addresses: what was found instead, unless it is personal.
    fn missing(text: &str) -> CliError {
        let rule = "the first line must name the columns, each once: email, and perhaps id, name, password_hash, \
                    enabled, rights, scopes, teams, tags, issuer, subject";
        let text = text.trim();
        let found = if text.is_empty() {
            "it is empty".to_owned()
        } else if text.contains(['@', '$']) {
            "it seems to be a user".to_owned()
        } else {
            let most = DELIMITERS.iter().max_by_key(|(sign, _)| text.bytes().filter(|c| c == sign).count());
            let separated = most.filter(|(sign, _)| text.as_bytes().contains(sign));
            let signs = separated.map_or(String::new(), |(_, signs)| format!(", separated by {signs}"));
            format!("found: {}{signs}", plain(&text.chars().take(MAX_SHOWN).collect::<String>()))
        };
        CliError::refused(format!("{rule}; {found}"))
    }
}

/// The fields of one line.
fn names(line: &str, delimiter: u8) -> Vec<String> {
    let mut reader = ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    let _nothing_to_read = reader.read_record(&mut record);
    record.iter().map(str::to_owned).collect()
}

/// Ends a record that has no end, such as one with an open quote, before it fills the memory.
struct Bounded<R> {
    from: R,
    /// How much may be read before the next record must begin.
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

    /// The rows up to where the file cannot be read.
    fn rows(file: &[u8]) -> Vec<NumberedRow> {
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
        fn empty_lines_are_counted(
            lines in proptest::collection::vec(prop_oneof!["", "[;]{1,3}", "a@b;x", "\"a@b\r\n\";\"\n\""], 0..9),
            end in "\r?\n",
            ended in any::<bool>(),
        ) {
            let mut expected = Vec::new();
            let mut at = 2;
            for line in &lines {
                if line.contains('@') {
                    expected.push(at);
                }
                at += 1 + line.matches('\n').count() as u64;
            }
            let file = format!("email;{end}{}{}", lines.join(&end), if ended { &end } else { "" });
            prop_assert_eq!(rows(file.as_bytes()).iter().map(|row| row.line).collect::<Vec<_>>(), expected);
        }

        #[test]
        fn what_is_quoted_is_read_to_the_letter(name in "[a-z,\"']{1,40}", sign in "[,;|\t]") {
            let file = format!("name{sign}email\n\"{}\"{sign}a@b\n", name.replace('"', "\"\""));
            let names: Vec<_> = rows(file.as_bytes()).into_iter().map(|row| row.row.map(|row| row.name)).collect();
            prop_assert_eq!(names, [Ok(name.into())]);
        }
    }
}
