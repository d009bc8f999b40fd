//! What holds after any sequence of acts on one user's directory sessions.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::tests::{LIMITS, MINUTE, at, id, mint, opening, somebody, swap, token};
use super::*;
use crate::domain::{AccountChange, ListChange, LoginProof, Profile, Rights, TokenDigest};

/// What a store would have, had it made every change that the rules returned.
#[derive(Debug)]
struct Kept {
    account: Account,
    directory: BTreeMap<SessionId, DirectorySession>,
    sign_ons: BTreeSet<TokenDigest>,
    /// Until when each is found: a pointer that has ended is nobody's concern.
    cross: BTreeMap<TokenDigest, Timestamp>,
}

impl Kept {
    fn apply(&mut self, held: &UserState, changes: &Effects) {
        if changes.account {
            self.account = held.account.clone();
        }
        for key in &changes.closed {
            if let SessionKey::Directory(id) = key {
                self.directory.remove(id);
            }
        }
        for key in &changes.stored {
            if let SessionKey::Directory(id) = key {
                self.directory.insert(*id, held.directory[id].clone());
            }
        }
        for gone in &changes.dead_sign_ons {
            self.sign_ons.remove(gone);
        }
        for gone in &changes.dead_cross {
            self.cross.remove(gone);
        }
        self.sign_ons.extend(changes.sign_on.iter().map(|(digest, _)| *digest));
        self.cross.extend(changes.cross.iter().map(|(digest, found)| (*digest, found.expires)));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Open { number: u8, how: AuthMethod, meets: bool, age: u8, cookie: Option<u8>, right: Right },
    Heartbeat { number: u8, minutes: u16 },
    Collect { number: u8 },
    Close { number: u8, ask_again: bool },
    Lapse { number: u8 },
    Mint { number: u8 },
    Swap { number: u8, cross: u8 },
    Change(AccountChange),
    Prune,
}

fn step() -> impl Strategy<Value = Step> {
    let number = || 0..6_u8;
    let how = prop_oneof![Just(AuthMethod::Password), Just(AuthMethod::Oidc), Just(AuthMethod::SingleSignOn)];
    let right = prop_oneof![Just(Right::Client), Just(Right::Frontend), Just(Right::ClientDev)];
    let open = (number(), how, any::<bool>(), 0..30_u8, prop::option::of(0..20_u8), right);
    let rights = (any::<[bool; 2]>(), any::<[bool; 2]>()).prop_map(|(grant, revoke)| {
        let [grant, revoke] = [grant, revoke].map(|[frontend, client_dev]| Rights { frontend, client_dev });
        AccountChange::Rights { grant, revoke }
    });
    let scopes = any::<bool>().prop_map(|add| {
        let (plans, none) = (vec!["plans".into()], Vec::new());
        let (add, remove) = if add { (plans, none) } else { (none, plans) };
        AccountChange::Scopes(ListChange { add, remove })
    });
    let plain = prop_oneof![Just(AccountChange::SignOffEverywhere), Just(AccountChange::LogOutEverywhere)];
    prop_oneof![
        6 => open.prop_map(|(number, how, meets, age, cookie, right)| {
            Step::Open { number, how, meets, age, cookie, right }
        }),
        4 => (number(), 0..2_000_u16).prop_map(|(number, minutes)| Step::Heartbeat { number, minutes }),
        1 => number().prop_map(|number| Step::Collect { number }),
        2 => (number(), any::<bool>()).prop_map(|(number, ask_again)| Step::Close { number, ask_again }),
        2 => number().prop_map(|number| Step::Lapse { number }),
        2 => number().prop_map(|number| Step::Mint { number }),
        1 => (number(), 100..160_u8).prop_map(|(number, cross)| Step::Swap { number, cross }),
        1 => prop_oneof![rights, scopes, plain].prop_map(Step::Change),
        1 => Just(Step::Prune),
    ]
}

/// Takes a step, the `turn`th, and says what a store must change; `None` if it does not count.
fn take(held: &mut UserState, step: &Step, turn: u8, minute: u32) -> Option<Effects> {
    let when = MINUTE * minute;
    let now = at(when);
    let direct = |held: &mut UserState, act| held.update_session(&act, now).map(|(_, changes)| changes);
    match step {
        Step::Open { number, how, meets, age, cookie, right } => {
            let open = opening(*number, when);
            let proven = Timestamp::from_millis(now.millis() - u64::from(*age) * 60_000);
            let Account { generation, profile, .. } = &held.account;
            let (generation, meets) = (*generation, profile.reauth_request.filter(|_| *meets));
            let open = OpenSession {
                proof: LoginProof { how: *how, proven, generation, sign_on: cookie.map(token), meets, ..open.proof },
                right: *right,
                sign_on: cookie.map(|cookie| (token(cookie), MINUTE * 60)),
                ..open
            };
            direct(held, SessionCommand::Open(Box::new(open)))
        }
        Step::Heartbeat { number, minutes } => {
            let before = now.plus(MINUTE * u32::from(*minutes));
            direct(held, SessionCommand::Heartbeat { session: id(*number), now, before })
        }
        Step::Collect { number } => direct(held, SessionCommand::Collect { session: id(*number), now, again: MINUTE }),
        Step::Close { number, ask_again } => {
            direct(held, SessionCommand::Close { session: id(*number), ask_again: *ask_again })
        }
        Step::Lapse { number } => direct(held, SessionCommand::Lapse { session: id(*number) }),
        Step::Mint { number } => held.mint_cross(&mint(*number, 100 + turn, when), now).map(|(_, changes)| changes),
        Step::Swap { number, cross } => held.issue(&swap(*number, *cross, when), now).map(|(_, changes)| changes),
        Step::Change(change) => held.change(change),
        Step::Prune => {
            let mut changes = Effects::default();
            held.prune(now, &mut changes);
            Some(changes)
        }
    }
}

fn check(held: &UserState) {
    let Profile { rights, scopes, sign_ons, .. } = &held.account.profile;
    assert!(held.directory.len() <= LIMITS.directory_sessions_per_user && sign_ons.len() <= SignOn::MOST);
    let browsers: BTreeSet<_> = sign_ons.iter().map(|sign_on| sign_on.digest).collect();
    assert_eq!(browsers.len(), sign_ons.len());
    for (id, session) in &held.directory {
        assert!(session.id == *id && session.heartbeat_before <= session.end_of_life);
        assert!(session.end_of_life <= session.authenticated.plus(LIMITS.login_age));
        assert!(rights.include(session.right) && session.app_claims.iter().all(|claim| scopes.contains(claim)));
        assert!(session.cross.len() <= LIMITS.cross_tokens_per_session);
    }
}

proptest! {
    #[test]
    fn after_any_acts_the_rules_hold_and_a_store_has_what_they_left(
        steps in prop::collection::vec((step(), prop_oneof![3 => 0..3_u32, 1 => 0..60_u32]), 1..60),
    ) {
        let mut held = somebody();
        let mut kept = Kept {
            account: held.account.clone(),
            directory: BTreeMap::new(),
            sign_ons: BTreeSet::new(),
            cross: BTreeMap::new(),
        };
        let mut minute = 60;
        for (turn, (step, minutes)) in (0..).zip(steps) {
            minute += minutes;
            let now = at(MINUTE * minute);
            let before = held.clone();
            let Some(changes) = take(&mut held, &step, turn, minute) else {
                prop_assert_eq!(&held, &before, "refused: {:?}", step);
                continue;
            };
            kept.apply(&held, &changes);
            check(&held);
            prop_assert_eq!((&kept.account, &kept.directory), (&held.account, &held.directory), "{:?}", step);
            let sign_ons = held.account.profile.sign_ons.iter().map(|sign_on| sign_on.digest).collect();
            prop_assert_eq!(&kept.sign_ons, &sign_ons, "{:?}", step);
            let mut cross = held.clone().open_at(now).directory.into_values().flat_map(|session| session.cross);
            prop_assert!(cross.all(|token| kept.cross.contains_key(&token.digest)), "{:?}", step);
            let held_cross = |digest| held.directory.values().flat_map(|session| &session.cross).any(|token| token.digest == digest);
            prop_assert!(kept.cross.iter().all(|(digest, expires)| *expires <= now || held_cross(*digest)), "{:?}", step);
            let new = held.directory.values().find(|session| !before.directory.contains_key(&session.id));
            prop_assert_eq!(changes.opened, new.map(|session| (session.id, session.deadline())), "{:?}", step);
            for (id, session) in &before.directory {
                let Some(later) = held.directory.get(id) else { continue };
                prop_assert!(later.deadline() >= session.deadline() && later.end_of_life == session.end_of_life);
                let revived = session.overdue(now).is_some() && later.deadline() > session.deadline();
                prop_assert!(!revived, "{:?}", step);
            }
        }
    }
}
