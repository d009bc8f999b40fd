//! Sessions of v2 clients and their tokens.

use std::collections::BTreeSet;

use super::*;
use crate::domain::{
    AccountChange, AuthMethod, ClientInfo, CloseReason, CloseSession, CrossGrant, CrossParent, Expire, Grant, Issue,
    Issued, MintCross, Minted, Revoke, UpstreamMark,
};

pub(super) fn client(name: &str) -> ClientKey {
    ClientKey::Text(name.into())
}

pub(super) fn key(name: &str) -> SessionKey {
    SessionKey::Client(client(name))
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

pub(super) fn swap(cross: u8, from: &str, to: &str, number: u8, when: Duration) -> Issue {
    let grant = Grant::Cross(CrossGrant { digest: token(cross), minted_by: key(from) });
    Issue { grant, ..login(to, number, when) }
}

pub(super) fn mint(name: &str, parent: u8, cross: u8, when: Duration) -> MintCross {
    let lives = (token(cross), 5 * MINUTE);
    MintCross {
        parent: CrossParent::Access { token: token(parent), client: client(name), proven: at(START), not_after: None },
        now: at(when),
        cross: lives,
        limits: LIMITS,
    }
}

fn revoke(name: &str, number: u8) -> Revoke {
    Revoke { client: client(name), token: token(number) }
}

pub(super) fn close(name: &str) -> CloseSession {
    CloseSession { session: key(name), ask_again: false, why: CloseReason::ByApplication }
}

impl Person {
    pub(super) fn issued(&mut self, login: &Issue) -> (Issued, Effects) {
        self.act(login, login.now).expect("the grant counts")
    }

    pub(super) fn minted(&mut self, mint: &MintCross) -> (Minted, Effects) {
        self.act(mint, mint.now).expect("the parent lives")
    }

    fn refuses(&mut self, login: &Issue, why: Denied) {
        let before = self.clone();
        assert_eq!(self.act(login, login.now).map(drop), Err(why));
        assert_eq!(*self, before);
    }

    fn session(&self, name: &str) -> &Session {
        &self.clients[&client(name)]
    }
}

#[test]
fn a_login_opens_a_session_and_the_next_finds_it_open() {
    let mut person = Person::new();
    let (first, effects) = person.issued(&login("a", 1, START));
    assert_eq!(effects.stored, BTreeSet::from([key("a")]));
    assert_eq!(effects.access.as_ref().map(|(digest, token)| (*digest, token.expires)), Some((token(1), at(DAY))));
    let (second, _) = person.issued(&login("a", 2, MINUTE));
    assert_eq!(first.session, second.session);
    let (other, _) = person.issued(&login("b", 3, MINUTE));
    assert_ne!(first.session, other.session);
    assert_eq!((person.session("a").opened, person.session("a").last_contact), (at(START), at(MINUTE)));
}

#[test]
fn a_proof_of_another_generation_or_a_disabled_user_is_refused() {
    let mut person = Person::new();
    for generation in [3, 5] {
        let stale = Grant::Proof { generation, proven: at(START) };
        person.refuses(&Issue { grant: stale, ..login("a", 1, START) }, Denied::StaleProof);
    }
    person.account.enabled = false;
    person.refuses(&login("a", 1, START), Denied::Disabled);
}

#[test]
fn whatever_closes_all_sessions_raises_the_generation() {
    let new = PasswordHash::new("$new").expect("a hash");
    for (change, why) in [
        (AccountChange::Password { hash: new, revokes_app_passwords: false }, CloseReason::ByAdmin),
        (AccountChange::Disable, CloseReason::UserGone),
        (AccountChange::LogOutEverywhere(CloseReason::ByApplication), CloseReason::ByApplication),
    ] {
        let mut person = Person::new();
        person.issued(&remembered("a", 1, 11));
        person.issued(&login("b", 2, START));
        person.minted(&mint("a", 1, 21, START));
        let (_, effects) = person.done(&change, START);
        assert_eq!(person.account.generation, 5, "{change:?}");
        assert!(effects.account == AccountEffect::Stored && person.clients.is_empty());
        assert_eq!(effects.removed, BTreeSet::from([key("a"), key("b")]));
        assert!(effects.closed.len() == 2 && effects.closed.iter().all(|closed| closed.why == why), "{change:?}");
        assert_eq!(effects.revoked(TokenKind::Access), [token(1), token(2)]);
        assert_eq!(effects.revoked(TokenKind::RememberMe), [token(11)]);
        assert_eq!(effects.revoked(TokenKind::Cross), [token(21)]);
        let denied = if person.account.enabled { Denied::StaleProof } else { Denied::Disabled };
        person.refuses(&login("a", 3, MINUTE), denied);
    }
}

#[test]
fn a_rehash_applies_to_the_hash_that_was_verified_and_ends_nothing() {
    let [old, new] = ["$old", "$new"].map(|phc| PasswordHash::new(phc).expect("a hash"));
    let mut person = Person::new();
    person.issued(&login("a", 1, START));
    let rehash = AccountChange::Rehash { from: new.clone(), to: old.clone() };
    person.denies(&rehash, START, Denied::HashChanged);
    let (_, effects) = person.done(&AccountChange::Rehash { from: old, to: new.clone() }, START);
    assert_eq!(effects, Effects { account: AccountEffect::Stored, ..Effects::default() });
    assert_eq!((&person.account.password, person.account.generation), (&Some(new), 4));
}

#[test]
fn a_remember_me_token_counts_for_its_client_until_it_expires() {
    let mut person = Person::new();
    person.issued(&remembered("a", 1, 11));
    let silent = |name, number, when| Issue { grant: Grant::RememberMe(token(11)), ..login(name, number, when) };
    person.refuses(&silent("b", 2, MINUTE), Denied::UnknownToken);
    let (_, effects) = person.issued(&silent("a", 3, MINUTE));
    assert!(effects.revoked(TokenKind::RememberMe).is_empty(), "it stays");
    assert_eq!(person.session("a").how, AuthMethod::RememberMe);
    assert_eq!(person.session("a").authenticated, at(START), "the proof is that of the password");
    person.issued(&silent("a", 4, 29 * DAY));
    person.refuses(&silent("a", 5, 30 * DAY), Denied::Expired);
}

#[test]
fn a_cross_token_is_spent_once_and_a_refused_swap_does_not_spend_it() {
    let mut person = Person::new();
    person.issued(&login("a", 1, START));
    person.minted(&mint("a", 1, 21, START));
    person.refuses(&swap(21, "b", "b", 2, MINUTE), Denied::SessionClosed);
    person.refuses(&swap(22, "a", "b", 2, MINUTE), Denied::UnknownToken);
    person.refuses(&swap(21, "a", "b", 2, 5 * MINUTE), Denied::Expired);
    person.refuses(&Issue { access: (token(2), Duration::ZERO), ..swap(21, "a", "b", 2, MINUTE) }, Denied::Expired);
    let (_, effects) = person.issued(&swap(21, "a", "b", 2, MINUTE));
    assert_eq!(effects.revoked(TokenKind::Cross), [token(21)]);
    assert_eq!(effects.stored, BTreeSet::from([key("a"), key("b")]));
    person.refuses(&swap(21, "a", "b", 3, MINUTE), Denied::UnknownToken);
}

#[test]
fn swaps_do_not_renew_a_login_past_its_age() {
    let mut person = Person::new();
    let limits = Limits { login_age: 2 * DAY, ..LIMITS };
    let (issued, _) = person.issued(&Issue { limits, ..remembered("a", 1, 11) });
    assert_eq!(issued.remember_me_expires, Some(at(2 * DAY)), "30 days were asked for");
    let late = DAY + 1439 * MINUTE;
    let silent = Issue { grant: Grant::RememberMe(token(11)), limits, ..login("a", 2, late) };
    assert_eq!(person.issued(&silent).0.access_expires, at(2 * DAY));
    let (minted, _) = person.minted(&MintCross { limits, ..mint("a", 2, 21, late) });
    assert_eq!(minted.expires, at(2 * DAY));
    let (swapped, effects) = person.issued(&Issue { limits, ..swap(21, "a", "b", 3, late) });
    assert_eq!(swapped.access_expires, at(2 * DAY));
    assert_eq!(effects.access.map(|(_, token)| token.proven), Some(at(START)), "the proof is inherited");
    person.refuses(&Issue { limits, now: at(2 * DAY), ..silent }, Denied::Expired);
}

#[test]
fn what_comes_of_a_remember_me_token_ends_with_it() {
    let mut person = Person::new();
    let end = at(2 * DAY);
    let year = |number| (token(number), 365 * DAY);
    let (made, effects) =
        person.issued(&Issue { access: year(1), remember_me: Some((token(11), 2 * DAY)), ..login("a", 1, START) });
    assert_eq!((made.access_expires, made.remember_me_expires), (end, Some(end)), "the login that made it");
    assert_eq!(effects.access.and_then(|(_, token)| token.not_after), Some(end));
    let silent = Issue { grant: Grant::RememberMe(token(11)), access: year(2), ..login("a", 2, DAY) };
    let (_, effects) = person.issued(&silent);
    let (mut parent, mut from) = (effects.access.expect("issued"), "a");
    for (number, to) in [(3, "b"), (4, "c"), (5, "a")] {
        assert_eq!((parent.1.expires, parent.1.not_after), (end, Some(end)));
        let CrossParent::Access { token: digest, client, proven, .. } = mint(from, parent.0.0[0], 20, DAY).parent
        else {
            unreachable!("a token of v2");
        };
        let grown = CrossParent::Access { token: digest, client, proven, not_after: parent.1.not_after };
        let (minted, _) =
            person.minted(&MintCross { parent: grown, cross: year(20 + number), ..mint(from, 0, 0, DAY) });
        assert_eq!(minted.expires, end, "a cross token");
        let (swapped, effects) =
            person.issued(&Issue { access: year(number), ..swap(20 + number, from, to, number, DAY) });
        assert_eq!(swapped.access_expires, end, "a swap");
        (parent, from) = (effects.access.expect("issued"), to);
    }
    assert!(person.clients.values().all(|session| session.ends == end), "and the sessions that they opened");
}

#[test]
fn only_a_token_of_its_session_mints() {
    let mut person = Person::new();
    person.issued(&login("a", 1, START));
    for (mint, why) in [
        (mint("a", 2, 21, START), Denied::UnknownToken),
        (mint("b", 1, 21, START), Denied::SessionClosed),
        (mint("a", 1, 21, 91 * DAY), Denied::ProofTooOld),
    ] {
        person.denies(&mint, START, why);
    }
    person.account.enabled = false;
    person.denies(&mint("a", 1, 21, START), START, Denied::Disabled);
}

#[test]
fn beyond_each_limit_the_oldest_goes_first() {
    let mut person = Person::new();
    person.issued(&remembered("a", 1, 11));
    person.issued(&remembered("a", 2, 12));
    for cross in [21, 22] {
        person.minted(&mint("a", 1, cross, START));
    }
    let (_, effects) = person.minted(&mint("a", 2, 23, START));
    assert_eq!(effects.revoked(TokenKind::Cross), [token(21)]);
    let (_, effects) = person.issued(&remembered("a", 3, 13));
    assert_eq!((effects.revoked(TokenKind::Access), effects.revoked(TokenKind::RememberMe)), (vec![], vec![token(11)]));
    let (_, effects) = person.issued(&login("a", 4, START));
    assert_eq!(effects.revoked(TokenKind::Access), [token(1)]);
    assert_eq!(effects.revoked(TokenKind::Cross), [token(22)], "what it minted goes with it");
}

#[test]
fn beyond_the_limit_of_sessions_those_of_server_made_clients_go_first() {
    let mut person = Person::new();
    person.issued(&login("oldest", 1, START));
    person.issued(&Issue { server_made: true, ..login("made", 2, MINUTE) });
    person.issued(&Issue { server_made: true, ..login("claimed", 3, 2 * MINUTE) });
    // The client sends the id it was given: from now on it is its own.
    person.issued(&login("claimed", 4, 3 * MINUTE));
    let (_, effects) = person.issued(&login("new", 5, 4 * MINUTE));
    assert_eq!(effects.revoked(TokenKind::Access), [token(2)]);
    assert_eq!(effects.removed, BTreeSet::from([key("made")]));
    let (_, effects) = person.issued(&Issue { server_made: true, ..login("newest", 6, 5 * MINUTE) });
    assert_eq!(effects.removed, BTreeSet::from([key("oldest")]), "never the one that logs in");
    assert_eq!(person.clients.len(), 3);
}

#[test]
fn beyond_the_limit_of_all_tokens_whole_sessions_go_but_never_the_one_that_logs_in() {
    let mut person = Person::new();
    let limits = Limits { tokens_per_client: 4, sessions_per_user: 100, tokens_per_user: 8, ..LIMITS };
    let limited = |login| Issue { limits, ..login };
    for number in 0..20 {
        let client = (number / 2).to_string();
        let (_, effects) = person.issued(&limited(login(&client, number, MINUTE * u32::from(number))));
        let gone = if number >= 8 && number % 2 == 0 { vec![token(number - 8), token(number - 7)] } else { Vec::new() };
        assert_eq!(effects.revoked(TokenKind::Access), gone, "the one that was silent for longest, at {number}");
        assert_eq!(effects.closed.len(), gone.len() / 2);
    }
    assert_eq!(person.totals, Totals { clients: 4, directory: 0, tokens: 8 });
    let (_, effects) = person.minted(&MintCross { limits, ..mint("6", 12, 21, 20 * MINUTE) });
    assert_eq!(effects.removed, BTreeSet::from([key("7")]), "never the one that mints");
    for number in 30..34 {
        person.issued(&limited(login("own", number, HOUR)));
    }
    let tiny = Limits { tokens_per_user: 2, ..limits };
    let (_, effects) = person.issued(&Issue { limits: tiny, ..login("own", 34, HOUR) });
    assert_eq!(
        (person.clients.keys().collect::<Vec<_>>(), effects.revoked(TokenKind::Access)[0]),
        (vec![&client("own")], token(30))
    );
}

#[test]
fn what_has_ended_goes_before_what_would_be_pushed_out() {
    let mut person = Person::new();
    person.issued(&Issue { access: (token(1), 20 * MINUTE), ..login("ends", 1, START) });
    for (number, name) in [(2, "b"), (3, "c")] {
        person.issued(&login(name, number, MINUTE));
    }
    let (_, effects) = person.issued(&login("d", 4, HOUR));
    assert_eq!(effects.removed, BTreeSet::from([key("ends")]));
    assert_eq!(effects.reasons(), [CloseReason::EndOfLife]);
}

#[test]
fn revoking_ends_the_token_and_what_it_minted() {
    let mut person = Person::new();
    person.issued(&login("a", 1, START));
    person.issued(&login("a", 2, START));
    person.minted(&mint("a", 1, 21, START));
    person.minted(&mint("a", 2, 22, START));
    let ((), effects) = person.done(&revoke("a", 1), START);
    assert_eq!(effects.revoked(TokenKind::Access), [token(1)]);
    assert_eq!(effects.revoked(TokenKind::Cross), [token(21)]);
    assert_eq!((effects.stored, effects.removed), (BTreeSet::from([key("a")]), BTreeSet::new()));
    let ((), again) = person.done(&revoke("a", 1), START);
    assert_eq!(again, Effects { revoked: vec![(TokenKind::Access, token(1))], ..Effects::default() });
}

#[test]
fn the_last_token_of_any_kind_closes_the_session() {
    let mut person = Person::new();
    person.issued(&login("plain", 1, START));
    person.issued(&remembered("remembered", 2, 12));
    let ((), effects) = person.done(&revoke("plain", 1), START);
    assert_eq!(effects.reasons(), [CloseReason::ByApplication]);
    assert_eq!((effects.stored, effects.removed), (BTreeSet::new(), BTreeSet::from([key("plain")])));
    person.done(&revoke("remembered", 2), START);
    assert_eq!(person.clients.keys().collect::<Vec<_>>(), [&client("remembered")]);
}

#[test]
fn closing_ends_every_token_of_the_session_alone() {
    let mut person = Person::new();
    person.issued(&remembered("a", 1, 11));
    person.minted(&mint("a", 1, 21, START));
    person.issued(&login("b", 2, START));
    let ((), effects) = person.done(&close("a"), START);
    assert_eq!(effects.removed, BTreeSet::from([key("a")]));
    assert_eq!(
        (effects.revoked(TokenKind::Access), effects.revoked(TokenKind::RememberMe)),
        (vec![token(1)], vec![token(11)])
    );
    assert_eq!(effects.revoked(TokenKind::Cross), [token(21)]);
    person.denies(&close("a"), START, Denied::SessionClosed);
    assert_eq!(person.clients.len(), 1);
}

#[test]
fn a_session_lives_as_long_as_its_longest_token() {
    let mut person = Person::new();
    person.issued(&remembered("a", 1, 11));
    person.issued(&Issue { access: (token(2), MINUTE), ..login("a", 2, MINUTE) });
    assert_eq!(person.session("a").ends, at(30 * DAY), "a shorter token never shortens it");
    let expire = Expire { session: Some(key("a")) };
    let (next, effects) = person.done(&expire, DAY);
    assert_eq!((next, person.session("a").access.len()), (Some(at(30 * DAY)), 0));
    assert_eq!((effects.stored, effects.closed), (BTreeSet::from([key("a")]), vec![]));
    let (next, effects) = person.done(&expire, 30 * DAY);
    assert_eq!((next, effects.reasons()), (None, vec![CloseReason::EndOfLife]));
    assert_eq!((effects.stored, effects.removed), (BTreeSet::new(), BTreeSet::from([key("a")])));
    assert_eq!(person.done(&expire, 30 * DAY), (None, Effects::default()));
}

#[test]
fn a_login_to_a_session_that_has_ended_opens_a_new_one() {
    let mut person = Person::new();
    let (ended, _) = person.issued(&login("a", 1, START));
    let (opened, effects) = person.issued(&login("a", 2, DAY));
    assert_ne!(ended.session, opened.session);
    assert_eq!((effects.stored, effects.removed), (BTreeSet::from([key("a")]), BTreeSet::new()));
    assert_eq!(effects.closed.iter().map(|closed| closed.session).collect::<Vec<_>>(), [ended.session]);
}

#[test]
fn what_has_ended_is_judged_by_the_store_and_tokens_by_the_server() {
    let mut person = Person::new();
    person.issued(&login("a", 1, START));
    // The store's clock is behind: what the server refuses is kept.
    person.act(&login("b", 2, DAY), at(START)).expect("the grant counts");
    assert_eq!(person.clients.len(), 2);
}

fn marked() -> Person {
    let mut person = Person::new();
    person.account.upstream = Some(UpstreamMark::new(4));
    person
}

#[test]
fn a_token_of_the_old_service_counts_while_nothing_has_ended_all_that_the_person_had() {
    let taken_over = |number| Issue { grant: Grant::Upstream, ..login("a", number, MINUTE) };
    Person::new().refuses(&taken_over(1), Denied::NotToComeOver);
    let mut person = marked();
    let (issued, effects) = person.issued(&taken_over(1));
    let token = effects.access.map(|(_, token)| (token.expires, token.proven, token.not_after));
    let end = at(MINUTE + DAY);
    assert_eq!((issued.access_expires, token), (end, Some((end, at(MINUTE), Some(end)))), "nothing of it lives longer");
    person.issued(&Issue { now: at(HOUR), ..taken_over(2) });
    let mark = UpstreamMark { generation: 4, came_over: Some(at(MINUTE)), tokens: 2 };
    assert_eq!((person.account.upstream, person.session("a").how), (Some(mark), AuthMethod::Upstream));

    person.done(&AccountChange::LogOutEverywhere(CloseReason::ByApplication), HOUR);
    person.refuses(&taken_over(3), Denied::NotToComeOver);
    let mut person = marked();
    person.done(&AccountChange::Disable, START);
    person.refuses(&taken_over(1), Denied::Disabled);
    person.done(&AccountChange::Enable, START);
    person.refuses(&taken_over(1), Denied::NotToComeOver);
}

#[test]
fn so_many_tokens_of_one_person_come_over_and_no_more() {
    let mut person = marked();
    person.account.upstream = Some(UpstreamMark { tokens: UpstreamMark::MAX_TOKENS - 1, ..UpstreamMark::new(4) });
    person.issued(&Issue { grant: Grant::Upstream, ..login("a", 1, START) });
    person.refuses(&Issue { grant: Grant::Upstream, ..login("a", 2, START) }, Denied::NotToComeOver);
}

#[test]
fn a_remember_me_token_can_be_revoked_alone() {
    let mut person = Person::new();
    person.issued(&remembered("a", 1, 11));
    person.issued(&remembered("a", 2, 12));
    let ((), effects) = person.done(&revoke("a", 11), START);
    assert_eq!(effects.revoked(TokenKind::RememberMe), [token(11)]);
    assert_eq!((person.session("a").access.len(), person.session("a").remember_me.len()), (2, 1));
}
