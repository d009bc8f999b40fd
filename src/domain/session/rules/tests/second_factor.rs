//! A second factor comes and goes by what its person does in a browser that is signed on, and each of its codes counts once.

use super::directory::{opening, somebody};
use super::*;
use crate::domain::{AccountChange, CodeDigest, OpenSession, OwnChange, Passkey, SecondFactor, UsedCode};

const CODES: [CodeDigest; 2] = [CodeDigest([1; 16]), CodeDigest([2; 16])];

fn factor() -> SecondFactor {
    let passkeys = Vec::new();
    SecondFactor { sealed: [7].into(), last_step: 10, recovery: CODES.into(), since: at(START), passkeys }
}

fn passkey(id: u8) -> Passkey {
    let (key, name, created) = ([9].into(), "phone".into(), at(START));
    Passkey { id: [id].into(), key, count: 4, name, created, used: None }
}

/// A factor that is added beside others: it brings no recovery codes.
fn more(passkeys: &[u8]) -> OwnChange {
    let passkeys = passkeys.iter().map(|id| passkey(*id)).collect();
    OwnChange::AddFactor(SecondFactor { passkeys, ..SecondFactor::default() })
}

fn own(browser: u8, change: OwnChange) -> AccountChange {
    AccountChange::EndEverything { browser: token(browser), change: Some(change) }
}

/// Somebody with a password, who is signed on by this cookie.
fn signed_on(cookie: u8) -> Person {
    let mut person = somebody();
    person.opened(&OpenSession { sign_on: Some((token(cookie), HOUR)), ..opening(cookie, START) });
    person.account.password = PasswordHash::new("$hash");
    person
}

fn with_factor() -> Person {
    let mut person = signed_on(9);
    person.account.second_factor = Some(factor());
    person
}

fn used(generation: u32, code: UsedCode) -> AccountChange {
    AccountChange::UseCode { generation, code }
}

#[test]
fn one_is_set_up_once_beside_a_password_and_ends_everything() {
    let mut person = signed_on(9);
    person.denies(&own(8, OwnChange::AddFactor(factor())), MINUTE, Denied::SignedOff);
    let (account, effects) = person.done(&own(9, OwnChange::AddFactor(factor())), MINUTE);
    assert_eq!((account.second_factor, account.generation), (Some(factor()), 5));
    assert_eq!(effects.revoked(TokenKind::SignOn), [token(9)]);
    assert_eq!(effects.reasons(), [CloseReason::ByApplication]);
    let mut person = with_factor();
    person.denies(&own(9, OwnChange::AddFactor(factor())), MINUTE, Denied::HasSecondFactor);
    let mut person = signed_on(9);
    person.account.password = None;
    person.denies(&own(9, OwnChange::AddFactor(factor())), MINUTE, Denied::NoPassword);
}

// Whoever was to be kept out by the new password must not add a factor of their own with what they began before.
#[test]
fn a_change_under_way_does_not_outlive_a_new_password() {
    for change in [OwnChange::AddFactor(factor()), OwnChange::RecoveryCodes(Vec::new()), OwnChange::RemoveApp] {
        let mut person = with_factor();
        let hash = PasswordHash::new("$new").expect("a hash");
        person.done(&AccountChange::Password { hash, revokes_app_passwords: false }, MINUTE);
        person.denies(&own(9, change), MINUTE, Denied::SignedOff);
        person.denies(&used(4, UsedCode::App(11)), MINUTE, Denied::StaleProof);
        assert_eq!(person.account.second_factor, Some(factor()), "it stays beside the new password");
    }
}

#[test]
fn each_code_counts_once_at_the_generation_of_the_proof() {
    let mut person = with_factor();
    person.denies(&used(4, UsedCode::App(10)), MINUTE, Denied::CodeUsed);
    person.denies(&used(3, UsedCode::App(11)), MINUTE, Denied::StaleProof);
    let (account, effects) = person.done(&used(4, UsedCode::App(11)), MINUTE);
    assert_eq!((account.generation, effects.closed.len()), (4, 0), "it ends nothing");
    person.denies(&used(4, UsedCode::App(11)), MINUTE, Denied::CodeUsed);
    person.done(&used(4, UsedCode::Recovery(CODES[1])), MINUTE);
    person.denies(&used(4, UsedCode::Recovery(CODES[1])), MINUTE, Denied::WrongCode);
    person.account.enabled = false;
    person.denies(&used(4, UsedCode::Recovery(CODES[0])), MINUTE, Denied::Disabled);
    let mut person = signed_on(9);
    person.denies(&used(4, UsedCode::App(11)), MINUTE, Denied::NoSecondFactor);
}

#[test]
fn new_recovery_codes_take_the_place_of_the_former() {
    let mut person = with_factor();
    let new = CodeDigest([3; 16]);
    let (account, effects) = person.done(&own(9, OwnChange::RecoveryCodes(vec![new])), MINUTE);
    assert_eq!(account.second_factor, Some(SecondFactor { recovery: vec![new], ..factor() }));
    assert_eq!((account.generation, effects.reasons()), (5, vec![CloseReason::ByApplication]));
    let mut person = signed_on(9);
    person.denies(&own(9, OwnChange::RecoveryCodes(vec![new])), MINUTE, Denied::NoSecondFactor);
}

#[test]
fn it_is_removed_by_its_person_or_reset_by_an_operator_and_everything_ends() {
    for (change, why) in
        [(own(9, OwnChange::RemoveApp), CloseReason::ByApplication), (AccountChange::ResetFactor, CloseReason::ByAdmin)]
    {
        let mut person = with_factor();
        let (account, effects) = person.done(&change, MINUTE);
        assert_eq!((account.second_factor, account.generation), (None, 5));
        assert_eq!((effects.reasons(), effects.revoked(TokenKind::SignOn)), (vec![why], vec![token(9)]));
        let mut person = signed_on(9);
        person.denies(&change, MINUTE, Denied::NoSecondFactor);
    }
}

#[test]
fn passkeys_come_and_go_beside_an_app_and_the_last_factor_takes_the_codes_along() {
    // Each change signs the browser off, so each is another person's.
    let with = |passkeys: &[u8], sealed: &[u8]| {
        let mut person = with_factor();
        let passkeys = passkeys.iter().map(|id| passkey(*id)).collect();
        person.account.second_factor = Some(SecondFactor { sealed: sealed.into(), passkeys, ..factor() });
        person
    };
    let ids = |factor: Option<SecondFactor>| {
        factor.map(|held| (held.has_app(), held.recovery.len(), held.passkeys.iter().map(|held| held.id[0]).collect()))
    };
    let app = OwnChange::AddFactor(SecondFactor { sealed: [8].into(), last_step: 2, ..SecondFactor::default() });
    for (mut person, change, after) in [
        (with(&[], &[7]), more(&[1]), Some((true, 2, vec![1]))),
        (with(&[1], &[7]), more(&[2]), Some((true, 2, vec![1, 2]))),
        (with(&[1], &[]), app.clone(), Some((true, 2, vec![1]))),
        (with(&[1, 2], &[7]), OwnChange::RemovePasskey([1].into()), Some((true, 2, vec![2]))),
        (with(&[1], &[7]), OwnChange::RemovePasskey([1].into()), Some((true, 2, vec![]))),
        (with(&[1], &[7]), OwnChange::RemoveApp, Some((false, 2, vec![1]))),
        (with(&[1], &[]), OwnChange::RemovePasskey([1].into()), None),
    ] {
        let (account, effects) = person.done(&own(9, change), MINUTE);
        assert_eq!((ids(account.second_factor), account.generation), (after, 5));
        assert_eq!(effects.reasons(), [CloseReason::ByApplication]);
    }
    for (mut person, change, denied) in [
        (with(&[1], &[7]), more(&[1]), Denied::HasSecondFactor),
        (with(&[1, 2, 3, 4, 5], &[]), more(&[6]), Denied::HasSecondFactor),
        (with(&[1], &[7]), app, Denied::HasSecondFactor),
        (with(&[1], &[7]), OwnChange::RemovePasskey([2].into()), Denied::NoSecondFactor),
        (with(&[1], &[]), OwnChange::RemoveApp, Denied::NoSecondFactor),
        // The first comes with recovery codes.
        (signed_on(9), more(&[1]), Denied::NoSecondFactor),
    ] {
        person.denies(&own(9, change), MINUTE, denied);
    }
}

#[test]
fn a_passkey_that_does_not_count_up_is_refused() {
    let mut person = with_factor();
    person.account.second_factor =
        Some(SecondFactor { sealed: Box::default(), passkeys: vec![passkey(1)], ..factor() });
    let by = |count| used(4, UsedCode::Passkey([1].into(), count));
    person.denies(&by(4), MINUTE, Denied::PasskeyCount);
    person.denies(&by(0), MINUTE, Denied::PasskeyCount);
    person.denies(&used(3, UsedCode::Passkey([1].into(), 5)), MINUTE, Denied::StaleProof);
    let (account, effects) = person.done(&by(5), MINUTE);
    assert_eq!((account.generation, effects.closed.len()), (4, 0), "it ends nothing");
    let held = account.second_factor.map(|factor| factor.passkeys[0].clone());
    assert_eq!(held.map(|held| (held.count, held.used)), Some((5, Some(at(MINUTE)))));
    person.denies(&by(5), MINUTE, Denied::PasskeyCount);
    person.denies(&used(4, UsedCode::Passkey([2].into(), 9)), MINUTE, Denied::WrongPasskey);
    person.denies(&used(4, UsedCode::App(99)), MINUTE, Denied::WrongCode);
}
