use std::collections::BTreeSet;
use std::time::Duration;

use uuid::Uuid;

use super::*;
pub(super) use crate::domain::session::state::tests::{MINUTE, START, at, token};
use crate::domain::session::state::tests::{login, nobody_logged_in};
use crate::domain::{
    AccountChange, ClientInfo, CloseReason, CrossGrant, CrossParent, Grant, Issue, Limits, ListChange, LoginProof,
    MintCross, PasswordHash, Rights, UserId,
};

pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const LIMITS: Limits =
    Limits { login_age: Duration::from_secs(30 * 86_400), ..crate::domain::session::state::tests::LIMITS };

/// The last instant before that.
pub(super) fn just_before(since_start: Duration) -> Duration {
    since_start.saturating_sub(Duration::from_millis(1))
}

pub(super) fn id(number: u8) -> SessionId {
    SessionId(Uuid::from_u128(number.into()))
}

/// A front-end user with the scope `plans`, of generation 4.
pub(super) fn somebody() -> UserState {
    let mut held = nobody_logged_in();
    held.account.profile.rights.frontend = true;
    held.account.profile.scopes = vec!["plans".into()];
    held
}

/// A session proven by password at `when`: ten minutes to the next heartbeat, half a day in all.
pub(super) fn opening(number: u8, when: Duration) -> OpenSession {
    let now = at(when);
    OpenSession {
        session: id(number),
        proof: LoginProof {
            user: UserId(Uuid::from_u128(1)),
            generation: 4,
            proven: now,
            how: AuthMethod::Password,
            sign_on: None,
            meets: None,
        },
        now,
        right: Right::Frontend,
        registers: false,
        app_claims: vec!["plans".into()],
        extended: false,
        native: None,
        heartbeat_before: now.plus(10 * MINUTE),
        end_of_life: now.plus(12 * HOUR),
        contact: ClientInfo::default(),
        network: None,
        redirect_url: "https://example.org/".into(),
        sign_on: None,
        limits: LIMITS,
    }
}

/// The same, by single sign-on in the browser that has this cookie.
pub(super) fn by_sign_on(cookie: u8, open: OpenSession) -> OpenSession {
    OpenSession {
        proof: LoginProof { how: AuthMethod::SingleSignOn, sign_on: Some(token(cookie)), ..open.proof },
        ..open
    }
}

/// The same, proven otherwise and at another time.
pub(super) fn proven(how: AuthMethod, proven: Duration, open: OpenSession) -> OpenSession {
    OpenSession { proof: LoginProof { how, proven: at(proven), ..open.proof }, ..open }
}

pub(super) fn heartbeat(number: u8, when: Duration) -> SessionCommand {
    SessionCommand::Heartbeat { session: id(number), now: at(when), before: at(when + 10 * MINUTE) }
}

impl UserState {
    pub(super) fn opened(&mut self, open: &OpenSession) -> Effects {
        self.update_session(&SessionCommand::Open(Box::new(open.clone())), open.now).expect("it opens").1
    }

    pub(super) fn done(&mut self, act: &SessionCommand, when: Duration) -> (DirectorySession, Effects) {
        let (held, changes) = self.update_session(act, at(when)).expect("it counts");
        (held.session, changes)
    }

    /// That an act is refused, and so has changed nothing.
    fn refuses_act(&mut self, act: &SessionCommand, when: Duration) {
        let before = self.clone();
        assert!(self.update_session(act, at(when)).is_none(), "{act:?}");
        assert_eq!(*self, before);
    }

    pub(super) fn refuses_to_open(&mut self, open: OpenSession) {
        let when = open.now.since(at(START));
        self.refuses_act(&SessionCommand::Open(Box::new(open)), when);
    }
}

#[test]
fn a_session_opens_for_whom_is_entitled() {
    let mut held = somebody();
    let changes = held.opened(&opening(1, START));
    assert_eq!(changes.opened, Some((id(1), at(10 * MINUTE))));
    assert_eq!(changes.stored, BTreeSet::from([SessionKey::Directory(id(1))]));
    let session = held.directory_session(id(1), at(START)).expect("it is open").session;
    assert_eq!((session.opened, session.last_contact, session.beaten), (at(START), at(START), false));
    held.refuses_to_open(opening(1, MINUTE));
    let open = opening(2, START);
    for generation in [3, 5] {
        held.refuses_to_open(OpenSession { proof: LoginProof { generation, ..open.proof }, ..open.clone() });
    }
    held.refuses_to_open(OpenSession { right: Right::ClientDev, ..open.clone() });
    held.refuses_to_open(OpenSession { app_claims: vec!["plans".into(), "costs".into()], ..open.clone() });
    held.refuses_to_open(OpenSession { now: at(LIMITS.login_age), ..open.clone() });
    held.account.enabled = false;
    held.refuses_to_open(open);
}

#[test]
fn a_registration_grants_the_front_end_and_no_other_right() {
    let mut held = somebody();
    held.account.profile.rights = Rights::default();
    held.refuses_to_open(opening(1, START));
    held.refuses_to_open(OpenSession { registers: true, right: Right::ClientDev, ..opening(1, START) });
    let changes = held.opened(&OpenSession { registers: true, ..opening(1, START) });
    assert!(changes.account && held.account.profile.rights == Rights { frontend: true, client_dev: false });
}

#[test]
fn a_session_ends_with_the_age_of_its_login_at_the_latest() {
    let mut held = somebody();
    let limits = Limits { login_age: HOUR, ..LIMITS };
    held.opened(&OpenSession { limits, sign_on: Some((token(9), HOUR)), ..opening(2, START) });
    let open = OpenSession { limits, ..opening(1, 55 * MINUTE) };
    held.opened(&by_sign_on(9, proven(AuthMethod::SingleSignOn, START, open)));
    let session = &held.directory[&id(1)];
    assert_eq!((session.heartbeat_before, session.end_of_life), (at(HOUR), at(HOUR)));
    assert_eq!(session.authenticated, at(START));
}

#[test]
fn a_heartbeat_puts_the_deadline_off_and_never_forward() {
    let mut held = somebody();
    held.opened(&opening(1, START));
    let (session, changes) = held.done(&heartbeat(1, 5 * MINUTE), 5 * MINUTE);
    assert_eq!((session.heartbeat_before, session.last_contact), (at(15 * MINUTE), at(5 * MINUTE)));
    assert_eq!((session.beaten, changes.stored), (true, BTreeSet::from([SessionKey::Directory(id(1))])));
    // From a server whose clock is behind.
    let (session, _) = held.done(&heartbeat(1, MINUTE), 5 * MINUTE);
    assert_eq!((session.heartbeat_before, session.last_contact), (at(15 * MINUTE), at(5 * MINUTE)));
    let far = SessionCommand::Heartbeat { session: id(1), now: at(6 * MINUTE), before: at(24 * HOUR) };
    assert_eq!(held.done(&far, 6 * MINUTE).0.heartbeat_before, at(12 * HOUR), "its end of life");
    held.refuses_act(&heartbeat(1, 12 * HOUR), 12 * HOUR);
    held.refuses_act(&heartbeat(2, MINUTE), MINUTE);
}

#[test]
fn a_heartbeat_counts_before_the_deadline_by_both_clocks() {
    let mut held = somebody();
    held.opened(&opening(1, START));
    let (just, over) = (just_before(10 * MINUTE), 10 * MINUTE);
    for (now, store_now) in [(over, just), (just, over), (over, over)] {
        held.refuses_act(&heartbeat(1, now), store_now);
    }
    held.done(&heartbeat(1, just), just);
}

#[test]
fn a_native_answer_is_given_until_the_first_heartbeat_and_for_a_minute_after_the_first_time() {
    let mut held = somebody();
    held.opened(&opening(1, START));
    let collect = |when| SessionCommand::Collect { session: id(1), now: at(when), again: MINUTE };
    let (first, changes) = held.done(&collect(5 * MINUTE), 5 * MINUTE);
    assert_eq!((first.collected, first.beaten), (Some(at(5 * MINUTE)), false));
    assert_eq!(changes.stored, BTreeSet::from([SessionKey::Directory(id(1))]));
    let (again, _) = held.done(&collect(6 * MINUTE), 6 * MINUTE);
    assert_eq!(again.collected, Some(at(5 * MINUTE)), "it is the first time that counts");
    assert_eq!(again.heartbeat_before, first.heartbeat_before, "it is no heartbeat");
    held.refuses_act(&collect(6 * MINUTE + Duration::from_millis(1)), 6 * MINUTE);
    held.done(&heartbeat(1, 5 * MINUTE), 5 * MINUTE);
    held.refuses_act(&collect(5 * MINUTE), 5 * MINUTE);
}

#[test]
fn nothing_is_collected_of_a_session_past_its_deadline() {
    let mut held = somebody();
    held.opened(&opening(1, START));
    let collect = SessionCommand::Collect { session: id(1), now: at(MINUTE), again: MINUTE };
    held.refuses_act(&collect, 10 * MINUTE);
    held.account.enabled = false;
    held.refuses_act(&collect, MINUTE);
}

#[test]
fn a_session_lapses_only_when_its_time_is_up() {
    let mut held = somebody();
    held.opened(&opening(1, START));
    held.done(&heartbeat(1, 5 * MINUTE), 5 * MINUTE);
    let lapse = SessionCommand::Lapse { session: id(1) };
    held.refuses_act(&lapse, just_before(15 * MINUTE));
    let (ended, changes) = held.done(&lapse, 15 * MINUTE);
    assert_eq!(ended.overdue(at(15 * MINUTE)), Some(CloseReason::NoHeartbeat));
    assert_eq!(ended.overdue(at(12 * HOUR)), Some(CloseReason::EndOfLife));
    assert_eq!((changes.stored, changes.closed), (BTreeSet::new(), BTreeSet::from([SessionKey::Directory(id(1))])));
    held.refuses_act(&lapse, 15 * MINUTE);
}

#[test]
fn a_close_ends_the_session_alone_and_once() {
    let mut held = somebody();
    held.opened(&OpenSession { sign_on: Some((token(9), HOUR)), ..opening(1, START) });
    held.opened(&opening(2, START));
    let close = SessionCommand::Close { session: id(1), ask_again: false };
    let (_, changes) = held.done(&close, MINUTE);
    let closed = BTreeSet::from([SessionKey::Directory(id(1))]);
    assert_eq!(changes, Effects { closed, ..Effects::default() });
    held.refuses_act(&close, MINUTE);
    assert_eq!(held.directory.keys().collect::<Vec<_>>(), [&id(2)]);
    held.opened(&by_sign_on(9, opening(3, MINUTE)));
}

#[test]
fn a_session_too_many_pushes_out_the_one_that_was_silent_for_longest() {
    let mut held = somebody();
    for number in 1..=3 {
        held.opened(&opening(number, START));
    }
    held.done(&heartbeat(1, MINUTE), MINUTE);
    held.done(&heartbeat(3, 2 * MINUTE), 2 * MINUTE);
    let changes = held.opened(&opening(4, 3 * MINUTE));
    assert_eq!(changes.closed, BTreeSet::from([SessionKey::Directory(id(2))]));
    // Never the one that opens, even if its server's clock is behind.
    let changes = held.opened(&opening(5, START));
    assert_eq!(changes.closed, BTreeSet::from([SessionKey::Directory(id(1))]));
    assert_eq!(held.directory.keys().collect::<Vec<_>>(), [&id(3), &id(4), &id(5)]);
}

#[test]
fn whatever_ends_all_sessions_ends_directory_sessions_and_single_sign_on() {
    let new = PasswordHash::new("$new").expect("a hash");
    for change in [AccountChange::Password(new), AccountChange::Disable, AccountChange::LogOutEverywhere] {
        let mut held = somebody();
        held.opened(&OpenSession { sign_on: Some((token(9), HOUR)), ..opening(1, START) });
        held.mint_cross(&mint(1, 21, START), at(START)).expect("it is open");
        let changes = held.change(&change).expect("it applies");
        assert!(held.directory.is_empty() && held.account.profile.sign_ons.is_empty() && changes.account);
        assert_eq!(changes.closed, BTreeSet::from([SessionKey::Directory(id(1))]));
        assert_eq!((changes.dead_sign_ons, changes.dead_cross), (vec![token(9)], vec![token(21)]));
        held.account.enabled = true;
        held.refuses_to_open(opening(2, MINUTE));
    }
}

#[test]
fn losing_what_a_session_was_granted_ends_it() {
    let mut held = somebody();
    held.opened(&OpenSession { app_claims: Vec::new(), ..opening(1, START) });
    held.opened(&OpenSession { right: Right::Client, ..opening(2, START) });
    held.opened(&OpenSession { right: Right::Client, app_claims: Vec::new(), ..opening(3, START) });
    let none = Rights::default();
    let other = AccountChange::Rights { grant: none, revoke: Rights { frontend: false, client_dev: true } };
    assert!(held.change(&other).expect("it applies").closed.is_empty());
    let frontend = AccountChange::Rights { grant: none, revoke: Rights { frontend: true, client_dev: false } };
    let changes = held.change(&frontend).expect("it applies");
    assert_eq!(changes.closed, BTreeSet::from([SessionKey::Directory(id(1))]));
    let scope = AccountChange::Scopes(ListChange { add: Vec::new(), remove: vec!["plans".into()] });
    let changes = held.change(&scope).expect("it applies");
    assert_eq!(changes.closed, BTreeSet::from([SessionKey::Directory(id(2))]));
    assert_eq!(held.directory.keys().collect::<Vec<_>>(), [&id(3)]);
}

pub(super) fn mint(session: u8, cross: u8, when: Duration) -> MintCross {
    let lives = (token(cross), 5 * MINUTE);
    MintCross { parent: CrossParent::Directory(id(session)), now: at(when), cross: lives, limits: LIMITS }
}

/// A v2 login by a cross token of a directory session.
pub(super) fn swap(session: u8, cross: u8, when: Duration) -> Issue {
    let grant = Grant::Cross(CrossGrant { digest: token(cross), minted_by: SessionKey::Directory(id(session)) });
    Issue { grant, limits: LIMITS, ..login("client", 99, when) }
}

#[test]
fn a_cross_token_of_a_bearer_is_spent_once_and_inherits_the_proof() {
    let mut held = somebody();
    held.opened(&proven(AuthMethod::Oidc, START, opening(1, MINUTE)));
    let (minted, changes) = held.mint_cross(&mint(1, 21, MINUTE), at(MINUTE)).expect("it is open");
    assert_eq!(minted.expires, at(6 * MINUTE));
    assert_eq!(changes.cross.and_then(|(_, found)| found.session), Some(SessionKey::Directory(id(1))));
    assert_eq!(changes.stored, BTreeSet::from([SessionKey::Directory(id(1))]));
    let (_, changes) = held.issue(&swap(1, 21, 2 * MINUTE), at(2 * MINUTE)).expect("it counts");
    assert_eq!(changes.access.map(|(_, token)| token.proven), Some(at(START)));
    assert_eq!(changes.dead_cross, [token(21)]);
    assert!(held.issue(&swap(1, 21, 2 * MINUTE), at(2 * MINUTE)).is_none());
    held.done(&SessionCommand::Close { session: id(1), ask_again: false }, 3 * MINUTE);
    assert_eq!(held.sessions.len(), 1, "a v2 session stands by itself");
}

#[test]
fn a_cross_token_of_a_bearer_dies_with_its_session() {
    let mut held = somebody();
    held.opened(&opening(1, START));
    held.mint_cross(&mint(1, 21, 9 * MINUTE), at(9 * MINUTE)).expect("it is open");
    assert!(held.clone().issue(&swap(1, 21, 10 * MINUTE), at(10 * MINUTE)).is_none(), "no heartbeat came");
    assert!(held.clone().mint_cross(&mint(1, 22, 10 * MINUTE), at(10 * MINUTE)).is_none());
    let (_, changes) = held.done(&SessionCommand::Close { session: id(1), ask_again: false }, 9 * MINUTE);
    assert_eq!(changes.dead_cross, [token(21)]);
    assert!(held.issue(&swap(1, 21, 9 * MINUTE), at(9 * MINUTE)).is_none());
}

#[test]
fn what_is_open_leaves_out_what_has_ended_but_is_still_kept() {
    let mut held = somebody();
    held.opened(&opening(1, START));
    held.opened(&OpenSession { sign_on: Some((token(9), 20 * MINUTE)), ..opening(2, 5 * MINUTE) });
    let open = held.clone().open_at(at(10 * MINUTE));
    assert_eq!(open.directory.keys().collect::<Vec<_>>(), [&id(2)]);
    assert_eq!(open.account.profile.sign_ons.len(), 1);
    assert!(held.clone().open_at(at(25 * MINUTE)).account.profile.sign_ons.is_empty());
    assert_eq!(held.directory.len(), 2);
}
