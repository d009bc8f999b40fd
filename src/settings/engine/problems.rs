//! What is wrong with the settings, reported all at once.

use std::fmt;

/// Where a setting was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// `config/default.toml`, which is compiled in.
    Default,
    /// A settings file.
    File {
        /// The path as the operator wrote it.
        name: String,
        /// The line, from 1; `None` if it is about the file as a whole.
        line: Option<usize>,
    },
    /// An environment variable.
    Variable(String),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line: Some(line) } => write!(f, "{name}:{line}"),
            Self::File { name, line: None } | Self::Variable(name) => f.write_str(name),
        }
    }
}

/// One thing that is wrong. Never holds the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where the problem stands.
    pub location: Location,
    /// What is wrong, and what would be right.
    pub what: String,
}

/// All problems, in the order of their locations. Displays as a list for people, one problem a line.
#[derive(Debug, Default, thiserror::Error)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// A file that is no settings file at all would fill the screen.
    const MAX_SHOWN: usize = 100;

    pub(super) fn add(&mut self, location: Location, what: impl Into<String>) {
        self.0.push(Problem { location, what: what.into() });
    }

    /// `Ok(value)` if nothing is wrong.
    pub(super) fn or<T>(mut self, value: T) -> Result<T, Self> {
        if self.0.is_empty() {
            return Ok(value);
        }
        self.0.sort();
        Err(self)
    }

    /// Each problem.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "the settings are wrong:")?,
            count => write!(f, "the settings are wrong in {count} places:")?,
        }
        for Problem { location, what } in self.0.iter().take(Self::MAX_SHOWN) {
            write!(f, "\n  {location}: {what}")?;
        }
        match self.0.len().saturating_sub(Self::MAX_SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n  … and {more} more"),
        }
    }
}
