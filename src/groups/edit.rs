//! What is to become of a group.

use std::collections::BTreeMap;

use crate::domain::{ExternalId, UserId};

/// What is to become of a group; what it does not say stays.
#[derive(Debug, Default)]
pub struct GroupEdit {
    /// The name.
    pub name: Option<Box<str>>,
    /// What the provisioning client calls it; `Some(None)`: nothing any more.
    pub external_id: Option<Option<ExternalId>>,
    /// Who is in it.
    pub members: MemberEdit,
}

/// Who joins a group and who leaves it. Of what is said of one user the last counts.
#[derive(Debug, Default)]
pub struct MemberEdit {
    others_leave: bool,
    named: BTreeMap<UserId, bool>,
}

impl MemberEdit {
    /// The user is in it.
    pub fn join(&mut self, user: UserId) {
        self.named.insert(user, true);
    }

    /// The user is not in it.
    pub fn leave(&mut self, user: UserId) {
        self.named.insert(user, false);
    }

    /// Nobody is in it, but for who joins after that.
    pub fn leave_all(&mut self) {
        *self = Self { others_leave: true, named: BTreeMap::new() };
    }

    /// How many users are named.
    #[must_use]
    pub fn count(&self) -> usize {
        self.named.len()
    }

    pub(super) fn named(&self) -> impl Iterator<Item = UserId> {
        self.named.keys().copied()
    }

    /// Whether a user is to be in it; `None`: it stays as it is.
    pub(super) fn wants(&self, user: UserId) -> Option<bool> {
        self.named.get(&user).copied().or(self.others_leave.then_some(false))
    }

    pub(super) const fn others_leave(&self) -> bool {
        self.others_leave
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn of_what_is_said_of_a_member_the_last_counts() {
        let [one, two, three] = [1, 2, 3].map(|number| UserId(Uuid::from_u128(number)));
        let mut edit = MemberEdit::default();
        edit.join(one);
        edit.leave(one);
        edit.join(two);
        assert_eq!([one, two, three].map(|user| edit.wants(user)), [Some(false), Some(true), None]);
        edit.leave_all();
        edit.join(one);
        assert_eq!([one, two, three].map(|user| edit.wants(user)), [Some(true), Some(false), Some(false)]);
        assert_eq!(edit.count(), 1);
    }
}
