use std::collections::BTreeSet;
use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::domain::{
    Account, AccountChange, AuthMethod, ClientInfo, ClientKey, Email, PasswordHash, Profile, Session, SessionId,
    Timestamp, TokenDigest, UserId,
};

pub(super) const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
pub(super) const LIMITS: Limits = Limits {
    tokens_per_client: 3,
    remember_me_per_client: 2,
    sessions_per_user: 3,
    directory_sessions_per_user: 3,
    cross_tokens_per_session: 2,
    login_age: Duration::from_secs(90 * 86_400),
};

pub(super) fn at(since_start: Duration) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).plus(since_start)
}

pub(super) const START: Duration = Duration::ZERO;

pub(super) fn nobody_logged_in() -> UserState {
    let account = Account {
        id: UserId(Uuid::from_u128(1)),
        email: Email::new("a@b").expect("an address"),
        name: "".into(),
        password: PasswordHash::new("$old"),
        enabled: true,
        generation: 4,
        created: at(START),
        networks: Vec::new(),
        profile: Profile::default(),
    };
    UserState::of(account)
}

fn client(name: &str) -> ClientKey {
    ClientKey::Text(name.into())
}

fn key(name: &str) -> SessionKey {
    SessionKey::Client(client(name))
}

pub(super) fn token(number: u8) -> TokenDigest {
    TokenDigest([number; 16])
}

/// A login by password at `when`, with access token `number` for a day.
pub(super) fn login(name: &str, number: u8, when: Duration) -> Issue {
    Issue {
        grant: Grant::Proof { generation: 4, proven: at(when) },
        now: at(when),
        client: client(name),
        server_made: false,
        team: None,
        project: None,
        contact: ClientInfo::default(),
        network: None,
        session: SessionId(Uuid::from_u128(number.into())),
        access: (token(number), DAY),
        remember_me: None,
        limits: LIMITS,
    }
}

fn remembered(name: &str, number: u8, remember_me: u8) -> Issue {
    Issue { remember_me: Some((token(remember_me), 30 * DAY)), ..login(name, number, START) }
}

fn swap(cross: u8, from: &str, to: &str, number: u8, when: Duration) -> Issue {
    let grant = Grant::Cross(CrossGrant { digest: token(cross), minted_by: key(from) });
    Issue { grant, ..login(to, number, when) }
}

fn mint(name: &str, parent: u8, cross: u8, when: Duration) -> MintCross {
    let lives = (token(cross), 5 * MINUTE);
    MintCross {
        parent: CrossParent::Access { token: token(parent), client: client(name), proven: at(START), not_after: None },
        now: at(when),
        cross: lives,
        limits: LIMITS,
    }
}

impl UserState {
    fn issued(&mut self, act: &Issue) -> (Issued, Effects) {
        self.issue(act, act.now).expect("the grant counts")
    }

    fn minted(&mut self, act: &MintCross) -> (Minted, Effects) {
        self.mint_cross(act, act.now).expect("the parent lives")
    }

    /// That a login is refused, and so has changed nothing.
    fn refuses(&mut self, act: &Issue) {
        let before = self.clone();
        assert!(self.issue(act, act.now).is_none(), "{act:?}");
        assert_eq!(*self, before);
    }

    fn session(&self, name: &str) -> &Session {
        &self.sessions[&client(name)]
    }
}

#[test]
fn a_login_opens_a_session_and_the_next_finds_it_open() {
    let mut held = nobody_logged_in();
    let (first, changes) = held.issued(&login("a", 1, START));
    assert_eq!(changes.stored, BTreeSet::from([key("a")]));
    assert_eq!(changes.access.as_ref().map(|(digest, token)| (*digest, token.expires)), Some((token(1), at(DAY))));
    let (second, _) = held.issued(&login("a", 2, MINUTE));
    assert_eq!(first.session, second.session);
    let (other, _) = held.issued(&login("b", 3, MINUTE));
    assert_ne!(first.session, other.session);
    assert_eq!((held.session("a").opened, held.session("a").last_contact), (at(START), at(MINUTE)));
}

#[test]
fn a_proof_of_another_generation_or_a_disabled_user_is_refused() {
    let mut held = nobody_logged_in();
    for generation in [3, 5] {
        held.refuses(&Issue { grant: Grant::Proof { generation, proven: at(START) }, ..login("a", 1, START) });
    }
    held.account.enabled = false;
    held.refuses(&login("a", 1, START));
}

#[test]
fn whatever_closes_all_sessions_raises_the_generation() {
    let new = PasswordHash::new("$new").expect("a hash");
    for change in [AccountChange::Password(new), AccountChange::Disable, AccountChange::LogOutEverywhere] {
        let mut held = nobody_logged_in();
        held.issued(&remembered("a", 1, 11));
        held.issued(&login("b", 2, START));
        held.minted(&mint("a", 1, 21, START));
        let changes = held.change(&change).expect("it applies");
        assert_eq!(held.account.generation, 5, "{change:?}");
        assert!(changes.account && held.sessions.is_empty());
        assert_eq!(changes.closed, BTreeSet::from([key("a"), key("b")]));
        assert_eq!(changes.dead_access, [token(1), token(2)]);
        assert_eq!((changes.dead_remember_me, changes.dead_cross), (vec![token(11)], vec![token(21)]));
        held.refuses(&login("a", 3, MINUTE));
    }
}

#[test]
fn a_rehash_applies_to_the_hash_that_was_verified_and_ends_nothing() {
    let [old, new] = ["$old", "$new"].map(|phc| PasswordHash::new(phc).expect("a hash"));
    let mut held = nobody_logged_in();
    held.issued(&login("a", 1, START));
    assert!(held.change(&AccountChange::Rehash { from: new.clone(), to: old.clone() }).is_none());
    let changes = held.change(&AccountChange::Rehash { from: old, to: new.clone() }).expect("it applies");
    assert_eq!(changes, Effects { account: true, ..Effects::default() });
    assert_eq!((&held.account.password, held.account.generation), (&Some(new), 4));
}

#[test]
fn a_remember_me_token_counts_for_its_client_until_it_expires() {
    let mut held = nobody_logged_in();
    held.issued(&remembered("a", 1, 11));
    let silent = |name, number, when| Issue { grant: Grant::RememberMe(token(11)), ..login(name, number, when) };
    held.refuses(&silent("b", 2, MINUTE));
    let (_, changes) = held.issued(&silent("a", 3, MINUTE));
    assert!(changes.dead_remember_me.is_empty(), "it stays");
    assert_eq!(held.session("a").how, AuthMethod::RememberMe);
    assert_eq!(held.session("a").authenticated, at(START), "the proof is that of the password");
    held.issued(&silent("a", 4, 29 * DAY));
    held.refuses(&silent("a", 5, 30 * DAY));
}

#[test]
fn a_cross_token_is_spent_once_and_a_refused_swap_does_not_spend_it() {
    let mut held = nobody_logged_in();
    held.issued(&login("a", 1, START));
    held.minted(&mint("a", 1, 21, START));
    held.refuses(&swap(21, "b", "b", 2, MINUTE));
    held.refuses(&swap(22, "a", "b", 2, MINUTE));
    held.refuses(&swap(21, "a", "b", 2, 5 * MINUTE));
    held.refuses(&Issue { access: (token(2), Duration::ZERO), ..swap(21, "a", "b", 2, MINUTE) });
    let (_, changes) = held.issued(&swap(21, "a", "b", 2, MINUTE));
    assert_eq!(changes.dead_cross, [token(21)]);
    assert_eq!(changes.stored, BTreeSet::from([key("a"), key("b")]));
    held.refuses(&swap(21, "a", "b", 3, MINUTE));
}

#[test]
fn swaps_do_not_renew_a_login_past_its_age() {
    let mut held = nobody_logged_in();
    let limits = Limits { login_age: 2 * DAY, ..LIMITS };
    let (issued, _) = held.issued(&Issue { limits, ..remembered("a", 1, 11) });
    assert_eq!(issued.remember_me_expires, Some(at(2 * DAY)), "30 days were asked for");
    let late = DAY + 1439 * MINUTE;
    let silent = Issue { grant: Grant::RememberMe(token(11)), limits, ..login("a", 2, late) };
    assert_eq!(held.issued(&silent).0.access_expires, at(2 * DAY));
    let (minted, _) = held.minted(&MintCross { limits, ..mint("a", 2, 21, late) });
    assert_eq!(minted.expires, at(2 * DAY));
    let (swapped, changes) = held.issued(&Issue { limits, ..swap(21, "a", "b", 3, late) });
    assert_eq!(swapped.access_expires, at(2 * DAY));
    assert_eq!(changes.access.map(|(_, token)| token.proven), Some(at(START)), "the proof is inherited");
    held.refuses(&Issue { limits, now: at(2 * DAY), ..silent });
}

#[test]
fn what_comes_of_a_remember_me_token_ends_with_it() {
    let mut held = nobody_logged_in();
    let end = at(2 * DAY);
    let year = |number| (token(number), 365 * DAY);
    let (made, changes) =
        held.issued(&Issue { access: year(1), remember_me: Some((token(11), 2 * DAY)), ..login("a", 1, START) });
    assert_eq!((made.access_expires, made.remember_me_expires), (end, Some(end)), "the login that made it");
    assert_eq!(changes.access.and_then(|(_, token)| token.not_after), Some(end));
    let silent = Issue { grant: Grant::RememberMe(token(11)), access: year(2), ..login("a", 2, DAY) };
    let (_, changes) = held.issued(&silent);
    let (mut parent, mut from) = (changes.access.expect("issued"), "a");
    for (number, to) in [(3, "b"), (4, "c"), (5, "a")] {
        assert_eq!((parent.1.expires, parent.1.not_after), (end, Some(end)));
        let CrossParent::Access { token: digest, client, proven, .. } = mint(from, parent.0.0[0], 20, DAY).parent
        else {
            unreachable!("a token of v2");
        };
        let grown = CrossParent::Access { token: digest, client, proven, not_after: parent.1.not_after };
        let (minted, _) = held.minted(&MintCross { parent: grown, cross: year(20 + number), ..mint(from, 0, 0, DAY) });
        assert_eq!(minted.expires, end, "a cross token");
        let (swapped, changes) =
            held.issued(&Issue { access: year(number), ..swap(20 + number, from, to, number, DAY) });
        assert_eq!(swapped.access_expires, end, "a swap");
        (parent, from) = (changes.access.expect("issued"), to);
    }
    assert!(held.sessions.values().all(|session| session.ends == end), "and the sessions that they opened");
}

#[test]
fn only_a_token_of_its_session_mints() {
    let mut held = nobody_logged_in();
    held.issued(&login("a", 1, START));
    for act in [mint("a", 2, 21, START), mint("b", 1, 21, START), mint("a", 1, 21, 91 * DAY)] {
        let before = held.clone();
        assert!(held.mint_cross(&act, at(START)).is_none(), "{act:?}");
        assert_eq!(held, before);
    }
    held.account.enabled = false;
    assert!(held.mint_cross(&mint("a", 1, 21, START), at(START)).is_none());
}

#[test]
fn beyond_each_limit_the_oldest_goes_first() {
    let mut held = nobody_logged_in();
    held.issued(&remembered("a", 1, 11));
    held.issued(&remembered("a", 2, 12));
    for cross in [21, 22] {
        held.minted(&mint("a", 1, cross, START));
    }
    let (_, changes) = held.minted(&mint("a", 2, 23, START));
    assert_eq!(changes.dead_cross, [token(21)]);
    let (_, changes) = held.issued(&remembered("a", 3, 13));
    assert_eq!((changes.dead_access, changes.dead_remember_me), (vec![], vec![token(11)]));
    let (_, changes) = held.issued(&login("a", 4, START));
    assert_eq!(changes.dead_access, [token(1)]);
    assert_eq!(changes.dead_cross, [token(22)], "what it minted goes with it");
}

#[test]
fn beyond_the_limit_of_sessions_those_of_server_made_clients_go_first() {
    let mut held = nobody_logged_in();
    held.issued(&login("oldest", 1, START));
    held.issued(&Issue { server_made: true, ..login("made", 2, MINUTE) });
    held.issued(&Issue { server_made: true, ..login("claimed", 3, 2 * MINUTE) });
    // The client sends the id it was given: from now on it is its own.
    held.issued(&login("claimed", 4, 3 * MINUTE));
    let (_, changes) = held.issued(&login("new", 5, 4 * MINUTE));
    assert_eq!((changes.closed, changes.dead_access), (BTreeSet::from([key("made")]), vec![token(2)]));
    let (_, changes) = held.issued(&Issue { server_made: true, ..login("newest", 6, 5 * MINUTE) });
    assert_eq!(changes.closed, BTreeSet::from([key("oldest")]), "never the one that logs in");
    assert_eq!(held.sessions.len(), 3);
}

#[test]
fn all_clients_together_hold_so_many_tokens_and_those_that_end_first_go_first() {
    let mut held = nobody_logged_in();
    let limits = Limits { tokens_per_client: 64, sessions_per_user: 256, cross_tokens_per_session: 64, ..LIMITS };
    let digest = |number: usize| TokenDigest((number as u128).to_be_bytes());
    let surplus = 3;
    for number in 0..Limits::TOKENS_PER_USER + surplus {
        let when = Duration::from_secs(number as u64);
        let act = login(&(number / 64).to_string(), 0, when);
        let (_, changes) = held.issued(&Issue { access: (digest(number), DAY), limits, ..act });
        let gone = number.checked_sub(Limits::TOKENS_PER_USER).map(digest);
        assert_eq!(changes.dead_access, gone.into_iter().collect::<Vec<_>>());
    }
    let access = held.sessions.values().map(|session| session.access.len()).sum::<usize>();
    assert_eq!(access, Limits::TOKENS_PER_USER);
    let short = Issue { access: (digest(9999), MINUTE), limits, ..login("short", 0, 20 * MINUTE) };
    held.issued(&short);
    assert_eq!(held.session("short").access.len(), 1, "never the new one");

    for number in 0..Limits::TOKENS_PER_USER + surplus {
        let client = client(&(1 + number / 64 % 15).to_string());
        let token = held.sessions[&client].access[0].digest;
        let parent = CrossParent::Access { token, client, proven: at(START), not_after: None };
        let cross = (digest(number), 5 * MINUTE + Duration::from_millis(number as u64));
        let act = MintCross { parent, cross, limits, ..mint("a", 0, 0, 20 * MINUTE) };
        held.minted(&act);
    }
    let cross = held.sessions.values().map(|session| session.cross.len()).sum::<usize>();
    assert!(cross <= Limits::TOKENS_PER_USER, "{cross}");
}

#[test]
fn revoking_ends_the_token_and_what_it_minted() {
    let mut held = nobody_logged_in();
    held.issued(&login("a", 1, START));
    held.issued(&login("a", 2, START));
    held.minted(&mint("a", 1, 21, START));
    held.minted(&mint("a", 2, 22, START));
    let changes = held.revoke(&client("a"), token(1), at(START));
    assert_eq!((&changes.dead_access, &changes.dead_cross), (&vec![token(1)], &vec![token(21)]));
    assert_eq!((changes.stored, changes.closed), (BTreeSet::from([key("a")]), BTreeSet::new()));
    let again = held.revoke(&client("a"), token(1), at(START));
    assert_eq!(again, Effects { dead_access: vec![token(1)], ..Effects::default() });
}

#[test]
fn the_last_token_of_any_kind_closes_the_session() {
    let mut held = nobody_logged_in();
    held.issued(&login("plain", 1, START));
    held.issued(&remembered("remembered", 2, 12));
    let changes = held.revoke(&client("plain"), token(1), at(START));
    assert_eq!((changes.stored, changes.closed), (BTreeSet::new(), BTreeSet::from([key("plain")])));
    held.revoke(&client("remembered"), token(2), at(START));
    assert_eq!(held.sessions.keys().collect::<Vec<_>>(), [&client("remembered")]);
}

#[test]
fn closing_ends_every_token_of_the_session_alone() {
    let mut held = nobody_logged_in();
    held.issued(&remembered("a", 1, 11));
    held.minted(&mint("a", 1, 21, START));
    held.issued(&login("b", 2, START));
    let changes = held.close(&client("a"));
    assert_eq!(changes.closed, BTreeSet::from([key("a")]));
    assert_eq!((changes.dead_access, changes.dead_remember_me), (vec![token(1)], vec![token(11)]));
    assert_eq!(changes.dead_cross, [token(21)]);
    assert_eq!(held.close(&client("a")), Effects::default());
    assert_eq!(held.sessions.len(), 1);
}

#[test]
fn a_session_lives_as_long_as_its_longest_token() {
    let mut held = nobody_logged_in();
    held.issued(&remembered("a", 1, 11));
    held.issued(&Issue { access: (token(2), MINUTE), ..login("a", 2, MINUTE) });
    assert_eq!(held.session("a").ends, at(30 * DAY), "a shorter token never shortens it");
    let mut changes = Effects::default();
    held.prune(at(DAY), &mut changes);
    assert_eq!(held.session("a").access, []);
    assert_eq!((&changes.stored, &changes.closed), (&BTreeSet::from([key("a")]), &BTreeSet::new()));
    held.prune(at(30 * DAY), &mut changes);
    assert_eq!((changes.stored, changes.closed), (BTreeSet::new(), BTreeSet::from([key("a")])));
    assert!(held.sessions.is_empty());
}

#[test]
fn a_login_to_a_session_that_has_ended_opens_a_new_one() {
    let mut held = nobody_logged_in();
    let (ended, _) = held.issued(&login("a", 1, START));
    let (opened, changes) = held.issued(&login("a", 2, DAY));
    assert_ne!(ended.session, opened.session);
    assert_eq!((changes.stored, changes.closed), (BTreeSet::from([key("a")]), BTreeSet::new()));
}

#[test]
fn what_has_ended_is_judged_by_the_store_and_tokens_by_the_server() {
    let mut held = nobody_logged_in();
    held.issued(&login("a", 1, START));
    // The store's clock is behind: what the server refuses is kept.
    held.issue(&login("b", 2, DAY), at(START)).expect("the grant counts");
    assert_eq!(held.sessions.len(), 2);
}
