//! `[[directory.applications]]`

use serde::Deserialize;
use url::Url;

use super::engine::{Checks, Field, SettingKind};

/// An application in the list that each user gets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationSettings {
    /// The id, unique in the list.
    pub id: String,
    /// The name shown to people.
    pub name: String,
    /// The http or https URL that starts it.
    pub url: String,
    /// A description for people; may be empty.
    #[serde(default)]
    pub description: String,
    /// The ids of the teams whose members get it; empty: everyone does.
    #[serde(default)]
    pub teams: Vec<String>,
}

/// The keys of such a table in a settings file.
pub(super) const FIELDS: &[Field] = &[
    Field { name: "id", kind: SettingKind::Text, mandatory: true },
    Field { name: "name", kind: SettingKind::Text, mandatory: true },
    Field { name: "url", kind: SettingKind::Text, mandatory: true },
    Field { name: "description", kind: SettingKind::Text, mandatory: false },
    Field { name: "teams", kind: SettingKind::List, mandatory: false },
];

/// Each response to a user lists all of theirs.
const MAX_APPLICATIONS: usize = 1000;

pub(super) fn check(applications: &[ApplicationSettings], checks: &mut Checks<'_>) {
    let key = "directory.applications";
    checks.must(applications.len() <= MAX_APPLICATIONS, key, format_args!("must not be more than {MAX_APPLICATIONS}"));
    for (place, application) in applications.iter().enumerate() {
        let ApplicationSettings { id, name, url, .. } = application;
        checks.must(!id.is_empty() && !name.is_empty(), key, "must each have an id and a name");
        let is_web = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        checks.must(is_web, key, format_args!("holds {id:?}, whose url must be an http or https URL"));
        let twice = applications[..place].iter().any(|other| other.id == *id);
        checks.must(!twice, key, format_args!("holds {id:?} twice"));
    }
}
