//! Leaving: the browser forgets the person, and so does the provider.

use crate::browser::Browser;
use crate::place::Place;

const PAGE: &str = "/directory/api/signout";

#[test]
fn who_logs_out_is_asked_at_the_next_login() {
    let place = Place::new(&[]);
    let user = place.app.user();
    let browser = Browser::start();
    let bearer = place.log_in(&browser, &user);
    browser.open(place.app.url(PAGE));
    browser.sees("Log out?");
    browser.reads(&user.email);
    browser.press("Log out");
    browser.sees("You are logged out");
    assert_eq!(place.app.user_info(&bearer).ok()["email"], user.email, "what is open stays open");
    browser.open(place.login());
    browser.give_password(&user);
    browser.is_greeted(&user.email);
}

#[test]
fn who_logs_out_is_logged_out_at_the_provider_too() {
    let place = Place::with_provider();
    let browser = Browser::start();
    place.log_in_at_the_provider(&browser);
    browser.open(place.app.url(PAGE));
    browser.press("Log out");
    browser.press("Yes, sign me out");
    browser.sees("You are logged out");
    place.log_in_at_the_provider(&browser);
}
