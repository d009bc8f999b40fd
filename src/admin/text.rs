//! Domain values as text, for the way between a command and a server.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{Account, Email, Profile, Team, TokenDigest, UserId};

/// A user as operators name them: by id or by e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum UserSelector {
    /// A UUID in any usual spelling.
    Id(UserId),
    /// Anything else.
    Email(Email),
}

impl UserSelector {
    /// The user, or `None` if the text can be neither an id nor an address.
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        let id = Uuid::try_parse(given.trim()).ok().map(UserId).map(Self::Id);
        id.or_else(|| Email::new(given).map(Self::Email))
    }
}

impl fmt::Display for UserSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Email(email) => f.write_str(email.as_str()),
        }
    }
}

impl TryFrom<String> for UserSelector {
    type Error = &'static str;

    fn try_from(given: String) -> Result<Self, Self::Error> {
        Self::parse(&given).ok_or("neither an id nor an e-mail address")
    }
}

impl From<UserSelector> for String {
    fn from(who: UserSelector) -> Self {
        who.to_string()
    }
}

/// A scope, a tag, or the id or name of a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Entry(Box<str>);

/// The name of a person, which may be empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(Box<str>);

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamEntry {
    /// Its id.
    pub id: Entry,
    /// Its name.
    pub name: Entry,
}

impl Entry {
    /// The entry, or `None` if it cannot be one, see [`Profile::is_entry`].
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        Profile::is_entry(given).then(|| Self(given.into()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PersonName {
    /// The name, or `None` if it cannot be one, see [`Account::name_of`].
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        Account::name_of(given).map(Self)
    }
}

impl TryFrom<String> for PersonName {
    type Error = &'static str;

    fn try_from(given: String) -> Result<Self, Self::Error> {
        Self::parse(&given).ok_or("too long, or with control characters")
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0.into()
    }
}

impl From<PersonName> for Box<str> {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

impl TryFrom<String> for Entry {
    type Error = &'static str;

    fn try_from(given: String) -> Result<Self, Self::Error> {
        Self::parse(&given).ok_or("empty, too long, or with control characters")
    }
}

impl From<Entry> for String {
    fn from(entry: Entry) -> Self {
        entry.0.into()
    }
}

impl From<Entry> for Box<str> {
    fn from(entry: Entry) -> Self {
        entry.0
    }
}

impl From<TeamEntry> for Team {
    fn from(team: TeamEntry) -> Self {
        Self { id: team.id.into(), name: team.name.into() }
    }
}

/// Makes modules for serde's `with`: each has a value as its text.
macro_rules! as_text {
    ($($module:ident: $value:ident = $parse:expr;)+) => {$(
        pub(super) mod $module {
            use serde::{Deserialize, Deserializer, Serializer, de::Error};

            use crate::domain::$value;

            pub fn serialize<S: Serializer>(value: &$value, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(value.as_str())
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<$value, D::Error> {
                let parse = $parse;
                parse(&String::deserialize(from)?).map_err(D::Error::custom)
            }
        }
    )+};
}

as_text! {
    address: Email = Email::of_person;
    email: Email = |text: &str| Email::new(text).ok_or("no e-mail address");
    hash: PasswordHash = |text: &str| crate::auth::check_hash(text.trim());
    redirect: RedirectTarget = RedirectTarget::parse;
    purpose: LinkPurpose = |text: &str| {
        LinkPurpose::ALL.into_iter().find(|known| known.as_str() == text).ok_or("no purpose of a link")
    };
}

/// Rights, by serde's `with`.
pub(super) mod rights {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::domain::Right;

    pub fn serialize<S: Serializer>(rights: &[Right], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(rights.iter().map(|right| right.as_str()))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Right>, D::Error> {
        let parse = |name: &String| Right::parse(name).ok_or_else(|| D::Error::custom("no right"));
        Vec::<String>::deserialize(from)?.iter().map(parse).collect()
    }
}

/// Scopes of an API token, by serde's `with`.
pub(super) mod scopes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::domain::{Scope, Scopes};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    pub fn serialize<S: Serializer>(scopes: &Scopes, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(scopes.iter().map(Scope::as_str))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Scopes, D::Error> {
        let parse = |name: &String| Scope::parse(name).ok_or_else(|| D::Error::custom("no scope"));
        let scopes = Vec::<String>::deserialize(from)?.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        if scopes.is_empty() { Err(D::Error::custom("no scope is given")) } else { Ok(Scopes::of(&scopes)) }
    }
}

/// A digest in 32 hexadecimal digits.
#[must_use]
pub fn hex(digest: TokenDigest) -> String {
    format!("{:032x}", u128::from_be_bytes(digest.0))
}

/// The digest of these 32 hexadecimal digits; `None` if they are none.
#[must_use]
pub fn digest_of(hex: &str) -> Option<TokenDigest> {
    let digits = hex.len() == 32 && hex.bytes().all(|digit| digit.is_ascii_hexdigit());
    u128::from_str_radix(hex, 16).ok().filter(|_| digits).map(|bits| TokenDigest(bits.to_be_bytes()))
}

/// The digest of a random value, by serde's `with`.
pub(super) mod digest {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::domain::TokenDigest;

    pub fn serialize<S: Serializer>(digest: &TokenDigest, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::hex(*digest))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<TokenDigest, D::Error> {
        super::digest_of(&String::deserialize(from)?).ok_or_else(|| D::Error::custom("no 32 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whoever_is_named_is_named_the_same_on_the_other_side(given in "\\PC{0,60}|[0-9a-fA-F{}-]{30,40}|(?s).{0,20}") {
            if let Some(who) = UserSelector::parse(&given) {
                prop_assert_eq!(UserSelector::parse(&who.to_string()), Some(who));
            } else {
                prop_assert!(crate::domain::email::trimmed(&given).is_empty(), "anything short may be an address");
            }
        }
    }
}
