//! Rows as JSON: one object a line, or one list of objects, which may be a member of an object.

use std::io::{self, BufRead as _, BufReader, Read};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::row::{Column, MAX_ROW, NumberedRow, Unread};
use super::shape::Shape;
use crate::admin::{NewAccount, Row};
use crate::cli::error::CliError;

pub(super) struct JsonRows<R> {
    from: BufReader<R>,
    shape: Arc<Shape>,
    /// The line that is being read, or was read last.
    line: u64,
    /// Where in a list it is; `None`: each line is a row.
    list: Option<RowPosition>,
    text: Vec<u8>,
    unread: Unread,
}

/// What may come next in a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RowPosition {
    Start,
    AfterRow,
    AfterComma,
    End,
}

impl<R: Read> JsonRows<R> {
    pub(super) fn new(from: R, shape: Arc<Shape>) -> Result<Self, CliError> {
        let mut from = BufReader::with_capacity(MAX_ROW, from);
        let mut line = 1;
        if let Some(list) = shape.list() {
            let skipped = io::copy(&mut from.by_ref().take(list.offset), &mut io::sink());
            skipped.map_err(|error| unreadable(list.line, &error))?;
            line = list.line;
        }
        let mut rows = Self { from, shape, line, list: None, text: Vec::new(), unread: Unread::default() };
        // A line that is empty is no row either way.
        if rows.next_sign()? == Some(b'[') {
            rows.from.consume(1);
            rows.list = Some(RowPosition::Start);
        } else {
            rows.line -= 1;
        }
        Ok(rows)
    }

    /// The members that are not read, of the rows so far.
    pub(super) const fn unread(&self) -> &Unread {
        &self.unread
    }

    pub(super) fn next(&mut self) -> Result<Option<NumberedRow>, CliError> {
        loop {
            let read = if self.list.is_some() { self.next_in_list()? } else { self.next_line()? };
            let Some(line) = read else { return Ok(None) };
            if let Some(row) = parse(&self.text, &self.shape, &mut self.unread) {
                return Ok(Some(NumberedRow { line, row }));
            }
        }
    }

    /// Reads the next object; the line where it begins.
    fn next_line(&mut self) -> Result<Option<u64>, CliError> {
        loop {
            self.line += 1;
            self.text.clear();
            let read = self.from.by_ref().take(MAX_ROW as u64 + 1).read_until(b'\n', &mut self.text);
            read.map_err(|error| unreadable(self.line, &error))?;
            if self.text.is_empty() {
                return Ok(None);
            }
            if self.text.len() > MAX_ROW {
                return Err(too_long(self.line));
            }
            if !self.text.trim_ascii().is_empty() {
                return Ok(Some(self.line));
            }
        }
    }

    /// As [`Self::next_line`].
    fn next_in_list(&mut self) -> Result<Option<u64>, CliError> {
        loop {
            if self.list == Some(RowPosition::End) && self.shape.list().is_some() {
                return Ok(None);
            }
            let sign = self.next_sign()?;
            let place = match (self.list.unwrap_or(RowPosition::End), sign) {
                (RowPosition::End, None) => return Ok(None),
                (RowPosition::Start | RowPosition::AfterComma, Some(b'{')) => break,
                (RowPosition::Start | RowPosition::AfterRow | RowPosition::AfterComma, Some(b']')) => RowPosition::End,
                (RowPosition::AfterRow, Some(b',')) => RowPosition::AfterComma,
                (RowPosition::End, Some(_)) => return Err(self.not_a_list("nothing after the list")),
                (RowPosition::AfterRow, _) => return Err(self.not_a_list("a comma or the list's end")),
                _ => return Err(self.not_a_list("an object")),
            };
            self.from.consume(1);
            self.list = Some(place);
        }
        let line = self.line;
        self.read_object()?;
        self.list = Some(RowPosition::AfterRow);
        Ok(Some(line))
    }

    /// The next byte that is not a space; it is not consumed.
    fn next_sign(&mut self) -> Result<Option<u8>, CliError> {
        loop {
            let line = self.line;
            let Some(&sign) = self.from.fill_buf().map_err(|error| unreadable(line, &error))?.first() else {
                return Ok(None);
            };
            if !matches!(sign, b' ' | b'\t' | b'\r' | b'\n') {
                return Ok(Some(sign));
            }
            self.line += u64::from(sign == b'\n');
            self.from.consume(1);
        }
    }

    /// Reads the next object, up to its closing brace.
    fn read_object(&mut self) -> Result<(), CliError> {
        self.text.clear();
        let (begun, mut depth, mut quoted, mut escaped) = (self.line, 0_usize, false, false);
        loop {
            let line = self.line;
            let buffer = self.from.fill_buf().map_err(|error| unreadable(line, &error))?;
            if buffer.is_empty() {
                return Err(CliError::refused(format!("the object that begins in line {begun} does not end")));
            }
            let mut read = 0;
            for &sign in buffer {
                read += 1;
                self.line += u64::from(sign == b'\n');
                match sign {
                    _ if escaped => escaped = false,
                    b'\\' if quoted => escaped = true,
                    b'"' => quoted = !quoted,
                    b'{' | b'[' if !quoted => depth += 1,
                    b'}' | b']' if !quoted => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
            self.text.extend_from_slice(&buffer[..read]);
            self.from.consume(read);
            if self.text.len() > MAX_ROW {
                return Err(too_long(begun));
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    fn not_a_list(&self, expected: &str) -> CliError {
        CliError::refused(format!("line {}: the file is not a list of objects; here should be {expected}", self.line))
    }
}

fn unreadable(line: u64, error: &std::io::Error) -> CliError {
    CliError::refused(format!("line {line} cannot be read: {error}"))
}

fn too_long(line: u64) -> CliError {
    CliError::refused(format!("line {line} is longer than {MAX_ROW} bytes"))
}

/// The account of an object; `None` if it stands for nobody.
fn parse(text: &[u8], shape: &Shape, unread: &mut Unread) -> Option<Result<NewAccount, String>> {
    let members: Result<Map<String, Value>, _> = serde_json::from_slice(text).map_err(|error| {
        let sentence = error.to_string();
        // It always counts one line, the first.
        sentence.split(" at line ").next().unwrap_or_default().to_owned()
    });
    let row = members.and_then(|members| match shape {
        Shape::Rows => row(members, unread).map(Some),
        Shape::Keycloak(realm) => realm.row(members, unread),
        Shape::Dump(dump) => dump.row(members, unread).map(Some),
    });
    match row {
        Ok(None) => None,
        Ok(Some(row)) => Some(NewAccount::try_from(row).map_err(|flaw| flaw.to_string())),
        Err(flaw) => Some(Err(flaw)),
    }
}

fn row(members: Map<String, Value>, unread: &mut Unread) -> Result<Row, String> {
    let mut row = Row::default();
    let mut columns = Vec::new();
    for (name, value) in members {
        let column = match (Column::named(&name), &value) {
            (Some(column), _) => column,
            // `bimgate user list --json` prints this: whether there is a password.
            (None, Value::Bool(there)) if Column::is_password(&name) => {
                if *there {
                    unread.note(&name);
                }
                continue;
            }
            (None, Value::Null) if Column::is_password(&name) => continue,
            (None, _) if Column::is_password(&name) => {
                return Err(format!("it has the member {name:?}: only hashes are imported, as password_hash"));
            }
            (None, _) => {
                unread.note(&name);
                continue;
            }
        };
        if columns.contains(&column) {
            return Err(format!("{name:?} is a member that it has before under another name"));
        }
        columns.push(column);
        column.set(&mut row, value)?;
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rows up to where the file cannot be read.
    fn rows(file: &[u8]) -> Vec<NumberedRow> {
        let Ok(mut rows) = JsonRows::new(file, Arc::new(Shape::Rows)) else { return Vec::new() };
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
            let _ = rows(&[b"[", &file[..]].concat());
            let file = [b"{}\n", &file[..], b"\n{}"].concat();
            let filled = file.split(|byte| *byte == b'\n').enumerate();
            let filled = filled.filter(|(_, line)| !line.trim_ascii().is_empty());
            let numbers: Vec<_> = filled.map(|(index, _)| index as u64 + 1).collect();
            prop_assert_eq!(rows(&file).iter().map(|row| row.line).collect::<Vec<_>>(), numbers);
        }

        #[test]
        fn a_name_is_read_to_the_letter(name in "\\PC{0,40}[a-z]") {
            let name = crate::domain::email::trimmed(&name);
            let row = serde_json::json!({"email": "a@b", "name": name}).to_string();
            let list = format!("[\n{row} ,\n{row}\n]\n");
            for (file, count) in [(row, 1), (list, 2)] {
                let rows = rows(file.as_bytes()).into_iter();
                let names: Vec<_> = rows.map(|row| row.row.map(|row| row.name.to_string())).collect();
                prop_assert_eq!(names, vec![Ok(name.to_owned()); count]);
            }
        }
    }
}
