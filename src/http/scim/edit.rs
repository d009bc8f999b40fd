//! What a client wants of a user: read from a whole resource, or from the operations of a `PATCH` as Entra ID and Okta
//! send them.

use serde_json::{Map, Value};

use super::error::ScimError;
use super::filter::without_schema;
use super::patch::{Kind, Target, member, operations, single, text};
use crate::domain::{Account, AccountChange, Email, ExternalId};

/// How many operations a `PATCH` may have.
const MAX_OPERATIONS: usize = 100;
/// How deep values are read: a path, an object, its parts.
const MAX_DEPTH: usize = 3;

/// What is to change. What a user has of SCIM and this server does not keep is read over.
#[derive(Debug, Default)]
#[expect(clippy::option_option, reason = "not said, taken away, and given are three things")]
pub struct UserEdit {
    /// Whether it is the whole resource: what it does not say, the user does not have.
    is_whole: bool,
    user_name: Option<String>,
    /// The best of the e-mail addresses: the primary one, that at work, any.
    email: Option<(EmailRank, String)>,
    display_name: Option<String>,
    formatted: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    external_id: Option<Option<ExternalId>>,
    active: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum EmailRank {
    Primary,
    Work,
    Other,
}

impl UserEdit {
    /// Reads a resource that makes a user or replaces one.
    ///
    /// # Errors
    /// If an attribute that this server keeps has a value of the wrong type.
    pub fn whole(resource: &Map<String, Value>) -> Result<Self, ScimError> {
        let mut edit = Self { is_whole: true, ..Self::default() };
        edit.merge(resource, 0)?;
        Ok(edit)
    }

    /// Reads the operations of a `PATCH` (RFC 7644, 3.5.2). `add` and `replace` are the same: no attribute that is kept has
    /// several values. Operations are in any case; what has no path has one in each of its names.
    ///
    /// # Errors
    /// If it is no such message, or an attribute that this server keeps has a value of the wrong type.
    pub fn patched(message: &Map<String, Value>) -> Result<Self, ScimError> {
        let mut edit = Self::default();
        for operation in operations(message, MAX_OPERATIONS)? {
            match operation.target {
                Target::Path(path, Some(value)) if operation.kind != Kind::Remove => edit.set(path, value, 0)?,
                Target::Path(path, _) => edit.set(path, &Value::Null, 0)?,
                Target::Members(members) => edit.merge(members, 0)?,
            }
        }
        Ok(edit)
    }

    fn merge(&mut self, members: &Map<String, Value>, depth: usize) -> Result<(), ScimError> {
        for (name, value) in members {
            let read_only = ["id", "meta", "schemas", "groups"];
            if !read_only.iter().any(|known| name.eq_ignore_ascii_case(known)) {
                self.set(name, value, depth)?;
            }
        }
        Ok(())
    }

    /// Takes one attribute; `null` removes it.
    fn set(&mut self, path: &str, value: &Value, depth: usize) -> Result<(), ScimError> {
        if depth >= MAX_DEPTH {
            return Err(ScimError::invalid_syntax("The values are nested too deep."));
        }
        let path = without_schema(path);
        // Extensions are not kept, whatever their attributes are called.
        if path.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:")) {
            return Ok(());
        }
        let (attribute, rest) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
        let malformed = attribute.is_empty() || attribute.contains(|c: char| c.is_whitespace() || "\"]()".contains(c));
        if malformed || rest.matches('[').count() != rest.matches(']').count() {
            return Err(ScimError::invalid_path("A path is malformed."));
        }
        match attribute.to_ascii_lowercase().as_str() {
            "username" => {
                let name = text(value, "userName")?;
                if name.is_empty() {
                    return Err(ScimError::invalid_value("userName is mandatory."));
                }
                self.user_name = Some(name);
            }
            "displayname" => self.display_name = Some(text(value, "displayName")?),
            "name" => self.set_name(rest.strip_prefix('.').unwrap_or_default(), value)?,
            "externalid" => {
                let id = text(value, "externalId")?;
                let too_long = || ScimError::invalid_value("externalId is too long or has control characters.");
                let id = Some(id).filter(|id| !id.is_empty());
                self.external_id = Some(id.map(|id| ExternalId::new(&id).ok_or_else(too_long)).transpose()?);
            }
            "active" => self.active = Some(flag(value)?),
            "emails" => self.set_email(rest, value),
            "id" | "meta" | "schemas" | "groups" => {
                return Err(ScimError::mutability(
                    "id, meta, schemas and groups of a user are not the client's to change.",
                ));
            }
            _not_kept => {}
        }
        Ok(())
    }

    fn set_name(&mut self, part: &str, value: &Value) -> Result<(), ScimError> {
        match (part.to_ascii_lowercase().as_str(), value) {
            ("", Value::Object(parts)) => {
                for (part, value) in parts.iter().filter(|(part, _)| !part.is_empty()) {
                    self.set_name(part, value)?;
                }
            }
            ("", _) => self.formatted = Some(text(value, "name")?),
            ("formatted", _) => self.formatted = Some(text(value, "name.formatted")?),
            ("givenname", _) => self.given_name = Some(text(value, "name.givenName")?),
            ("familyname", _) => self.family_name = Some(text(value, "name.familyName")?),
            _not_kept => {}
        }
        Ok(())
    }

    /// Takes addresses: `emails`, `emails.value`, `emails[type eq "work"]`, `emails[type eq "work"].value`.
    fn set_email(&mut self, rest: &str, value: &Value) {
        let (filter, part) = rest.rsplit_once(']').map_or(("", rest), |(filter, part)| (filter, part));
        if !matches!(part.to_ascii_lowercase().as_str(), "" | ".value") {
            return;
        }
        let filter: String = filter.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        let from_filter = match filter.trim_start_matches('[') {
            "" => None,
            "primaryeqtrue" | "primaryeq\"true\"" => Some(EmailRank::Primary),
            "typeeq\"work\"" => Some(EmailRank::Work),
            _other => return,
        };
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values {
            let (address, rank) = match value {
                Value::String(address) => (address.as_str(), EmailRank::Other),
                Value::Object(email) => {
                    let Some(address) = member(email, "value").and_then(Value::as_str) else { continue };
                    let is_primary = member(email, "primary").is_some_and(|primary| flag(primary).unwrap_or_default());
                    let kind = member(email, "type").and_then(Value::as_str).unwrap_or_default();
                    let rank = if kind.eq_ignore_ascii_case("work") { EmailRank::Work } else { EmailRank::Other };
                    (address, if is_primary { EmailRank::Primary } else { rank })
                }
                _ => continue,
            };
            let rank = from_filter.unwrap_or(rank);
            if !address.trim().is_empty() && self.email.as_ref().is_none_or(|(held, _)| rank <= *held) {
                self.email = Some((rank, address.to_owned()));
            }
        }
    }

    /// What the user is to log in with, if the request says so: `userName`, or where that is no e-mail address, the e-mail
    /// address that came with it. An address alone counts for a user who has none.
    ///
    /// # Errors
    /// If it cannot be that.
    pub fn login_name(&self, present: Option<&Email>) -> Result<Option<Email>, ScimError> {
        let address = self.email.as_ref().and_then(|(_, email)| Email::of_person(email).ok());
        let Some(user_name) = &self.user_name else {
            return match present {
                None => Err(ScimError::invalid_value("userName is mandatory.")),
                Some(_) if self.is_whole => Err(ScimError::invalid_value("userName is mandatory.")),
                Some(present) if present.as_str().contains('@') => Ok(None),
                Some(_) => Ok(address),
            };
        };
        let named = match Email::of_person(user_name) {
            Ok(email) => Some(email),
            Err(error) if user_name.contains('@') => {
                return Err(ScimError::invalid_value(format!("userName cannot be taken: {error}.")));
            }
            Err(_) => address.or_else(|| {
                let plain = !user_name.trim().contains(|c: char| c.is_whitespace() || c.is_control());
                Email::new(user_name).filter(|_| plain)
            }),
        };
        named.map(Some).ok_or_else(|| ScimError::invalid_value("userName is too long, or has spaces within it."))
    }

    /// Whether a user who is made may log in.
    pub fn is_active(&self) -> bool {
        self.active.unwrap_or(true)
    }

    /// What a user is called by the client, if the request says so.
    pub const fn external_id(&self) -> Option<&Option<ExternalId>> {
        self.external_id.as_ref()
    }

    /// The name shown to people, if the request says it: `displayName`, else `name.formatted`, else both of its parts.
    ///
    /// # Errors
    /// If it is too long or has control characters.
    pub fn name(&self) -> Result<Option<Box<str>>, ScimError> {
        let shown = [&self.display_name, &self.formatted].into_iter().flatten();
        let parts = [&self.given_name, &self.family_name].into_iter().flatten().filter(|part| !part.trim().is_empty());
        let parts: Vec<_> = parts.map(|part| part.trim()).collect();
        let joined = (parts.len() == 2 || self.is_whole).then(|| parts.join(" "));
        let said = shown.clone().find(|name| !name.trim().is_empty()).cloned();
        let name = match said.or_else(|| joined.filter(|joined| !joined.is_empty())) {
            Some(name) => name,
            None if self.is_whole || shown.count() > 0 => String::new(),
            None => return Ok(None),
        };
        let refused = || ScimError::invalid_value("The name is longer than 256 bytes or has control characters.");
        Account::name_of(&name).map(Some).ok_or_else(refused)
    }

    /// What must become of an account, in the order in which to do it: whoever is to lose access loses it first, and gains
    /// it last. Nothing that is so already.
    ///
    /// # Errors
    /// If a value cannot be stored.
    pub fn changes(&self, account: &Account) -> Result<Vec<AccountChange>, ScimError> {
        let email = self.login_name(Some(&account.email))?.filter(|email| *email != account.email);
        let name = self.name()?.filter(|name| *name != account.name);
        let external_id = match &self.external_id {
            None if self.is_whole => Some(None),
            said => said.clone(),
        };
        let external_id = external_id.filter(|id| *id != account.external_id);
        let active = self.active.filter(|active| *active != account.enabled);
        let changes = [
            active.filter(|active| !active).map(|_| AccountChange::Disable),
            email.map(AccountChange::Email),
            external_id.map(AccountChange::ExternalId),
            name.map(AccountChange::Name),
            active.filter(|active| *active).map(|_| AccountChange::Enable),
        ];
        Ok(changes.into_iter().flatten().collect())
    }
}

/// A boolean, also as text: Entra ID sends `"False"`.
fn flag(value: &Value) -> Result<bool, ScimError> {
    match single(value) {
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Value::Null => Err(ScimError::mutability("active always has a value: true or false.")),
        _ => Err(ScimError::invalid_value("active must be true or false.")),
    }
}
