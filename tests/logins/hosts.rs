//! Browsers stay at the address that they came to, whatever this server listens on.

use crate::steps::{confirm, csrf, enter};
use crate::support::app::App;
use crate::support::client::Reply;
use crate::support::directory::native_token;
use crate::support::visitor::Visitor;

const DONE: &str = "/directory/api/static/onauthenticationdone.html";

/// A browser for which the server has this address.
fn visitor_at(host: &str) -> Visitor {
    let mut visitor = Visitor::default();
    visitor.headers.push(("Host".into(), host.into()));
    visitor
}

#[track_caller]
fn location(reply: &Reply) -> &str {
    reply.header("location").unwrap_or_else(|| panic!("{} {}", reply.status, reply.text()))
}

on_both_stores!(a_browser_stays_where_it_came_to, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), visitor_at("gate.example.org:8080"));
    let done = format!("http://gate.example.org:8080{DONE}");
    let start = app.authenticate_to(&done, "access:client", &format!("&nativetoken={}", native_token()));
    let reply = visitor.get(&start);
    assert!(location(&reply).starts_with("/directory/api/login?state="), "{}", location(&reply));
    let page = app.url(location(&reply));
    let reply = enter(&mut visitor, &page, &user.email, &user.password);
    assert!(location(&reply).starts_with("/directory/api/confirm?state="), "{}", location(&reply));
    let end = confirm(&mut visitor, &app.url(location(&reply)), "no");
    let told = format!("{done}?error=access_denied&reason=declined&request=");
    assert!(end.as_str().starts_with(&told) && end.as_str().contains("#error=access_denied&"), "{end}");
    let end = visitor.open(&app.authenticate_to(&done, "access:client", ""), &user).end;
    assert!(end.as_str().starts_with(&format!("{done}#directory_access_token=")), "{end}");
    // The other pages that it is sent to.
    let old = visitor.get(&app.url("/directory/api/directorysession/onauthenticationdone"));
    assert_eq!(location(&old), DONE);
    let page = app.url("/directory/api/signout");
    let csrf = csrf(&mut visitor, &page);
    assert_eq!(location(&visitor.post(&page, &[("csrf", &csrf)])), page.path());
});

on_both_stores!(without_a_public_url_the_own_page_is_at_the_host_that_is_named, |kind| {
    let app = App::shared(kind);
    for (host, url, good) in [
        ("gate.example.org:8080", format!("http://gate.example.org:8080{DONE}"), true),
        ("Gate.Example.org:8080", format!("http://gate.example.org:8080{DONE}"), true),
        ("gate.example.org", format!("http://gate.example.org{DONE}"), true),
        ("[::1]:8080", format!("http://[::1]:8080{DONE}"), true),
        ("gate.example.org", app.done_page(), true),
        ("gate.example.org:8080", format!("http://evil.example{DONE}"), false),
        ("gate.example.org:8080", format!("http://gate.example.org{DONE}"), false),
        ("gate.example.org:8080", format!("https://gate.example.org:8080{DONE}"), false),
        ("gate.example.org:8080", format!("http://gate.example.org:8080/x{DONE}"), false),
        ("gate.example.org:8080", "http://gate.example.org:8080/".to_owned(), false),
        ("evil.example/x", format!("http://evil.example/x{DONE}"), false),
        ("evil.example?", format!("http://evil.example/?{DONE}"), false),
        ("", format!("http://evil.example{DONE}"), false),
    ] {
        let reply = visitor_at(host).get(&app.authenticate_to(&url, "access:client", ""));
        assert_eq!(reply.status == 302, good, "{host:?} {url}: {}", reply.status);
    }
    // What a proxy is told of the host is not what the browser says to this server.
    let mut visitor = Visitor::default();
    visitor.headers.push(("X-Forwarded-Host".into(), "evil.example".into()));
    visitor.headers.push(("Forwarded".into(), "host=evil.example".into()));
    let start = app.authenticate_to(&format!("http://evil.example{DONE}"), "access:client", "");
    visitor.get(&start).refused(403, "E_Forbidden");
});

on_both_stores!(a_public_url_is_the_one_address, |kind| {
    let app = App::start(kind, &[("server.public_url", "http://login.example.org/gate")]);
    let begun = |host: &str, url: &str| visitor_at(host).get(&app.authenticate_to(url, "access:client", "")).status;
    let public = format!("http://login.example.org/gate{DONE}");
    assert_eq!(begun("login.example.org", &public), 302);
    assert_eq!(begun("10.0.0.1:8080", &public), 302, "as a proxy may name it");
    for url in [format!("http://gate.example.org{DONE}"), format!("http://gate.example.org/gate{DONE}")] {
        assert_eq!(begun("gate.example.org", &url), 403, "{url}");
    }
    // The proxy hands on what lies below its path.
    let mut visitor = visitor_at("login.example.org");
    let reply = visitor.get(&app.authenticate_to(&public, "access:client", ""));
    assert!(location(&reply).starts_with("/gate/directory/api/login?state="), "{}", location(&reply));
});
