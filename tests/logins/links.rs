//! One-time links: whoever opens one first sets the password, and nothing else does.

use std::collections::BTreeSet;
use std::thread;

use serde_json::json;
use url::Url;

use crate::steps::csrf;
use crate::support::app::{App, User};
use crate::support::client::Reply;
use crate::support::visitor::{Visitor, parameter};

const NEW: &str = "a new password of mine";

/// Has the operator make a link.
fn link(app: &App, command: &str, user: &User) -> Url {
    let base = app.url("");
    let settings = [("server.public_url", base.as_str().trim_end_matches('/'))];
    let output = app.server.command_with(&["user", command, &user.email, "--json"], &settings);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    Url::parse(said["link"].as_str().expect("a link")).expect("a URL")
}

fn page(app: &App) -> Url {
    app.url("/account/link")
}

/// Opens a link as far as the page's own address: a browser that has the secret in a cookie.
#[track_caller]
fn open(app: &App, link: &Url) -> Visitor {
    let mut visitor = Visitor::default();
    let reply = visitor.get(link);
    assert_eq!((reply.status, reply.header("location")), (303, Some("/account/link")), "{}", reply.text());
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert!(visitor.get(&page(app)).header("cache-control").is_some());
    visitor
}

fn set(app: &App, visitor: &mut Visitor, new: &str) -> Reply {
    let csrf = csrf(visitor, &page(app));
    send(app, visitor, &csrf, new)
}

fn send(app: &App, visitor: &mut Visitor, csrf: &str, new: &str) -> Reply {
    visitor.post(&page(app), &[("csrf", csrf), ("new", new), ("repeat", new)])
}

/// A link that does not count, as whoever opens it is told.
#[track_caller]
fn is_void(app: &App, link: &Url) {
    let reply = open(app, link).get(&page(app));
    reply.refused(400, "E_BadRequest");
}

fn with(user: &User, password: &str) -> User {
    User { id: user.id, email: user.email.clone(), password: password.to_owned() }
}

on_both_stores!(a_link_sets_the_password_once_and_ends_every_login, |kind| {
    let app = App::shared(kind);
    for command in ["reset-link", "invite"] {
        let user = app.user();
        let (access, session) = (app.login(&user), app.open_session(&user));
        let link = link(&app, command, &user);
        let mut visitor = open(&app, &link);
        let mut late = open(&app, &link);
        let shown = visitor.get(&page(&app));
        assert!(shown.text().contains(&user.email), "{}", shown.text());
        let secret = parameter(&link, "link");
        assert!(!shown.text().contains(&secret), "it is in the cookie alone");
        let late_csrf = csrf(&mut late, &page(&app));
        let reply = set(&app, &mut visitor, NEW);
        assert_eq!((reply.status, reply.header("location")), (303, Some("/account/link?done=set")), "{}", reply.text());
        assert!(visitor.get(&app.url("/account/link?done=set")).text().contains("Your password is set"));
        assert_eq!(visitor.cookie("directory_link").unwrap_or_default(), "");
        app.refuses(&access);
        app.user_info(&session.directory).refused(401, "E_InvalidToken");
        app.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");
        app.accepts(&app.login(&with(&user, NEW)));
        send(&app, &mut late, &late_csrf, "another password of mine").refused(400, "E_BadRequest");
        is_void(&app, &link);
        app.accepts(&app.login(&with(&user, NEW)));
        let log = app.server.log();
        assert!(!log.contains(&secret) && !log.contains(&secret[32..]) && !log.contains(NEW));
        assert!(log.contains("set password by one-time link"), "{log}");
    }
});

on_both_stores!(looking_at_a_link_uses_nothing_up, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let link = link(&app, "reset-link", &user);
    for _ in 0..3 {
        let mut scanner = open(&app, &link);
        assert_eq!(scanner.get(&page(&app)).status, 200);
    }
    assert_eq!(set(&app, &mut open(&app, &link), NEW).status, 303);
});

on_both_stores!(what_changes_the_account_makes_its_links_void, |kind| {
    let app = App::shared(kind);
    let change = |arguments: &[&str], input: &str| drop(app.server.run(arguments, input));
    for change in [
        &(|user: &User| change(&["user", "set-password", &user.email, "--password-stdin"], NEW)) as &dyn Fn(&User),
        &|user| {
            change(&["user", "disable", &user.email], "");
            change(&["user", "enable", &user.email], "");
        },
        &|user| change(&["user", "disable", &user.email], ""),
        &|user| change(&["user", "delete", &user.email, "--yes"], ""),
        &|user| change(&["session", "close", "--user", &user.email, "--all"], ""),
        &|user| assert_eq!(set(&app, &mut open(&app, &link(&app, "invite", user)), NEW).status, 303),
    ] {
        let user = app.user();
        let link = link(&app, "reset-link", &user);
        change(&user);
        is_void(&app, &link);
    }
});

on_both_stores!(links_that_do_not_count_are_answered_alike, |kind| {
    let app = App::shared(kind);
    let [used, disabled] = [app.user(), app.user()];
    let [of_used, of_disabled] = [&used, &disabled].map(|user| link(&app, "reset-link", user));
    assert_eq!(set(&app, &mut open(&app, &of_used), NEW).status, 303);
    app.server.run(&["user", "disable", &disabled.email], "");
    let of = |secret: &str| app.url(&format!("/account/link?link={secret}"));
    let nobody = of(&"0".repeat(64));
    let other_secret = of(&format!("{}{}", used.id.simple(), "0".repeat(32)));
    let links = [of_used, of_disabled, nobody, other_secret, of("x"), of("")];
    let told: BTreeSet<_> = links
        .iter()
        .map(|link| {
            let mut visitor = open(&app, link);
            visitor.headers.push(("Accept".to_owned(), "text/html".to_owned()));
            let reply = visitor.get(&page(&app));
            let id = reply.header("x-request-id").expect("an id").to_owned();
            (reply.status, reply.text().replace(&id, ""))
        })
        .collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told.iter().all(|(status, text)| *status == 400 && text.contains("This link can no longer be used")));
});

on_both_stores!(only_the_form_of_that_link_in_that_browser_counts, |kind| {
    let app = App::shared(kind);
    let [user, thief] = [app.user(), app.user()];
    let link_of = |user: &User| link(&app, "reset-link", user);
    let (mut visitor, mut other) = (open(&app, &link_of(&user)), open(&app, &link_of(&thief)));
    let foreign = csrf(&mut other, &page(&app));
    let own = csrf(&mut visitor, &page(&app));
    for forged in ["", "x", &foreign] {
        send(&app, &mut visitor, forged, NEW).refused(403, "E_Forbidden");
    }
    // The thief has the browser keep another link after the page was shown.
    let mut lured = visitor.clone();
    lured.get(&link_of(&thief));
    send(&app, &mut lured, &own, NEW).refused(403, "E_Forbidden");
    app.accepts(&app.login(&thief));
    app.accepts(&app.login(&user));
    assert_eq!(send(&app, &mut visitor, &own, NEW).status, 303);
});

on_both_stores!(a_password_that_may_not_be_used_leaves_the_link, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let mut visitor = open(&app, &link(&app, "reset-link", &user));
    for (new, says) in [("short", "at least 8 characters"), ("password1", "one of the commonest"), ("", "at least 8")] {
        let reply = set(&app, &mut visitor, new);
        assert_eq!(reply.status, 400, "{}", reply.text());
        assert!(reply.text().contains("role=\"alert\"") && reply.text().contains(says), "{}", reply.text());
    }
    let csrf = csrf(&mut visitor, &page(&app));
    let reply = visitor.post(&page(&app), &[("csrf", &csrf), ("new", NEW), ("repeat", "another")]);
    assert!(reply.status == 400 && reply.text().contains("typed differently"), "{}", reply.text());
    app.accepts(&app.login(&user));
    assert_eq!(set(&app, &mut visitor, NEW).status, 303);
});

on_both_stores!(of_many_who_use_a_link_at_once_one_does, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let link = link(&app, "reset-link", &user);
    let passwords: Vec<_> = (0..4).map(|number| format!("{NEW} {number}")).collect();
    let statuses = thread::scope(|scope| {
        let all: Vec<_> =
            passwords.iter().map(|new| scope.spawn(|| set(&app, &mut open(&app, &link), new).status)).collect();
        all.into_iter().map(|one| one.join().expect("an answer")).collect::<Vec<_>>()
    });
    let done: Vec<_> = statuses.iter().zip(&passwords).filter(|(status, _)| **status == 303).collect();
    let [(_, new)] = done[..] else { panic!("{statuses:?}") };
    app.accepts(&app.login(&with(&user, new)));
});

on_both_stores!(guessed_links_are_counted_by_network, |kind| {
    let app = App::start(kind, &[("throttle.tokens.burst", "2"), ("throttle.tokens.refill", "3600")]);
    let user = app.user();
    let good = link(&app, "reset-link", &user);
    assert_eq!(open(&app, &good).get(&page(&app)).status, 200, "a good one costs nothing");
    let statuses: Vec<_> = (0..6)
        .map(|guess| {
            let guess = app.url(&format!("/account/link?link={}{guess:032x}", user.id.simple()));
            open(&app, &guess).get(&page(&app)).status
        })
        .collect();
    assert!(statuses.contains(&400) && statuses.ends_with(&[429]), "{statuses:?}");
});

on_both_stores!(a_command_without_an_address_or_a_person_says_so, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let said = |user: &str, url: &str| {
        let output = app.server.command_with(&["user", "reset-link", user], &[("server.public_url", url)]);
        assert!(output.stdout.is_empty());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, sentence) = said(&user.email, "");
    assert!(code == Some(2) && sentence.contains("server.public_url"), "{sentence}");
    let (code, sentence) = said("nobody@example.org", "https://login.example.org");
    assert!(code == Some(1) && sentence.contains("no such user"), "{sentence}");
    app.server.run(&["user", "disable", &user.email], "");
    let (code, sentence) = said(&user.email, "https://login.example.org");
    assert!(code == Some(1) && sentence.contains("is disabled"), "{sentence}");
});
