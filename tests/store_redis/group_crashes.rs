//! A crash between any two steps of a change of a group: the same request again finishes it.

use std::collections::HashSet;

use bimgate::domain::{Denied, Group, Team, UserId};
use bimgate::error::ServiceError;
use bimgate::groups::{self, GroupEdit, MemberEdit};

use crate::backend::Backend as _;
use crate::crashes::{crash_after, run_crashing};
use crate::fixture::{Here, patient};
use crate::support::redis_server::RedisServer;
use crate::{Outcome, given};

/// Longer than a change of a group ever waits.
const WAITS: usize = 200;

/// A group with the first of these users in it.
async fn made(here: &Here, name: &str, members: &[UserId]) -> given::Result<Group> {
    let mut edit = MemberEdit::default();
    for user in members {
        edit.join(*user);
    }
    Ok(groups::create(&*here.store(), name.into(), None, &edit, here.now()).await?)
}

/// What each of the users holds of a group.
async fn held(here: &Here, group: &Group, users: &[UserId]) -> given::Result<Vec<Option<Team>>> {
    let mut held = Vec::new();
    for user in users {
        let account = here.store().account(*user).await?.ok_or("nobody")?;
        held.push(account.profile.groups.into_iter().find(|team| *team.id == *group.id.to_string()));
    }
    Ok(held)
}

async fn users(here: &Here) -> given::Result<[UserId; 3]> {
    Ok([given::user(here).await?, given::user(here).await?, given::user(here).await?])
}

#[test]
fn a_change_of_a_group_that_crashed_is_finished_by_the_same_again() -> Outcome {
    run_crashing(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let users = users(&here).await?;
        let [first, second, third] = users;
        let mut interrupted = HashSet::new();
        for waits in 0..WAITS {
            let group = made(&here, &format!("Group {waits}"), &[first, second]).await?;
            let mut edit = GroupEdit { name: Some(format!("New {waits}").into()), ..GroupEdit::default() };
            edit.members.leave_all();
            edit.members.join(second);
            edit.members.join(third);
            let store = here.store();
            let changed = crash_after(waits, groups::change(&*store, group.id, |_| true, &edit)).await;
            let left = held(&here, &group, &users).await?;
            let there = groups::group(&*store, group.id).await?;
            let (old, new) = (group.as_team(), Team { name: format!("New {waits}").into(), ..group.as_team() });
            let expected = [None, Some(new.clone()), Some(new.clone())];
            if changed.transpose()?.is_some() {
                assert_eq!((left, there.as_team()), (expected.to_vec(), new));
                assert!(interrupted.len() > 3, "{interrupted:?}: what crashes left");
                return Ok(());
            }
            let held_or_none = |team: &Option<Team>| team.as_ref().is_none_or(|team| [&old, &new].contains(&team));
            assert!(left.iter().all(held_or_none), "{left:?}");
            assert!(left[0].is_none() || left[2].is_none(), "access ends before any is given: {left:?}");
            interrupted.insert(left.iter().map(|team| team.as_ref().map(|team| *team == new)).collect::<Vec<_>>());
            let again = groups::change(&*store, group.id, |_| true, &edit).await?;
            assert_eq!((again.as_team(), held(&here, &group, &users).await?), (new, expected.to_vec()), "{left:?}");
            groups::delete(&*store, group.id, |_| true).await?;
        }
        Err("it never ends".into())
    })
}

#[test]
fn a_group_whose_making_or_end_crashed_is_whole_after_the_same_again() -> Outcome {
    run_crashing(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let users = users(&here).await?;
        let mut interrupted = [0; 2];
        for waits in 0..WAITS {
            let (name, store) = (format!("Group {waits}"), here.store());
            let made = crash_after(waits, made(&here, &name, &users)).await.transpose()?;
            interrupted[0] += usize::from(made.is_none());
            let again = match made {
                Some(group) => Ok(group),
                None => self::made(&here, &name, &users).await,
            };
            let group = if let Ok(group) = again {
                group
            } else {
                // As a client does that is told so: it finds the group, and sends the members again.
                let directory = store.groups().await?;
                let found = directory.groups.iter().find(|group| *group.name == *name).ok_or("no group")?;
                let mut edit = GroupEdit::default();
                for user in &users {
                    edit.members.join(*user);
                }
                groups::change(&*store, found.id, |_| true, &edit).await?
            };
            assert_eq!(held(&here, &group, &users).await?, vec![Some(group.as_team()); 3]);
            let deleted = crash_after(waits, groups::delete(&*store, group.id, |_| true)).await.transpose()?;
            interrupted[1] += usize::from(deleted.is_none());
            if deleted.is_none() {
                match groups::delete(&*store, group.id, |_| true).await {
                    Ok(()) | Err(ServiceError::Group(Denied::NoSuchGroup)) => {}
                    Err(other) => return Err(other.into()),
                }
            }
            assert_eq!(held(&here, &group, &users).await?, [None, None, None]);
            assert_eq!(store.groups().await?.groups, []);
            if deleted.is_some() && interrupted.iter().all(|count| *count > 3) {
                return Ok(());
            }
        }
        Err(format!("{interrupted:?}: it never ends").into())
    })
}
