//! App passwords on the account page: who may make them, what they are good for, and what ends with them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::account::{BROWSER, page};
use crate::account_password::{asked, remembered};
use crate::place::Place;
use crate::steps::{csrf, log_in_to_account, redirect};
use crate::support::app::{App, Kind, ROOMY, User, token};
use crate::support::client::Reply;
use crate::support::visitor::Visitor;
use crate::support::wait::until;

fn send(app: &App, visitor: &mut Visitor, csrf: &str, fields: &[(&str, &str)]) -> Reply {
    visitor.post(&app.url("/account/app-passwords"), &[&[("csrf", csrf)], fields].concat())
}

/// Sends the page's form with these fields.
fn change(app: &App, visitor: &mut Visitor, fields: &[(&str, &str)]) -> Reply {
    let csrf = csrf(visitor, &app.url("/account"));
    send(app, visitor, &csrf, fields)
}

/// Makes one; its value, as the page shows it.
#[track_caller]
fn make(app: &App, visitor: &mut Visitor, name: &str) -> String {
    let reply = change(app, visitor, &[("name", name)]);
    assert_eq!(reply.status, 200, "{}", reply.text());
    shown(&reply.text())
}

#[track_caller]
fn shown(page: &str) -> String {
    let value = page.split_once("<code>").and_then(|(_, rest)| rest.split_once("</code>"));
    let (value, rest) = value.unwrap_or_else(|| panic!("no app password in {page}"));
    assert!(value.starts_with("bgap-") && !rest.contains("<code>"), "{page}");
    value.to_owned()
}

/// The ids of those on the page.
fn ids(page: &str) -> Vec<String> {
    let values = page.split("name=\"revoke\" value=\"").skip(1).filter_map(|rest| rest.split('"').next());
    values.map(str::to_owned).collect()
}

/// Those of a user, as an operator sees them.
fn held(app: &App, user: &User) -> Vec<Value> {
    let lines = app.server.run(&["user", "app-password", "list", &user.email, "--json"], "");
    lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The user as a program knows them that has the app password.
fn by(user: &User, app_password: &str) -> User {
    User { id: user.id, email: user.email.clone(), password: app_password.to_owned() }
}

#[track_caller]
fn counts_no_more(app: &App, user: &User, app_password: &str) {
    app.try_login(&by(user, app_password), &Value::Null).refused(401, "E_InvalidCredentials");
}

on_both_stores!(one_is_shown_once_and_logs_in, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    log_in_to_account(&app, &mut visitor, &user);
    let reply = change(&app, &mut visitor, &[("name", "  A <phone>  "), ("days", "30")]);
    let text = reply.text();
    let value = shown(&text);
    assert_eq!((reply.status, value.len(), value.split('-').count()), (200, 34, 7), "{text}");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!((reply.header("location"), reply.header("set-cookie")), (None, None));
    assert!(text.contains("New app password: <bdi>A &#60;phone&#62;</bdi>") && text.contains("never used"), "{text}");
    let again = page(&app, &mut visitor);
    assert!(again.contains("A &#60;phone&#62;") && again.contains("ends on") && !again.contains("bgap"), "{again}");
    let login = app.login_with(&by(&user, &value), &json!({"client_id": "a"}));
    assert!(login["expires_in"].as_u64().is_some_and(|seconds| seconds < 30 * 86_400), "{login}");
    let used = page(&app, &mut visitor);
    assert!(used.contains("last used on") && used.contains("from 127.0.0.*"), "{used}");
    let [one] = &held(&app, &user)[..] else { panic!("there is one") };
    assert_eq!(
        (&one["name"], &ids(&used)[..]),
        (&json!("A <phone>"), &[one["id"].as_str().unwrap_or_default().to_owned()][..])
    );
    let log = until("it is logged", Duration::from_secs(30), || {
        let log = app.server.log();
        let is_it = |line: &str| line.contains(&user.id.to_string()) && line.contains("add app password");
        log.lines().any(is_it).then_some(log)
    });
    assert!(!log.contains(&value) && !log.contains(&value[5..]) && !log.contains("phone"));
});

on_both_stores!(revoking_one_ends_what_it_opened_and_no_other, |kind| {
    let app = App::shared(kind);
    let [user, other] = [app.user(), app.user()];
    let [mut visitor, mut stranger] = [Visitor::default(), Visitor::default()];
    log_in_to_account(&app, &mut visitor, &user);
    log_in_to_account(&app, &mut stranger, &other);
    let [gone, stays, foreign] =
        [make(&app, &mut visitor, "one"), make(&app, &mut visitor, "two"), make(&app, &mut stranger, "three")];
    let login = |user: &User, value: &str| app.login(&by(user, value));
    let tokens = [login(&user, &gone), login(&user, &stays), login(&other, &foreign), app.login(&user)];
    let [one, two] = &ids(&page(&app, &mut visitor))[..] else { panic!("there are two") };
    // Another person's, by the right form of one's own.
    assert_eq!(change(&app, &mut stranger, &[("revoke", one)]).status, 303);
    app.accepts(&tokens[0]);
    let reply = change(&app, &mut visitor, &[("revoke", one)]);
    let to = redirect(&app.url("/account/app-passwords"), &reply);
    assert_eq!(to, app.url("/account?done=app_password_revoked"));
    let told = visitor.get(&to).text();
    assert!(told.contains("The app password has been revoked."), "{told}");
    assert_eq!(ids(&told), [two.clone()]);
    app.refuses(&tokens[0]);
    counts_no_more(&app, &user, &gone);
    for alive in &tokens[1..] {
        app.accepts(alive);
    }
    login(&user, &stays);
    // Once more, as by a second click; and what is no id.
    assert_eq!(change(&app, &mut visitor, &[("revoke", one)]).status, 303);
    change(&app, &mut visitor, &[("revoke", "all")]).refused(400, "E_BadRequest");
    assert_eq!(held(&app, &user).len(), 1);
});

on_both_stores!(a_name_or_an_end_that_cannot_be_makes_none, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    log_in_to_account(&app, &mut visitor, &user);
    let csrf = csrf(&mut visitor, &app.url("/account"));
    let long = "x".repeat(129);
    for name in ["", "  ", "a\nb", "a\u{0}b", &long] {
        let reply = send(&app, &mut visitor, &csrf, &[("name", name)]);
        let text = reply.text();
        assert_eq!(reply.status, 400, "{name:?}: {text}");
        assert!(text.contains("role=\"alert\"") && text.contains("needs a name") && !text.contains("<code>"), "{text}");
    }
    for days in ["0", "3651", "-1", "x", "1.5", "99999999999"] {
        send(&app, &mut visitor, &csrf, &[("name", "phone"), ("days", days)]).refused(400, "E_BadRequest");
    }
    assert!(held(&app, &user).is_empty());
    for days in ["1", "3650"] {
        assert_eq!(send(&app, &mut visitor, &csrf, &[("name", "phone"), ("days", days)]).status, 200);
    }
});

on_both_stores!(who_is_disabled_or_signed_off_meanwhile_makes_none, |kind| {
    let app = App::shared(kind);
    for act in ["disable", "end", "set-password", "close"] {
        let (user, mut visitor) = (app.user(), Visitor::default());
        log_in_to_account(&app, &mut visitor, &user);
        let csrf = csrf(&mut visitor, &app.url("/account"));
        let run = |arguments: &[&str], input: &str| drop(app.server.run(arguments, input));
        match act {
            "disable" => run(&["user", "disable", &user.email], ""),
            "end" => run(&["sso", "end", "--user", &user.email], ""),
            "set-password" => run(&["user", "set-password", &user.email, "--password-stdin"], "set by an operator"),
            _ => run(&["session", "close", "--user", &user.email, "--all"], ""),
        }
        visitor.headers.push((BROWSER.0.to_owned(), BROWSER.1.to_owned()));
        let reply = send(&app, &mut visitor, &csrf, &[("name", "phone")]);
        assert_eq!(reply.status, 403, "{act}: {}", reply.text());
        assert!(reply.text().contains("This page is out of date"), "{act}: {}", reply.text());
        assert!(held(&app, &user).is_empty(), "{act}");
    }
});

on_both_stores!(who_has_no_password_here_makes_one_once_they_were_asked, |kind| {
    let place = Place::start(kind, &[("openid.provision", "true")]);
    let (app, email) = (&place.app, "only-there@example.org");
    let name = place.person(&json!({"email": email, "email_verified": true}));
    let user = User { id: uuid::Uuid::nil(), email: email.to_owned(), password: String::new() };
    let mut visitor = remembered(&place, &user, &name);
    let text = page(app, &mut visitor);
    assert!(text.contains("href=\"./account/login#app-passwords\"") && !text.contains("id=\"days\""), "{text}");
    let form = crate::steps::csrf(&mut visitor, &app.url("/account"));
    let reply = send(app, &mut visitor, &form, &[("name", "phone")]);
    assert_eq!(reply.status, 403, "{}", reply.text());
    assert!(reply.text().contains("Please log in again first."), "{}", reply.text());
    assert!(held(app, &user).is_empty());
    asked(&place, &mut visitor, &name);
    let value = make(app, &mut visitor, "phone");
    let access = token(&app.login_with(&by(&user, &value), &Value::Null), "access_token");
    // To revoke one takes no fresh proof: the browser that is found open by somebody else is no danger to that.
    let mut later = remembered(&place, &user, &name);
    let one = ids(&page(app, &mut later)).pop().expect("there is one");
    assert_eq!(change(app, &mut later, &[("revoke", &one)]).status, 303);
    app.refuses(&access);
    counts_no_more(app, &user, &value);
});

on_both_stores!(a_person_has_so_many_and_is_told, |kind| {
    let app = App::start(kind, &[&ROOMY[..], &[("passwords.app_passwords", "1")]].concat());
    let (user, mut visitor) = (app.user(), Visitor::default());
    log_in_to_account(&app, &mut visitor, &user);
    let first = make(&app, &mut visitor, "phone");
    let text = page(&app, &mut visitor);
    assert!(text.contains("You have 1 app password") && !text.contains("id=\"days\""), "{text}");
    // By a form that was shown before.
    let reply = change(&app, &mut visitor, &[("name", "plugin")]);
    assert_eq!(reply.status, 409, "{}", reply.text());
    assert!(reply.text().contains("Please revoke one first.") && !reply.text().contains("<code>"), "{}", reply.text());
    assert_eq!(held(&app, &user).len(), 1);
    app.accepts(&app.login(&by(&user, &first)));
    let one = ids(&text).pop().expect("there is one");
    assert_eq!(change(&app, &mut visitor, &[("revoke", &one)]).status, 303);
    make(&app, &mut visitor, "plugin");
});

on_both_stores!(there_is_no_such_section_where_they_are_off, |kind| {
    let app = App::start(kind, &[&ROOMY[..], &[("passwords.app_passwords", "0")]].concat());
    let (user, mut visitor) = (app.user(), Visitor::default());
    log_in_to_account(&app, &mut visitor, &user);
    let text = page(&app, &mut visitor);
    assert!(!text.contains("app-passwords") && !text.contains("App passwords"), "{text}");
    change(&app, &mut visitor, &[("name", "phone")]).refused(404, "E_Missing_404");
    assert!(held(&app, &user).is_empty());
});

/// The form goes to another server than the one that showed it, and both know of it at once.
#[test]
fn two_servers_make_and_revoke_one() {
    let app = App::start(Kind::Redis, &ROOMY);
    let beside = app.beside(&ROOMY);
    let (user, mut visitor) = (app.user(), Visitor::default());
    log_in_to_account(&app, &mut visitor, &user);
    let csrf = csrf(&mut visitor, &app.url("/account"));
    let value = shown(&send(&beside, &mut visitor, &csrf, &[("name", "phone")]).text());
    let access = app.login(&by(&user, &value));
    beside.accepts(&access);
    let one = ids(&page(&app, &mut visitor)).pop().expect("there is one");
    assert_eq!(send(&beside, &mut visitor, &csrf, &[("revoke", &one)]).status, 303);
    for server in [&app, &beside] {
        server.refuses(&access);
        counts_no_more(server, &user, &value);
    }
}
