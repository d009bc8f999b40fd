//! The password on the account page: who may change it, when, and what ends with it.

use std::time::Duration;

use serde_json::json;

use crate::account::{BROWSER, is_signed_on, page};
use crate::place::Place;
use crate::steps::{come_back, csrf, log_in_to_account, redirect};
use crate::support::app::{App, Kind, ROOMY, User};
use crate::support::client::Reply;
use crate::support::visitor::{Visitor, hidden};
use crate::support::wait::until;

const NEW: &str = "a new password of mine";

/// Changes the password from this to that by the page's form.
fn change(app: &App, visitor: &mut Visitor, from: &str, to: &str) -> Reply {
    let csrf = csrf(visitor, &app.url("/account"));
    send(app, visitor, &csrf, [from, to, to])
}

fn send(app: &App, visitor: &mut Visitor, csrf: &str, [present, new, repeat]: [&str; 3]) -> Reply {
    let fields = [("csrf", csrf), ("present", present), ("new", new), ("repeat", repeat)];
    visitor.post(&app.url("/account/password"), &fields)
}

/// The page again, which says this, and has changed nothing.
#[track_caller]
fn unchanged(app: &App, user: &User, reply: &Reply, status: u16, says: &str) {
    let text = reply.text();
    assert_eq!(reply.status, status, "{text}");
    assert!(text.contains("role=\"alert\"") && text.contains(says), "{says} in {text}");
    assert_eq!(reply.header("set-cookie"), None);
    app.accepts(&app.login(user));
}

/// The same user with this password.
fn with(user: &User, password: &str) -> User {
    User { id: user.id, email: user.email.clone(), password: password.to_owned() }
}

on_both_stores!(a_changed_password_ends_everything_but_this_browser, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let [mut visitor, mut other] = [Visitor::default(), Visitor::default()];
    log_in_to_account(&app, &mut visitor, &user);
    log_in_to_account(&app, &mut other, &user);
    let (access, session) = (app.login(&user), app.open_session(&user));
    let mut stolen = visitor.clone();
    let reply = change(&app, &mut visitor, &user.password, NEW);
    let to = redirect(&app.url("/account/password"), &reply);
    assert_eq!(to, app.url("/account?done=password_changed"));
    assert!(visitor.get(&to).text().contains("Your password has been changed."));
    app.refuses(&access);
    app.user_info(&session.directory).refused(401, "E_InvalidToken");
    app.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");
    app.accepts(&app.login(&with(&user, NEW)));
    assert!(!is_signed_on(&app, &mut other) && !is_signed_on(&app, &mut stolen));
    // It stays signed on everywhere, and its proof is as fresh as it was.
    let start = app.authenticate("access:client", "");
    assert!(redirect(&start, &visitor.get(&start)).fragment().is_some());
    assert_eq!(change(&app, &mut visitor, NEW, "another one of mine").status, 303);
    let log = until("it is logged", Duration::from_secs(30), || {
        let log = app.server.log();
        let lines = log.lines().filter(|line| line.contains(&user.id.to_string()) && line.contains("change password"));
        (lines.count() == 2).then_some(log.clone())
    });
    for secret in [&user.password, NEW, "another one of mine", &user.email] {
        assert!(!log.contains(secret), "{secret}");
    }
});

on_both_stores!(app_passwords_go_with_the_own_one_where_the_person_says_so, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let mut visitor = Visitor::default();
    log_in_to_account(&app, &mut visitor, &user);
    assert!(!visitor.get(&app.url("/account")).text().contains("app_passwords"), "there are none to ask about");
    let made = app.server.run(&["user", "app-password", "add", &user.email, "--name", "plugin"], "");
    let made = made.split_whitespace().find(|word| word.starts_with("bgap-")).expect("shown").to_owned();
    let by_it = with(&user, &made);
    let access = app.login(&by_it);
    assert!(visitor.get(&app.url("/account")).text().contains("name=\"app_passwords\""));
    redirect(&app.url("/account/password"), &change(&app, &mut visitor, &user.password, NEW));
    app.refuses(&access);
    app.accepts(&app.login(&by_it));
    let csrf = csrf(&mut visitor, &app.url("/account"));
    let fields = [("present", NEW), ("new", "another one of mine"), ("repeat", "another one of mine")];
    let fields = [&[("csrf", &*csrf), ("app_passwords", "revoke")][..], &fields].concat();
    redirect(&app.url("/account/password"), &visitor.post(&app.url("/account/password"), &fields));
    app.try_login(&by_it, &json!({})).refused(401, "E_InvalidCredentials");
    app.accepts(&app.login(&with(&user, "another one of mine")));
});

on_both_stores!(a_password_that_may_not_be_used_changes_nothing, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    log_in_to_account(&app, &mut visitor, &user);
    let csrf = csrf(&mut visitor, &app.url("/account"));
    let own = format!("{}-1", user.email);
    for (new, repeat, says) in [
        ("short", "short", "It needs at least 8 characters."),
        ("", "", "It needs at least 8 characters."),
        ("password1", "password1", "one of the commonest"),
        (own.as_str(), own.as_str(), "Without your name and your address"),
        (NEW, "a new password of Mine", "typed differently"),
        (NEW, "", "typed differently"),
    ] {
        let reply = send(&app, &mut visitor, &csrf, [&user.password, new, repeat]);
        unchanged(&app, &user, &reply, 400, says);
    }
    let long = "x".repeat(1025);
    unchanged(&app, &user, &send(&app, &mut visitor, &csrf, [&user.password, &long, &long]), 400, "too");
    assert_eq!(send(&app, &mut visitor, &csrf, [&user.password, NEW, NEW]).status, 303);
});

on_both_stores!(the_present_password_is_throttled_as_at_a_login, |kind| {
    let app = App::start(kind, &[("throttle.account_network.burst", "3"), ("throttle.account_network.refill", "3600")]);
    let (user, mut visitor) = (app.user(), Visitor::default());
    log_in_to_account(&app, &mut visitor, &user);
    let csrf = csrf(&mut visitor, &app.url("/account"));
    let mut attempts = 0;
    loop {
        let reply = send(&app, &mut visitor, &csrf, ["wrong", NEW, NEW]);
        if reply.status == 429 {
            break;
        }
        assert_eq!(reply.status, 401, "{}", reply.text());
        assert!(reply.text().contains("The present password is wrong."), "{}", reply.text());
        attempts += 1;
        // The buckets of this browser, of this network, and of first attempts.
        assert!(attempts <= 3 + 3 + 2, "they are never empty");
    }
    // Nor is anybody else let in by this network.
    app.try_login(&user, &json!({})).refused(429, "E_TooManyAttempts");
    let reply = send(&app, &mut visitor, &csrf, [&user.password, NEW, NEW]);
    assert_eq!(reply.status, 429, "{}", reply.text());
    assert!(reply.header("retry-after").is_some() && reply.text().contains("Too many attempts."), "{}", reply.text());
    assert!(is_signed_on(&app, &mut visitor));
});

on_both_stores!(who_is_disabled_or_signed_off_meanwhile_changes_nothing, |kind| {
    let app = App::shared(kind);
    for (command, argument) in [("user", "disable"), ("sso", "end"), ("user", "set-password"), ("user", "delete")] {
        let (user, mut visitor) = (app.user(), Visitor::default());
        log_in_to_account(&app, &mut visitor, &user);
        let csrf = csrf(&mut visitor, &app.url("/account"));
        let run = |arguments: &[&str], input: &str| drop(app.server.run(arguments, input));
        match argument {
            "end" => run(&["sso", "end", "--user", &user.email], ""),
            "set-password" => run(&["user", "set-password", &user.email, "--password-stdin"], "set by an operator"),
            "delete" => run(&["user", "delete", &user.email, "--yes"], ""),
            _ => run(&[command, argument, &user.email], ""),
        }
        visitor.headers.push((BROWSER.0.to_owned(), BROWSER.1.to_owned()));
        let reply = send(&app, &mut visitor, &csrf, [&user.password, NEW, NEW]);
        assert_eq!(reply.status, 403, "{argument}: {}", reply.text());
        assert!(reply.text().contains("This page is out of date"), "{argument}: {}", reply.text());
        if argument == "disable" {
            app.server.run(&["user", "enable", &user.email], "");
        }
        app.try_login(&with(&user, NEW), &json!({})).refused(401, "E_InvalidCredentials");
    }
});

/// A person whom the provider proves, signed on without having been asked for sure.
pub fn remembered(place: &Place, user: &User, name: &str) -> Visitor {
    let mut visitor = Visitor::default();
    let page = place.app.url("/account");
    let back = place.prove(&mut visitor, &page, name);
    assert_eq!(come_back(&mut visitor, &back), page);
    assert!(self::page(&place.app, &mut visitor).contains(&user.email));
    visitor
}

/// The same after they were asked.
pub fn asked(place: &Place, visitor: &mut Visitor, name: &str) {
    let page = place.app.url("/account/login");
    let back = place.prove(visitor, &page, name);
    assert_eq!(come_back(visitor, &back), place.app.url("/account"));
}

on_both_stores!(a_proof_that_is_not_fresh_changes_no_password, |kind| {
    let place = Place::shared(kind);
    let (app, (user, name)) = (&place.app, place.known_person());
    let mut visitor = remembered(&place, &user, &name);
    let text = page(app, &mut visitor);
    assert!(text.contains("href=\"./account/login#password\"") && !text.contains("name=\"present\""), "{text}");
    let csrf = hidden(&text, "csrf").expect("a form");
    unchanged(
        app,
        &user,
        &send(app, &mut visitor, &csrf, [&user.password, NEW, NEW]),
        403,
        "Please log in again first.",
    );
    asked(&place, &mut visitor, &name);
    assert_eq!(change(app, &mut visitor, &user.password, NEW).status, 303);
    app.accepts(&app.login(&with(&user, NEW)));
});

on_both_stores!(who_has_no_password_here_is_told_where_it_is_and_sets_none, |kind| {
    let place = Place::start(kind, &[("openid.provision", "true")]);
    let email = "only-there@example.org";
    let name = place.person(&json!({"email": email, "email_verified": true}));
    let user = User { id: uuid::Uuid::nil(), email: email.to_owned(), password: String::new() };
    let mut visitor = remembered(&place, &user, &name);
    asked(&place, &mut visitor, &name);
    let text = page(&place.app, &mut visitor);
    assert!(text.contains("You log in at") && text.contains("<bdi>127.0.0.1</bdi>"), "{text}");
    assert!(!text.contains("name=\"new\""), "{text}");
    let reply = change(&place.app, &mut visitor, "", NEW);
    assert_eq!(reply.status, 403, "{}", reply.text());
    assert!(reply.text().contains("You cannot have a password here."), "{}", reply.text());
    place.app.try_login(&with(&user, NEW), &json!({})).refused(401, "E_InvalidCredentials");
});

on_both_stores!(where_the_settings_let_them_they_set_one_once_they_were_asked, |kind| {
    let place = Place::start(kind, &[("openid.provision", "true"), ("passwords.beside_provider", "true")]);
    let email = "there-and-here@example.org";
    let name = place.person(&json!({"email": email, "email_verified": true}));
    let user = User { id: uuid::Uuid::nil(), email: email.to_owned(), password: String::new() };
    let mut visitor = remembered(&place, &user, &name);
    let reply = change(&place.app, &mut visitor, "", NEW);
    assert_eq!(reply.status, 403, "{}", reply.text());
    place.app.try_login(&with(&user, NEW), &json!({})).refused(401, "E_InvalidCredentials");
    asked(&place, &mut visitor, &name);
    assert!(page(&place.app, &mut visitor).contains("Set password"));
    assert_eq!(change(&place.app, &mut visitor, "", NEW).status, 303);
    place.app.accepts(&place.app.login(&with(&user, NEW)));
    assert!(page(&place.app, &mut visitor).contains("name=\"present\""));
});

/// The form goes to another server than the one that showed it, and both know of it at once.
#[test]
fn two_servers_change_one_password() {
    let app = App::start(Kind::Redis, &ROOMY);
    let beside = app.beside(&ROOMY);
    let (user, mut visitor) = (app.user(), Visitor::default());
    log_in_to_account(&app, &mut visitor, &user);
    let access = app.login(&user);
    let csrf = csrf(&mut visitor, &app.url("/account"));
    assert_eq!(send(&beside, &mut visitor, &csrf, [&user.password, NEW, NEW]).status, 303);
    app.refuses(&access);
    app.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");
    assert!(is_signed_on(&app, &mut visitor));
}
