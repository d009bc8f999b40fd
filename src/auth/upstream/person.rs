//! What the old service says of people and tokens.

use std::time::Duration;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{id, text};
use crate::domain::email::{is_format, trimmed};
use crate::domain::{Email, ForeignId, UserId};

/// A person, as `GET /v2/user` tells.
#[derive(Clone, Debug)]
pub struct Person {
    /// The id, which stays the same here.
    pub id: UserId,
    /// The e-mail address.
    pub email: Email,
    /// The name shown to people; may be empty.
    pub name: Box<str>,
}

/// An access token, as `GET /v2/authorize` tells.
#[derive(Clone, Debug)]
pub struct TokenFacts {
    /// Whose it is.
    pub(super) user: UserId,
    /// The client id that the client itself sent, if a UUID; else the nil UUID.
    pub audience: Uuid,
    /// What remains of its life.
    pub remaining: Duration,
    /// The team that the login named.
    pub team: Option<Box<str>>,
    /// The project that the login named.
    pub project: Option<Box<str>>,
}

impl Person {
    /// The longest name, in bytes; of a longer one nothing is kept.
    const MAX_NAME: usize = 256;

    /// `None` without a good id and address.
    pub(super) fn read(user: &Map<String, Value>) -> Option<Self> {
        let named = |name: &str| text(user, name).map(trimmed).filter(|text| !text.is_empty());
        let both = || {
            let [first, last] = ["firstname", "lastname"].map(|name| named(name).unwrap_or_default());
            format!("{first} {last}")
        };
        let name = named("fullname").or_else(|| named("displayname")).map_or_else(both, str::to_owned);
        let name = trimmed(&name);
        let good = name.len() <= Self::MAX_NAME && !name.contains(|c: char| c.is_control() || is_format(c));
        let email = Email::new(text(user, "email")?)?;
        // The nil UUID stands for nobody.
        let id = id(user, "id").filter(|id| !id.is_nil())?;
        Some(Self { id: UserId(id), email, name: if good { name.into() } else { "".into() } })
    }
}

impl TokenFacts {
    /// `None` without a good id and lifetime.
    pub(super) fn read(token: &Map<String, Value>) -> Option<Self> {
        let foreign =
            |name: &str| text(token, name).and_then(|id| ForeignId::new(id.to_owned())).map(|id| id.as_str().into());
        Some(Self {
            user: UserId(id(token, "user_id").filter(|id| !id.is_nil())?),
            audience: id(token, "audience").unwrap_or_default(),
            remaining: Duration::from_secs(token.get("expires_in").and_then(Value::as_u64)?),
            team: foreign("team_id"),
            project: foreign("project_id"),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ID: &str = "b37b60d4-0f1b-4158-99c4-847254786517";

    fn person(user: &Value) -> Option<Person> {
        Person::read(user.as_object()?)
    }

    #[test]
    fn a_person_has_an_id_and_an_address() {
        let read = person(&json!({"id": ID, "email": "Ada@Example.org", "firstname": "Ada", "lastname": "Lovelace"}));
        let read = read.expect("a person");
        assert_eq!((read.id.to_string().as_str(), read.email.as_str()), (ID, "ada@example.org"));
        assert_eq!(&*read.name, "Ada Lovelace");
        for bad in [
            json!({"id": ID}),
            json!({"id": ID, "email": ""}),
            json!({"id": ID, "email": 7}),
            json!({"email": "a@b"}),
            json!({"id": "7", "email": "a@b"}),
            json!({"id": Uuid::nil(), "email": "a@b"}),
        ] {
            assert!(person(&bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_name_that_could_rewrite_a_screen_is_none() {
        for name in ["Ada\u{1b}[2J", "Ada\u{202e}x", &"x".repeat(257)] {
            let read = person(&json!({"id": ID, "email": "a@b", "fullname": name})).expect("a person");
            assert_eq!(&*read.name, "", "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_said_panics(
            members in proptest::collection::btree_map("id|email|fullname|user_id|expires_in|team_id", ".{0,40}|[0-9]{1,4}", 0..6),
            number in any::<i64>(),
        ) {
            let mut said: Map<String, Value> = members.into_iter().map(|(name, value)| (name, value.into())).collect();
            let _ = (Person::read(&said), TokenFacts::read(&said));
            said.insert("expires_in".into(), number.into());
            let _ = (Person::read(&said), TokenFacts::read(&said));
        }
    }
}
