//! The account page, as a person uses it: without scripts, on a phone, in either language.

use crate::browser::Browser;
use crate::looks::{LOOKS, Scheme, Screen};
use crate::place::{ADA, Place};
use crate::support::app::User;
use crate::support::directory::Session;

const NEW: &str = "four words to remember";

fn with(user: &User, password: &str) -> User {
    User { id: user.id, email: user.email.clone(), password: password.to_owned() }
}

#[test]
fn a_person_changes_the_password_and_everything_else_is_logged_out() {
    let place = Place::new(&[]);
    let user = place.app.user();
    let access = place.app.login(&user);
    let browser = Browser::start();
    browser.forbids_scripts();
    browser.looks(Screen::Phone, Scheme::Light);
    // Where password managers lead.
    browser.open(place.app.url("/.well-known/change-password"));
    browser.sees("Log in");
    browser.reads("Continue to your account");
    browser.give_password(&user);
    browser.sees("Your account");
    browser.reads(&user.email);
    browser.reads("This browser");
    assert_eq!(browser.url().fragment(), Some("password"), "the section that was asked for");
    let change = |present: &str, new: &str| {
        browser.fill("Present password", present);
        browser.fill("New password", new);
        browser.fill("New password, once more", new);
        browser.press("Change password");
    };
    change("not my password", NEW);
    browser.reads("The present password is wrong.");
    assert!(browser.title().starts_with("Error: "), "{}", browser.title());
    assert_eq!(browser.focused(), "Present password");
    change(&user.password, NEW);
    browser.reads("Your password has been changed.");
    place.app.refuses(&access);
    // This browser needs no login to go on.
    browser.open(place.login());
    let back = browser.arrives("the front end", |url| url.as_str().starts_with(&place.front_end.url()));
    let bearer = Session::of_fragment(&back).directory;
    assert_eq!(place.app.user_info(&bearer).ok()["email"], user.email);
    place.app.accepts(&place.app.login(&with(&user, NEW)));
}

#[test]
fn a_person_finds_a_browser_they_do_not_know_and_logs_it_out() {
    let place = Place::new(&[]);
    let user = place.app.user();
    let browser = Browser::start();
    let lost = browser.someone_elses();
    for browser in [&browser, &lost] {
        browser.speaks("de");
        browser.open(place.app.url("/account"));
        browser.sees("Anmelden");
        browser.fill("E-Mail-Adresse", &user.email);
        browser.fill("Passwort", &user.password);
        browser.press("Anmelden");
        browser.sees("Ihr Konto");
    }
    browser.open(place.app.url("/account"));
    browser.poses("account-real-de", &LOOKS);
    browser.looks(Screen::Desktop, Scheme::Light);
    browser.press("Überall außer hier abmelden");
    browser.reads("Alles außer diesem Browser ist abgemeldet.");
    lost.open(place.app.url("/account"));
    lost.sees("Anmelden");
}

/// The app password that the page shows.
fn shown(browser: &Browser) -> String {
    browser.reads("It is shown only this once.");
    let text = browser.text();
    text.split_whitespace().find(|word| word.starts_with("bgap-")).expect("it is shown").to_owned()
}

#[test]
fn a_person_makes_an_app_password_uses_it_and_revokes_it() {
    let place = Place::new(&[]);
    let user = place.app.user();
    let browser = Browser::start();
    browser.forbids_scripts();
    browser.looks(Screen::Phone, Scheme::Light);
    browser.open(place.app.url("/account"));
    browser.give_password(&user);
    browser.sees("Your account");
    browser.fill("Name, such as the program or device", "Old plugin");
    browser.press("Make app password");
    let value = shown(&browser);
    assert!(browser.is_on_screen("//code"), "nobody has to look for it");
    let program = with(&user, &value.to_uppercase().replace('-', " "));
    let access = place.app.login(&program);
    browser.open(place.app.url("/account"));
    browser.reads("Old plugin");
    browser.reads("last used on");
    assert!(!browser.text().contains("bgap"), "it was shown once");
    browser.press("Revoke");
    browser.reads("The app password has been revoked.");
    place.app.refuses(&access);
    place.app.try_login(&program, &serde_json::Value::Null).refused(401, "E_InvalidCredentials");
    assert!(!browser.text().contains("Old plugin"), "{}", browser.text());
}

#[test]
fn a_person_of_a_provider_is_asked_there_before_anything_changes() {
    let place = Place::with_provider();
    let browser = Browser::start();
    browser.open(place.app.url("/account"));
    place.give_name_to_the_provider(&browser);
    browser.sees("Your account");
    browser.reads("You log in at 127.0.0.1");
    browser.open(place.app.url("/account/login"));
    place.give_name_to_the_provider(&browser);
    browser.sees("Your account");
    browser.speaks("de");
    browser.fill("Name, such as the program or device", "Handy");
    browser.press("Make app password");
    browser.reads("Neues App-Passwort: Handy");
    browser.poses("app-password-real-de", &LOOKS);
    let value = browser.text();
    let value = value.split_whitespace().find(|word| word.starts_with("bgap-")).expect("it is shown");
    let ada = User { id: uuid::Uuid::nil(), email: ADA.to_owned(), password: value.to_owned() };
    place.app.accepts(&place.app.login(&ada));
}
