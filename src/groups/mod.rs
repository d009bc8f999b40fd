//! Groups, as a provisioning client manages them: each is a team of those who are in it.
//!
//! That a group exists, and what it is called, stands in one record of the store; who is in it stands in the accounts, so
//! that nobody who reads an account needs another record. A change takes effect in steps: the record, then the accounts. A
//! crash in between leaves accounts that lag behind, and the same request again finds and changes them. What another server
//! does to the record meanwhile is seen after the accounts were written, and they follow it.

use std::collections::HashMap;

use futures_util::future::try_join_all;
use uuid::Uuid;

use crate::domain::{
    Account, AccountChange, Denied, ExternalId, Group, GroupDirectory, GroupId, ListChange, Ruling, Timestamp, UserId,
};
use crate::error::ServiceError;
use crate::store::{Store, StoreError};

mod edit;
mod plan;

pub use edit::{GroupEdit, MemberEdit};
use plan::Plan;

/// How many members are told at once, of all groups together.
pub const MAX_TOLD: usize = 10_000;
/// How often a change may begin again because others change groups too.
const MAX_ATTEMPTS: usize = 100;
/// How many accounts are read from the store at once.
const READ_AT_ONCE: usize = 500;
/// How many accounts are read or changed at the same time: the embedded store makes one sync of the disk of these.
const AT_ONCE: usize = 32;

/// The group with this id.
///
/// # Errors
/// [`Denied::NoSuchGroup`], the store's.
pub async fn group(store: &dyn Store, id: GroupId) -> Result<Group, ServiceError> {
    let directory = store.groups().await?;
    directory.group(id).cloned().ok_or(ServiceError::Group(Denied::NoSuchGroup))
}

/// Who is in each of these groups, in the order of the users' ids; `None`: more than [`MAX_TOLD`]. Reads every account.
///
/// # Errors
/// The store's.
pub async fn members(
    store: &dyn Store,
    groups: &[Group],
) -> Result<Option<HashMap<GroupId, Vec<UserId>>>, ServiceError> {
    let ids: HashMap<String, GroupId> = groups.iter().map(|group| (group.id.to_string(), group.id)).collect();
    let mut members: HashMap<GroupId, Vec<UserId>> = ids.values().map(|id| (*id, Vec::new())).collect();
    let (mut after, mut told) = (None, 0);
    loop {
        let page = store.accounts(after.as_deref(), READ_AT_ONCE).await?;
        for account in page.items {
            for id in account.profile.groups.iter().filter_map(|team| ids.get(&*team.id)) {
                members.entry(*id).or_default().push(account.id);
                told += 1;
            }
        }
        if told > MAX_TOLD {
            return Ok(None);
        }
        if page.next.is_none() {
            for members in members.values_mut() {
                members.sort_unstable();
            }
            return Ok(Some(members));
        }
        after = page.next;
    }
}

/// Makes a group.
///
/// # Errors
/// [`ServiceError::Group`]: what [`GroupDirectory::add`] says; [`Denied::NoSuchUser`] if a member is none;
/// [`Denied::TooManyEntries`] if a member is in as many groups as one may be in. The store's.
pub async fn create(
    store: &dyn Store,
    name: Box<str>,
    external_id: Option<ExternalId>,
    members: &MemberEdit,
    now: Timestamp,
) -> Result<Group, ServiceError> {
    let plan = Plan::of_new(store, members).await?;
    let group = Group { id: GroupId(Uuid::new_v4()), name, external_id, version: 1, created: now };
    let group = update(store, |directory| directory.add(group.clone()).map(|()| group.clone())).await?;
    carry_out(store, group, &plan, false).await
}

/// Changes a group, if it is as the caller `expects` it. The same again changes nothing, or what a crash has left over.
///
/// # Errors
/// As [`create`]; [`Denied::NoSuchGroup`], and [`Denied::GroupChanged`] if it is not as expected.
pub async fn change(
    store: &dyn Store,
    id: GroupId,
    expects: impl Fn(&Group) -> bool,
    edit: &GroupEdit,
) -> Result<Group, ServiceError> {
    let found = group(store, id).await?;
    must_be(&found, &expects)?;
    let plan = Plan::of(store, &found, edit).await?;
    let changed = update(store, |directory| {
        let mut group = directory.group(id).cloned().ok_or(Denied::NoSuchGroup)?;
        if !expects(&group) {
            return Err(Denied::GroupChanged);
        }
        let before = group.clone();
        if let Some(name) = &edit.name {
            group.name.clone_from(name);
        }
        if let Some(external_id) = &edit.external_id {
            group.external_id.clone_from(external_id);
        }
        if group != before || plan.changes_members() {
            group.version += 1;
        }
        directory.replace(group.clone())?;
        Ok(group)
    });
    carry_out(store, changed.await?, &plan, edit.name.is_some()).await
}

/// Deletes a group, if it is as the caller `expects` it: nobody is in it any more.
///
/// # Errors
/// [`Denied::NoSuchGroup`], [`Denied::GroupChanged`], the store's.
pub async fn delete(store: &dyn Store, id: GroupId, expects: impl Fn(&Group) -> bool) -> Result<(), ServiceError> {
    must_be(&group(store, id).await?, &expects)?;
    // First the members: while the group is there, a request that was interrupted can be sent again.
    empty(store, id).await?;
    let removed = update(store, |directory| {
        let at = directory.groups.iter().position(|group| group.id == id).ok_or(Denied::NoSuchGroup)?;
        Ok(directory.groups.remove(at))
    });
    removed.await?;
    // Then those who came meanwhile. Whoever lets somebody in from now on sees that the group is gone.
    empty(store, id).await
}

fn must_be(group: &Group, expects: impl Fn(&Group) -> bool) -> Result<(), ServiceError> {
    if expects(group) { Ok(()) } else { Err(ServiceError::Group(Denied::GroupChanged)) }
}

/// Changes the record of all groups; writes nothing if it stays as it is.
async fn update(store: &dyn Store, rule: impl Fn(&mut GroupDirectory) -> Ruling<Group>) -> Result<Group, ServiceError> {
    for _ in 0..MAX_ATTEMPTS {
        let before = store.groups().await?;
        let mut directory = before.clone();
        let group = rule(&mut directory).map_err(ServiceError::Group)?;
        if directory == before || store.replace_groups(&directory).await? {
            return Ok(group);
        }
    }
    Err(StoreError::Unavailable("others change the groups at this moment".into()).into())
}

/// Has the accounts follow the group: first who leaves, so that access ends before any is given.
async fn carry_out(store: &dyn Store, mut group: Group, plan: &Plan, is_named: bool) -> Result<Group, ServiceError> {
    change_each(store, group.id, &plan.leave, &leaving(group.id)).await?;
    change_each(store, group.id, &plan.join, &joining(&group)).await?;
    let mut written = plan.join.clone();
    if is_named {
        // Those who are in it now: whoever joined before the record had this name does not look at it again.
        written.extend(rename(store, &group).await?);
    }
    for _ in 0..MAX_ATTEMPTS {
        if written.is_empty() {
            break;
        }
        // Whoever renames or deletes the group does so in the record first, then in the accounts that they find. They may
        // have missed these.
        let directory = store.groups().await?;
        let Some(now) = directory.group(group.id) else {
            change_each(store, group.id, &written, &leaving(group.id)).await?;
            return Err(ServiceError::Group(Denied::NoSuchGroup));
        };
        let is_renamed = now.name != group.name;
        group = now.clone();
        if !is_renamed {
            break;
        }
        change_each(store, group.id, &written, &AccountChange::RenameGroup(group.as_team())).await?;
    }
    Ok(group)
}

fn joining(group: &Group) -> AccountChange {
    AccountChange::Groups(ListChange { add: vec![group.as_team()], remove: Vec::new() })
}

fn leaving(group: GroupId) -> AccountChange {
    AccountChange::Groups(ListChange { add: Vec::new(), remove: vec![group.to_string().into()] })
}

/// Has everybody leave a group.
async fn empty(store: &dyn Store, group: GroupId) -> Result<(), ServiceError> {
    change_found(store, group, |account| account.profile.is_in(group), &leaving(group)).await.map(drop)
}

/// Has everybody in a group know it by its name; those who knew it by another.
async fn rename(store: &dyn Store, group: &Group) -> Result<Vec<UserId>, ServiceError> {
    let team = group.as_team();
    let is_other = |account: &Account| account.profile.groups.iter().any(|held| held.id == team.id && *held != team);
    change_found(store, group.id, is_other, &AccountChange::RenameGroup(team.clone())).await
}

/// Changes each account that is so; which.
async fn change_found(
    store: &dyn Store,
    group: GroupId,
    is_so: impl Fn(&Account) -> bool + Sync,
    change: &AccountChange,
) -> Result<Vec<UserId>, ServiceError> {
    let (mut after, mut changed) = (None, Vec::new());
    loop {
        let page = store.accounts(after.as_deref(), READ_AT_ONCE).await?;
        let found: Vec<_> = page.items.iter().filter(|account| is_so(account)).map(|account| account.id).collect();
        change_each(store, group, &found, change).await?;
        changed.extend(found);
        if page.next.is_none() {
            return Ok(changed);
        }
        after = page.next;
    }
}

async fn change_each(
    store: &dyn Store,
    group: GroupId,
    users: &[UserId],
    change: &AccountChange,
) -> Result<(), ServiceError> {
    for some in users.chunks(AT_ONCE) {
        try_join_all(some.iter().map(|user| change_one(store, group, *user, change))).await?;
    }
    Ok(())
}

async fn change_one(
    store: &dyn Store,
    group: GroupId,
    user: UserId,
    change: &AccountChange,
) -> Result<(), ServiceError> {
    match store.change_account(user, change).await? {
        Ok(_) => {
            if let AccountChange::Groups(list) = change {
                let act = if list.add.is_empty() { "leave group" } else { "join group" };
                tracing::info!(%user, %group, act, "provisioning");
            }
            Ok(())
        }
        // Deleted meanwhile.
        Err(Denied::NoSuchUser) => Ok(()),
        Err(denied) => Err(ServiceError::Group(denied)),
    }
}

/// Reads these accounts; those that are there.
async fn accounts(store: &dyn Store, users: &[UserId]) -> Result<Vec<Account>, ServiceError> {
    let mut accounts = Vec::new();
    for some in users.chunks(AT_ONCE) {
        accounts.extend(try_join_all(some.iter().map(|user| store.account(*user))).await?.into_iter().flatten());
    }
    Ok(accounts)
}
