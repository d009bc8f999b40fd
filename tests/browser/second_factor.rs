//! The second factor, as a person sets it up and is asked for it.

use serde_json::Value;

use crate::browser::Browser;
use crate::looks::{LOOKS, Scheme, Screen};
use crate::place::Place;
use crate::support::authenticator::Authenticator;

#[test]
fn a_person_sets_one_up_and_is_asked_for_it() {
    let place = Place::new(&[]);
    let user = place.app.user();
    let browser = Browser::start();
    browser.looks(Screen::Phone, Scheme::Light);
    browser.open(place.app.url("/account"));
    browser.give_password(&user);
    browser.press("Set up an authenticator app");
    browser.sees("Set up an authenticator app");
    browser.poses("factor-real", &LOOKS);
    let key = browser.script("return document.querySelector('.key').textContent");
    let mut app = Authenticator::of(key.as_str().expect("a key"));
    browser.fill("Your password", &user.password);
    browser.fill("Code that the app shows", &app.code());
    browser.press("Turn it on");
    browser.sees("Your recovery codes");
    let code = browser.script("return document.querySelector('.codes li').textContent");
    browser.press("I have kept them");
    browser.reads("10 recovery codes are left.");

    // Programs that know no code are given an app password; pages ask for a code of the app, or of the paper.
    place.app.try_login(&user, &Value::Null).refused(401, "E_InvalidCredentials");
    let code = code.as_str().expect("a code");
    for of_paper in [false, true] {
        let browser = Browser::start();
        browser.open(place.login());
        browser.give_password(&user);
        browser.sees("Enter your code");
        browser.fill("Code", &if of_paper { app.same_code() } else { app.wrong_code() });
        browser.press("Continue");
        assert!(browser.alert().starts_with("The code is wrong"), "{}", browser.text());
        // Made no sooner than it is used: a code of the app counts for a minute.
        browser.fill("Code", &if of_paper { code.to_owned() } else { app.code() });
        browser.press("Continue");
        browser.is_greeted(&user.email);
    }
    browser.open(place.app.url("/account"));
    browser.reads("9 recovery codes are left.");
}
