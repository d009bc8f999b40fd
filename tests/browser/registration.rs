//! The administrator registers a front-end user, and where logins may go.

use url::Url;

use crate::browser::Browser;
use crate::front_end::FrontEnd;
use crate::place::Place;
use crate::support::directory::Session;

const WARDEN: &str = "warden";
const PASSWORD: &str = "open this page only";

/// What the administrator opens, with what they answer when the browser asks.
fn link(place: &Place, front_end: &FrontEnd) -> Url {
    let mut link = place.app.url("/directory/api/directorysession/registerfrontenduserandredirecturl");
    link.query_pairs_mut().append_pair("redirecturl", &front_end.url());
    link.set_username(WARDEN).expect("it can have one");
    link.set_password(Some(PASSWORD)).expect("it can have one");
    link
}

#[test]
fn whoever_logs_in_next_in_this_browser_becomes_a_front_end_user() {
    let place = Place::new(&[("admin.username", WARDEN), ("admin.password", PASSWORD)]);
    let [new, other] = [place.app.user(), place.app.user()];
    let front_end = FrontEnd::start();
    let browser = Browser::start();
    // That the administrator is logged in does not make them one.
    place.log_in(&browser, &other);
    browser.open(link(&place, &front_end));
    browser.sees("Register an application");
    browser.reads(&front_end.url());
    browser.press("Continue to the login");
    browser.sees("Log in");
    let elsewhere = browser.someone_elses();
    elsewhere.open(browser.url());
    elsewhere.sees("Your browser sent no cookie");
    assert!(!place.may_send_to(&front_end), "the login is not complete");
    browser.give_password(&new);
    let back = browser.arrives("the new front end", |url| url.as_str().starts_with(&front_end.url()));
    assert_eq!(place.app.user_info(&Session::of_fragment(&back).directory).ok()["frontendaccess"], true);
    assert!(place.may_send_to(&front_end));
    let bearer = place.log_in(&elsewhere, &other);
    assert_eq!(place.app.user_info(&bearer).ok()["frontendaccess"], false);
}
