//! A login that the LDAP server proves: whose account the entry it finds is.

use super::ldap::{Bound, Entry, Found, Ldap, LdapError};
use super::{Identity, Proof};
use crate::domain::event::LoginWay;
use crate::domain::{Account, AccountChange, Denied, Email, Password, Subject};
use crate::error::{Elsewhere, OtherService, ServiceError};

impl From<LdapError> for ServiceError {
    fn from(error: LdapError) -> Self {
        match error {
            LdapError::Busy => Self::HashingBusy,
            LdapError::Unavailable(cause) => {
                Self::Elsewhere(Elsewhere { service: OtherService::Ldap, cause, retry_after: None, asked: true })
            }
        }
    }
}

impl Identity {
    /// Proves somebody by the LDAP server. `known` is the user who has this address.
    ///
    /// The entry is whose it is linked to; else that of the user who has the address, which the entry must have too; else,
    /// if the settings have it so, a new user's. Name, teams and address become those of the entry.
    ///
    /// Every refusal takes the same: one search, one read of the store, one bind.
    pub(super) async fn prove_by_ldap(
        &self,
        ldap: &Ldap,
        email: &Email,
        password: Password,
        known: Option<Account>,
    ) -> Result<Proof, ServiceError> {
        // Servers written in C may take such a password for an empty one, with which a bind is no proof (RFC 4513, 5.1.2).
        if password.as_bytes().contains(&0) {
            return Err(ServiceError::InvalidCredentials(Denied::WrongPassword));
        }
        let looked_up = ldap.look_up(email).await?;
        let id = if let Found::One(entry) = looked_up.found() { &*entry.id } else { "" };
        // Before the proof, so that it does not outlive what happens to the account meanwhile.
        let linked = self.store.account_by_subject(ldap.issuer(), id).await?;
        let entry = match looked_up.prove(password).await? {
            (Found::One(entry), Bound::Right) => entry,
            (found, bound) => {
                return Err(ServiceError::InvalidCredentials(self.refusal(email, &found, bound, known.is_some())));
            }
        };
        let account = self.account_of_entry(ldap, &entry, email, linked, known).await?;
        let account = account.map_err(ServiceError::InvalidCredentials)?;
        // As it was before the proof, whatever has happened to it since.
        let Account { id: user, generation, .. } = account;
        let proof = Proof {
            user,
            generation,
            proven: self.clock.now(),
            meets: account.profile.reauth_request,
            app_password: None,
            way: LoginWay::Ldap,
            needs_code: false,
        };
        let noted = self.note(ldap, entry, account).await?;
        noted.map(|()| proof).map_err(ServiceError::InvalidCredentials)
    }

    /// Why somebody is not proven. What the operator may see to is logged.
    fn refusal(&self, email: &Email, found: &Found, bound: Bound, is_known: bool) -> Denied {
        let remark = match (found, bound) {
            (Found::One(_), Bound::Right | Bound::Wrong) => return Denied::WrongPassword,
            (Found::Nobody, _) if is_known => return Denied::NoPassword,
            (Found::Nobody, _) => return Denied::NoSuchUser,
            (Found::One(_), Bound::Refused) => "it does not let this person in",
            (Found::One(_), Bound::Referred) | (Found::Elsewhere, _) => "it refers to another, which is not asked",
            (Found::Unclear(why), _) => why,
        };
        tracing::warn!(account = self.name_in_log(email), remark, "the LDAP server proved nobody");
        Denied::RefusedElsewhere
    }

    /// Whose account a proven entry is.
    async fn account_of_entry(
        &self,
        ldap: &Ldap,
        entry: &Entry,
        email: &Email,
        linked: Option<Account>,
        known: Option<Account>,
    ) -> Result<Result<Account, Denied>, ServiceError> {
        let refused = |remark: &str, denied: Denied| {
            tracing::warn!(account = self.name_in_log(email), remark, "proven by the LDAP server, and refused here");
            Ok(Err(denied))
        };
        let account = match (linked, known) {
            (Some(linked), _) => linked,
            // What the filter compares may be something that people write into their entries themselves.
            (None, _) if !entry.emails.contains(email) => {
                return refused("the entry has another address than was typed", Denied::RefusedElsewhere);
            }
            (None, Some(known)) if known.profile.subject.is_none() => known,
            (None, Some(_)) => return refused("the user is linked to another entry", Denied::LinkedToAnother),
            (None, None) if ldap.provisions() => {
                let (subject, name) = (subject(ldap, entry), entry.name.clone());
                match self.provision(&subject, email.clone(), name.unwrap_or_default()).await? {
                    Some(account) => account,
                    None => return refused("another has just got the address", Denied::LinkedToAnother),
                }
            }
            (None, None) => return refused("there is no such user, and ldap.provision is off", Denied::NoSuchUser),
        };
        if account.password.is_some() {
            return refused("the user has a password here, which alone counts", Denied::WrongPassword);
        }
        if !account.enabled {
            return Ok(Err(Denied::Disabled));
        }
        Ok(Ok(account))
    }

    /// Notes what the entry says of the user.
    async fn note(&self, ldap: &Ldap, entry: Entry, account: Account) -> Result<Result<(), Denied>, ServiceError> {
        let subject = subject(ldap, &entry);
        let Entry { name, teams, emails, .. } = entry;
        let user = account.id;
        let same = account.profile.subject.as_ref() == Some(&subject)
            && name.as_ref().is_none_or(|name| *name == account.name)
            && teams.as_ref().is_none_or(|teams| *teams == account.profile.teams);
        if !same {
            let link = AccountChange::Link { subject, name, teams, relinks: false };
            if let Err(denied) = self.store.change_account(user, &link).await? {
                return Ok(Err(denied));
            }
            if account.profile.subject.is_none() {
                tracing::info!(%user, "linked to an entry of the LDAP server");
            }
        }
        // The user's address, if the entry has it no more, becomes one that it has, unless that is somebody else's.
        if let Some(email) = emails.first().filter(|_| !emails.contains(&account.email)) {
            match self.store.change_account(user, &AccountChange::Email(email.clone())).await? {
                Ok(_) => tracing::info!(%user, "has another e-mail address in the LDAP server, and here"),
                Err(denied) => tracing::warn!(%user, %denied, "has another e-mail address in the LDAP server"),
            }
        }
        Ok(Ok(()))
    }
}

/// The person of an entry. Without claims: the account has what is used of them.
fn subject(ldap: &Ldap, entry: &Entry) -> Subject {
    Subject { issuer: ldap.issuer().into(), subject: entry.id.clone(), claims: "{}".into() }
}
