//! A person who has forgotten their password, from the login page by the mail back to it.

use url::Url;

use crate::browser::Browser;
use crate::looks::{LOOKS, Scheme, Screen};
use crate::place::Place;
use crate::support::app::User;
use crate::support::mail_server::MailServer;

const NEW: &str = "four words to remember";

#[test]
fn a_person_who_has_forgotten_the_password_sets_another_and_logs_in() {
    let mail = MailServer::start("starttls", "takes");
    let settings = mail.settings();
    let place = Place::new(&settings.iter().map(|(key, value)| (*key, value.as_str())).collect::<Vec<_>>());
    let user = place.app.user();
    let browser = Browser::start();
    browser.speaks("de");
    browser.open(place.app.url("/account"));
    browser.sees("Anmelden");
    browser.poses("forgot-way-real-de", &LOOKS);
    browser.forbids_scripts();
    browser.looks(Screen::Phone, Scheme::Light);
    browser.press("Passwort vergessen?");
    browser.sees("Neues Passwort festlegen");
    browser.fill("E-Mail-Adresse", "nobody");
    browser.press("Link schicken");
    assert_eq!(browser.alert(), "Bitte geben Sie Ihre E-Mail-Adresse ein.");
    assert_eq!(browser.focused(), "E-Mail-Adresse");
    browser.fill("E-Mail-Adresse", &user.email);
    browser.press("Link schicken");
    browser.sees("Sehen Sie in Ihr Postfach");

    // Somewhere else, in the language of that browser.
    let browser = browser.someone_elses();
    let letter = mail.mail();
    let link = Url::parse(letter.link()).expect("a URL");
    browser.open(place.app.url(&link[url::Position::BeforePath..]));
    browser.sees("Set your password");
    assert_eq!(browser.script("return document.querySelector('[autocomplete=username]').value"), *user.email);
    assert_eq!(browser.url(), place.app.url("/account/link"), "no secret stays in the address");
    browser.poses("link-real-en", &LOOKS);
    browser.forbids_scripts();
    browser.fill("New password", NEW);
    browser.fill("New password, once more", NEW);
    browser.press("Set password");
    browser.sees("Your password is set");
    assert!(mail.mail().text.contains("was changed or set"));
    browser.open(place.app.url("/account"));
    browser.sees("Log in");
    let user = User { id: user.id, email: user.email.clone(), password: NEW.to_owned() };
    browser.give_password(&user);
    browser.sees("Your account");
    place.app.accepts(&place.app.login(&user));
    // It counted once.
    browser.open(place.app.url(&link[url::Position::BeforePath..]));
    browser.sees("This link can no longer be used");
    browser.press("Set a new password");
    browser.sees("Set a new password");
}
