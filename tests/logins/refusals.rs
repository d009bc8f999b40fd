//! A person who is not let in reads why, with the id by which the operator finds who it was in the log.

use std::time::Duration;

use serde_json::json;
use url::Url;

use crate::place::Place;
use crate::steps::{come_back, confirm, fragment, redirect, to_confirmation};
use crate::support::app::{App, ROOMY};
use crate::support::client::Reply;
use crate::support::directory::native_token;
use crate::support::visitor::{Visitor, parameter};
use crate::support::wait::until;

/// The log's line about a request.
#[track_caller]
fn logged(app: &App, id: &str) -> String {
    until("the request is logged", Duration::from_secs(30), || {
        app.server.log().lines().find(|line| line.contains(id)).map(str::to_owned)
    })
}

/// Reads the page at the end of a login that failed: the log's line about the request that it names.
#[track_caller]
fn reads(app: &App, visitor: &mut Visitor, end: &Url, error: &str, reason: &str, says: &str) -> String {
    assert_eq!(fragment(end).get("error").map(String::as_str), Some(error), "{end}");
    assert_eq!([parameter(end, "error"), parameter(end, "reason")], [error, reason], "{end}");
    let id = parameter(end, "request");
    let page = visitor.get(end).text();
    assert!(page.contains(says) && page.contains(&id), "{page}");
    let line = logged(app, &id);
    assert!(line.contains(&format!("login refused: {reason}")), "{line}");
    line
}

on_both_stores!(whoever_the_provider_proves_in_vain_reads_why_and_the_log_says_who, |kind| {
    let place = Place::start(kind, &[]);
    let native = |claims: &str| place.app.authenticate(claims, &format!("&nativetoken={}", native_token()));
    let ends = |claims: &str, name: &str| {
        let mut visitor = Visitor::default();
        visitor.headers.push(("Accept-Language".into(), "de".into()));
        let back = place.prove(&mut visitor, &native(claims), name);
        let end = come_back(&mut visitor, &back);
        (visitor, end)
    };
    let (user, known) = place.known_person();
    place.log_in(&mut Visitor::default(), "", &known);
    let (disabled, off) = place.known_person();
    place.log_in(&mut Visitor::default(), "", &off);
    place.app.server.run(&["user", "disable", &disabled.email], "");
    let stranger = place.person(&json!({}));
    let namesake = place.person(&json!({"email": user.email, "email_verified": true}));
    let user_id = format!("user {}", user.id);
    for (claims, name, reason, says, whose) in [
        ("access:client", &stranger, "no_account", "Sie haben hier kein Konto", ""),
        ("access:client", &namesake, "linked_to_another", "Ihr Konto ist mit jemand anderem verkn\u{fc}pft", ""),
        ("access:client", &off, "disabled", "Ihr Konto ist gesperrt", ""),
        ("access:frontend", &known, "lacks_right", "Das d\u{fc}rfen Sie nicht", user_id.as_str()),
    ] {
        let (mut visitor, end) = ends(claims, name);
        let line = reads(&place.app, &mut visitor, &end, "access_denied", reason, says);
        let issuer = place.provider().issuer().to_owned();
        let who = format!("issuer {issuer}, subject {name}");
        assert!(line.contains(&who) && line.contains(whose), "{line}");
    }
    // Whoever cancels there is not told of an account.
    let mut visitor = Visitor::default();
    let asked = place.to_the_provider(&mut visitor, &native("access:client"));
    let back = visitor.cancel_at(&asked);
    let end = come_back(&mut visitor, &back);
    let says = "The identity provider did not let you in";
    let line = reads(&place.app, &mut visitor, &end, "access_denied", "denied_by_provider", says);
    assert!(line.contains("error access_denied"), "{line}");
});

on_both_stores!(whoever_logs_in_here_in_vain_reads_why, |kind| {
    let app = App::start(kind, &ROOMY);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let start = |claims: &str, more: &str| app.authenticate(claims, &format!("&nativetoken={}{more}", native_token()));
    let page = to_confirmation(&mut visitor, &start("access:client", ""), &user);
    let end = confirm(&mut visitor, &page, "no");
    let line = reads(&app, &mut visitor, &end, "access_denied", "declined", "Nothing was let in");
    assert!(line.contains(&user.id.to_string()), "{line}");
    for (claims, more, error, reason) in [
        ("access:client-dev", "", "access_denied", "lacks_right"),
        ("access:client", "&appclaims=viewer:read", "invalid_scope", "lacks_scope"),
    ] {
        let end = crate::steps::log_in(&mut visitor, &start(claims, more), &user);
        reads(&app, &mut visitor, &end, error, reason, "You may not do this");
    }
    let page = to_confirmation(&mut visitor, &start("access:client", ""), &user);
    app.server.run(&["user", "set-password", &user.email, "--password-stdin"], "another password");
    let end = confirm(&mut visitor, &page, "yes");
    reads(&app, &mut visitor, &end, "access_denied", "changed", "Your account has changed");
});

on_both_stores!(the_log_tells_apart_why_a_cookie_is_missing, |kind| {
    let app = App::start(kind, &[("server.public_url", "https://gate.example.org")]);
    let start = app.authenticate_to(
        "https://gate.example.org/directory/api/static/onauthenticationdone.html",
        "access:client",
        "",
    );
    let page = redirect(&start, &Visitor::default().get(&start));
    let ask = |headers: &[(&str, &str)]| -> (Reply, String) {
        let mut lost = Visitor::default();
        lost.headers.push(("Accept".into(), "text/html,*/*;q=0.8".into()));
        lost.headers.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let reply = lost.get(&page);
        let line = logged(&app, reply.header("x-request-id").expect("an id"));
        (reply, line)
    };
    let host = ("Host", "gate.example.org");
    for (headers, cause) in [
        (&[host, ("Referer", "http://gate.example.org/x")][..], "the browser came by http"),
        (&[host, ("Origin", "http://gate.example.org")], "the browser came by http"),
        (&[host, ("X-Forwarded-Proto", "http")], "the browser came by http"),
        (&[host, ("Forwarded", "for=192.0.2.1;proto=http;by=10.0.0.1")], "the browser came by http"),
        (&[("Host", "10.0.0.5:8080")], "the browser asked 10.0.0.5:8080, but server.public_url names gate.example.org"),
        (&[host, ("X-Forwarded-Proto", "https"), ("Referer", "http://app.example.org/")], "cookies are off or deleted"),
    ] {
        let (reply, line) = ask(headers);
        assert!(reply.status == 400 && reply.text().contains("Your browser sent no cookie"), "{}", reply.text());
        assert!(line.contains(cause), "{cause}: {line}");
    }
    // With a cookie of another login it is another matter.
    let cookie = ("Cookie", "__Host-directory_browser_01234567=0123456789abcdef0123456789abcdef");
    let (reply, line) = ask(&[host, cookie]);
    assert!(reply.text().contains("This login can no longer be used"), "{}", reply.text());
    assert!(line.contains("begun in another browser"), "{line}");
});
