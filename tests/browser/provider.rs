//! Logging in at an OpenID Connect provider that nobody here wrote.

use crate::browser::Browser;
use crate::place::{Place, native_token};

/// Whom the provider knows.
const ADA: &str = "ada@example.org";

#[test]
fn a_person_whom_the_provider_knows_logs_in_and_comes_back() {
    let place = Place::with_provider();
    let browser = Browser::start();
    browser.open(place.login());
    place.give_name_to_the_provider(&browser);
    browser.is_greeted(ADA);
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
    browser.open(place.login());
    place.give_name_to_the_provider(&browser);
    let bearer = browser.is_greeted(ADA);
    place.close(&bearer, true);
    // The provider knows them still, and would let them through.
    browser.open(place.login());
    place.give_name_to_the_provider(&browser);
    let bearer = browser.is_greeted(ADA);
    place.close(&bearer, true);
    // Also where the browser tells us nothing.
    browser.forgets(&place.url("/"));
    browser.open(place.login());
    place.give_name_to_the_provider(&browser);
    browser.is_greeted(ADA);
    browser.open(place.login());
    browser.is_greeted(ADA);
}

#[test]
fn a_program_is_confirmed_after_the_provider_too() {
    let place = Place::with_provider();
    let browser = Browser::start();
    let token = native_token();
    browser.open(place.native_login(&token));
    place.give_name_to_the_provider(&browser);
    browser.sees("Let this program in?");
    browser.reads(ADA);
    assert_eq!(place.wait(&token, 0).status, 204);
    browser.press("Yes, log it in");
    browser.sees("The login is done");
    place.wait(&token, 10).ok();
}

#[test]
fn a_login_begun_elsewhere_is_not_finished_here() {
    let place = Place::with_provider();
    let token = native_token();
    // An attacker begins, and has somebody else go to the provider in their place.
    let login = place.native_login(&token);
    let begun = place.app.request("GET", &login[url::Position::BeforePath..]).send();
    let browser = Browser::start();
    browser.open(begun.header("location").expect("the provider"));
    place.give_name_to_the_provider(&browser);
    browser.sees("This login can no longer be used");
    assert_eq!(place.wait(&token, 10).status, 403);
}
