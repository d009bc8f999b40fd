//! Passkeys, with an authenticator that the browser plays itself.

use std::net::{Ipv4Addr, TcpListener};

use serde_json::json;

use crate::browser::Browser;
use crate::looks::{Scheme, Screen};
use crate::place::Place;

impl Browser {
    /// Has this tab's pages find an authenticator like a phone's, whose person says yes to everything.
    fn has_an_authenticator(&self) {
        self.command("WebAuthn.enable", json!({}));
        let options = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserVerified": true,
            "automaticPresenceSimulation": true,
        });
        self.command("WebAuthn.addVirtualAuthenticator", json!({"options": options}));
    }
}

#[test]
fn a_person_adds_one_logs_in_by_it_and_removes_it() {
    // Browsers offer passkeys at names only, so the port must be known before.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()).expect("a port").port();
    let (listen, url) = (format!("127.0.0.1:{port}"), format!("http://localhost:{port}"));
    let place = Place::new(&[("server.listen", &listen), ("server.public_url", &url)]);
    let (user, account) = (place.app.user(), format!("{url}/account"));
    let browser = Browser::start();
    browser.has_an_authenticator();
    browser.looks(Screen::Phone, Scheme::Light);
    browser.open(&account);
    browser.give_password(&user);
    browser.press("Add a passkey");
    browser.sees("Add a passkey");
    browser.fill("Your password", &user.password);
    browser.fill("Name, such as the device", "My phone");
    browser.press("Add a passkey");
    browser.sees("Your recovery codes");
    browser.press("I have kept them");
    browser.reads("Passkey My phone");
    browser.poses("account-passkey-real", &[(Screen::Phone, Scheme::Light), (Screen::Desktop, Scheme::Dark)]);

    browser.run(browser.driver().delete_all_cookies());
    browser.open(&account);
    browser.give_password(&user);
    browser.sees("Show that it is you");
    assert_eq!(browser.focused(), "Use your passkey");
    browser.poses("login-passkey-real", &[(Screen::Phone, Scheme::Light), (Screen::Desktop, Scheme::Dark)]);
    browser.press("Use your passkey");
    browser.sees("Your account");

    // With the field left empty, the passkey answers.
    browser.press("Remove");
    browser.reads("It has been removed as a second factor.");
    browser.reads("A passkey, or a code that an app shows, can be asked for besides your password.");

    // A browser that runs no scripts is told so, and takes a recovery code later.
    browser.forbids_scripts();
    browser.press("Add a passkey");
    browser.fill("Your password", &user.password);
    browser.fill("Name, such as the device", "My phone");
    browser.press("Add a passkey");
    assert!(browser.alert().starts_with("Your browser has sent no passkey."), "{}", browser.text());
}
