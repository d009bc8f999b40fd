//! Accounts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{iso, texts};
use crate::auth::is_weak;
use crate::domain::{Account, Profile, Right, Subject, Team, Timestamp, UserId};

/// An account, without any secret or hash of one.
#[derive(Serialize, Deserialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct AccountView {
    /// The user's id.
    #[schema(value_type = uuid::Uuid)]
    pub id: UserId,
    /// What the user logs in with.
    pub email: String,
    /// The name shown to people.
    pub name: String,
    /// Whether the user may log in.
    pub enabled: bool,
    /// Whether there is a password.
    pub password: bool,
    /// Whether its hash is weak, as [`crate::auth::is_weak`] says; the user's next login replaces it.
    #[serde(default)]
    pub weak_hash: bool,
    /// Whether the login page asks for the code of a second factor besides.
    #[serde(default)]
    pub second_factor: bool,
    /// When the account was made.
    pub created: String,
    /// How many networks the user has logged in from lately.
    pub known_networks: usize,
    /// The rights granted, of `access:frontend`, `access:client-dev` and `access:admin`; `access:client` everyone has.
    pub rights: Vec<String>,
    /// How many sessions are open; only where one user is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<usize>,
    /// How many app passwords count; only where one user is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_passwords: Option<usize>,
    /// What a provisioning client calls the user; only where one user is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The groups that a provisioning client has put the user in; only where one user is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<TeamView>>,
    /// How many recovery codes of the second factor are left; only where one user who has one is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_codes: Option<usize>,
    /// What else the directory knows; left out of tables, to keep them short.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileView>,
}

/// What the directory knows of a user.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ProfileView {
    /// Third-party scopes.
    #[schema(required = false)]
    pub scopes: Vec<String>,
    /// The teams the user is in.
    #[schema(required = false)]
    pub teams: Vec<TeamView>,
    /// Tags.
    #[schema(required = false)]
    pub tags: Vec<String>,
    /// Who the user is at the identity provider.
    pub subject: Option<SubjectView>,
    /// In how many browsers the user is signed on.
    #[schema(required = false)]
    pub sign_ons: usize,
    /// Since when the next login must ask the person again.
    pub consent_since: Option<String>,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TeamView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A user as an identity provider knows them.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct SubjectView {
    /// The provider.
    pub issuer: String,
    /// Its name for the user.
    pub subject: String,
}

impl AccountView {
    /// Whether it is of somebody who has `access:admin`.
    #[must_use]
    pub fn is_operator(&self) -> bool {
        self.rights.iter().any(|right| *right == Right::Admin.as_str())
    }

    /// One of many.
    pub(in crate::admin) fn brief(account: &Account) -> Self {
        let rights = &account.profile.rights;
        let granted = Right::ALL.into_iter().filter(|right| *right != Right::Client && rights.include(*right));
        Self {
            id: account.id,
            email: account.email.as_str().to_owned(),
            name: account.name.to_string(),
            enabled: account.enabled,
            password: account.password.is_some(),
            weak_hash: account.password.as_ref().is_some_and(is_weak),
            second_factor: account.second_factor.is_some(),
            created: iso(account.created),
            known_networks: account.networks.len(),
            rights: granted.map(|right| right.to_string()).collect(),
            sessions: None,
            app_passwords: None,
            external_id: None,
            groups: None,
            recovery_codes: None,
            profile: None,
        }
    }

    /// All of one.
    pub(in crate::admin) fn whole(account: &Account, sessions: Option<usize>, now: Timestamp) -> Self {
        let app_passwords = Some(account.app_passwords.iter().filter(|held| !held.has_ended(now)).count());
        let external_id = account.external_id.as_ref().map(|id| id.as_str().to_owned());
        let groups = Some(account.profile.groups.iter().map(TeamView::of).collect());
        let recovery_codes = account.second_factor.as_ref().map(|factor| factor.recovery.len());
        let profile = Self::with_profile(account, now);
        Self { sessions, app_passwords, external_id, groups, recovery_codes, ..profile }
    }

    /// One of many, with what an import reads.
    pub(in crate::admin) fn with_profile(account: &Account, now: Timestamp) -> Self {
        Self { profile: Some(ProfileView::of(&account.profile, now)), ..Self::brief(account) }
    }
}

impl ProfileView {
    fn of(profile: &Profile, now: Timestamp) -> Self {
        Self {
            scopes: texts(&profile.scopes),
            teams: profile.teams.iter().map(TeamView::of).collect(),
            tags: texts(&profile.tags),
            subject: profile.subject.as_ref().map(SubjectView::of),
            sign_ons: profile.sign_ons.iter().filter(|sign_on| sign_on.expires > now).count(),
            consent_since: profile.reauth_request.map(iso),
        }
    }
}

impl TeamView {
    fn of(team: &Team) -> Self {
        Self { id: team.id.to_string(), name: team.name.to_string() }
    }
}

impl SubjectView {
    pub(crate) fn of(subject: &Subject) -> Self {
        Self { issuer: subject.issuer.to_string(), subject: subject.subject.to_string() }
    }
}
