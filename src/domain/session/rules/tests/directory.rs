//! Directory sessions.

use std::collections::BTreeSet;

use super::v2::login;
use super::*;
use crate::domain::{
    AccountChange, AuthMethod, ClientInfo, CloseReason, CloseSession, CrossGrant, CrossParent, Expire, Grant, Issue,
    ListChange, LoginProof, MintCross, OpenSession, Right, Rights, SessionCommand,
};

pub(super) const LIMITS: Limits = Limits { login_age: Duration::from_secs(30 * 86_400), ..super::LIMITS };

/// The last instant before that.
pub(super) fn just_before(since_start: Duration) -> Duration {
    since_start.saturating_sub(Duration::from_millis(1))
}

pub(super) fn id(number: u8) -> SessionId {
    SessionId(Uuid::from_u128(number.into()))
}

/// A front-end user with the scope `plans`, of generation 4.
pub(super) fn somebody() -> Person {
    let mut person = Person::new();
    person.account.profile.rights.frontend = true;
    person.account.profile.scopes = vec!["plans".into()];
    person
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
            provider_session: None,
            logouts: 0,
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
        account: None,
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

pub(super) fn close(number: u8, ask_again: bool) -> CloseSession {
    CloseSession { session: SessionKey::Directory(id(number)), ask_again, why: CloseReason::ByApplication }
}

pub(super) fn expire(number: u8) -> Expire {
    Expire { session: Some(SessionKey::Directory(id(number))) }
}

impl Person {
    pub(super) fn opened(&mut self, open: &OpenSession) -> Effects {
        self.act(&SessionCommand::Open(Box::new(open.clone())), open.now).expect("it opens").1
    }

    pub(super) fn updated(&mut self, command: &SessionCommand, when: Duration) -> (DirectorySession, Effects) {
        let (answer, effects) = self.done(command, when);
        (answer.session, effects)
    }

    pub(super) fn refuses_to_open(&mut self, open: OpenSession, why: Denied) {
        let when = open.now.since(at(START));
        self.denies(&SessionCommand::Open(Box::new(open)), when, why);
    }
}

#[test]
fn a_session_opens_for_whom_is_entitled() {
    let mut person = somebody();
    let effects = person.opened(&opening(1, START));
    assert_eq!(effects.opened, Some((SessionKey::Directory(id(1)), at(10 * MINUTE))));
    assert_eq!(effects.stored, BTreeSet::from([SessionKey::Directory(id(1))]));
    let session = &person.directory[&id(1)];
    assert_eq!((session.opened, session.last_contact, session.beaten), (at(START), at(START), false));
    person.refuses_to_open(opening(1, MINUTE), Denied::AlreadyOpen);
    let open = opening(2, START);
    for generation in [3, 5] {
        let stale = LoginProof { generation, ..open.proof };
        person.refuses_to_open(OpenSession { proof: stale, ..open.clone() }, Denied::StaleProof);
    }
    person.refuses_to_open(OpenSession { right: Right::ClientDev, ..open.clone() }, Denied::MissingRight);
    let app_claims = vec!["plans".into(), "costs".into()];
    person.refuses_to_open(OpenSession { app_claims, ..open.clone() }, Denied::MissingScope);
    person.refuses_to_open(OpenSession { now: at(LIMITS.login_age), ..open.clone() }, Denied::ProofTooOld);
    person.account.enabled = false;
    person.refuses_to_open(open, Denied::Disabled);
}

#[test]
fn a_registration_grants_the_front_end_and_no_other_right() {
    let mut person = somebody();
    person.account.profile.rights = Rights::default();
    person.refuses_to_open(opening(1, START), Denied::MissingRight);
    let other = OpenSession { registers: true, right: Right::ClientDev, ..opening(1, START) };
    person.refuses_to_open(other, Denied::MissingRight);
    let effects = person.opened(&OpenSession { registers: true, ..opening(1, START) });
    assert!(
        effects.account == AccountEffect::Stored
            && person.account.profile.rights == Rights { frontend: true, ..Rights::default() }
    );
}

#[test]
fn a_session_ends_with_the_age_of_its_login_at_the_latest() {
    let mut person = somebody();
    let limits = Limits { login_age: HOUR, ..LIMITS };
    person.opened(&OpenSession { limits, sign_on: Some((token(9), HOUR)), ..opening(2, START) });
    let open = OpenSession { limits, ..opening(1, 55 * MINUTE) };
    person.opened(&by_sign_on(9, proven(AuthMethod::SingleSignOn, START, open)));
    let session = &person.directory[&id(1)];
    assert_eq!((session.heartbeat_before, session.end_of_life), (at(HOUR), at(HOUR)));
    assert_eq!(session.authenticated, at(START));
}

#[test]
fn a_heartbeat_puts_the_deadline_off_and_never_forward() {
    let mut person = somebody();
    person.opened(&opening(1, START));
    let (session, effects) = person.updated(&heartbeat(1, 5 * MINUTE), 5 * MINUTE);
    assert_eq!((session.heartbeat_before, session.last_contact), (at(15 * MINUTE), at(5 * MINUTE)));
    assert_eq!((session.beaten, effects.stored), (true, BTreeSet::from([SessionKey::Directory(id(1))])));
    // From a server whose clock is behind.
    let (session, _) = person.updated(&heartbeat(1, MINUTE), 5 * MINUTE);
    assert_eq!((session.heartbeat_before, session.last_contact), (at(15 * MINUTE), at(5 * MINUTE)));
    let far = SessionCommand::Heartbeat { session: id(1), now: at(6 * MINUTE), before: at(24 * HOUR) };
    assert_eq!(person.updated(&far, 6 * MINUTE).0.heartbeat_before, at(12 * HOUR), "its end of life");
    person.denies(&heartbeat(1, 12 * HOUR), 12 * HOUR, Denied::SessionOverdue);
    person.denies(&heartbeat(2, MINUTE), MINUTE, Denied::SessionClosed);
}

#[test]
fn a_heartbeat_counts_before_the_deadline_by_both_clocks() {
    let mut person = somebody();
    person.opened(&opening(1, START));
    let (just, over) = (just_before(10 * MINUTE), 10 * MINUTE);
    for (now, store_now) in [(over, just), (just, over), (over, over)] {
        person.denies(&heartbeat(1, now), store_now, Denied::SessionOverdue);
    }
    person.updated(&heartbeat(1, just), just);
}

#[test]
fn a_native_answer_is_given_until_the_first_heartbeat_and_for_a_minute_after_the_first_time() {
    let mut person = somebody();
    person.opened(&opening(1, START));
    let collect = |when| SessionCommand::Collect { session: id(1), now: at(when), again: MINUTE };
    let (first, effects) = person.updated(&collect(5 * MINUTE), 5 * MINUTE);
    assert_eq!((first.collected, first.beaten), (Some(at(5 * MINUTE)), false));
    assert_eq!(effects.stored, BTreeSet::from([SessionKey::Directory(id(1))]));
    let (again, _) = person.updated(&collect(6 * MINUTE), 6 * MINUTE);
    assert_eq!(again.collected, Some(at(5 * MINUTE)), "it is the first time that counts");
    assert_eq!(again.heartbeat_before, first.heartbeat_before, "it is no heartbeat");
    person.denies(&collect(6 * MINUTE + Duration::from_millis(1)), 6 * MINUTE, Denied::AlreadyCollected);
    person.updated(&heartbeat(1, 5 * MINUTE), 5 * MINUTE);
    person.denies(&collect(5 * MINUTE), 5 * MINUTE, Denied::AlreadyCollected);
}

#[test]
fn nothing_is_collected_of_a_session_past_its_deadline() {
    let mut person = somebody();
    person.opened(&opening(1, START));
    let collect = SessionCommand::Collect { session: id(1), now: at(MINUTE), again: MINUTE };
    person.denies(&collect, 10 * MINUTE, Denied::SessionOverdue);
    person.account.enabled = false;
    person.denies(&collect, MINUTE, Denied::Disabled);
}

#[test]
fn a_session_expires_only_when_its_time_is_up() {
    let mut person = somebody();
    person.opened(&opening(1, START));
    person.updated(&heartbeat(1, 5 * MINUTE), 5 * MINUTE);
    assert_eq!(person.done(&expire(1), just_before(15 * MINUTE)), (Some(at(15 * MINUTE)), Effects::default()));
    let mut old = person.clone();
    let (next, effects) = person.done(&expire(1), 15 * MINUTE);
    assert_eq!((next, effects.reasons()), (None, vec![CloseReason::NoHeartbeat]));
    assert_eq!((effects.stored, effects.removed), (BTreeSet::new(), BTreeSet::from([SessionKey::Directory(id(1))])));
    assert_eq!(person.done(&expire(1), 15 * MINUTE), (None, Effects::default()));
    assert_eq!(old.done(&expire(1), 12 * HOUR).1.reasons(), [CloseReason::EndOfLife]);
}

#[test]
fn a_close_ends_the_session_alone_and_once() {
    let mut person = somebody();
    person.opened(&OpenSession { sign_on: Some((token(9), HOUR)), ..opening(1, START) });
    person.opened(&opening(2, START));
    let ((), effects) = person.done(&close(1, false), MINUTE);
    assert_eq!(effects.removed, BTreeSet::from([SessionKey::Directory(id(1))]));
    assert_eq!((effects.account, &*effects.reasons()), (AccountEffect::Unchanged, &[CloseReason::ByApplication][..]));
    person.denies(&close(1, false), MINUTE, Denied::SessionClosed);
    assert_eq!(person.directory.keys().collect::<Vec<_>>(), [&id(2)]);
    person.opened(&by_sign_on(9, opening(3, MINUTE)));
}

#[test]
fn a_session_too_many_pushes_out_the_one_that_was_silent_for_longest() {
    let mut person = somebody();
    for number in 1..=3 {
        person.opened(&opening(number, START));
    }
    person.updated(&heartbeat(1, MINUTE), MINUTE);
    person.updated(&heartbeat(3, 2 * MINUTE), 2 * MINUTE);
    let effects = person.opened(&opening(4, 3 * MINUTE));
    assert_eq!(effects.removed, BTreeSet::from([SessionKey::Directory(id(2))]));
    // Never the one that opens, even if its server's clock is behind.
    let effects = person.opened(&opening(5, START));
    assert_eq!(effects.removed, BTreeSet::from([SessionKey::Directory(id(1))]));
    assert_eq!(person.directory.keys().collect::<Vec<_>>(), [&id(3), &id(4), &id(5)]);
}

#[test]
fn whatever_ends_all_sessions_ends_directory_sessions_and_single_sign_on() {
    let new = PasswordHash::new("$new").expect("a hash");
    for change in [
        AccountChange::Password { hash: new, revokes_app_passwords: false },
        AccountChange::Disable,
        AccountChange::LogOutEverywhere(CloseReason::ByAdmin),
    ] {
        let mut person = somebody();
        person.opened(&OpenSession { sign_on: Some((token(9), HOUR)), ..opening(1, START) });
        person.done(&mint(1, 21, START), START);
        let (_, effects) = person.done(&change, START);
        assert!(person.directory.is_empty() && person.account.profile.sign_ons.is_empty());
        assert_eq!(effects.account, AccountEffect::Stored);
        assert_eq!(effects.removed, BTreeSet::from([SessionKey::Directory(id(1))]));
        assert_eq!(effects.revoked(TokenKind::SignOn), [token(9)]);
        assert_eq!(effects.revoked(TokenKind::Cross), [token(21)]);
        person.account.enabled = true;
        person.refuses_to_open(opening(2, MINUTE), Denied::StaleProof);
    }
}

#[test]
fn losing_what_a_session_was_granted_ends_it() {
    let mut person = somebody();
    person.opened(&OpenSession { app_claims: Vec::new(), ..opening(1, START) });
    person.opened(&OpenSession { right: Right::Client, ..opening(2, START) });
    person.opened(&OpenSession { right: Right::Client, app_claims: Vec::new(), ..opening(3, START) });
    let none = Rights::default();
    let other = AccountChange::Rights { grant: none, revoke: Rights { client_dev: true, ..none } };
    assert!(person.done(&other, START).1.closed.is_empty());
    let frontend = AccountChange::Rights { grant: none, revoke: Rights { frontend: true, ..none } };
    let (_, effects) = person.done(&frontend, START);
    assert_eq!(effects.removed, BTreeSet::from([SessionKey::Directory(id(1))]));
    let scope = AccountChange::Scopes(ListChange { add: Vec::new(), remove: vec!["plans".into()] });
    let (_, effects) = person.done(&scope, START);
    assert_eq!(effects.removed, BTreeSet::from([SessionKey::Directory(id(2))]));
    assert_eq!(person.directory.keys().collect::<Vec<_>>(), [&id(3)]);
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
    let mut person = somebody();
    person.opened(&proven(AuthMethod::Oidc, START, opening(1, MINUTE)));
    let (minted, effects) = person.done(&mint(1, 21, MINUTE), MINUTE);
    assert_eq!(minted.expires, at(6 * MINUTE));
    assert_eq!(
        effects.issued(TokenKind::Cross).and_then(|(_, owner)| owner.session),
        Some(SessionKey::Directory(id(1)))
    );
    assert_eq!(effects.stored, BTreeSet::from([SessionKey::Directory(id(1))]));
    let (_, effects) = person.done(&swap(1, 21, 2 * MINUTE), 2 * MINUTE);
    assert_eq!(effects.revoked(TokenKind::Cross), [token(21)]);
    assert_eq!(effects.access.map(|(_, token)| token.proven), Some(at(START)));
    person.denies(&swap(1, 21, 2 * MINUTE), 2 * MINUTE, Denied::UnknownToken);
    person.done(&close(1, false), 3 * MINUTE);
    assert_eq!(person.clients.len(), 1, "a v2 session stands by itself");
}

#[test]
fn a_cross_token_of_a_bearer_dies_with_its_session() {
    let mut person = somebody();
    person.opened(&opening(1, START));
    person.done(&mint(1, 21, 9 * MINUTE), 9 * MINUTE);
    person.denies(&swap(1, 21, 10 * MINUTE), 10 * MINUTE, Denied::SessionOverdue);
    person.denies(&mint(1, 22, 10 * MINUTE), 10 * MINUTE, Denied::SessionOverdue);
    let ((), effects) = person.done(&close(1, false), 9 * MINUTE);
    assert_eq!(effects.revoked(TokenKind::Cross), [token(21)]);
    person.denies(&swap(1, 21, 9 * MINUTE), 9 * MINUTE, Denied::SessionClosed);
}

#[test]
fn what_is_open_leaves_out_what_has_ended_but_is_still_kept() {
    let mut person = somebody();
    person.opened(&opening(1, START));
    person.opened(&OpenSession { sign_on: Some((token(9), 20 * MINUTE)), ..opening(2, 5 * MINUTE) });
    let open = person.whole().open_at(at(10 * MINUTE));
    assert_eq!(open.directory.keys().collect::<Vec<_>>(), [&id(2)]);
    assert_eq!(open.account.profile.sign_ons.len(), 1);
    assert!(person.whole().open_at(at(25 * MINUTE)).account.profile.sign_ons.is_empty());
    assert_eq!(person.directory.len(), 2);
}
