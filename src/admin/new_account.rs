//! An account to create, and its row in an import file and on the socket.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::auth::{HashProblem, check_hash};
use crate::domain::email::{is_format, trimmed};
use crate::domain::{Account, Email, PasswordHash, Timestamp, UserId};

/// An account to create.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Row", into = "Row")]
pub struct NewAccount {
    /// Its id; a random one if there is none.
    pub id: Option<UserId>,
    /// What the user logs in with.
    pub email: Email,
    /// The name shown to people; may be empty.
    pub name: Box<str>,
    /// The hash of the password, if it has one.
    pub password: Option<PasswordHash>,
}

/// An account as text. Empty fields equal absent ones.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "an object with id, email, name and password_hash")]
pub struct Row {
    /// A UUID in any usual spelling.
    pub id: Option<String>,
    /// The address; mandatory.
    pub email: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The password's hash in PHC form.
    pub password_hash: Option<String>,
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// `id`.
    #[error("the id is no UUID")]
    Id,
    /// `id`.
    #[error("the nil UUID stands for nobody and cannot be a user's id")]
    NilId,
    /// `email`.
    #[error(
        "the e-mail address is missing, longer than {max} bytes, or not of the form name@domain, without spaces and \
         control characters",
        max = Email::MAX_BYTES
    )]
    Email,
    /// `email` has an invisible character.
    #[error("the e-mail address holds U+{0:04X}, a character that shows nothing; type the address anew")]
    Invisible(u32),
    /// `email` has a character of the text that it was copied from.
    #[error("the e-mail address holds {0:?}; it must be the bare address, name@domain")]
    Wrapped(char),
    /// `name`.
    #[error("the name is longer than {max} bytes or holds control characters", max = NewAccount::MAX_NAME)]
    Name,
    /// `password_hash`.
    #[error(transparent)]
    Hash(#[from] HashProblem),
}

impl NewAccount {
    /// The longest name accepted, in bytes.
    pub const MAX_NAME: usize = 256;

    /// The account as it will be stored.
    #[must_use]
    pub(super) fn into_account(self, now: Timestamp) -> Account {
        Account {
            name: self.name,
            password: self.password,
            ..Account::new(
                self.id.unwrap_or_else(|| UserId(Uuid::new_v4())),
                self.email,
                Uuid::new_v4().as_fields().0,
                now,
            )
        }
    }
}

impl TryFrom<Row> for NewAccount {
    type Error = RowError;

    fn try_from(row: Row) -> Result<Self, RowError> {
        let given = |field: Option<String>| field.filter(|text| !text.trim().is_empty());
        let plain = |text: &str| !text.chars().any(char::is_control);
        let id = match given(row.id) {
            Some(id) => Some(Uuid::try_parse(id.trim()).map_err(|_| RowError::Id)?),
            None => None,
        };
        if id.is_some_and(|id| id.is_nil()) {
            return Err(RowError::NilId);
        }
        let email = address(row.email.as_deref().unwrap_or_default())?;
        let name = given(row.name).unwrap_or_default();
        let name = trimmed(&name);
        if name.len() > Self::MAX_NAME || !plain(name) {
            return Err(RowError::Name);
        }
        let password = match given(row.password_hash) {
            Some(phc) => Some(check_hash(phc.trim())?),
            None => None,
        };
        Ok(Self { id: id.map(UserId), email, name: name.into(), password })
    }
}

/// The address, if a mail could be sent there. Logins do not check that, because accounts may be older than the rule.
fn address(given: &str) -> Result<Email, RowError> {
    let text = trimmed(given);
    let email = Email::new(text).ok_or(RowError::Email)?;
    // Some domain names have a joiner in them; these have an ASCII form.
    let hidden = |c: &char| is_format(*c) && !matches!(c, '\u{200c}' | '\u{200d}');
    if let Some(hidden) = text.chars().find(hidden).or_else(|| email.as_str().chars().find(|c| is_format(*c))) {
        return Err(RowError::Invisible(hidden.into()));
    }
    // `mailto:a@b`, `="a@b"`, `"A B" <a@b>`, `a@b; c@d`: such copies are commoner than addresses with these characters.
    if let Some(wrapper) = email.as_str().chars().find(|c| matches!(c, ':' | '"' | '=' | '<' | '>' | ',' | ';')) {
        return Err(RowError::Wrapped(wrapper));
    }
    let strange = |c: char| c.is_whitespace() || c.is_control();
    let parts = email.as_str().split_once('@');
    let whole = parts.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty() && !domain.contains('@'));
    if whole && !email.as_str().contains(strange) { Ok(email) } else { Err(RowError::Email) }
}

impl From<NewAccount> for Row {
    fn from(account: NewAccount) -> Self {
        Self {
            id: account.id.map(|id| id.to_string()),
            email: Some(account.email.as_str().to_owned()),
            name: Some(account.name.into()),
            password_hash: account.password.map(|hash| hash.as_str().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(email: &str) -> Result<NewAccount, RowError> {
        NewAccount::try_from(Row { email: Some(email.to_owned()), ..Row::default() })
    }

    #[test]
    fn an_address_is_something_at_something() {
        for good in [
            "a@b",
            " Jörg.Müller+x@example.org ",
            "o'neill@例え.jp",
            "a@\u{646}\u{627}\u{645}\u{647}\u{200c}\u{627}\u{6cc}.example",
        ] {
            assert!(new(good).is_ok(), "{good}");
        }
        for bad in
            ["", "foo bar", "foo", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", "a\u{a0}b@c", "a@b\u{7f}c", "a\n@b"]
        {
            assert_eq!(new(bad).err(), Some(RowError::Email), "{bad:?}");
        }
        for (bad, hidden) in
            [("a\u{ad}b@c", 0xad), ("a@b\u{200b}c", 0x200b), ("a\u{200d}b@c", 0x200d), ("a@b\u{200d}c", 0x200d)]
        {
            assert_eq!(new(bad).err(), Some(RowError::Invisible(hidden)), "{bad:?}");
        }
        for (bad, wrapper) in
            [("mailto:a@b", ':'), ("=\"a@b\"", '='), ("\"a\"@b", '"'), ("A <a@b>", '<'), ("a@b;", ';')]
        {
            assert_eq!(new(bad).err(), Some(RowError::Wrapped(wrapper)), "{bad:?}");
        }
    }

    #[test]
    fn an_account_made_anew_is_of_another_generation() -> Result<(), RowError> {
        let account = new("a@example.org")?;
        let generations = [(); 4].map(|()| account.clone().into_account(Timestamp::from_millis(0)).generation);
        // That four are equal by chance happens once in 2^96 times.
        assert!(generations.iter().any(|generation| *generation != generations[0]), "{generations:?}");
        Ok(())
    }
}
