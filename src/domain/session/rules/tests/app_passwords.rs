//! App passwords, and what is opened by them.

use super::directory::{opening, proven};
use super::v2::{client, key, login, mint, swap};
use super::*;
use crate::domain::{
    AccountChange, AppPassword, AppPasswordId, AuthMethod, CrossParent, Expire, Grant, Issue, MintCross, Network,
    OpenSession, Subject,
};

const MOST: usize = 2;

fn id(number: u8) -> AppPasswordId {
    AppPasswordId(Uuid::from_u128(number.into()))
}

pub(super) fn app_password(number: u8, expires: Option<Timestamp>) -> AppPassword {
    AppPassword {
        id: id(number),
        digest: token(number),
        name: format!("device {number}").into(),
        created: at(START),
        expires,
        used: None,
    }
}

fn add(number: u8, expires: Option<Duration>) -> AccountChange {
    AccountChange::AddAppPassword { app_password: app_password(number, expires.map(at)), most: MOST, browser: None }
}

fn revoke(which: Option<u8>) -> AccountChange {
    AccountChange::RevokeAppPasswords { which: which.map(id), why: CloseReason::ByAdmin }
}

fn by(app_password: u8, login: Issue) -> Issue {
    let grant = Grant::AppPassword { id: id(app_password), generation: 4, proven: login.now };
    Issue { grant, network: Some(Network::of([192, 0, 2, 1].into())), ..login }
}

fn remembered(login: Issue, remember_me: u8) -> Issue {
    Issue { remember_me: Some((token(remember_me), 30 * DAY)), ..login }
}

/// Somebody with the app passwords 1 and 2.
fn somebody() -> Person {
    let mut person = Person::new();
    person.done(&add(1, None), START);
    person.done(&add(2, None), START);
    person
}

impl Person {
    fn access_tokens(&self) -> Vec<TokenDigest> {
        let mut held: Vec<_> =
            self.clients.values().flat_map(|session| &session.access).map(|held| held.digest).collect();
        held.sort_unstable();
        held
    }

    fn app_passwords(&self) -> Vec<AppPasswordId> {
        self.account.app_passwords.iter().map(|held| held.id).collect()
    }
}

#[test]
fn a_person_has_so_many_and_those_whose_time_is_up_make_room() {
    let mut person = Person::new();
    person.done(&add(1, Some(HOUR)), START);
    person.done(&add(2, None), START);
    person.denies(&add(3, None), 59 * MINUTE, Denied::TooManyAppPasswords);
    person.done(&add(3, None), HOUR);
    assert_eq!(person.app_passwords(), [id(2), id(3)]);
    person.denies(&add(4, None), HOUR, Denied::TooManyAppPasswords);
}

#[test]
fn revoking_one_ends_all_that_comes_of_it_and_nothing_else() {
    let mut person = somebody();
    person.issued(&remembered(by(1, login("a", 10, START)), 110));
    person.issued(&Issue { grant: Grant::RememberMe(token(110)), ..login("a", 11, START) });
    person.minted(&mint("a", 10, 210, START));
    person.issued(&swap(210, "a", "b", 12, START));
    person.minted(&mint("a", 11, 211, START));
    // The same client, by another app password and by the person's own; and another client.
    person.issued(&by(2, login("a", 20, START)));
    person.issued(&login("b", 21, START));
    person.issued(&by(2, login("c", 22, START)));
    person.denies(&revoke(Some(3)), START, Denied::NoSuchAppPassword);

    let (_, effects) = person.done(&revoke(Some(1)), START);
    assert_eq!(person.access_tokens(), [token(20), token(21), token(22)]);
    let mut gone = effects.revoked(TokenKind::Access);
    gone.sort_unstable();
    assert_eq!(gone, [token(10), token(11), token(12)]);
    assert_eq!(effects.revoked(TokenKind::RememberMe), [token(110)]);
    assert_eq!(effects.revoked(TokenKind::Cross), [token(211)]);
    assert!(effects.closed.is_empty() && person.account.generation == 4);
    assert_eq!(person.app_passwords(), [id(2)]);

    let (_, effects) = person.done(&revoke(None), START);
    assert_eq!(person.access_tokens(), [token(21)], "the person's own login");
    assert_eq!((effects.reasons(), person.app_passwords()), (vec![CloseReason::ByAdmin; 2], vec![]));
    person.done(&revoke(None), START);
}

#[test]
fn what_was_minted_by_a_token_that_has_ended_since_ends_too() {
    let mut person = somebody();
    person.issued(&Issue { access: (token(10), MINUTE), ..by(1, login("a", 0, START)) });
    person.issued(&by(1, login("b", 11, START)));
    person.minted(&mint("a", 10, 210, START));
    person.done(&Expire { session: Some(key("a")) }, 2 * MINUTE);
    person.issued(&swap(210, "a", "c", 12, 2 * MINUTE));
    person.done(&revoke(Some(1)), 3 * MINUTE);
    assert!(person.clients.is_empty(), "{:?}", person.clients);
}

#[test]
fn a_session_remembers_no_more_than_what_it_holds() {
    let mut person = somebody();
    for number in 10..60 {
        person.issued(&by(1, login("a", number, START)));
    }
    let session = &person.clients[&client("a")];
    assert_eq!((session.access.len(), session.by_app_password.len()), (3, 3));
}

#[test]
fn a_login_by_one_that_is_revoked_or_of_an_older_generation_does_not_count() {
    let mut person = somebody();
    person.done(&revoke(Some(1)), START);
    person.denies(&by(1, login("a", 10, START)), START, Denied::WrongAppPassword);
    person.done(&AccountChange::LogOutEverywhere(CloseReason::ByApplication), START);
    person.denies(&by(2, login("a", 10, START)), START, Denied::StaleProof);
    person.done(&AccountChange::Disable, START);
    person.denies(&by(2, login("a", 10, START)), START, Denied::Disabled);
}

#[test]
fn nothing_that_comes_of_one_outlives_it() {
    let mut person = Person::new();
    person.done(&add(1, Some(HOUR)), START);
    let (issued, effects) = person.issued(&remembered(by(1, login("a", 10, START)), 110));
    let end = at(HOUR);
    assert_eq!((issued.access_expires, issued.remember_me_expires), (end, Some(end)));
    let not_after = effects.access.and_then(|(_, token)| token.not_after);
    let parent = CrossParent::Access { token: token(10), client: client("a"), proven: at(START), not_after };
    let minted = MintCross { parent, cross: (token(210), DAY), ..mint("a", 0, 0, START) };
    assert_eq!(person.minted(&minted).0.expires, end);
    assert_eq!(person.issued(&swap(210, "a", "b", 11, MINUTE)).0.access_expires, end);
    person.denies(&by(1, login("a", 12, HOUR)), HOUR, Denied::AppPasswordExpired);
}

#[test]
fn a_use_is_noted_and_few_of_them_write() {
    let mut person = somebody();
    person.account.networks.clear();
    let used = |person: &Person| person.account.app_password(id(1)).and_then(|held| held.used);
    let (_, effects) = person.issued(&by(1, login("a", 10, START)));
    assert_eq!(effects.account, AccountEffect::Stored);
    assert_eq!(used(&person).map(|used| used.seen), Some(at(START)));
    let (_, effects) = person.issued(&by(1, login("a", 11, HOUR)));
    assert_eq!(effects.account, AccountEffect::Unchanged);
    let (_, effects) = person.issued(&by(1, login("another", 12, HOUR)));
    assert_eq!(effects.account, AccountEffect::Unchanged, "a session opens: a revocation sees that");
    person.issued(&by(1, login("a", 13, DAY)));
    assert_eq!(used(&person).map(|used| used.seen), Some(at(DAY)));
}

// A revocation that has not seen the session with such a token would not end it: it must see that the account is another.
#[test]
fn the_first_use_in_a_session_that_is_open_writes_the_account() {
    let mut person = somebody();
    person.issued(&by(1, login("a", 10, START)));
    person.issued(&login("b", 11, START));
    let (_, effects) = person.issued(&by(1, login("b", 12, START)));
    assert_eq!(effects.account, AccountEffect::Stored);
    // One whose time is up is no new session to a store that has it still.
    person.issued(&Issue { access: (token(13), MINUTE), ..login("c", 0, START) });
    let (_, effects) = person.issued(&by(1, login("c", 14, HOUR)));
    assert_eq!(effects.account, AccountEffect::Stored);
}

#[test]
fn a_new_password_takes_them_along_only_if_it_says_so() {
    for revokes_app_passwords in [false, true] {
        let mut person = somebody();
        person.issued(&by(1, login("a", 10, START)));
        let hash = PasswordHash::new("$new").expect("a hash");
        person.done(&AccountChange::Password { hash, revokes_app_passwords }, START);
        assert!(person.clients.is_empty(), "every login ends");
        assert_eq!(person.app_passwords().len(), if revokes_app_passwords { 0 } else { 2 });
    }
}

#[test]
fn a_login_that_is_proven_elsewhere_is_noted_and_no_other() {
    let linked = || {
        let mut person = directory::somebody();
        person.account.profile.subject = Some(Subject { issuer: "i".into(), subject: "s".into(), claims: "{}".into() });
        person
    };
    let elsewhere = || {
        let mut person = linked();
        person.account.password = None;
        person.done(&add(1, None), START);
        person
    };
    let mut by_ldap = elsewhere();
    by_ldap.issued(&login("a", 10, DAY));
    assert_eq!(by_ldap.account.vouched, Some(at(DAY)));
    by_ldap.issued(&login("a", 11, DAY + HOUR));
    assert_eq!(by_ldap.account.vouched, Some(at(DAY)), "once a day");
    let (mut by_own, mut by_app_password) = (linked(), elsewhere());
    by_own.issued(&login("a", 10, DAY));
    by_app_password.issued(&by(1, login("a", 10, DAY)));
    assert_eq!([by_own.account.vouched, by_app_password.account.vouched], [None, None]);
    for (how, here, noted) in [
        (AuthMethod::Oidc, false, true),
        (AuthMethod::Oidc, true, true),
        (AuthMethod::Password, false, true),
        (AuthMethod::Password, true, false),
    ] {
        let mut person = if here { linked() } else { elsewhere() };
        let sign_on = Some((token(9), 3 * HOUR));
        person.opened(&OpenSession { sign_on, ..proven(how, DAY, opening(1, DAY)) });
        assert_eq!(person.account.vouched, noted.then_some(at(DAY)), "{how:?} {here}");
        // A browser that was signed on proves nothing anew.
        person.account.vouched = None;
        person.opened(&directory::by_sign_on(9, opening(2, DAY + HOUR)));
        assert_eq!(person.account.vouched, None);
    }
}
