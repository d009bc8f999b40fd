//! One row of an import file.

use crate::admin::NewAccount;

/// The most bytes one row may take.
pub(super) const MAX_ROW: usize = 64 << 10;

/// A row: the line where it begins, counted from 1, and its account or what is wrong with it.
pub(super) struct NumberedRow {
    pub line: u64,
    pub row: Result<NewAccount, String>,
}
