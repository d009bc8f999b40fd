//! Users of a realm that Keycloak exported: `kc.sh export`, in one file or with users apart.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::row::{Column, Unread};
use super::source::Place;
use crate::admin::{Row, TeamView};

/// What is read of a user.
const READ: [&str; 10] = [
    "id",
    "username",
    "email",
    "firstName",
    "lastName",
    "enabled",
    "attributes",
    "credentials",
    "federatedIdentities",
    "groups",
];

pub(super) struct Realm {
    pub users: Place,
    /// The identity provider of the settings.
    issuer: Option<String>,
    /// Whether that is this realm, so that a user's id is the subject.
    is_provider: bool,
    /// The names in the realm of a provider that is that of the settings.
    aliases: Vec<String>,
}

/// A user (`UserRepresentation` of Keycloak).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct User {
    id: Option<String>,
    username: Option<String>,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    enabled: Option<bool>,
    attributes: Option<Map<String, Value>>,
    credentials: Option<Vec<Credential>>,
    federated_identities: Option<Vec<FederatedIdentity>>,
    groups: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FederatedIdentity {
    identity_provider: String,
    user_id: String,
}

/// A credential, as releases before 8 write it (`hashedSaltedValue`), or later ones (`secretData`, `credentialData`).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Credential {
    r#type: Option<String>,
    hashed_salted_value: Option<String>,
    salt: Option<String>,
    hash_iterations: Option<u32>,
    algorithm: Option<String>,
    #[serde(rename = "secretData")]
    secret: Option<String>,
    #[serde(rename = "credentialData")]
    data: Option<String>,
}

#[derive(Deserialize)]
struct SecretData {
    value: String,
    salt: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialData {
    hash_iterations: u32,
    algorithm: String,
    #[serde(default)]
    additional_parameters: Option<HashMap<String, Vec<String>>>,
}

impl Realm {
    /// `members` are those of the realm.
    pub(super) fn new(users: Place, members: &[(String, Value)], issuer: Option<&str>) -> Self {
        let member = |name: &str| members.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let name = member("realm").and_then(Value::as_str);
        let is_provider = issuer.zip(name).is_some_and(|(issuer, name)| issuer.ends_with(&format!("/realms/{name}")));
        let providers = member("identityProviders").and_then(Value::as_array).into_iter().flatten();
        let is_ours = |provider: &&Value| issuer.is_some_and(|issuer| provider["config"]["issuer"] == issuer);
        let aliases = providers.filter(is_ours).filter_map(|provider| provider["alias"].as_str()).map(str::to_owned);
        Self { users, issuer: issuer.map(str::to_owned), is_provider, aliases: aliases.collect() }
    }

    pub(super) fn subjects_are(&self) -> String {
        match &self.issuer {
            Some(issuer) if self.is_provider => {
                format!("It is {issuer} (openid.issuer), so its users are linked there.")
            }
            Some(issuer) if !self.aliases.is_empty() => {
                format!("Its users are linked to the subjects that it names of {issuer} (openid.issuer).")
            }
            _ => "Its subjects are left out, because openid.issuer is neither this realm nor a provider of it."
                .to_owned(),
        }
    }

    /// What a user of the realm is in a row; `None` if it is a client's account, not a person's.
    pub(super) fn row(&self, members: Map<String, Value>, unread: &mut Unread) -> Result<Option<Row>, String> {
        if members.get("serviceAccountClientId").is_some_and(|client| !client.is_null()) {
            return Ok(None);
        }
        members.keys().filter(|name| !READ.contains(&name.as_str())).for_each(|name| unread.note(name));
        let user: User = serde_json::from_value(Value::Object(members))
            .map_err(|_| "it is not a user as Keycloak exports them".to_owned())?;
        let full = [user.first_name, user.last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let name = Some(full).filter(|name| !name.trim().is_empty()).or(user.username);
        let subject = self.subject(user.id.as_deref(), user.federated_identities.unwrap_or_default());
        let mut row = Row {
            // Users of a directory behind Keycloak have ids of another form.
            id: user.id.filter(|id| Uuid::try_parse(id).is_ok()),
            email: user.email,
            name,
            password_hash: password(user.credentials.unwrap_or_default(), unread)?,
            enabled: user.enabled,
            issuer: self.issuer.clone().filter(|_| subject.is_some()),
            subject,
            ..Row::default()
        };
        for (name, value) in user.attributes.into_iter().flatten() {
            match Column::named(&name) {
                Some(column @ (Column::Rights | Column::Scopes | Column::Teams | Column::Tags)) => {
                    column.set(&mut row, value)?;
                }
                _ => unread.note(&format!("attributes.{name}")),
            }
        }
        row.teams.extend(user.groups.into_iter().flatten().map(|path| {
            let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
            TeamView { id: path, name }
        }));
        Ok(Some(row))
    }

    /// The user's subject at the provider of the settings.
    fn subject(&self, id: Option<&str>, identities: Vec<FederatedIdentity>) -> Option<String> {
        if self.is_provider {
            return id.map(str::to_owned);
        }
        let is_ours = |identity: &FederatedIdentity| self.aliases.contains(&identity.identity_provider);
        identities.into_iter().find(is_ours).map(|identity| identity.user_id)
    }
}

/// The password's hash in the form that `password_hash` has.
fn password(credentials: Vec<Credential>, unread: &mut Unread) -> Result<Option<String>, String> {
    let mut hash = None;
    for credential in credentials {
        match credential.r#type.as_deref() {
            Some("password") if hash.is_none() => hash = Some(credential.hash()?),
            Some(kind) => unread.note(&format!("credentials of type {kind}")),
            None => {}
        }
    }
    Ok(hash)
}

impl Credential {
    fn hash(self) -> Result<String, String> {
        let wrong = || "its password is not as Keycloak exports it".to_owned();
        let (secret, data) = match (self.secret, self.data) {
            (Some(secret), Some(data)) => (
                serde_json::from_str::<SecretData>(&secret).map_err(|_| wrong())?,
                serde_json::from_str::<CredentialData>(&data).map_err(|_| wrong())?,
            ),
            _ => (
                SecretData { value: self.hashed_salted_value.ok_or_else(wrong)?, salt: self.salt.ok_or_else(wrong)? },
                CredentialData {
                    hash_iterations: self.hash_iterations.ok_or_else(wrong)?,
                    algorithm: self.algorithm.ok_or_else(wrong)?,
                    additional_parameters: None,
                },
            ),
        };
        let (salt, value) = (secret.salt.trim_end_matches('='), secret.value.trim_end_matches('='));
        let iterations = data.hash_iterations;
        match &*data.algorithm {
            name @ ("pbkdf2" | "pbkdf2-sha256" | "pbkdf2-sha512") => {
                Ok(format!("${name}$i={iterations}${salt}${value}"))
            }
            "argon2" => {
                let parameters = data.additional_parameters.unwrap_or_default();
                let parameter = |name| parameters.get(name).and_then(|values| values.first()).ok_or_else(wrong);
                let version = match parameter("version")?.as_str() {
                    "1.3" => 19,
                    "1.0" => 16,
                    _ => return Err(wrong()),
                };
                let (kind, memory, lanes) = (parameter("type")?, parameter("memory")?, parameter("parallelism")?);
                Ok(format!("$argon2{kind}$v={version}$m={memory},t={iterations},p={lanes}${salt}${value}"))
            }
            _ => Err("its password was hashed by a function that only this Keycloak has".to_owned()),
        }
    }
}
