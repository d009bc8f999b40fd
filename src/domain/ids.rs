//! Identifiers: our own, and those that clients send.

use std::fmt;

use uuid::Uuid;

/// A user's id: the vendor's, when it was kept on import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct UserId(pub Uuid);

/// A directory session's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub Uuid);

/// An app password's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct AppPasswordId(pub Uuid);

/// A group's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub Uuid);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Display for AppPasswordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// An id that a client sent (`client_id`, `application_id`, `team_id`, `project_id`), kept to the letter for the
/// answer.
///
/// ```
/// use bimgate::domain::{ClientKey, ForeignId};
///
/// let sent = ForeignId::new("{0864B512-1776-4A55-8EE5-2B19D7D9B7EA}".to_owned());
/// assert_eq!(sent.as_ref().map(ForeignId::as_str), Some("{0864B512-1776-4A55-8EE5-2B19D7D9B7EA}"));
/// // Two spellings of one UUID are one client; other ids compare by their bytes.
/// assert_eq!(sent.map(|id| id.key()), Some(ClientKey::of("0864b512-1776-4a55-8ee5-2b19d7d9b7ea")));
/// assert_ne!(ClientKey::of("my-app"), ClientKey::of("My-App"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignId(String);

impl ForeignId {
    /// The longest id accepted, in bytes.
    pub const MAX_BYTES: usize = 128;

    /// The id as sent, or `None` if it is empty or longer than [`Self::MAX_BYTES`].
    #[must_use]
    pub fn new(sent: String) -> Option<Self> {
        (!sent.is_empty() && sent.len() <= Self::MAX_BYTES).then_some(Self(sent))
    }

    /// Exactly what the client sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the nil UUID, which counts as no id.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.key() == ClientKey::Uuid(Uuid::nil())
    }

    /// The key that the id is compared by.
    #[must_use]
    pub fn key(&self) -> ClientKey {
        ClientKey::of(&self.0)
    }
}

/// The key of an id, by which ids are compared: its value if it is a UUID in any usual spelling, else its bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientKey {
    /// A UUID, in whichever spelling it came.
    Uuid(Uuid),
    /// Anything else, to the letter.
    Text(Box<str>),
}

impl ClientKey {
    /// The key of an id: hyphenated, 32-digit, braced and `urn:uuid:` spellings of a UUID are the same key.
    #[must_use]
    pub fn of(sent: &str) -> Self {
        Uuid::try_parse(sent).map_or_else(|_| Self::Text(sent.into()), Self::Uuid)
    }

    /// The audience that a token check answers: the id itself if it is a UUID, else the nil UUID.
    #[must_use]
    pub fn audience(&self) -> Uuid {
        match self {
            Self::Uuid(uuid) => *uuid,
            Self::Text(_) => Uuid::nil(),
        }
    }
}

impl fmt::Display for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(uuid) => uuid.hyphenated().fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Names one of a user's sessions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SessionKey {
    /// The v2 session of a client.
    Client(ClientKey),
    /// A session of the directory API.
    Directory(SessionId),
}

impl SessionKey {
    /// A stable form for keys and records: one byte for the kind of session, then its name.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Client(ClientKey::Uuid(uuid)) => [&[1], uuid.as_bytes().as_slice()].concat(),
            Self::Client(ClientKey::Text(text)) => [&[2], text.as_bytes()].concat(),
            Self::Directory(id) => [&[3], id.0.as_bytes().as_slice()].concat(),
        }
    }

    /// The key whose [`Self::to_bytes`] these are, if they are any key's.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, name) = bytes.split_first()?;
        match kind {
            1 => Uuid::from_slice(name).ok().map(|uuid| Self::Client(ClientKey::Uuid(uuid))),
            2 => str::from_utf8(name).ok().map(|text| Self::Client(ClientKey::Text(text.into()))),
            3 => Uuid::from_slice(name).ok().map(|id| Self::Directory(SessionId(id))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_is_kept_to_the_letter_and_its_key_is_one(sent in "(?s).{0,150}|[0-9a-fA-F{}-]{30,40}") {
            let id = ForeignId::new(sent.clone());
            prop_assert_eq!(id.is_some(), (1..=ForeignId::MAX_BYTES).contains(&sent.len()));
            if let Some(id) = id {
                prop_assert_eq!(id.as_str(), &sent);
                prop_assert_eq!(ClientKey::of(&id.key().to_string()), id.key());
            }
        }
    }

    #[test]
    fn a_uuid_is_one_key_in_every_spelling() {
        let key = ClientKey::of("0864b512-1776-4a55-8ee5-2b19d7d9b7ea");
        for spelling in [
            "0864B51217764A558EE52B19D7D9B7EA",
            "{0864b512-1776-4a55-8ee5-2b19d7d9b7ea}",
            "0864b51217764a558ee52b19d7d9b7ea",
        ] {
            assert_eq!(ClientKey::of(spelling), key, "{spelling}");
        }
        assert_ne!(ClientKey::of("my-app"), ClientKey::of("My-App"));
    }

    #[test]
    fn an_id_is_bounded() {
        assert!(ForeignId::new(String::new()).is_none());
        assert!(ForeignId::new("x".repeat(128)).is_some());
        assert!(ForeignId::new("x".repeat(129)).is_none());
    }
}
