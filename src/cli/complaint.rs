//! Why a command did not do what was asked: a sentence for the person, an exit code for the script.

use crate::admin::Failure;
use crate::store::{OpenError, embedded};

use super::Exit;

/// One sentence, and what it means.
#[derive(Debug)]
pub(super) struct Complaint {
    exit: Exit,
    sentence: String,
}

impl Complaint {
    pub(super) fn new(exit: Exit, sentence: impl Into<String>) -> Self {
        Self { exit, sentence: sentence.into() }
    }

    pub(super) fn usage(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Usage, sentence)
    }

    pub(super) fn refused(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Refused, sentence)
    }

    /// Whoever read our output has read enough: no reason to complain.
    pub(super) const fn unheard() -> Self {
        Self { exit: Exit::Done, sentence: String::new() }
    }

    /// Tells the person, and returns the code for the script.
    pub(super) fn tell(self) -> Exit {
        if !self.sentence.is_empty() {
            eprintln!("bimgate: {}", self.sentence);
        }
        self.exit
    }
}

impl From<Failure> for Complaint {
    fn from(failure: Failure) -> Self {
        let advice = match &failure {
            Failure::NoSuchUser => "; `bimgate user list` shows those there are",
            Failure::NoSuchSession => "; `bimgate session list` shows those there are",
            Failure::EmailTaken(_) | Failure::IdTaken | Failure::TooManyEntries | Failure::NotLinked => {
                "; nothing was changed"
            }
            Failure::TooManyRedirects => "; `bimgate redirect list` shows them, `bimgate redirect remove` removes one",
            Failure::Keys(_) => "",
            Failure::NoSuchPlace => "; without --after it begins anew",
            Failure::Malformed(_) => "; is the running server of another release than this command?",
            Failure::Unavailable(_) => "; try again when that is mended",
        };
        let exit = match failure {
            Failure::Unavailable(_) => Exit::Unreachable,
            Failure::NoSuchPlace => Exit::Usage,
            _ => Exit::Refused,
        };
        Self::new(exit, format!("{failure}{advice}"))
    }
}

/// The one place that says what a store that does not open means, to commands and to `serve`.
impl From<OpenError> for Complaint {
    fn from(error: OpenError) -> Self {
        use embedded::OpenError::{Damaged, DiskFull, InUse, Thread, Unusable};
        let exit = match &error {
            OpenError::Embedded(InUse { .. } | Unusable { .. }) => Exit::Unreachable,
            OpenError::Embedded(DiskFull { .. } | Damaged { .. } | Thread(_)) => Exit::Refused,
            OpenError::Redis(_) => Exit::Usage,
        };
        Self::new(exit, error.to_string())
    }
}
