//! Groups: teams that a provisioning client manages.

use minicbor::{Decode, Encode};

use super::{Denied, ExternalId, GroupId, Ruling, Team, Timestamp};

/// A group (RFC 7643, 4.2). Who is in it stands in the accounts ([`Profile::groups`](super::Profile::groups)).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Group {
    /// Its id; never changes, and is the team's id for everybody.
    #[n(0)]
    pub id: GroupId,
    /// Its name, as [`Profile::is_entry`](super::Profile::is_entry) has it; unique in any case.
    #[n(1)]
    pub name: Box<str>,
    /// What the provisioning client calls it; unique.
    #[n(2)]
    pub external_id: Option<ExternalId>,
    /// Raised by each change of the group and of who is in it.
    #[n(3)]
    pub version: u64,
    /// When it was made.
    #[n(4)]
    pub created: Timestamp,
}

impl Group {
    /// What an account keeps of it.
    #[must_use]
    pub fn as_team(&self) -> Team {
        Team { id: self.id.to_string().into(), name: self.name.clone() }
    }
}

/// Every group, in the order in which they were made, and a number that each change raises.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct GroupDirectory {
    /// Zero if it was never stored.
    #[n(0)]
    pub version: u64,
    /// The groups, at most [`GroupDirectory::MAX_GROUPS`].
    #[n(1)]
    pub groups: Vec<Group>,
}

impl GroupDirectory {
    /// How many groups there may be: all of them are one record, of some 100 KB then.
    pub const MAX_GROUPS: usize = 1000;

    /// The group with this id.
    #[must_use]
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// Whether two names are one: in any case.
    #[must_use]
    pub fn is_name(one: &str, other: &str) -> bool {
        one.to_lowercase() == other.to_lowercase()
    }

    /// Adds a group.
    ///
    /// # Errors
    /// [`Denied::TooManyGroups`], [`Denied::GroupNameTaken`], [`Denied::ExternalIdTaken`].
    pub fn add(&mut self, group: Group) -> Ruling<()> {
        if self.groups.len() >= Self::MAX_GROUPS {
            return Err(Denied::TooManyGroups);
        }
        self.must_be_free(&group)?;
        self.groups.push(group);
        Ok(())
    }

    /// Stores a group in place of the one with its id.
    ///
    /// # Errors
    /// [`Denied::NoSuchGroup`], [`Denied::GroupNameTaken`], [`Denied::ExternalIdTaken`].
    pub fn replace(&mut self, group: Group) -> Ruling<()> {
        self.must_be_free(&group)?;
        let held = self.groups.iter_mut().find(|held| held.id == group.id).ok_or(Denied::NoSuchGroup)?;
        *held = group;
        Ok(())
    }

    /// Refuses what another group has.
    fn must_be_free(&self, group: &Group) -> Ruling<()> {
        let mut others = self.groups.iter().filter(|held| held.id != group.id);
        if others.clone().any(|held| Self::is_name(&held.name, &group.name)) {
            return Err(Denied::GroupNameTaken);
        }
        let is_called_so = |held: &Group| group.external_id.is_some() && held.external_id == group.external_id;
        if others.any(is_called_so) { Err(Denied::ExternalIdTaken) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn group(id: u128, name: &str, external_id: Option<&str>) -> Group {
        let external_id = external_id.and_then(ExternalId::new);
        Group { id: GroupId(Uuid::from_u128(id)), name: name.into(), external_id, version: 1, created: Timestamp::MAX }
    }

    #[test]
    fn no_two_groups_have_one_name_or_external_id() {
        let mut directory = GroupDirectory::default();
        assert_eq!(directory.add(group(1, "Ärzte", Some("a"))), Ok(()));
        assert_eq!(directory.add(group(2, "ärzte", None)), Err(Denied::GroupNameTaken));
        assert_eq!(directory.add(group(2, "b", Some("a"))), Err(Denied::ExternalIdTaken));
        assert_eq!(directory.add(group(2, "b", Some("A"))), Ok(()), "to the letter");
        assert_eq!(directory.add(group(3, "c", None)), Ok(()));
        assert_eq!(directory.replace(group(3, "d", None)), Ok(()), "several may have none");
        assert_eq!(directory.replace(group(3, "B", None)), Err(Denied::GroupNameTaken));
        assert_eq!(directory.replace(group(1, "ÄRZTE", Some("a"))), Ok(()), "its own");
        assert_eq!(directory.replace(group(9, "e", None)), Err(Denied::NoSuchGroup));
        let names: Vec<_> = directory.groups.iter().map(|group| &*group.name).collect();
        assert_eq!(names, ["ÄRZTE", "b", "d"]);
    }

    #[test]
    fn groups_are_bounded() {
        let mut directory = GroupDirectory::default();
        for number in 0..GroupDirectory::MAX_GROUPS {
            assert_eq!(directory.add(group(number as u128, &number.to_string(), None)), Ok(()));
        }
        assert_eq!(directory.add(group(u128::MAX, "one more", None)), Err(Denied::TooManyGroups));
    }
}
