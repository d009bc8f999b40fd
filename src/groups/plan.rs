//! Whose accounts a change of a group changes.

use std::collections::HashSet;

use super::{GroupEdit, MemberEdit, READ_AT_ONCE, accounts};
use crate::domain::{Denied, Group, Profile, UserId};
use crate::error::ServiceError;
use crate::store::Store;

/// Whose accounts are not as they are to be.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) join: Vec<UserId>,
    pub(super) leave: Vec<UserId>,
}

impl Plan {
    /// For a group that is not there yet.
    pub(super) async fn of_new(store: &dyn Store, members: &MemberEdit) -> Result<Self, ServiceError> {
        let mut plan = Self::default();
        plan.add_named(store, None, members).await?;
        Ok(plan)
    }

    /// Reads every account if others are to leave than are named.
    pub(super) async fn of(store: &dyn Store, group: &Group, edit: &GroupEdit) -> Result<Self, ServiceError> {
        let mut plan = Self::default();
        plan.add_named(store, Some(group), &edit.members).await?;
        if !edit.members.others_leave() {
            return Ok(plan);
        }
        let leave: HashSet<_> = plan.leave.iter().copied().collect();
        let mut after = None;
        loop {
            let page = store.accounts(after.as_deref(), READ_AT_ONCE).await?;
            let members = page.items.iter().filter(|account| account.profile.is_in(group.id));
            let members = members.map(|account| account.id).filter(|user| !leave.contains(user));
            plan.leave.extend(members.filter(|user| edit.members.wants(*user) == Some(false)));
            if page.next.is_none() {
                return Ok(plan);
            }
            after = page.next;
        }
    }

    /// Whether anybody joins or leaves.
    pub(super) const fn changes_members(&self) -> bool {
        !self.join.is_empty() || !self.leave.is_empty()
    }

    async fn add_named(
        &mut self,
        store: &dyn Store,
        group: Option<&Group>,
        members: &MemberEdit,
    ) -> Result<(), ServiceError> {
        let named: Vec<_> = members.named().collect();
        let found = accounts(store, &named).await?;
        let there: HashSet<_> = found.iter().map(|account| account.id).collect();
        if members.named().any(|user| members.wants(user) == Some(true) && !there.contains(&user)) {
            return Err(ServiceError::Group(Denied::NoSuchUser));
        }
        for account in found {
            let is_in = group.is_some_and(|group| account.profile.is_in(group.id));
            match members.wants(account.id) {
                Some(true) if !is_in => {
                    if account.profile.groups.len() >= Profile::MAX_ENTRIES {
                        return Err(ServiceError::Group(Denied::TooManyEntries));
                    }
                    self.join.push(account.id);
                }
                Some(false) if is_in => self.leave.push(account.id),
                _ => {}
            }
        }
        Ok(())
    }
}
