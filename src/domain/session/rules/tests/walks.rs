//! What holds after any sequence of commands on one user's directory sessions.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::directory::{LIMITS, close, expire, id, mint, opening, somebody, swap};
use super::*;
use crate::domain::{
    AccountChange, AuthMethod, Expire, ListChange, LoginProof, OpenSession, Right, Rights, SessionCommand, SignOn,
};

/// What a store would find, had it done all that the effects say.
#[derive(Debug, Default)]
struct Found {
    sign_ons: BTreeSet<TokenDigest>,
    /// Until when each is found: one that has ended is nobody's concern.
    cross: BTreeMap<TokenDigest, Timestamp>,
}

impl Found {
    fn apply(&mut self, effects: &Effects) {
        for gone in effects.revoked(TokenKind::SignOn) {
            self.sign_ons.remove(&gone);
        }
        for gone in effects.revoked(TokenKind::Cross) {
            self.cross.remove(&gone);
        }
        self.sign_ons.extend(effects.issued(TokenKind::SignOn).map(|(digest, _)| digest));
        self.cross.extend(effects.issued(TokenKind::Cross).map(|(digest, owner)| (digest, owner.expires)));
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
        let [grant, revoke] =
            [grant, revoke].map(|[frontend, client_dev]| Rights { frontend, client_dev, admin: false });
        AccountChange::Rights { grant, revoke }
    });
    let scopes = any::<bool>().prop_map(|add| {
        let (plans, none) = (vec!["plans".into()], Vec::new());
        let (add, remove) = if add { (plans, none) } else { (none, plans) };
        AccountChange::Scopes(ListChange { add, remove })
    });
    let plain = prop_oneof![
        Just(AccountChange::SignOffEverywhere),
        Just(AccountChange::LogOutEverywhere(CloseReason::ByAdmin))
    ];
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

/// Takes a step, the `turn`th.
fn take(person: &mut Person, step: &Step, turn: u8, minute: u32) -> Ruling<Effects> {
    let when = MINUTE * minute;
    let now = at(when);
    match step {
        Step::Open { number, how, meets, age, cookie, right } => {
            let open = opening(*number, when);
            let proven = Timestamp::from_millis(now.millis() - u64::from(*age) * 60_000);
            let Account { generation, profile, .. } = &person.account;
            let (generation, meets) = (*generation, profile.reauth_request.filter(|_| *meets));
            let open = OpenSession {
                proof: LoginProof { how: *how, proven, generation, sign_on: cookie.map(token), meets, ..open.proof },
                right: *right,
                sign_on: cookie.map(|cookie| (token(cookie), MINUTE * 60)),
                ..open
            };
            person.act(&SessionCommand::Open(Box::new(open)), now).map(|(_, effects)| effects)
        }
        Step::Heartbeat { number, minutes } => {
            let before = now.plus(MINUTE * u32::from(*minutes));
            let heartbeat = SessionCommand::Heartbeat { session: id(*number), now, before };
            person.act(&heartbeat, now).map(|(_, effects)| effects)
        }
        Step::Collect { number } => {
            let collect = SessionCommand::Collect { session: id(*number), now, again: MINUTE };
            person.act(&collect, now).map(|(_, effects)| effects)
        }
        Step::Close { number, ask_again } => person.act(&close(*number, *ask_again), now).map(|((), effects)| effects),
        Step::Lapse { number } => person.act(&expire(*number), now).map(|(_, effects)| effects),
        Step::Mint { number } => person.act(&mint(*number, 100 + turn, when), now).map(|(_, effects)| effects),
        Step::Swap { number, cross } => person.act(&swap(*number, *cross, when), now).map(|(_, effects)| effects),
        Step::Change(change) => person.act(change, now).map(|(_, effects)| effects),
        Step::Prune => person.act(&Expire { session: None }, now).map(|(_, effects)| effects),
    }
}

fn check(person: &Person) {
    let Profile { rights, scopes, sign_ons, .. } = &person.account.profile;
    assert!(person.directory.len() <= LIMITS.directory_sessions_per_user && sign_ons.len() <= SignOn::MAX_BROWSERS);
    let browsers: BTreeSet<_> = sign_ons.iter().map(|sign_on| sign_on.digest).collect();
    assert_eq!(browsers.len(), sign_ons.len());
    for (id, session) in &person.directory {
        assert!(session.id == *id && session.heartbeat_before <= session.end_of_life);
        assert!(session.end_of_life <= session.authenticated.plus(LIMITS.login_age));
        assert!(rights.include(session.right) && session.app_claims.iter().all(|claim| scopes.contains(claim)));
        assert!(session.cross.len() <= LIMITS.cross_tokens_per_session);
    }
}

proptest! {
    #[test]
    fn after_any_commands_the_rules_hold_and_a_store_finds_what_they_left(
        steps in prop::collection::vec((step(), prop_oneof![3 => 0..3_u32, 1 => 0..60_u32]), 1..60),
    ) {
        let (mut person, mut found) = (somebody(), Found::default());
        let mut minute = 60;
        for (turn, (step, minutes)) in (0..).zip(steps) {
            minute += minutes;
            let now = at(MINUTE * minute);
            let before = person.clone();
            let Ok(effects) = take(&mut person, &step, turn, minute) else {
                prop_assert_eq!(&person, &before, "refused: {:?}", step);
                continue;
            };
            found.apply(&effects);
            check(&person);
            let sign_ons = person.account.profile.sign_ons.iter().map(|sign_on| sign_on.digest).collect();
            prop_assert_eq!(&found.sign_ons, &sign_ons, "{:?}", step);
            let mut cross = person.whole().open_at(now).directory.into_values().flat_map(|session| session.cross);
            prop_assert!(cross.all(|token| found.cross.contains_key(&token.digest)), "{:?}", step);
            let has = |digest| person.directory.values().flat_map(|session| &session.cross).any(|token| token.digest == digest);
            prop_assert!(found.cross.iter().all(|(digest, expires)| *expires <= now || has(*digest)), "{:?}", step);
            let new = person.directory.values().find(|session| !before.directory.contains_key(&session.id));
            let opened = new.map(|session| (SessionKey::Directory(session.id), session.deadline()));
            let by_effects = effects.opened.filter(|(key, _)| matches!(key, SessionKey::Directory(_)));
            prop_assert_eq!(by_effects, opened, "{:?}", step);
            let closed: BTreeSet<_> = effects.closed.iter().map(|closed| closed.session).collect();
            prop_assert_eq!(closed.len(), effects.closed.len(), "each once: {:?}", step);
            for (id, session) in &before.directory {
                prop_assert_eq!(closed.contains(id), !person.directory.contains_key(id), "{:?}", step);
                let Some(later) = person.directory.get(id) else { continue };
                prop_assert!(later.deadline() >= session.deadline() && later.end_of_life == session.end_of_life);
                let revived = session.overdue(now).is_some() && later.deadline() > session.deadline();
                prop_assert!(!revived, "{:?}", step);
            }
        }
    }
}
