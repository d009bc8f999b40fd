//! Logging in at an OpenID Connect provider that nobody here wrote.

use crate::browser::Browser;
use crate::place::{ADA, Place};
use crate::support::directory::native_token;

#[test]
fn a_person_whom_the_provider_knows_logs_in_and_comes_back() {
    let place = Place::with_provider();
    let browser = Browser::start();
    place.log_in_at_the_provider(&browser);
    // Neither here nor there they are asked again.
    browser.open(place.login());
    browser.is_greeted(ADA);
}

#[test]
fn who_cancels_at_the_provider_is_not_logged_in() {
    let place = Place::with_provider();
    let browser = Browser::start();
    browser.open(place.login());
    browser.press("Cancel");
    browser.sees("Not logged in: access_denied");
}

#[test]
fn a_close_can_make_the_provider_ask_again() {
    let place = Place::with_provider();
    let browser = Browser::start();
    let bearer = place.log_in_at_the_provider(&browser);
    place.app.close(&bearer, "true").ok();
    // The provider knows them still, and would let them through.
    let bearer = place.log_in_at_the_provider(&browser);
    place.app.close(&bearer, "true").ok();
    // Also where the browser tells us nothing.
    browser.forgets(&place.app.url("/"));
    place.log_in_at_the_provider(&browser);
    browser.open(place.login());
    browser.is_greeted(ADA);
}

#[test]
fn a_program_is_confirmed_after_the_provider_too() {
    let place = Place::with_provider();
    let browser = Browser::start();
    let token = native_token();
    browser.open(place.app.authenticate_native(&token));
    place.give_name_to_the_provider(&browser);
    browser.sees("Let this program in?");
    browser.reads(ADA);
    assert_eq!(place.app.wait(&token, 0).status, 204);
    browser.press("Look again");
    browser.press("Yes, log it in");
    browser.sees("The login is done");
    place.app.wait(&token, 10).ok();
}

#[test]
fn a_login_begun_elsewhere_is_not_finished_here() {
    let place = Place::with_provider();
    let token = native_token();
    // An attacker begins, and has somebody else go to the provider in their place.
    let login = place.app.authenticate_native(&token);
    let begun = place.app.request("GET", &login[url::Position::BeforePath..]).send();
    let browser = Browser::start();
    browser.open(begun.header("location").expect("the provider"));
    place.give_name_to_the_provider(&browser);
    browser.sees("Your browser sent no cookie");
    assert_eq!(place.app.wait(&token, 0).status, 204, "the attacker's program gets nothing");
}
