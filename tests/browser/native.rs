//! A native program is let in by the person who started it, and by nobody who was merely sent its link.

use crate::browser::Browser;
use crate::place::Place;
use crate::support::directory::native_token;

#[test]
fn a_program_is_let_in_when_the_person_says_yes() {
    let place = Place::new(&[]);
    let user = place.app.user();
    let browser = Browser::start();
    let token = place.give_password_for_a_program(&browser, &user);
    browser.sees("Let this program in?");
    browser.reads(&user.email);
    browser.reads("No program waits");
    assert_eq!(place.app.wait(&token, 0).status, 204, "nothing is decided yet");
    browser.press("Look again");
    browser.press("Yes, log it in");
    browser.sees("The login is done");
    assert_eq!(browser.url().fragment().filter(|fragment| fragment.contains("token")), None);
    let session = place.app.wait(&token, 10).ok();
    assert!(session["directory_access_token"].is_string(), "{session}");
}

#[test]
fn a_program_stays_out_when_the_person_says_no() {
    let place = Place::new(&[]);
    let user = place.app.user();
    let browser = Browser::start();
    let token = place.give_password_for_a_program(&browser, &user);
    browser.press("No");
    browser.sees("Nothing was let in");
    place.app.wait(&token, 10).refused(403, "E_Forbidden");
}

#[test]
fn a_link_that_an_attacker_prepared_asks_a_person_who_is_logged_in() {
    let place = Place::new(&[]);
    let user = place.app.user();
    let browser = Browser::start();
    place.log_in(&browser, &user);
    let token = native_token();
    browser.open(place.app.authenticate_native(&token));
    browser.sees("Let this program in?");
    assert_eq!(place.app.wait(&token, 0).status, 204, "the attacker has nothing");
    browser.press("No");
    browser.sees("Nothing was let in");
    assert_eq!(place.app.wait(&token, 0).status, 403);
}
