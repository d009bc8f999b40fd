//! The account changes, or goes.

use crate::domain::{
    Account, AccountAct, AccountChange, AccountEffect, CloseReason, Command, Credential, DeleteAccount, Denied,
    Effects, Happened, ListChange, OwnChange, Profile, ProviderSession, Rights, Ruling, SessionKey, Stop, Subject,
    Team, Timestamp, TokenKind, UserState, Wanted,
};

impl Command for AccountChange {
    type Answer = Account;

    fn wants(&self) -> Wanted {
        match self {
            Self::Password { .. }
            | Self::PasswordByLink { .. }
            | Self::Disable
            | Self::LogOutEverywhere(_)
            | Self::LoggedOutAtProvider { .. }
            | Self::EndEverything { .. }
            | Self::ResetFactor
            | Self::RevokeAppPasswords { .. } => Wanted::Everything,
            Self::Rights { revoke, .. } if *revoke != Rights::default() => Wanted::Everything,
            Self::Scopes(ListChange { remove, .. }) if !remove.is_empty() => Wanted::Everything,
            Self::UnlessAdmin(change) => change.wants(),
            _ => Wanted::NOTHING,
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm a change, each by itself")]
    fn rule(&self, state: &mut UserState, now: Timestamp) -> Result<(Account, Effects), Stop> {
        if let Self::UnlessAdmin(change) = self {
            return if state.account.profile.rights.admin {
                Err(Denied::IsOperator.into())
            } else {
                change.rule(state, now)
            };
        }
        let mut effects = Effects { account: AccountEffect::Stored, ..Effects::default() };
        let act = self.act(&state.account);
        effects.happened.extend(act.map(|act| Happened::Account(state.account.id, act)));
        let Account { profile, .. } = &mut state.account;
        match self {
            Self::Password { hash, revokes_app_passwords } => {
                state.account.password = Some(hash.clone());
                if *revokes_app_passwords {
                    state.account.app_passwords.clear();
                }
                effects.tell(&state.account, Credential::Password);
                state.close_all(CloseReason::ByAdmin, now, &mut effects);
            }
            Self::AddLink(digest, expires) => {
                if !state.account.enabled {
                    return Err(Denied::Disabled.into());
                }
                state.account.add_link(*digest, *expires, now);
            }
            Self::PasswordByLink { link, password } => {
                state.account.judge_link(*link, now)?;
                state.account.links.clear();
                state.account.password = Some(password.clone());
                // They may be the back door of whoever knew the old password.
                state.account.app_passwords.clear();
                effects.tell(&state.account, Credential::Password);
                state.close_all(CloseReason::ByApplication, now, &mut effects);
            }
            Self::Rehash { from, to } => {
                if state.account.password.as_ref() != Some(from) {
                    return Err(Denied::HashChanged.into());
                }
                state.account.password = Some(to.clone());
            }
            Self::ComeOver { password, now } => {
                if !state.account.enabled {
                    return Err(Denied::Disabled.into());
                }
                if !state.account.awaits_password() {
                    return Err(Denied::HashChanged.into());
                }
                state.account.password = Some(password.clone());
                state.account.upstream = state.account.upstream.map(|mark| mark.arrived(*now));
            }
            Self::Email(email) => {
                if state.account.email != *email {
                    effects.tell(&state.account, Credential::Email);
                }
                state.account.email = email.clone();
                // Links may have gone to the address before.
                state.account.links.clear();
            }
            Self::Name(name) => state.account.name.clone_from(name),
            Self::ExternalId(id) => state.account.external_id.clone_from(id),
            Self::Enable => state.account.enabled = true,
            Self::Disable => {
                state.account.enabled = false;
                state.close_all(CloseReason::UserGone, now, &mut effects);
            }
            Self::LogOutEverywhere(why) => state.close_all(*why, now, &mut effects),
            Self::Rights { grant, revoke } => {
                let rights = &mut profile.rights;
                rights.frontend = grant.frontend || rights.frontend && !revoke.frontend;
                rights.client_dev = grant.client_dev || rights.client_dev && !revoke.client_dev;
                let becomes_operator = grant.admin && !rights.admin;
                rights.admin = grant.admin || rights.admin && !revoke.admin;
                if becomes_operator {
                    // Whoever was given one before, or made it, must not become an operator by it.
                    state.account.links.clear();
                }
                state.close_unentitled(&mut effects);
            }
            Self::Scopes(change) => {
                profile.scopes = changed(&profile.scopes, change, |scope| scope)?;
                state.close_unentitled(&mut effects);
            }
            Self::Teams(change) => profile.teams = changed(&profile.teams, change, |team: &Team| &team.id)?,
            Self::Groups(change) => profile.groups = changed(&profile.groups, change, |group: &Team| &group.id)?,
            Self::RenameGroup(group) => {
                if let Some(held) = profile.groups.iter_mut().find(|held| held.id == group.id) {
                    held.clone_from(group);
                }
            }
            Self::Tags(change) => profile.tags = changed(&profile.tags, change, |tag| tag)?,
            Self::Link { subject, name, teams, relinks } => {
                link(profile, subject, *relinks)?;
                if let Some(teams) = teams {
                    profile.teams.clone_from(teams);
                }
                if let Some(name) = name {
                    state.account.name.clone_from(name);
                }
            }
            Self::Unlink { issuer } => {
                let is_meant = |known: &mut Subject| issuer.as_ref().is_none_or(|issuer| *issuer == known.issuer);
                profile.subject.take_if(is_meant).ok_or(Denied::NotLinked)?;
            }
            Self::LoggedOutAtProvider { everything: true, .. } => {
                state.close_all(CloseReason::ByAdmin, now, &mut effects);
            }
            Self::LoggedOutAtProvider { session, until, .. } => {
                profile.logouts = profile.logouts.wrapping_add(1);
                state.close_of_provider(*session, *until, now, &mut effects);
            }
            Self::AddAppPassword { app_password, most, browser } => {
                if browser.is_some_and(|browser| !profile.is_signed_on(browser, now)) {
                    return Err(Denied::SignedOff.into());
                }
                state.account.add_app_password(app_password, *most, now)?;
                effects.tell(&state.account, Credential::AppPassword(app_password.name.clone()));
            }
            Self::RevokeAppPasswords { which, why } => state.revoke_app_passwords(*which, *why, &mut effects)?,
            Self::UseCode { generation, code } => {
                if !state.account.enabled {
                    return Err(Denied::Disabled.into());
                }
                if state.account.generation != *generation {
                    return Err(Denied::StaleProof.into());
                }
                state.account.second_factor.as_mut().ok_or(Denied::NoSecondFactor)?.use_up(code, now)?;
            }
            Self::ResetFactor => {
                state.account.second_factor.take().ok_or(Denied::NoSecondFactor)?;
                effects.tell(&state.account, Credential::SecondFactor);
                state.close_all(CloseReason::ByAdmin, now, &mut effects);
            }
            Self::AskAgain(now) => profile.ask_again(*now),
            Self::Waive => {
                profile.reauth_request = None;
                state.sign_off(&mut effects);
            }
            Self::SignOffEverywhere => state.sign_off(&mut effects),
            Self::SignOff(digest) => {
                let gone = profile.sign_ons.extract_if(.., |held| held.digest == *digest);
                effects.revoke(TokenKind::SignOn, gone.map(|held| held.digest));
            }
            Self::SignOn { generation, sign_on } => {
                if !state.account.enabled {
                    return Err(Denied::Disabled.into());
                }
                if state.account.generation != *generation {
                    return Err(Denied::StaleProof.into());
                }
                state.add_sign_on(sign_on.clone(), now, &mut effects);
            }
            // It is done above.
            Self::UnlessAdmin(_) => {}
            Self::EndEverything { browser, change } => {
                if !profile.is_signed_on(*browser, now) {
                    return Err(Denied::SignedOff.into());
                }
                if let Some(change) = change {
                    state.account.change_own(change)?;
                    effects.tell(&state.account, change.credential());
                }
                state.close_all(CloseReason::ByApplication, now, &mut effects);
            }
        }
        Ok((state.account.clone(), effects))
    }
}

impl AccountChange {
    /// What the events tell of it; `None`: nothing, it is a note of the server's own, or changes nothing.
    fn act(&self, before: &Account) -> Option<AccountAct> {
        Some(match self {
            Self::Password { .. } => AccountAct::Password,
            Self::PasswordByLink { .. } => AccountAct::PasswordByLink,
            Self::ComeOver { .. } => AccountAct::CameOver,
            Self::AddLink(..) => AccountAct::LinkMade,
            Self::Email(email) if *email != before.email => AccountAct::Email,
            Self::Name(name) if *name != before.name => AccountAct::Name,
            Self::ExternalId(id) if *id != before.external_id => AccountAct::ExternalId,
            Self::Enable if !before.enabled => AccountAct::Enabled,
            Self::Disable if before.enabled => AccountAct::Disabled,
            Self::Rights { .. } => AccountAct::Rights,
            Self::Scopes(_) => AccountAct::Scopes,
            Self::Teams(_) | Self::Tags(_) => AccountAct::Memberships,
            // The identity provider says at every login who the person is. An import, which says nothing else, is told as one
            // act of its operator, and so is unlinking all of an issuer.
            Self::Link { name, teams, .. }
                if before.profile.subject.is_none() && (name.is_some() || teams.is_some()) =>
            {
                AccountAct::Linked
            }
            Self::Unlink { issuer: None } => AccountAct::Unlinked,
            Self::AddAppPassword { .. } => AccountAct::AppPasswordMade,
            Self::RevokeAppPasswords { .. } => AccountAct::AppPasswordsRevoked,
            Self::ResetFactor => AccountAct::SecondFactor,
            Self::EndEverything { change: Some(change), .. } => match change.credential() {
                Credential::SecondFactor => AccountAct::SecondFactor,
                _ => AccountAct::Password,
            },
            Self::LogOutEverywhere(_)
            | Self::LoggedOutAtProvider { everything: true, .. }
            | Self::EndEverything { change: None, .. } => AccountAct::LoggedOut,
            Self::Email(_)
            | Self::Name(_)
            | Self::ExternalId(_)
            | Self::Enable
            | Self::Disable
            | Self::Link { .. }
            | Self::Unlink { .. }
            // A change of a group changes everybody in it.
            | Self::Groups(_)
            | Self::Rehash { .. }
            | Self::RenameGroup(_)
            | Self::LoggedOutAtProvider { .. }
            | Self::UseCode { .. }
            | Self::SignOffEverywhere
            | Self::SignOff(_)
            | Self::AskAgain(_)
            | Self::SignOn { .. }
            | Self::Waive
            | Self::UnlessAdmin(_) => return None,
        })
    }
}

impl Command for DeleteAccount {
    type Answer = ();

    fn wants(&self) -> Wanted {
        Wanted::Everything
    }

    fn rule(&self, state: &mut UserState, now: Timestamp) -> Result<((), Effects), Stop> {
        let mut effects = Effects::default();
        state.close_all(CloseReason::UserGone, now, &mut effects);
        effects.account = AccountEffect::Removed;
        effects.happened.push(Happened::Account(state.account.id, AccountAct::Deleted));
        Ok(((), effects))
    }
}

impl Account {
    /// Makes a change that a person makes themself.
    fn change_own(&mut self, change: &OwnChange) -> Ruling<()> {
        match change {
            OwnChange::Password { hash, revokes_app_passwords } => {
                self.password = Some(hash.clone());
                if *revokes_app_passwords {
                    self.app_passwords.clear();
                }
            }
            // Who is proven elsewhere has theirs there.
            OwnChange::AddFactor(_) if self.password.is_none() => return Err(Denied::NoPassword),
            OwnChange::AddFactor(new) => match &mut self.second_factor {
                Some(held) => held.add(new)?,
                // It would leave the person without a way in once the factor is lost.
                None if new.recovery.is_empty() => return Err(Denied::NoSecondFactor),
                None => self.second_factor = Some(new.clone()),
            },
            OwnChange::RecoveryCodes(codes) => {
                let factor = self.second_factor.as_mut().ok_or(Denied::NoSecondFactor)?;
                factor.recovery.clone_from(codes);
            }
            OwnChange::RemoveApp | OwnChange::RemovePasskey(_) => {
                let factor = self.second_factor.as_mut().ok_or(Denied::NoSecondFactor)?;
                let was_last = match change {
                    OwnChange::RemovePasskey(id) => factor.remove_passkey(id)?,
                    _ => factor.remove_app()?,
                };
                if was_last {
                    self.second_factor = None;
                }
            }
        }
        Ok(())
    }
}

impl OwnChange {
    /// What the person is told has changed.
    const fn credential(&self) -> Credential {
        match self {
            Self::Password { .. } => Credential::Password,
            Self::AddFactor(_) | Self::RecoveryCodes(_) | Self::RemoveApp | Self::RemovePasskey(_) => {
                Credential::SecondFactor
            }
        }
    }
}

impl UserState {
    /// Closes directory sessions that were granted what the user no longer has.
    fn close_unentitled(&mut self, effects: &mut Effects) {
        let Profile { rights, scopes, .. } = &self.account.profile;
        let unentitled = self.directory.values().filter(|session| {
            !rights.include(session.right) || !session.app_claims.iter().all(|claim| scopes.contains(claim))
        });
        let unentitled: Vec<_> = unentitled.map(|session| SessionKey::Directory(session.id)).collect();
        for key in unentitled {
            self.close(&key, CloseReason::ByAdmin, effects);
        }
    }

    /// Closes what was opened in a session at the identity provider, or in any. With any, the provider's own tokens from
    /// before do not count any more.
    fn close_of_provider(
        &mut self,
        session: Option<ProviderSession>,
        until: Timestamp,
        store_now: Timestamp,
        effects: &mut Effects,
    ) {
        let is_meant =
            |held: Option<ProviderSession>, proven| proven <= until && (session.is_none() || held == session);
        let meant = self.directory.values().filter(|held| is_meant(held.provider_session, held.authenticated));
        let meant: Vec<_> = meant.map(|held| SessionKey::Directory(held.id)).collect();
        for key in meant {
            self.close(&key, CloseReason::ByAdmin, effects);
        }
        let account = &mut self.account;
        let gone = account.profile.sign_ons.extract_if(.., |held| is_meant(held.provider_session, held.proven));
        effects.revoke(TokenKind::SignOn, gone.map(|held| held.digest));
        if session.is_none() {
            account.not_before = store_now;
        }
    }
}

fn link(profile: &mut Profile, subject: &Subject, relinks: bool) -> Ruling<()> {
    let gives_way =
        |known: &Subject| known.is(&subject.issuer, &subject.subject) || relinks && known.issuer != subject.issuer;
    if !profile.subject.as_ref().is_none_or(gives_way) {
        return Err(Denied::LinkedToAnother);
    }
    profile.subject = Some(subject.clone());
    Ok(())
}

/// The list after the change, in the order in which entries were added.
fn changed<T: Clone>(held: &[T], change: &ListChange<T>, name: impl Fn(&T) -> &str) -> Ruling<Vec<T>> {
    let goes = |entry: &&T| change.remove.iter().any(|gone| **gone == *name(entry));
    let mut list: Vec<_> = held.iter().filter(|entry| !goes(entry)).cloned().collect();
    for new in &change.add {
        match list.iter_mut().find(|entry| name(entry) == name(new)) {
            Some(entry) => entry.clone_from(new),
            None => list.push(new.clone()),
        }
    }
    if list.len() > Profile::MAX_ENTRIES { Err(Denied::TooManyEntries) } else { Ok(list) }
}
#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<Box<str>> {
        texts.iter().map(|text| Box::from(*text)).collect()
    }

    fn change(add: &[&str], remove: &[&str]) -> ListChange<Box<str>> {
        ListChange { add: texts(add), remove: texts(remove) }
    }

    #[test]
    fn a_list_keeps_what_a_change_does_not_name() {
        let after = |add: &[&str], remove: &[&str]| changed(&texts(&["a", "b", "c"]), &change(add, remove), |t| t);
        assert_eq!(after(&["d", "a", "d"], &["b"]), Ok(texts(&["a", "c", "d"])));
        assert_eq!(after(&["b"], &["b", "z"]), Ok(texts(&["a", "c", "b"])), "in both");
        assert_eq!(after(&[], &[]), Ok(texts(&["a", "b", "c"])));
    }

    #[test]
    fn a_list_is_bounded() {
        let full: Vec<Box<str>> = (0..Profile::MAX_ENTRIES).map(|n| n.to_string().into()).collect();
        assert_eq!(changed(&full, &change(&["one more"], &[]), |t| t), Err(Denied::TooManyEntries));
        let swapped = changed(&full, &change(&["one more"], &["0"]), |t| t);
        assert_eq!(swapped.map(|list| list.len()), Ok(Profile::MAX_ENTRIES));
    }

    #[test]
    fn a_team_that_is_added_again_takes_the_new_name() {
        let team = |id: &str, name: &str| Team { id: id.into(), name: name.into() };
        let change = ListChange { add: vec![team("1", "new")], remove: texts(&["2"]) };
        let after = changed(&[team("1", "old"), team("2", "two")], &change, |team| &team.id);
        assert_eq!(after, Ok(vec![team("1", "new")]));
    }
}
