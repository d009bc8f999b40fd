//! Domain values as text, on their way through the socket.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{Email, UserId};

/// A user as an operator names one: by id or by e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Who {
    /// A UUID in any usual spelling.
    Id(UserId),
    /// Anything else.
    Email(Email),
}

impl Who {
    /// The user meant, or `None` if it can be neither an id nor an address.
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        let id = Uuid::try_parse(given.trim()).ok().map(UserId).map(Self::Id);
        id.or_else(|| Email::new(given).map(Self::Email))
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Email(email) => f.write_str(email.as_str()),
        }
    }
}

impl TryFrom<String> for Who {
    type Error = &'static str;

    fn try_from(given: String) -> Result<Self, Self::Error> {
        Self::parse(&given).ok_or("neither an id nor an e-mail address")
    }
}

impl From<Who> for String {
    fn from(who: Who) -> Self {
        who.to_string()
    }
}

/// An e-mail address, by serde's `with`.
pub(super) mod email {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::domain::Email;

    pub fn serialize<S: Serializer>(email: &Email, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(email.as_str())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Email, D::Error> {
        Email::new(&String::deserialize(from)?).ok_or_else(|| D::Error::custom("no e-mail address"))
    }
}

/// A password hash, by serde's `with`.
pub(super) mod hash {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::domain::PasswordHash;

    pub fn serialize<S: Serializer>(hash: &PasswordHash, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(hash.as_str())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PasswordHash, D::Error> {
        PasswordHash::new(&String::deserialize(from)?).ok_or_else(|| D::Error::custom("no password hash"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whoever_is_named_is_named_the_same_on_the_other_side(given in "\\PC{0,60}|[0-9a-fA-F{}-]{30,40}|(?s).{0,20}") {
            if let Some(who) = Who::parse(&given) {
                prop_assert_eq!(Who::parse(&who.to_string()), Some(who));
            } else {
                prop_assert!(given.trim().is_empty(), "anything short may be an address");
            }
        }
    }
}
