//! `serve --demo`: one printed link, a login as the demo user, and the session to see.

use crate::browser::Browser;
use crate::looks::LOOKS;
use crate::support::server::Server;

/// The link that a demo prints.
fn link(server: &Server) -> String {
    // It answers after it has printed.
    assert_eq!(server.request("GET", "/readyz").send().status, 200);
    let log = server.log();
    let link = log.split_whitespace().find(|word| word.starts_with("http://") && word.contains("/directory/"));
    link.expect("a link to log in").to_owned()
}

#[test]
fn the_printed_link_leads_to_the_session() {
    let server = Server::start_with(&["serve", "--demo"], &[]);
    let browser = Browser::start();
    browser.open(link(&server));
    browser.sees("Log in");
    browser.fill("E-mail address", "test@bimplus.net");
    browser.fill("Password", "test");
    browser.press("Log in");
    browser.sees("You are logged in");
    browser.reads("test@bimplus.net");
    // Its script shows what the application got, and takes it out of the address.
    browser.reads("directory_access_token");
    assert_eq!(browser.url().fragment().unwrap_or_default(), "");
    browser.poses("demo", &LOOKS);
}

#[test]
fn it_works_by_the_name_of_this_machine_too() {
    let server = Server::start_with(&["serve", "--demo"], &[]);
    let browser = Browser::start();
    browser.open(link(&server).replace("127.0.0.1", "localhost"));
    browser.sees("Log in");
    browser.fill("E-mail address", "test@bimplus.net");
    browser.fill("Password", "test");
    browser.press("Log in");
    browser.sees("You are logged in");
    assert_eq!(browser.url().host_str(), Some("localhost"));
}
