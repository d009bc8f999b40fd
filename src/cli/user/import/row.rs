//! A row of an import file, and what its columns mean.

use std::collections::BTreeSet;

use crate::admin::{NewAccount, Row};

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
