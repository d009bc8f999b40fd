//! The rules of what the directory knows of a user.

use super::{Effects, UserState};
use crate::domain::{AccountChange, ListChange, Profile, Subject, Team};

impl UserState {
    /// The changes of an account that touch its profile alone, and what hangs on that.
    pub(super) fn change_profile(&mut self, change: &AccountChange) -> Option<Effects> {
        let mut changes = Effects { account: true, ..Effects::default() };
        let profile = &mut self.account.profile;
        match change {
            AccountChange::Rights { grant, revoke } => {
                let rights = &mut profile.rights;
                rights.frontend = grant.frontend || rights.frontend && !revoke.frontend;
                rights.client_dev = grant.client_dev || rights.client_dev && !revoke.client_dev;
            }
            AccountChange::Scopes(change) => profile.scopes = changed(&profile.scopes, change, |scope| scope)?,
            AccountChange::Teams(change) => profile.teams = changed(&profile.teams, change, |team: &Team| &team.id)?,
            AccountChange::Tags(change) => profile.tags = changed(&profile.tags, change, |tag| tag)?,
            AccountChange::Link { subject, name, teams, relinks } => {
                let gives_way = |known: &Subject| {
                    known.is(&subject.issuer, &subject.subject) || *relinks && known.issuer != subject.issuer
                };
                if !profile.subject.as_ref().is_none_or(gives_way) {
                    return None;
                }
                profile.subject = Some(subject.clone());
                if let Some(teams) = teams {
                    profile.teams.clone_from(teams);
                }
                if let Some(name) = name {
                    self.account.name.clone_from(name);
                }
            }
            AccountChange::Unlink { issuer } => {
                profile.subject.take_if(|known| issuer.as_ref().is_none_or(|issuer| *issuer == known.issuer))?;
            }
            AccountChange::AskAgain(now) => profile.ask_again(*now),
            AccountChange::Waive => {
                profile.reauth_request = None;
                self.sign_off(&mut changes);
            }
            AccountChange::SignOffEverywhere => self.sign_off(&mut changes),
            AccountChange::SignOff(digest) => {
                let gone = profile.sign_ons.extract_if(.., |held| held.digest == *digest);
                changes.dead_sign_ons.extend(gone.map(|held| held.digest));
            }
            _ => return None,
        }
        self.end_unentitled(&mut changes);
        Some(changes)
    }

    /// Ends directory sessions that were granted what the user no longer has.
    fn end_unentitled(&mut self, changes: &mut Effects) {
        let Profile { rights, scopes, .. } = &self.account.profile;
        self.directory.retain(|_, session| {
            let entitled =
                rights.include(session.right) && session.app_claims.iter().all(|claim| scopes.contains(claim));
            if !entitled {
                changes.bury_directory(session);
            }
            entitled
        });
    }
}

/// The list after the change, in the order in which entries were added; `None` if it would be too long.
fn changed<T: Clone>(held: &[T], change: &ListChange<T>, name: impl Fn(&T) -> &str) -> Option<Vec<T>> {
    let goes = |entry: &&T| change.remove.iter().any(|gone| **gone == *name(entry));
    let mut list: Vec<_> = held.iter().filter(|entry| !goes(entry)).cloned().collect();
    for new in &change.add {
        match list.iter_mut().find(|entry| name(entry) == name(new)) {
            Some(entry) => entry.clone_from(new),
            None => list.push(new.clone()),
        }
    }
    (list.len() <= Profile::MAX_ENTRIES).then_some(list)
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
        assert_eq!(after(&["d", "a", "d"], &["b"]), Some(texts(&["a", "c", "d"])));
        assert_eq!(after(&["b"], &["b", "z"]), Some(texts(&["a", "c", "b"])), "in both");
        assert_eq!(after(&[], &[]), Some(texts(&["a", "b", "c"])));
    }

    #[test]
    fn a_list_is_bounded() {
        let full: Vec<Box<str>> = (0..Profile::MAX_ENTRIES).map(|n| n.to_string().into()).collect();
        assert_eq!(changed(&full, &change(&["one more"], &[]), |t| t), None);
        let swapped = changed(&full, &change(&["one more"], &["0"]), |t| t);
        assert_eq!(swapped.map(|list| list.len()), Some(Profile::MAX_ENTRIES));
    }

    #[test]
    fn a_team_that_is_added_again_takes_the_new_name() {
        let team = |id: &str, name: &str| Team { id: id.into(), name: name.into() };
        let change = ListChange { add: vec![team("1", "new")], remove: texts(&["2"]) };
        let after = changed(&[team("1", "old"), team("2", "two")], &change, |team| &team.id);
        assert_eq!(after, Some(vec![team("1", "new")]));
    }
}
