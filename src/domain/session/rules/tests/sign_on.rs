//! Single sign-on, and the demand to ask the person again.

use super::directory::{LIMITS, by_sign_on, close, just_before, opening, proven, somebody};
use super::*;
use crate::domain::{
    AccountChange, AccountLogin, AuthMethod, ClientInfo, LoginProof, OpenSession, OwnChange, PendingLogin, Right,
    Rights, SessionCommand, SignOn,
};

/// A session opened by a proof that meets this demand, if any.
fn meeting(meets: Option<Timestamp>, open: OpenSession) -> OpenSession {
    OpenSession { proof: LoginProof { meets, ..open.proof }, ..open }
}

#[test]
fn a_demand_to_be_asked_again_is_met_by_a_password_typed_after_it() {
    let mut person = somebody();
    person.opened(&OpenSession { sign_on: Some((token(9), HOUR)), ..opening(1, START) });
    person.done(&close(1, true), MINUTE);
    let demand = person.account.profile.reauth_request;
    assert_eq!(demand, Some(at(MINUTE)));
    person.refuses_to_open(by_sign_on(9, opening(2, 2 * MINUTE)), Denied::MustBeAsked);
    person.refuses_to_open(
        proven(AuthMethod::Password, just_before(MINUTE), opening(2, 2 * MINUTE)),
        Denied::MustBeAsked,
    );
    person.refuses_to_open(meeting(demand, by_sign_on(9, opening(2, 2 * MINUTE))), Denied::MustBeAsked);
    let effects =
        person.opened(&meeting(demand, OpenSession { sign_on: Some((token(8), HOUR)), ..opening(2, MINUTE) }));
    assert_eq!(person.account.profile.reauth_request, None);
    assert_eq!(effects.revoked(TokenKind::SignOn), [token(9)], "browsers that were signed on before stay off");
    let signed_on: Vec<_> = person.account.profile.sign_ons.iter().map(|sign_on| sign_on.digest).collect();
    assert_eq!(signed_on, [token(8)]);
}

#[test]
fn a_demand_to_be_asked_again_is_met_by_a_provider_that_asked_after_it() {
    let mut person = somebody();
    person.opened(&opening(1, 5 * MINUTE));
    person.done(&close(1, true), 5 * MINUTE);
    let demand = person.account.profile.reauth_request;
    let asked = |meets| meeting(meets, proven(AuthMethod::Oidc, 6 * MINUTE, opening(2, 6 * MINUTE)));
    for other in [None, Some(at(4 * MINUTE)), Some(at(6 * MINUTE)), Some(PendingLogin::FOR_NO_DEMAND)] {
        person.refuses_to_open(asked(other), Denied::MustBeAsked);
    }
    person.opened(&asked(demand));
    assert_eq!(person.account.profile.reauth_request, None);
}

#[test]
fn a_clock_that_is_behind_or_was_set_back_refuses_nobody_who_was_asked() {
    for how in [AuthMethod::Password, AuthMethod::Oidc] {
        let mut person = somebody();
        person.opened(&opening(1, HOUR));
        person.done(&close(1, true), HOUR);
        person.opened(&meeting(person.account.profile.reauth_request, proven(how, START, opening(2, START))));
    }
}

#[test]
fn a_clock_that_was_set_back_lets_no_earlier_proof_count_as_asked() {
    let mut person = somebody();
    for number in 1..=3 {
        person.opened(&opening(number, HOUR));
    }
    let mut demands = vec![None];
    // At one instant, an hour earlier, and an hour later.
    for (number, when) in [(1, HOUR), (2, START), (3, 2 * HOUR)] {
        person.done(&close(number, true), when);
        for earlier in &demands {
            person.refuses_to_open(meeting(*earlier, opening(9, 3 * HOUR)), Denied::MustBeAsked);
        }
        demands.push(person.account.profile.reauth_request);
    }
    person.done(&AccountChange::AskAgain(at(START)), START);
    person.refuses_to_open(meeting(demands[3], opening(9, 3 * HOUR)), Denied::MustBeAsked);
    assert!(person.account.profile.reauth_request > demands[3], "it never moves back");
}

#[test]
fn a_browser_is_signed_on_from_the_proof_on_and_no_longer_than_its_login_may_last() {
    let mut person = somebody();
    let open = |number, cookie, lifetime| OpenSession {
        sign_on: Some((token(cookie), lifetime)),
        ..proven(AuthMethod::Oidc, START, opening(number, 5 * MINUTE))
    };
    let effects = person.opened(&open(1, 11, HOUR));
    assert_eq!(
        effects.issued(TokenKind::SignOn).map(|(digest, found)| (digest, found.expires)),
        Some((token(11), at(HOUR)))
    );
    assert_eq!(person.account.profile.sign_ons[0].proven, at(START));
    let effects = person.opened(&open(2, 12, LIMITS.login_age * 2));
    assert_eq!(effects.issued(TokenKind::SignOn).map(|(_, found)| found.expires), Some(at(LIMITS.login_age)));
    assert_eq!(person.opened(&open(3, 13, 5 * MINUTE)).issued(TokenKind::SignOn), None, "it would be over already");
    assert_eq!(person.account.profile.sign_ons.len(), 2);
    // The same cookie again is the same browser.
    let effects = person.opened(&open(4, 11, 2 * HOUR));
    assert_eq!((effects.revoked(TokenKind::SignOn), person.account.profile.sign_ons.len()), (vec![], 2));
    let effects = person.opened(&OpenSession { sign_on: Some((token(14), HOUR)), ..opening(5, 3 * HOUR) });
    assert_eq!(effects.revoked(TokenKind::SignOn), [token(11)], "what is over goes first");
}

#[test]
fn a_proof_by_single_sign_on_counts_while_that_browser_is_signed_on() {
    let mut person = somebody();
    for cookie in [8, 9] {
        person.opened(&OpenSession { sign_on: Some((token(cookie), HOUR)), ..opening(cookie, START) });
    }
    person.opened(&by_sign_on(9, opening(1, just_before(HOUR))));
    person.refuses_to_open(by_sign_on(9, opening(2, HOUR)), Denied::SignedOff);
    person.refuses_to_open(by_sign_on(7, opening(2, MINUTE)), Denied::SignedOff);
    person.refuses_to_open(proven(AuthMethod::SingleSignOn, START, opening(2, MINUTE)), Denied::SignedOff);
    person.done(&AccountChange::SignOff(token(9)), START);
    person.refuses_to_open(by_sign_on(9, opening(2, MINUTE)), Denied::SignedOff);
    person.opened(&by_sign_on(8, opening(2, MINUTE)));
    person.done(&AccountChange::SignOffEverywhere, START);
    person.refuses_to_open(by_sign_on(8, opening(3, MINUTE)), Denied::SignedOff);
}

#[test]
fn a_browser_too_many_pushes_out_the_oldest() {
    let mut person = somebody();
    for (number, cookie) in (0..).zip(1..=17) {
        let effects = person.opened(&OpenSession { sign_on: Some((token(cookie), HOUR)), ..opening(number, START) });
        assert_eq!(effects.revoked(TokenKind::SignOn), if cookie == 17 { vec![token(1)] } else { vec![] });
    }
    assert_eq!(person.account.profile.sign_ons.len(), SignOn::MAX_BROWSERS);
}

/// Signs on for the account page, by this cookie and instead of that one.
fn for_account(cookie: u8, replaces: Option<u8>, open: OpenSession) -> OpenSession {
    let account = Some(AccountLogin { replaces: replaces.map(token), console: None });
    OpenSession { sign_on: Some((token(cookie), HOUR)), account, ..open }
}

fn signed_on(person: &Person) -> Vec<TokenDigest> {
    person.account.profile.sign_ons.iter().map(|sign_on| sign_on.digest).collect()
}

#[test]
fn a_login_for_the_account_page_signs_on_instead_of_the_sign_on_before_and_opens_nothing() {
    let mut person = somebody();
    let (_, effects) = person.done(&SessionCommand::Open(Box::new(for_account(9, None, opening(1, START)))), START);
    assert!(person.directory.is_empty() && effects.stored.is_empty() && effects.opened.is_none());
    assert_eq!(effects.issued(TokenKind::SignOn).map(|(digest, _)| digest), Some(token(9)));
    let again = for_account(8, Some(9), opening(2, MINUTE));
    let (_, effects) = person.done(&SessionCommand::Open(Box::new(again)), MINUTE);
    assert_eq!((effects.revoked(TokenKind::SignOn), signed_on(&person)), (vec![token(9)], vec![token(8)]));
    // The same form sent twice.
    let again = for_account(8, Some(9), opening(2, MINUTE));
    let (_, effects) = person.done(&SessionCommand::Open(Box::new(again)), MINUTE);
    assert_eq!((effects.revoked(TokenKind::SignOn), signed_on(&person)), (vec![], vec![token(8)]));
    let old = for_account(7, None, proven(AuthMethod::Oidc, START, opening(3, HOUR)));
    person.refuses_to_open(old, Denied::ProofTooOld);
}

#[test]
fn a_sign_on_says_when_its_person_was_asked_for_sure_and_which_browser_it_is() {
    let mut person = somebody();
    let open = |number, how| OpenSession {
        sign_on: Some((token(number), HOUR)),
        ..proven(how, START, opening(number, MINUTE))
    };
    person.opened(&open(1, AuthMethod::Password));
    person.opened(&open(2, AuthMethod::Oidc));
    person.opened(&meeting(Some(PendingLogin::FOR_NO_DEMAND), open(3, AuthMethod::Oidc)));
    let asked: Vec<_> = person.account.profile.sign_ons.iter().map(|sign_on| sign_on.asked).collect();
    assert_eq!(asked, [Some(at(START)), None, Some(at(START))]);
    assert!(person.account.profile.sign_ons.iter().all(|sign_on| sign_on.contact == Some(ClientInfo::default())));
}

#[test]
fn the_use_of_a_sign_on_is_noted_once_an_hour() {
    let mut person = somebody();
    person.opened(&OpenSession { sign_on: Some((token(9), 12 * HOUR)), ..opening(1, START) });
    let used = |person: &Person| person.account.profile.sign_ons[0].used;
    for (number, when, noted) in
        [(2, 59 * MINUTE, None), (3, HOUR, Some(HOUR)), (4, 119 * MINUTE, Some(HOUR)), (5, 2 * HOUR, Some(2 * HOUR))]
    {
        person.opened(&by_sign_on(9, opening(number, when)));
        assert_eq!(used(&person), noted.map(at));
    }
}

#[test]
fn a_browser_that_is_signed_on_ends_everything_and_is_signed_on_anew() {
    let mut person = somebody();
    person.opened(&OpenSession { sign_on: Some((token(9), HOUR)), ..opening(1, START) });
    person.opened(&OpenSession { sign_on: Some((token(8), HOUR)), ..opening(2, START) });
    let own = person.account.profile.sign_ons[0].clone();
    let end = |browser, password: Option<&str>| AccountChange::EndEverything {
        browser: token(browser),
        change: password
            .and_then(PasswordHash::new)
            .map(|hash| OwnChange::Password { hash, revokes_app_passwords: false }),
    };
    person.denies(&end(7, Some("$other")), MINUTE, Denied::SignedOff);
    person.denies(&end(9, Some("$other")), HOUR, Denied::SignedOff);
    let (account, effects) = person.done(&end(9, Some("$new")), MINUTE);
    assert_eq!((account.generation, account.password), (5, PasswordHash::new("$new")));
    assert_eq!(effects.reasons(), [CloseReason::ByApplication; 2]);
    assert!(person.directory.is_empty() && signed_on(&person).is_empty());
    person.denies(&end(9, Some("$other")), MINUTE, Denied::SignedOff);
    let again = |generation| AccountChange::SignOn { generation, sign_on: SignOn { digest: token(6), ..own.clone() } };
    person.denies(&again(4), MINUTE, Denied::StaleProof);
    let (_, effects) = person.done(&again(5), MINUTE);
    assert_eq!(effects.issued(TokenKind::SignOn).map(|(_, found)| found.expires), Some(at(HOUR)));
    assert_eq!(signed_on(&person), [token(6)]);
    let (account, _) = person.done(&end(6, None), MINUTE);
    assert_eq!(account.password, PasswordHash::new("$new"), "it stays");
    person.account.enabled = false;
    person.denies(&again(account.generation), MINUTE, Denied::Disabled);
}

#[test]
fn an_operators_session_opens_for_whom_was_asked_for_sure() {
    let mut person = somebody();
    let open = |number, how| OpenSession { right: Right::Admin, ..proven(how, START, opening(number, START)) };
    person.refuses_to_open(open(1, AuthMethod::Password), Denied::MissingRight);
    let (none, admin) = (Rights::default(), Rights { admin: true, ..Rights::default() });
    let grant = AccountChange::Rights { grant: admin, revoke: none };
    person.done(&grant, START);
    for remembered in [AuthMethod::SingleSignOn, AuthMethod::Oidc] {
        person.refuses_to_open(open(1, remembered), Denied::MustBeAsked);
    }
    person.opened(&meeting(Some(PendingLogin::FOR_NO_DEMAND), open(1, AuthMethod::Oidc)));
    person.opened(&open(2, AuthMethod::Password));
    let (_, effects) = person.done(&AccountChange::Rights { grant: none, revoke: admin }, START);
    assert_eq!(effects.removed.len(), 2, "they end with the right");
}

#[test]
fn who_may_not_do_everything_changes_no_operator_and_makes_none() {
    let mut person = somebody();
    let guarded = |change: AccountChange| AccountChange::UnlessAdmin(Box::new(change));
    let link = |number| AccountChange::AddLink(token(number), at(HOUR));
    person.done(&guarded(link(1)), START);
    assert_eq!(person.account.links.len(), 1);
    let admin = Rights { admin: true, ..Rights::default() };
    let grant = AccountChange::Rights { grant: admin, revoke: Rights::default() };
    person.done(&grant, START);
    assert_eq!(person.account.links, [], "nobody becomes an operator by a link from before");
    person.done(&link(2), START);
    person.done(&grant, START);
    assert_eq!(person.account.links.len(), 1, "who has the right already becomes nothing by it");
    for change in [link(3), AccountChange::Disable, AccountChange::Name("x".into()), AccountChange::SignOffEverywhere] {
        person.denies(&guarded(change), START, Denied::IsOperator);
    }
}
