//! The `users.json` that the vendor's script for moving a directory (`dumpdirectorydbmigration.py`, <https://github.com/3DJuump/directory_migration>) dumps.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::row::Unread;
use super::source::Place;
use crate::admin::{Row, TeamView};
use crate::domain::Right;

/// How much of `teams.json` is read, in bytes.
const MAX_TEAMS: u64 = 16 << 20;
/// What is read of a user.
const READ: [&str; 11] = [
    "userid",
    "oidcsub",
    "userinfo",
    "email",
    "displayname",
    "enabled",
    "frontendaccess",
    "teams",
    "accessrights",
    "tags",
    "thirdpartyscopes",
];

pub(super) struct Dump {
    pub users: Place,
    /// The names of teams by their ids, of the `teams.json` beside it.
    teams: HashMap<String, String>,
    /// The identity provider that the directory's `oidcsub` is of: that of the settings.
    issuer: Option<String>,
}

/// A user, as the directory's `/api/manage/users` tells them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct User {
    userid: Option<String>,
    oidcsub: Option<String>,
    userinfo: Option<Info>,
    email: Option<String>,
    displayname: Option<String>,
    enabled: Option<bool>,
    frontendaccess: Option<bool>,
    teams: Option<Vec<Team>>,
    /// Tags by what they allow: to view, to download, to export.
    accessrights: Option<HashMap<String, Vec<String>>>,
    tags: Option<Vec<String>>,
    thirdpartyscopes: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Info {
    email: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Team {
    teamuuid: String,
    #[serde(default)]
    teamname: Option<String>,
}

#[derive(Deserialize)]
struct Teams {
    data: Vec<Team>,
}

impl Dump {
    pub(super) fn new(users: Place, path: &Path, issuer: Option<&str>) -> Self {
        let mut text = Vec::new();
        let read =
            File::open(path.with_file_name("teams.json")).and_then(|file| file.take(MAX_TEAMS).read_to_end(&mut text));
        let teams = read.ok().and_then(|_| serde_json::from_slice(&text).ok()).unwrap_or(Teams { data: Vec::new() });
        let named = teams.data.into_iter().filter_map(|team| Some((team.teamuuid, team.teamname?)));
        Self { users, teams: named.collect(), issuer: issuer.map(str::to_owned) }
    }

    pub(super) fn subjects_are(&self) -> String {
        match &self.issuer {
            Some(issuer) => format!("Its users are linked to the subjects that it names, at {issuer} (openid.issuer)."),
            None => "Its subjects are left out, because openid.issuer is not set.".to_owned(),
        }
    }

    /// What a user of the dump is in a row.
    pub(super) fn row(&self, members: Map<String, Value>, unread: &mut Unread) -> Result<Row, String> {
        members.keys().filter(|name| !READ.contains(&name.as_str())).for_each(|name| unread.note(name));
        let user: User = serde_json::from_value(Value::Object(members))
            .map_err(|_| "it is not a user as the directory dumps them".to_owned())?;
        let info = user.userinfo.unwrap_or_default();
        let team = |team: Team| {
            let name = team.teamname.or_else(|| self.teams.get(&team.teamuuid).cloned());
            TeamView { name: name.unwrap_or_else(|| team.teamuuid.clone()), id: team.teamuuid }
        };
        let tags =
            user.tags.into_iter().flatten().chain(user.accessrights.into_iter().flatten().flat_map(|(_, tags)| tags));
        let tags: BTreeSet<_> = tags.map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
        let subject = user.oidcsub.filter(|subject| !subject.is_empty());
        Ok(Row {
            id: user.userid,
            email: info.email.or(user.email),
            name: user.displayname.or(info.name),
            password_hash: None,
            enabled: user.enabled,
            rights: user.frontendaccess.unwrap_or(false).then(|| Right::Frontend.to_string()).into_iter().collect(),
            scopes: user.thirdpartyscopes.unwrap_or_default(),
            teams: user.teams.into_iter().flatten().map(team).collect(),
            tags: tags.into_iter().collect(),
            issuer: self.issuer.clone().filter(|_| subject.is_some()),
            subject: subject.filter(|_| self.issuer.is_some()),
        })
    }
}
