//! An account to create, and its row in an import file and on the socket.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::TeamView;
use crate::auth::{HashProblem, check_hash};
use crate::domain::{
    Account, AddressError, Email, PasswordHash, Profile, Right, Rights, Subject, Team, Timestamp, UserId,
};

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
    /// Whether the user may log in.
    pub enabled: bool,
    /// What the directory knows of the user.
    pub profile: Profile,
}

/// An account as text. Empty fields equal absent ones.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[schema(as = NewUser)]
#[serde(deny_unknown_fields, default, expecting = "an object with an e-mail address")]
pub struct Row {
    /// A UUID in any usual spelling.
    pub id: Option<String>,
    /// The address; mandatory.
    pub email: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The password's hash, in the form that its kind has.
    pub password_hash: Option<String>,
    /// Whether the user may log in; they may if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Names of rights.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<String>,
    /// Third-party scopes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Teams.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<TeamView>,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The identity provider that knows the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Its name for the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
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
    #[error(transparent)]
    Email(#[from] AddressError),
    /// `name`.
    #[error("the name is longer than {max} bytes or holds control characters", max = Account::MAX_NAME)]
    Name,
    /// `password_hash`.
    #[error(transparent)]
    Hash(#[from] HashProblem),
    /// `rights`.
    #[error("the rights have one that there is not; there are access:client, access:frontend and access:client-dev")]
    Right,
    /// `rights`.
    #[error("access:admin is granted to people who are there already: `bimgate user rights --grant access:admin`")]
    Admin,
    /// `scopes`, `teams` or `tags`.
    #[error("the {0} have one that is empty, longer than {max} bytes, or with control characters", max = Profile::MAX_ENTRY)]
    Entry(&'static str),
    /// `scopes`, `teams` or `tags`.
    #[error("the {0} are more than {most}, the most a user has", most = Profile::MAX_ENTRIES)]
    TooMany(&'static str),
    /// `issuer` and `subject`.
    #[error("issuer and subject must both be there, each of 1 to {max} bytes", max = NewAccount::MAX_SUBJECT)]
    Subject,
}

impl NewAccount {
    /// The longest issuer and the longest subject accepted, in bytes.
    pub const MAX_SUBJECT: usize = 255;

    /// The account as it will be stored. The subject must be linked afterwards, which makes sure that it is nobody
    /// else's.
    #[must_use]
    pub(super) fn into_account(self, now: Timestamp) -> Account {
        Account {
            name: self.name,
            password: self.password,
            enabled: self.enabled,
            profile: Profile { subject: None, ..self.profile },
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
        let id = match given(row.id) {
            Some(id) => Some(Uuid::try_parse(id.trim()).map_err(|_| RowError::Id)?),
            None => None,
        };
        if id.is_some_and(|id| id.is_nil()) {
            return Err(RowError::NilId);
        }
        let email = Email::of_person(row.email.as_deref().unwrap_or_default())?;
        let name = Account::name_of(&row.name.unwrap_or_default()).ok_or(RowError::Name)?;
        let password = match given(row.password_hash) {
            Some(hash) => Some(check_hash(hash.trim())?),
            None => None,
        };
        let enabled = row.enabled.unwrap_or(true);
        let mut rights = Rights::default();
        for right in &row.rights {
            match Right::parse(right).ok_or(RowError::Right)? {
                Right::Client => {}
                Right::Frontend => rights.frontend = true,
                Right::ClientDev => rights.client_dev = true,
                // A file from elsewhere makes nobody an operator.
                Right::Admin => return Err(RowError::Admin),
            }
        }
        let profile = Profile {
            rights,
            scopes: entries("scopes", row.scopes)?,
            teams: teams(row.teams)?,
            tags: entries("tags", row.tags)?,
            subject: subject(given(row.issuer), given(row.subject))?,
            ..Profile::default()
        };
        Ok(Self { id: id.map(UserId), email, name, password, enabled, profile })
    }
}

/// A list of scopes or tags, each once.
fn entries(what: &'static str, given: Vec<String>) -> Result<Vec<Box<str>>, RowError> {
    let mut entries: Vec<Box<str>> = Vec::new();
    for entry in given {
        if !Profile::is_entry(&entry) {
            return Err(RowError::Entry(what));
        }
        if !entries.iter().any(|known| **known == *entry) {
            entries.push(entry.into());
        }
    }
    if entries.len() > Profile::MAX_ENTRIES { Err(RowError::TooMany(what)) } else { Ok(entries) }
}

/// Teams, each once.
fn teams(given: Vec<TeamView>) -> Result<Vec<Team>, RowError> {
    let mut teams: Vec<Team> = Vec::new();
    for TeamView { id, name } in given {
        if !Profile::is_entry(&id) || !Profile::is_entry(&name) {
            return Err(RowError::Entry("teams"));
        }
        if !teams.iter().any(|known| *known.id == *id) {
            teams.push(Team { id: id.into(), name: name.into() });
        }
    }
    if teams.len() > Profile::MAX_ENTRIES { Err(RowError::TooMany("teams")) } else { Ok(teams) }
}

fn subject(issuer: Option<String>, subject: Option<String>) -> Result<Option<Subject>, RowError> {
    match (issuer, subject) {
        (None, None) => Ok(None),
        (Some(issuer), Some(subject)) if issuer.len().max(subject.len()) <= NewAccount::MAX_SUBJECT => {
            Ok(Some(Subject { issuer: issuer.into(), subject: subject.into(), claims: "{}".into() }))
        }
        _ => Err(RowError::Subject),
    }
}

impl From<NewAccount> for Row {
    fn from(account: NewAccount) -> Self {
        Self {
            id: account.id.map(|id| id.to_string()),
            email: Some(account.email.as_str().to_owned()),
            name: Some(account.name.into()),
            password_hash: account.password.map(|hash| hash.as_str().to_owned()),
            enabled: Some(account.enabled),
            rights: Right::ALL
                .into_iter()
                .filter(|right| account.profile.rights.include(*right))
                .map(|right| right.to_string())
                .collect(),
            scopes: account.profile.scopes.into_iter().map(String::from).collect(),
            teams: account
                .profile
                .teams
                .into_iter()
                .map(|team| TeamView { id: team.id.into(), name: team.name.into() })
                .collect(),
            tags: account.profile.tags.into_iter().map(String::from).collect(),
            issuer: account.profile.subject.as_ref().map(|subject| subject.issuer.to_string()),
            subject: account.profile.subject.map(|subject| subject.subject.into()),
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
            assert_eq!(new(bad).err(), Some(AddressError::NoAddress.into()), "{bad:?}");
        }
        for (bad, hidden) in
            [("a\u{ad}b@c", 0xad), ("a@b\u{200b}c", 0x200b), ("a\u{200d}b@c", 0x200d), ("a@b\u{200d}c", 0x200d)]
        {
            assert_eq!(new(bad).err(), Some(AddressError::Invisible(hidden).into()), "{bad:?}");
        }
        for (bad, wrapper) in
            [("mailto:a@b", ':'), ("=\"a@b\"", '='), ("\"a\"@b", '"'), ("A <a@b>", '<'), ("a@b;", ';')]
        {
            assert_eq!(new(bad).err(), Some(AddressError::Wrapped(wrapper).into()), "{bad:?}");
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
