//! Standard output: lines and tables, without anything that a terminal would obey.

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal as _, Write as _, stdout};

use comfy_table::presets::NOTHING;
use comfy_table::{ColumnConstraint, ContentArrangement, Table};
use serde::Serialize;

use super::error::CliError;

/// Prints a line. A reader that has closed the pipe (`| head`) is no error.
pub(super) fn line(text: impl Display) -> Result<(), CliError> {
    writeln!(stdout(), "{text}").map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => CliError::unheard(),
        _ => CliError::refused(format!("standard output cannot be written: {error}")),
    })
}

/// Prints a value as one line of JSON.
pub(super) fn json(value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value).map_err(|error| CliError::refused(error.to_string()))?;
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        // Only strings can have such characters, and JSON allows them to be written like this there.
        if obeyed(c) { safe.extend(format!("\\u{:04x}", u32::from(c)).chars()) } else { safe.push(c) }
    }
    line(safe)
}

/// Prints facts, each on a line.
pub(super) fn facts<'a>(facts: impl IntoIterator<Item = (&'a str, String)>) -> Result<(), CliError> {
    let mut table = Table::new();
    table.load_style(NOTHING);
    for (name, value) in facts {
        table.add_row([name, &plain(&value)]);
    }
    fit(&mut table);
    line(table.trim_fmt())
}

/// Prints a table; on a terminal, of its width. What is an id stays whole, so that it can be copied.
pub(super) fn table<const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<(), CliError> {
    more_of_table(head, true, rows)
}

/// Prints rows of such a table, under its head only where they are the first.
pub(super) fn more_of_table<const N: usize>(
    head: [&str; N],
    first: bool,
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<(), CliError> {
    let mut table = Table::new();
    table.load_style(NOTHING);
    if first {
        table.set_header(head);
    }
    for row in rows {
        table.add_row(row.map(|cell| plain(&cell)));
    }
    fit(&mut table);
    for (place, name) in head.iter().enumerate() {
        if let Some(column) = table.column_mut(place).filter(|_| matches!(*name, "ID" | "SESSION" | "KEY")) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    line(table.trim_fmt())
}

/// Breaks lines where the terminal ends, if it is one.
fn fit(table: &mut Table) {
    if stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
}

/// Prints records as CSV (RFC 4180), under a head if there is one.
pub(super) fn csv<R, F>(head: Option<&[&str]>, records: impl IntoIterator<Item = R>) -> Result<(), CliError>
where
    R: IntoIterator<Item = F>,
    F: AsRef<str>,
{
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| CliError::refused(error.to_string());
    if let Some(head) = head {
        writer.write_record(head).map_err(failed)?;
    }
    for record in records {
        // A spreadsheet takes what begins so for a formula.
        let safe = |field: F| {
            let field = plain(field.as_ref());
            if field.starts_with(['=', '+', '-', '@']) { format!("'{field}") } else { field }
        };
        writer.write_record(record.into_iter().map(safe)).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| CliError::refused(error.to_string()))?;
    let text = String::from_utf8_lossy(&bytes);
    if text.is_empty() { Ok(()) } else { line(text.trim_end()) }
}

/// Prints a list: each item as a line of JSON, or all as a table. An empty list prints `none` for people.
pub(super) fn list<T: Serialize, const N: usize>(
    items: Vec<T>,
    as_json: bool,
    none: &str,
    head: [&str; N],
    row: impl Fn(T) -> [String; N],
) -> Result<(), CliError> {
    if as_json {
        return items.iter().try_for_each(json);
    }
    if items.is_empty() {
        eprintln!("{none}");
        return Ok(());
    }
    table(head, items.into_iter().map(row))
}

/// `1 row`, `2 rows`
pub(super) fn count(of: u64, what: &str) -> String {
    format!("{of} {what}{}", if of == 1 { "" } else { "s" })
}

/// The text with control characters escaped: a user's name must not be able to rewrite the screen.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if obeyed(c) { plain.extend(c.escape_unicode()) } else { plain.push(c) }
    }
    plain
}

/// Whether a terminal acts on the character rather than showing it: controls, line separators, and marks that
/// reverse the direction of text. All of them are in the basic plane.
fn obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(plain("a\u{1b}[2J\u{9b}\u{202e}z\n"), "a\\u{1b}[2J\\u{9b}\\u{202e}z\\u{a}");
        assert_eq!(plain("Jörg Ünal 李"), "Jörg Ünal 李");
    }
}
