//! Why a command failed: a sentence for the person, an exit code for the script.

use crate::admin::AdminError;
use crate::store::{OpenError, embedded};

use super::Exit;

/// One sentence, and the exit code that goes with it.
#[derive(Debug)]
pub(super) struct CliError {
    exit: Exit,
    sentence: String,
}

impl CliError {
    pub(super) fn new(exit: Exit, sentence: impl Into<String>) -> Self {
        Self { exit, sentence: sentence.into() }
    }

    pub(super) fn usage(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Usage, sentence)
    }

    pub(super) fn refused(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Refused, sentence)
    }

    /// The reader of our output has closed the pipe: no error.
    pub(super) const fn unheard() -> Self {
        Self { exit: Exit::Done, sentence: String::new() }
    }

    /// What the person is told.
    pub(super) fn told(&self) -> &str {
        &self.sentence
    }

    /// The same, and advice.
    pub(super) fn and(self, advice: &str) -> Self {
        Self { sentence: format!("{}; {advice}", self.sentence), ..self }
    }

    /// Prints the sentence for the person, and returns the code for the script.
    pub(super) fn report(self) -> Exit {
        if !self.sentence.is_empty() {
            eprintln!("bimgate: {}", self.sentence);
        }
        self.exit
    }
}

impl From<AdminError> for CliError {
    fn from(failure: AdminError) -> Self {
        let advice = match &failure {
            AdminError::NoSuchUser => "; `bimgate user list` shows those there are",
            AdminError::Disabled => "; `bimgate user enable` lets them in again",
            AdminError::NoSuchSession => "; `bimgate session list` shows those there are",
            AdminError::NoSuchAppPassword | AdminError::TooManyAppPasswords => {
                "; `bimgate user app-password list` shows those there are"
            }
            AdminError::EmailTaken(_)
            | AdminError::IdTaken
            | AdminError::TooManyEntries
            | AdminError::NotLinked
            | AdminError::NoSecondFactor => "; nothing was changed",
            AdminError::TooManyRedirects => {
                "; `bimgate redirect list` shows them, `bimgate redirect remove` removes one"
            }
            AdminError::NoSuchToken | AdminError::TokenTaken | AdminError::TooManyTokens => {
                "; `bimgate token list` shows those there are"
            }
            AdminError::Keys(_) | AdminError::IsOperator | AdminError::NotAllowed(_) => "",
            AdminError::AnotherRelease => "; restart it, then try again",
            AdminError::NoSuchPlace => "; without --after it begins anew",
            AdminError::Malformed(_) => "; is the running server of another release than this command?",
            AdminError::Unavailable(_) => "; try again when that is mended",
        };
        let exit = match failure {
            AdminError::Unavailable(_) | AdminError::AnotherRelease => Exit::Unreachable,
            AdminError::NoSuchPlace => Exit::Usage,
            _ => Exit::Refused,
        };
        Self::new(exit, format!("{failure}{advice}"))
    }
}

/// What it means that a store does not open, for commands and for `serve`.
impl From<OpenError> for CliError {
    fn from(error: OpenError) -> Self {
        use embedded::OpenError::{Damaged, DiskFull, InUse, Thread, Unusable};
        let exit = match &error {
            OpenError::Embedded(InUse { .. } | Unusable { .. }) => Exit::Unreachable,
            OpenError::Embedded(DiskFull { .. } | Damaged { .. } | Thread(_))
            | OpenError::HalfRestored { .. }
            | OpenError::Moved { .. } => Exit::Refused,
            OpenError::Redis(_) => Exit::Usage,
        };
        Self::new(exit, error.to_string())
    }
}
