//! The start page and the API documentation.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::looks::LOOKS;
use crate::support::app::{App, Kind};

#[test]
fn the_start_page_leads_to_the_documentation() {
    let app = App::shared(Kind::Embedded);
    let browser = Browser::start();
    browser.open(app.url("/"));
    browser.sees("The gate is open.");
    browser.poses("start", &LOOKS);
    browser.press("API documentation");
    browser.reads("In short");
    browser.poses_as_it_is("docs", &LOOKS);
    // With calls of every kind open, and the form for tokens.
    for call in [
        "directory-authenticate",
        "v2-checkToken",
        "v2-logIn",
        "directory-listLicenses",
        "directory-onAuthenticationDone",
    ] {
        browser.click(&format!("//div[@id = 'operations-{call}']//button[@aria-expanded = 'false'][1]"));
    }
    browser.poses_as_it_is("docs-open", &LOOKS);
    browser.press("Authorize");
    browser.reads("Available authorizations");
    browser.poses_as_it_is("docs-authorize", &LOOKS[..2]);
}

#[test]
fn the_start_page_speaks_german() {
    let app = App::shared(Kind::Embedded);
    let browser = Browser::start();
    browser.speaks("de");
    browser.open(app.url("/"));
    browser.sees("Das Tor ist offen.");
    browser.poses("start-de", &LOOKS);
}

#[test]
fn without_scripts_the_documentation_says_where_else_it_is() {
    let app = App::shared(Kind::Embedded);
    let browser = Browser::start();
    browser.forbids_scripts();
    browser.open(app.url("/docs"));
    assert!(browser.text().contains("This page needs JavaScript."), "{}", browser.text());
}

#[test]
fn a_script_that_was_smuggled_into_a_page_does_not_run() {
    let app = App::shared(Kind::Embedded);
    let browser = Browser::start();
    browser.open(app.url("/"));
    let smuggle = "const script = document.createElement('script');
        script.textContent = 'window.smuggled = true';
        document.head.append(script);
        return window.smuggled ?? null";
    assert_eq!(browser.script(smuggle), Value::Null);
    let complaints = browser.complaints();
    assert!(complaints.len() == 1 && complaints[0].contains("Content Security Policy"), "{complaints:?}");
}

#[test]
fn calls_made_on_the_documentation_carry_the_token_of_a_login_made_there() {
    let app = App::shared(Kind::Embedded);
    let user = app.user();
    let browser = Browser::start();
    browser.open(app.url("/docs#/v2/logIn"));
    let body = json!({"user_id": user.email, "password": user.password});
    browser.type_into("//div[@id = 'operations-v2-logIn']//textarea", &body.to_string());
    browser.press("Execute");
    browser.reads("\"access_token\"");
    // Another operation instead of this one.
    browser.press("Log in");
    browser.press("Tell about a token");
    browser.press("Execute");
    browser.reads(&format!("\"user_id\": \"{}\"", user.id));
}
