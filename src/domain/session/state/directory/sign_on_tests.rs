//! Single sign-on, and the demand to ask the person again.

use super::tests::{HOUR, LIMITS, MINUTE, START, at, by_sign_on, id, just_before, opening, proven, somebody, token};
use super::*;
use crate::domain::{AccountChange, LoginProof, PendingLogin};

/// A session opened by a proof that meets this demand, if any.
fn meeting(meets: Option<Timestamp>, open: OpenSession) -> OpenSession {
    OpenSession { proof: LoginProof { meets, ..open.proof }, ..open }
}

#[test]
fn a_demand_to_be_asked_again_is_met_by_a_password_typed_after_it() {
    let mut held = somebody();
    held.opened(&OpenSession { sign_on: Some((token(9), HOUR)), ..opening(1, START) });
    held.done(&SessionCommand::Close { session: id(1), ask_again: true }, MINUTE);
    let demand = held.account.profile.reauth_request;
    assert_eq!(demand, Some(at(MINUTE)));
    held.refuses_to_open(by_sign_on(9, opening(2, 2 * MINUTE)));
    held.refuses_to_open(proven(AuthMethod::Password, just_before(MINUTE), opening(2, 2 * MINUTE)));
    held.refuses_to_open(meeting(demand, by_sign_on(9, opening(2, 2 * MINUTE))));
    let changes = held.opened(&meeting(demand, OpenSession { sign_on: Some((token(8), HOUR)), ..opening(2, MINUTE) }));
    assert_eq!(held.account.profile.reauth_request, None);
    assert_eq!(changes.dead_sign_ons, [token(9)], "browsers that were signed on before stay off");
    let signed_on: Vec<_> = held.account.profile.sign_ons.iter().map(|sign_on| sign_on.digest).collect();
    assert_eq!(signed_on, [token(8)]);
}

#[test]
fn a_demand_to_be_asked_again_is_met_by_a_provider_that_asked_after_it() {
    let mut held = somebody();
    held.opened(&opening(1, 5 * MINUTE));
    held.done(&SessionCommand::Close { session: id(1), ask_again: true }, 5 * MINUTE);
    let demand = held.account.profile.reauth_request;
    let asked = |meets| meeting(meets, proven(AuthMethod::Oidc, 6 * MINUTE, opening(2, 6 * MINUTE)));
    for other in [None, Some(at(4 * MINUTE)), Some(at(6 * MINUTE)), Some(PendingLogin::FOR_NO_DEMAND)] {
        held.refuses_to_open(asked(other));
    }
    held.opened(&asked(demand));
    assert_eq!(held.account.profile.reauth_request, None);
}

#[test]
fn a_clock_that_is_behind_or_was_set_back_refuses_nobody_who_was_asked() {
    for how in [AuthMethod::Password, AuthMethod::Oidc] {
        let mut held = somebody();
        held.opened(&opening(1, HOUR));
        held.done(&SessionCommand::Close { session: id(1), ask_again: true }, HOUR);
        held.opened(&meeting(held.account.profile.reauth_request, proven(how, START, opening(2, START))));
    }
}

#[test]
fn a_clock_that_was_set_back_lets_no_earlier_proof_count_as_asked() {
    let mut held = somebody();
    for number in 1..=3 {
        held.opened(&opening(number, HOUR));
    }
    let mut demands = vec![None];
    // At one instant, an hour earlier, and an hour later.
    for (number, when) in [(1, HOUR), (2, START), (3, 2 * HOUR)] {
        held.done(&SessionCommand::Close { session: id(number), ask_again: true }, when);
        for earlier in &demands {
            held.refuses_to_open(meeting(*earlier, opening(9, 3 * HOUR)));
        }
        demands.push(held.account.profile.reauth_request);
    }
    held.change(&AccountChange::AskAgain(at(START))).expect("it applies");
    held.refuses_to_open(meeting(demands[3], opening(9, 3 * HOUR)));
    assert!(held.account.profile.reauth_request > demands[3], "it never moves back");
}

#[test]
fn a_browser_is_signed_on_from_the_proof_on_and_no_longer_than_its_login_may_last() {
    let mut held = somebody();
    let open = |number, cookie, lifetime| OpenSession {
        sign_on: Some((token(cookie), lifetime)),
        ..proven(AuthMethod::Oidc, START, opening(number, 5 * MINUTE))
    };
    let changes = held.opened(&open(1, 11, HOUR));
    assert_eq!(changes.sign_on.map(|(digest, found)| (digest, found.expires)), Some((token(11), at(HOUR))));
    assert_eq!(held.account.profile.sign_ons[0].proven, at(START));
    let changes = held.opened(&open(2, 12, LIMITS.login_age * 2));
    assert_eq!(changes.sign_on.map(|(_, found)| found.expires), Some(at(LIMITS.login_age)));
    assert_eq!(held.opened(&open(3, 13, 5 * MINUTE)).sign_on, None, "it would be over already");
    assert_eq!(held.account.profile.sign_ons.len(), 2);
    // The same cookie again is the same browser.
    let changes = held.opened(&open(4, 11, 2 * HOUR));
    assert_eq!((changes.dead_sign_ons, held.account.profile.sign_ons.len()), (vec![], 2));
    let changes = held.opened(&OpenSession { sign_on: Some((token(14), HOUR)), ..opening(5, 3 * HOUR) });
    assert_eq!(changes.dead_sign_ons, [token(11)], "what is over goes first");
}

#[test]
fn a_proof_by_single_sign_on_counts_while_that_browser_is_signed_on() {
    let mut held = somebody();
    for cookie in [8, 9] {
        held.opened(&OpenSession { sign_on: Some((token(cookie), HOUR)), ..opening(cookie, START) });
    }
    held.opened(&by_sign_on(9, opening(1, just_before(HOUR))));
    held.refuses_to_open(by_sign_on(9, opening(2, HOUR)));
    held.refuses_to_open(by_sign_on(7, opening(2, MINUTE)));
    held.refuses_to_open(proven(AuthMethod::SingleSignOn, START, opening(2, MINUTE)));
    held.change(&AccountChange::SignOff(token(9))).expect("it applies");
    held.refuses_to_open(by_sign_on(9, opening(2, MINUTE)));
    held.opened(&by_sign_on(8, opening(2, MINUTE)));
    held.change(&AccountChange::SignOffEverywhere).expect("it applies");
    held.refuses_to_open(by_sign_on(8, opening(3, MINUTE)));
}

#[test]
fn a_browser_too_many_pushes_out_the_oldest() {
    let mut held = somebody();
    for (number, cookie) in (0..).zip(1..=17) {
        let changes = held.opened(&OpenSession { sign_on: Some((token(cookie), HOUR)), ..opening(number, START) });
        assert_eq!(changes.dead_sign_ons, if cookie == 17 { vec![token(1)] } else { vec![] });
    }
    assert_eq!(held.account.profile.sign_ons.len(), SignOn::MOST);
}
