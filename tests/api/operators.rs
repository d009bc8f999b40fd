//! People with `access:admin`, who are operators by a session of their own; and who cannot become one.

use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::support::app::{App, Kind, ROOMY, User};
use crate::support::client::{Reply, Request};
use crate::support::directory::{Session, native_token};
use crate::support::visitor::Visitor;
use crate::support::wait::until;

const SCIM: &str = "0123456789abcdef0123456789abcdef";

fn start(kind: Kind) -> App {
    App::start(kind, &[&ROOMY[..], &[("manage.listen", "127.0.0.1:0"), ("scim.token", SCIM)]].concat())
}

fn rights(app: &App, change: &str, user: &User, right: &str) {
    app.server.run(&["user", "rights", &user.email, change, right], "");
}

/// Somebody with `access:admin`.
fn operator(app: &App) -> User {
    let user = app.user();
    rights(app, "--grant", &user, "access:admin");
    user
}

/// Asks the management API by this bearer or API token.
fn ask(app: &App, token: &str, method: &str, path: &str, body: &Value) -> Reply {
    let request = Request::new(app.server.manage(), method, &format!("/manage/v1{path}"));
    let request = request.header("Authorization", &format!("Bearer {token}"));
    if body.is_null() { request.send() } else { request.body(body.to_string()).send() }
}

fn asks(app: &App, token: &str) -> Reply {
    ask(app, token, "GET", "/users", &Value::Null)
}

/// A session of this person for what they may do as an operator, opened for a program in this browser.
fn session_in(app: &App, browser: &mut Visitor, user: &User) -> Session {
    let native = native_token();
    let start = app.authenticate("access:admin", &format!("&nativetoken={native}"));
    // The question is asked while the program waits.
    app.wait(&native, 0);
    let walked = browser.open(&start, user);
    assert!(walked.asked_for_password, "signed on or not");
    Session::of_body(&app.wait(&native, 0).ok())
}

fn session(app: &App, user: &User) -> Session {
    session_in(app, &mut Visitor::default(), user)
}

on_both_stores!(a_person_is_an_operator_by_a_session_that_was_opened_for_it, |kind| {
    let app = start(kind);
    let (user, mut browser) = (app.user(), Visitor::default());
    let native = native_token();
    let start = app.authenticate("access:admin", &format!("&nativetoken={native}"));
    let end = browser.open(&start, &user).end;
    assert!(end.as_str().contains("error=access_denied"), "who has not the right: {end}");
    rights(&app, "--grant", &user, "access:admin");
    let usual = browser.open(&app.authenticate("access:client", ""), &user).session();
    let session = session_in(&app, &mut browser, &user);

    assert_eq!(asks(&app, &session.directory).status, 200);
    let made = ask(&app, &session.directory, "POST", "/users", &json!({ "email": "made@example.org" }));
    assert_eq!(made.status, 201, "{}", made.text());
    ask(&app, &session.directory, "POST", "/signing-keys", &Value::Null).ok();
    let log = app.server.log();
    let acts: Vec<_> = log.lines().filter(|line| line.contains("rotate signing keys")).collect();
    assert!(acts.len() == 1 && acts[0].contains(&format!("\"person\":\"{}\"", user.id)), "{acts:?}");
    until("the event is kept", std::time::Duration::from_secs(20), || {
        let told = app.server.run(&["events", "--json"], "");
        let act = told.lines().find(|line| line.contains("rotate signing keys"))?.to_owned();
        assert!(act.contains(&format!("\"person\":\"{}\"", user.id)), "{act}");
        Some(())
    });

    // Whatever else the person has is worth nothing there.
    let refused = asks(&app, &usual.directory).refused(403, "E_Forbidden");
    assert!(refused["message"].as_str().is_some_and(|text| text.contains("access:admin")), "{refused}");
    let access = app.login(&user);
    for other in [&usual.http, &session.http, &access, &format!("{}x", session.directory)] {
        asks(&app, other).refused(401, "E_InvalidToken");
    }
    // A page gets no such session, and the start says why.
    let page = Visitor::default().get(&app.authenticate("access:admin", ""));
    assert!(page.refused(400, "E_BadRequest")["message"].as_str().is_some_and(|text| text.contains("nativetoken")));

    assert_eq!(app.close(&session.directory, "false").status, 200);
    asks(&app, &session.directory).refused(401, "E_InvalidToken");
});

on_both_stores!(a_person_uses_the_command_line_by_the_bearer_of_their_session, |kind| {
    let app = start(kind);
    let (operator, user) = (operator(&app), app.user());
    let session = session(&app, &operator);
    let command = |token: &str, arguments: &[&str]| {
        let output = app.server.command_elsewhere(token, arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, listed, said) = command(&session.directory, &["user", "list", "--json"]);
    assert!(code == Some(0) && listed.contains(&user.email), "{said}");
    assert_eq!(command(&session.directory, &["user", "disable", &user.email]).0, Some(0));
    let log = app.server.log();
    let act = log.lines().find(|line| line.contains("\"act\":\"disable user\"")).expect("it is logged");
    assert!(act.contains(&format!("\"person\":\"{}\"", operator.id)), "{act}");
    // A bearer of something else is told apart from one that has ended.
    let usual = Visitor::default().open(&app.authenticate("access:client", ""), &operator).session();
    let (code, _, said) = command(&usual.directory, &["user", "list"]);
    assert!(code == Some(1) && said.contains("Log in for access:admin"), "{said}");
    assert_eq!(app.close(&session.directory, "false").status, 200);
    let (code, _, said) = command(&session.directory, &["user", "list"]);
    assert!(code == Some(1) && said.contains("the session of the bearer is closed"), "{said}");
    assert!(!app.server.log().contains(&session.directory));
});

on_both_stores!(who_is_an_operator_no_more_is_refused_at_once, |kind| {
    let app = start(kind);
    let user = operator(&app);
    let acts: [&[&str]; 4] = [
        &["user", "rights", &user.email, "--revoke", "access:admin"],
        &["user", "disable", &user.email],
        &["session", "close", "--user", &user.email, "--all"],
        &["user", "delete", &user.email, "--yes"],
    ];
    for act in acts {
        let session = session(&app, &user);
        assert_eq!(asks(&app, &session.directory).status, 200, "before {act:?}");
        app.server.run(act, "");
        asks(&app, &session.directory).refused(401, "E_InvalidToken");
        if !act.contains(&"delete") {
            app.server.run(&["user", "enable", &user.email], "");
            rights(&app, "--grant", &user, "access:admin");
        }
        asks(&app, &session.directory).refused(401, "E_InvalidToken");
    }
});

/// Each way to come to act as somebody, or to take their right from them, by the scope `users`.
fn ways(user: &User) -> Vec<(&'static str, String, Value)> {
    let own = |rest: &str| format!("/users/{}{rest}", user.id);
    let digest = Uuid::new_v4().simple().to_string();
    vec![
        ("PATCH", own(""), json!({ "password_hash": "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$MFcwbzDTzbtzsY2Nr8VXFA" })),
        ("PATCH", own(""), json!({ "email": "taken-over@example.org" })),
        ("PATCH", own(""), json!({ "name": "Somebody" })),
        ("PATCH", own(""), json!({ "enabled": false })),
        ("PATCH", own(""), json!({ "enabled": true })),
        ("PATCH", own(""), json!({ "rights": { "grant": ["access:frontend"] } })),
        ("PATCH", own(""), json!({ "rights": { "revoke": ["access:admin"] } })),
        ("PATCH", own(""), json!({ "tags": { "add": ["a"] } })),
        ("POST", own("/links"), json!({ "purpose": "reset" })),
        ("PUT", own(&format!("/links/{digest}")), json!({ "purpose": "invitation" })),
        ("POST", own("/app-passwords"), json!({ "name": "phone" })),
        ("PUT", own(&format!("/app-passwords/{}", Uuid::new_v4())), json!({ "name": "phone", "digest": digest })),
        ("DELETE", own("/app-passwords"), Value::Null),
        ("DELETE", own("/second-factor"), Value::Null),
        ("DELETE", own("/subject"), Value::Null),
        ("DELETE", own(""), Value::Null),
    ]
}

on_both_stores!(a_help_desk_changes_no_operator_and_makes_none, |kind| {
    let app = start(kind);
    let (operator, other) = (operator(&app), app.user());
    let add =
        |name: &str, scopes: &str| app.server.run(&["token", "add", name, "--scope", scopes], "").trim().to_owned();
    let (desk, all) = (add("desk", "users,sessions"), add("all", "everything"));
    let linked = json!({ "email": operator.email, "issuer": "https://id.example.org", "subject": "7" });
    let import = |token: &str| ask(&app, token, "POST", "/import", &json!({ "accounts": [linked] })).ok();
    let of = |user: &User| ask(&app, &desk, "GET", &format!("/users/{}", user.id), &Value::Null);
    let before = of(&operator);
    assert_eq!(before.json()["rights"], json!(["access:admin"]));
    for (method, path, body) in ways(&operator) {
        let refused = ask(&app, &desk, method, &path, &body).refused(403, "E_Forbidden");
        let sentence = refused["message"].as_str().unwrap_or_default();
        assert!(sentence.contains("everything"), "{method} {path} {body}: {sentence}");
    }
    // Who links an account to somebody of their own at the provider is that account.
    assert_eq!(import(&desk)["items"][0]["status"], "already_there");
    assert_eq!(of(&operator).header("etag"), before.header("etag"), "nothing was changed");
    // Nobody becomes one either.
    let grant = json!({ "rights": { "grant": ["access:frontend", "access:admin"] } });
    ask(&app, &desk, "PATCH", &format!("/users/{}", other.id), &grant).refused(403, "E_Forbidden");
    for token in [&desk, &all] {
        let made = json!({ "email": "new@example.org", "rights": ["access:admin"] });
        let alone = ask(&app, token, "POST", "/users", &made).refused(400, "E_BadRequest");
        assert!(alone["message"].as_str().is_some_and(|text| text.contains("user rights")), "{alone}");
        ask(&app, token, "POST", "/import", &json!({ "accounts": [made] })).refused(400, "E_BadRequest");
    }
    assert_eq!(of(&other).json()["rights"], json!([]));
    // What makes nobody an operator is theirs to do.
    ask(&app, &desk, "DELETE", &format!("/users/{}/sessions", operator.id), &Value::Null).ok();
    ask(&app, &desk, "DELETE", &format!("/users/{}/sign-ons", operator.id), &Value::Null).ok();
    for (method, path, body) in ways(&other) {
        let status = ask(&app, &desk, method, &path, &body).status;
        assert_eq!(status == 403, body["rights"]["revoke"].is_array(), "{method} {path} {body}: {status}");
    }

    // An address that somebody has given up is free again.
    let moved = app.user();
    let change = json!({ "email": format!("{}@example.org", Uuid::new_v4().simple()) });
    assert_eq!(ask(&app, &desk, "PATCH", &format!("/users/{}", moved.id), &change).status, 200);
    assert_eq!(ask(&app, &desk, "POST", "/users", &json!({ "email": moved.email })).status, 201);
    // Nobody becomes one by a link from before.
    let new = app.user();
    let made = ask(&app, &desk, "POST", &format!("/users/{}/links", new.id), &json!({ "purpose": "invitation" }));
    let link = Url::parse(made.json()["link"].as_str().expect("a link")).expect("a URL");
    let opens = || {
        let mut browser = Visitor::default();
        browser.get(&link);
        browser.get(&app.url("/account/link")).status
    };
    assert_eq!(opens(), 200);
    rights(&app, "--grant", &new, "access:admin");
    assert_eq!(opens(), 400);

    assert_eq!(import(&all)["items"][0]["status"], "new");
    let unlink = |token: &str| ask(&app, token, "DELETE", "/subjects?issuer=https://id.example.org", &Value::Null).ok();
    assert_eq!((unlink(&desk)["count"].clone(), unlink(&all)["count"].clone()), (json!(0), json!(1)));
    for (method, path, body) in ways(&operator) {
        assert_ne!(ask(&app, &all, method, &path, &body).status, 403, "{method} {path} {body}");
    }
});

on_both_stores!(a_provisioning_client_makes_nobody_an_operator, |kind| {
    let app = start(kind);
    let user = operator(&app);
    let send = |method: &str, body: &Value| {
        let request = app.request(method, &format!("/scim/v2/Users/{}", user.id));
        let request = request.header("Authorization", &format!("Bearer {SCIM}"));
        let request = request.header("Content-Type", "application/scim+json");
        if body.is_null() { request.send() } else { request.body(body.to_string()).send() }
    };
    let patch = |member: &str, value: Value| {
        let operation = json!({ "op": "replace", "path": member, "value": value });
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        send("PATCH", &json!({ "schemas": [schema], "Operations": [operation] }))
    };
    let refused = patch("userName", json!("taken-over@example.org"));
    assert!(refused.status == 403 && refused.text().contains("access:admin"), "{}", refused.text());
    assert_eq!(patch("displayName", json!("Grace")).status, 200);
    let whole = |email: &str| json!({ "userName": email, "displayName": "Grace H.", "active": true });
    assert_eq!(send("PUT", &whole("taken-over@example.org")).status, 403);
    let same = send("PUT", &whole(&user.email));
    assert!(same.status == 200 && same.text().contains("Grace H."), "what changes nothing of it: {}", same.text());
    let session = session(&app, &user);
    assert_eq!(patch("active", json!(false)).status, 200, "who leaves is shut out");
    asks(&app, &session.directory).refused(401, "E_InvalidToken");
    assert_eq!(patch("active", json!(true)).status, 403, "and let in by an operator");
    assert_eq!(send("DELETE", &Value::Null).status, 204);
});
