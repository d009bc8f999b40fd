//! `Groups`, the changes of an account that are about groups, and how both go together.

use bimgate::domain::{
    Account, AccountChange, Denied, Group, GroupDirectory, GroupId, ListChange, Profile, Subject, Team, UserId,
};
use bimgate::error::ServiceError;
use bimgate::groups::{self, GroupEdit, MemberEdit};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::backend::Backend;
use crate::given;

fn group(backend: &dyn Backend, name: &str) -> Group {
    let (id, created) = (GroupId(Uuid::new_v4()), backend.now());
    Group { id, name: name.into(), external_id: None, version: 1, created }
}

fn join(team: &Team) -> AccountChange {
    AccountChange::Groups(ListChange { add: vec![team.clone()], remove: Vec::new() })
}

/// A group that somebody has made.
async fn made(backend: &dyn Backend, name: &str, members: &[UserId]) -> given::Result<Group> {
    let mut edit = MemberEdit::default();
    for user in members {
        edit.join(*user);
    }
    Ok(groups::create(&*backend.store(), name.into(), None, &edit, backend.now()).await?)
}

/// The groups that a user is in.
async fn groups_of(backend: &dyn Backend, user: UserId) -> given::Result<Vec<Team>> {
    Ok(backend.second_server().account(user).await?.ok_or("nobody")?.profile.groups)
}

on_every_backend!(groups_are_kept_as_they_were_stored, |backend| {
    assert_eq!(backend.store().groups().await?, GroupDirectory::default());
    let mut directory = GroupDirectory::default();
    for version in 0..3 {
        directory.version = version;
        directory.groups.push(group(backend, &version.to_string()));
        assert!(backend.store().replace_groups(&directory).await?);
        let stored = backend.second_server().groups().await?;
        assert_eq!(stored, GroupDirectory { version: version + 1, groups: directory.groups.clone() });
    }
    for version in [0, 1, 2, 4] {
        assert!(!backend.store().replace_groups(&GroupDirectory { version, groups: Vec::new() }).await?, "{version}");
    }
    assert_eq!(backend.store().groups().await?.groups, directory.groups);
    Ok(())
});

on_every_backend!(of_simultaneous_replacements_of_the_groups_one_wins, |backend| {
    for version in 0..5 {
        let replacements = (0..32).map(|turn| {
            let store = backend.server(turn);
            let directory = GroupDirectory { version, groups: vec![group(backend, &turn.to_string())] };
            tokio::spawn(async move { (store.replace_groups(&directory).await, directory.groups) })
        });
        let mut won = Vec::new();
        for replacement in join_all(replacements).await {
            let (replaced, groups) = replacement?;
            won.extend(replaced?.then_some(groups));
        }
        assert_eq!(won.len(), 1);
        assert_eq!(backend.second_server().groups().await?.groups, won[0]);
    }
    Ok(())
});

on_every_backend!(an_account_keeps_its_groups_whatever_a_login_says_of_teams, |backend| {
    let (store, user) = (backend.store(), given::user(backend).await?);
    let [one, two] = [group(backend, "One"), group(backend, "Two")].map(|group| group.as_team());
    let login = given::login(backend, &given::client());
    given::logged_in(&store, user, &login).await?;
    for team in [&one, &two, &one] {
        store.change_account(user, &join(team)).await??;
    }
    assert_eq!(groups_of(backend, user).await?, [one.clone(), two.clone()]);
    let subject = Subject { issuer: "https://id".into(), subject: user.to_string().into(), claims: "{}".into() };
    let team = Team { id: "t".into(), name: "Team".into() };
    let link = AccountChange::Link { subject, name: None, teams: Some(vec![team.clone()]), relinks: false };
    let linked = store.change_account(user, &link).await??;
    assert_eq!((linked.profile.groups, linked.profile.teams), (vec![one.clone(), two.clone()], vec![team]));
    let renamed = Team { name: "New".into(), ..two.clone() };
    store.change_account(user, &AccountChange::RenameGroup(renamed.clone())).await??;
    let another = group(backend, "Another").as_team();
    store.change_account(user, &AccountChange::RenameGroup(another)).await??;
    assert_eq!(groups_of(backend, user).await?, [one.clone(), renamed.clone()]);
    let leave = AccountChange::Groups(ListChange { add: Vec::new(), remove: vec![one.id] });
    store.change_account(user, &leave).await??;
    store.change_account(user, &leave).await??;
    assert_eq!(groups_of(backend, user).await?, [renamed]);
    assert!(given::usable(&store, login.access.0).await?, "ends nothing");
    Ok(())
});

on_every_backend!(an_account_is_in_so_many_groups_and_no_more, |backend| {
    let user = given::user(backend).await?;
    let teams: Vec<_> = (0..=Profile::MAX_ENTRIES).map(|n| group(backend, &n.to_string()).as_team()).collect();
    let (last, first) = teams.split_last().ok_or("some")?;
    for team in first {
        backend.store().change_account(user, &join(team)).await??;
    }
    assert_eq!(backend.store().change_account(user, &join(last)).await?.err(), Some(Denied::TooManyEntries));
    assert_eq!(groups_of(backend, user).await?, first);
    Ok(())
});

on_every_backend!(of_groups_that_are_made_at_one_moment_one_has_the_name, |backend| {
    let creations = (0..16).map(|turn| {
        let (store, now) = (backend.server(turn), backend.now());
        tokio::spawn(async move { groups::create(&*store, "Group".into(), None, &MemberEdit::default(), now).await })
    });
    let mut made = 0;
    for creation in join_all(creations).await {
        match creation? {
            Ok(_) => made += 1,
            Err(ServiceError::Group(denied)) => assert_eq!(denied, Denied::GroupNameTaken),
            Err(other) => return Err(other.into()),
        }
    }
    assert_eq!((made, backend.second_server().groups().await?.groups.len()), (1, 1));
    Ok(())
});

on_every_backend!(simultaneous_changes_of_members_all_take_effect, |backend| {
    let mut accounts: Vec<Account> = Vec::new();
    for _ in 0..16 {
        accounts.push(given::account(backend));
    }
    backend.store().create_accounts(&accounts).await?;
    let leaving: Vec<_> = accounts[..8].iter().map(|account| account.id).collect();
    let group = made(backend, "Group", &leaving).await?;
    let changes = accounts.iter().enumerate().map(|(turn, account)| {
        let (store, id, user) = (backend.server(turn), group.id, account.id);
        let mut edit = GroupEdit::default();
        if turn < 8 {
            edit.members.leave(user);
        } else {
            edit.members.join(user);
        }
        tokio::spawn(async move { groups::change(&*store, id, |_| true, &edit).await })
    });
    for changed in join_all(changes).await {
        changed??;
    }
    let members = groups::members(&*backend.second_server(), std::slice::from_ref(&group)).await?.ok_or("too many")?;
    let mut expected: Vec<_> = accounts[8..].iter().map(|account| account.id).collect();
    expected.sort_unstable();
    assert_eq!(members[&group.id], expected);
    assert_eq!(groups::group(&*backend.store(), group.id).await?.version, 1 + 16);
    Ok(())
});

on_every_backend!(of_simultaneous_changes_of_one_version_one_takes_effect, |backend| {
    let group = made(backend, "0", &[]).await?;
    let changes = (0..16).map(|turn| {
        let (store, id, version) = (backend.server(turn), group.id, group.version);
        let edit = GroupEdit { name: Some((turn + 1).to_string().into()), ..GroupEdit::default() };
        tokio::spawn(async move { groups::change(&*store, id, |group| group.version == version, &edit).await })
    });
    let mut took_effect = Vec::new();
    for change in join_all(changes).await {
        match change? {
            Ok(group) => took_effect.push(group),
            Err(ServiceError::Group(denied)) => assert_eq!(denied, Denied::GroupChanged),
            Err(other) => return Err(other.into()),
        }
    }
    assert_eq!(took_effect, [groups::group(&*backend.second_server(), group.id).await?]);
    Ok(())
});

on_every_backend!(nobody_is_in_a_group_that_was_deleted_or_has_another_name, |backend| {
    let mut accounts: Vec<Account> = Vec::new();
    for _ in 0..6 {
        accounts.push(given::account(backend));
    }
    backend.store().create_accounts(&accounts).await?;
    let users: Vec<_> = accounts.iter().map(|account| account.id).collect();
    for round in 0..8 {
        let group = made(backend, &format!("Group {round}"), &users[..2]).await?;
        let deletes = round % 2 == 0;
        let acts = (0..6).map(|turn| {
            let (store, id, user) = (backend.server(turn), group.id, users[turn]);
            tokio::spawn(async move {
                let mut edit = GroupEdit::default();
                match turn {
                    0 if deletes => return groups::delete(&*store, id, |_| true).await.map(|()| None),
                    0 | 1 => edit.name = Some(format!("Renamed {round} {turn}").into()),
                    _ => edit.members.join(user),
                }
                groups::change(&*store, id, |_| true, &edit).await.map(Some)
            })
        });
        for act in join_all(acts).await {
            match act? {
                Ok(_) => {}
                Err(ServiceError::Group(denied)) => assert_eq!((denied, deletes), (Denied::NoSuchGroup, true)),
                Err(other) => return Err(other.into()),
            }
        }
        let there = groups::group(&*backend.second_server(), group.id).await;
        for user in &users {
            let held = groups_of(backend, *user).await?.into_iter().find(|team| *team.id == *group.id.to_string());
            match &there {
                Ok(there) => assert_eq!(held, Some(there.as_team()), "round {round}"),
                Err(_) => assert_eq!(held, None, "round {round}"),
            }
        }
        if !deletes {
            groups::delete(&*backend.store(), group.id, |_| true).await?;
        }
    }
    Ok(())
});
