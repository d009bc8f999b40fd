//! `[[directory.applications]]`

use serde::Deserialize;
use url::Url;

use super::engine::{Checks, Field, SettingKind};

/// An application that users are told of.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationSettings {
    /// Its id.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// The ids of the teams whose members are told of it; empty: everyone is.
    #[serde(default)]
    pub teams: Vec<String>,
}

/// The keys of a table, as they are written.
pub(super) const FIELDS: &[Field] = &[
    Field { name: "id", kind: SettingKind::Text, mandatory: true },
    Field { name: "name", kind: SettingKind::Text, mandatory: true },
    Field { name: "url", kind: SettingKind::Text, mandatory: true },
    Field { name: "description", kind: SettingKind::Text, mandatory: false },
    Field { name: "teams", kind: SettingKind::List, mandatory: false },
];

/// How many there may be: every user is sent all of theirs.
const MOST: usize = 1000;

pub(super) fn check(applications: &[ApplicationSettings], checks: &mut Checks<'_>) {
    let key = "directory.applications";
    checks.must(applications.len() <= MOST, key, format_args!("must not be more than {MOST}"));
    for (place, application) in applications.iter().enumerate() {
        let ApplicationSettings { id, name, url, .. } = application;
        checks.must(!id.is_empty() && !name.is_empty(), key, "must each have an id and a name");
        let is_web = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        checks.must(is_web, key, format_args!("holds {id:?}, whose url must be an http or https URL"));
        let twice = applications[..place].iter().any(|other| other.id == *id);
        checks.must(!twice, key, format_args!("holds {id:?} twice"));
    }
}
