//! The built-in login page, and what comes after it.

use thirtyfour::Key;

use crate::browser::Browser;
use crate::place::Place;
use crate::support::directory::native_token;

#[test]
fn a_person_logs_in_and_the_front_end_knows_them() {
    let place = Place::new(&[]);
    let user = place.app.user();
    let browser = Browser::start();
    browser.open(place.login());
    browser.sees("Log in");
    browser.reads(&place.front_end.origin().replace("http://", "Continue to "));
    browser.give_password(&user);
    browser.is_greeted(&user.email);
    // Cookies have no port: the front end stands on the same host, but its scripts cannot read them.
    let cookies = browser.cookies();
    assert!(cookies.iter().any(|cookie| cookie.name.contains("directory_sso")), "{cookies:?}");
    assert_eq!(browser.script("return document.cookie"), "");
}

#[test]
fn a_wrong_password_is_said_and_can_be_tried_again() {
    let place = Place::new(&[]);
    let user = place.app.user();
    let browser = Browser::start();
    browser.open(place.login());
    browser.fill("E-mail address", &user.email);
    browser.fill("Password", "not this one");
    browser.press("Log in");
    assert_eq!(browser.alert(), "The e-mail address or the password is wrong.");
    assert!(browser.title().starts_with("Error"), "a screen reader reads the title first: {}", browser.title());
    // The address stands there still, and the focus is where to go on.
    browser.types(&user.password);
    browser.key(Key::Enter);
    browser.is_greeted(&user.email);
}

#[test]
fn a_second_click_leads_to_the_same_place() {
    let place = Place::new(&[]);
    for pause in [20, 80] {
        let user = place.app.user();
        let browser = Browser::start();
        browser.open(place.login());
        browser.fill("E-mail address", &user.email);
        browser.fill("Password", &user.password);
        browser.script(&format!(
            "const button = document.querySelector('form button'); button.click(); setTimeout(() => button.click(), {pause});"
        ));
        browser.is_greeted(&user.email);
    }
}

#[test]
fn who_tries_too_often_is_told_when_to_try_again() {
    let place = Place::new(&[("throttle.account_network.burst", "1"), ("throttle.account_network.refill", "600")]);
    let user = place.app.user();
    let browser = Browser::start();
    browser.open(place.login());
    for answer in ["The e-mail address or the password is wrong.", "Too many attempts. Please try again in "] {
        browser.fill("E-mail address", &user.email);
        browser.fill("Password", "not this one");
        browser.press("Log in");
        browser.reads(answer);
        assert!(browser.alert().starts_with(answer), "{}", browser.alert());
    }
}

#[test]
fn a_person_is_spoken_to_in_their_language_until_they_choose_another() {
    let place = Place::new(&[]);
    let user = place.app.user();
    let browser = Browser::start();
    browser.speaks("de-AT,de;q=0.9,en;q=0.5");
    browser.open(place.app.authenticate_native(&native_token()));
    browser.sees("Anmelden");
    browser.fill("E-Mail-Adresse", &user.email);
    browser.fill("Passwort", "nicht dieses");
    browser.press("Anmelden");
    assert_eq!(browser.alert(), "Die E-Mail-Adresse oder das Passwort ist falsch.");
    browser.fill("Passwort", &user.password);
    browser.press("Anmelden");
    browser.sees("Dieses Programm anmelden?");
    browser.press("Français");
    browser.sees("Connecter ce programme ?".replace(" ?", "\u{202f}?").as_str());
    browser.press("Non");
    browser.sees("Rien n’a été connecté");
}

#[test]
fn no_script_is_needed() {
    let place = Place::new(&[]);
    let user = place.app.user();
    let browser = Browser::start();
    browser.forbids_scripts();
    let token = place.give_password_for_a_program(&browser, &user);
    browser.sees("Let this program in?");
    assert_eq!(place.app.wait(&token, 0).status, 204);
    browser.press("Look again");
    browser.press("Yes, log it in");
    browser.sees("The login is done");
    place.app.wait(&token, 10).ok();
}

#[test]
fn no_mouse_is_needed() {
    let place = Place::new(&[]);
    let user = place.app.user();
    let browser = Browser::start();
    browser.open(place.login());
    browser.sees("Log in");
    // The focus stands in the first field.
    browser.types(&user.email);
    browser.key(Key::Tab);
    browser.types(&user.password);
    browser.key(Key::Tab);
    assert_eq!(browser.focused(), "Log in");
    browser.screenshot("login-focus");
    browser.key(Key::Enter);
    browser.is_greeted(&user.email);
}

#[test]
fn a_login_that_took_too_long_says_so() {
    let place = Place::new(&[("directory.time_to_authenticate", "10")]);
    let user = place.app.user();
    let browser = Browser::start();
    let token = native_token();
    browser.open(place.app.authenticate_native(&token));
    // Nobody but the browser knows of a login that nobody has begun to prove: its program goes on waiting.
    assert_eq!(place.app.wait(&token, 11).status, 204);
    browser.give_password(&user);
    browser.sees("This login took too long");
}

#[test]
fn two_tabs_log_in_at_once() {
    let place = Place::new(&[]);
    let [first, second] = [place.app.user(), place.app.user()];
    let browser = Browser::start();
    browser.open(place.login());
    browser.sees("Log in");
    let tab = browser.new_tab();
    browser.open(place.login());
    browser.give_password(&second);
    let theirs = browser.is_greeted(&second.email);
    browser.switch_to(&tab);
    browser.give_password(&first);
    assert_ne!(browser.is_greeted(&first.email), theirs);
}

#[test]
fn a_login_is_finished_in_the_browser_that_began_it_or_nowhere() {
    let place = Place::new(&[]);
    let browser = Browser::start();
    browser.open(place.login());
    let link = browser.arrives("the login page", |url| url.path() == "/directory/api/login");
    let other = browser.someone_elses();
    other.open(link);
    other.sees("Your browser sent no cookie");
}

#[test]
fn who_has_logged_in_is_not_asked_again() {
    let place = Place::new(&[]);
    let user = place.app.user();
    let browser = Browser::start();
    let first = place.log_in(&browser, &user);
    browser.open(place.login());
    let second = browser.is_greeted(&user.email);
    assert_ne!(first, second, "each login is a session of its own");
    // Only a close that says so makes the person be asked.
    place.app.close(&first, "false").ok();
    browser.open(place.login());
    browser.is_greeted(&user.email);
    place.app.close(&second, "true").ok();
    browser.open(place.login());
    browser.give_password(&user);
    browser.is_greeted(&user.email);
}
