//! What must never be logged: every flow at trace level, then a look for it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::{App, Kind, token};
use crate::support::wait::until;

on_both_stores!(no_secret_is_ever_logged, a_request_is_one_line_with_what_matters);

fn no_secret_is_ever_logged(kind: Kind) {
    let app = App::start(kind, &[("log.level", "trace")]);
    let user = app.user();
    let secret = "0000feed0000beef0000cafe0000face";
    let mut secrets = vec![secret.to_owned(), user.password.clone(), "wrong-password".into(), "not-a-token".into()];

    let login = app.login_with(&user, &json!({"remember_me": true, "client_id": "a", "application_id": "b"}));
    let silent = json!({"remember_me": true, "remember_me_token": login["remember_me_token"], "client_id": "a"});
    let again = app.post("/v2/authorize", &silent).ok();
    let access = token(&login, "access_token");
    app.check(&access).ok();
    let cross = app.cross_token(&access);
    let swapped = app.swap(&json!({"cross_token": cross, "client_id": "c", "team_id": "t"})).ok();
    secrets.extend([&login, &again, &swapped].map(|body| token(body, "access_token")));
    secrets.extend([token(&login, "remember_me_token"), cross.clone()]);

    let failed = "Failed.Login@Example.ORG";
    app.post("/v2/authorize", &json!({"user_id": failed, "password": "wrong-password"}))
        .refused(401, "E_InvalidCredentials");
    app.try_login(&user, &json!({"password": "wrong-password"})).refused(401, "E_InvalidCredentials");
    app.swap(&json!({"cross_token": cross})).refused(401, "E_InvalidCredentials");
    app.swap(&json!({"cross_token": secret})).refused(401, "E_InvalidCredentials");
    app.swap(&json!({"cross_token": "not-a-token"})).refused(401, "E_InvalidCredentials");
    app.refuses(secret);
    app.request("POST", "/v2/authorize").body("{\"password\": \"wrong-password\", }}").send();
    app.request("POST", "/v2/authorize").body("{\"password\": {\"x\": \"wrong-password\"}}").send();
    app.request("GET", "/v2/authorize?token=query-string-secret").token(&access).send().ok();
    app.request("GET", "/path-secret?token=query-string-secret")
        .header("Referer", "http://query-string-secret/")
        .send();
    app.request("GET", &format!("/{access}")).header("Cookie", "query-string-secret").send();
    exchange_rubbish(&app, &access);
    app.revoke(&token(&swapped, "access_token"), "?scope=user").ok();
    app.server.run(&["user", "set-password", &user.email, "--password-stdin"], "new-password-secret");
    let last = app.request("GET", "/nowhere").send();
    secrets.extend(["query-string-secret", "path-secret", "new-password-secret"].map(str::to_owned));
    secrets.extend([failed.to_owned(), failed.to_lowercase(), user.email.clone()]);

    let last = last.header("x-request-id").expect("an id").to_owned();
    until("the last request is logged", Duration::from_secs(5), || app.server.log().contains(&last).then_some(()));
    let log = app.server.log();
    for secret in &secrets {
        assert!(
            !log.to_lowercase().contains(&secret.to_lowercase()),
            "{secret} is in the log:\n{}",
            around(&log, secret)
        );
    }
}

/// Bytes that fail below the handlers, with a token in them.
fn exchange_rubbish(app: &App, access: &str) {
    for request in [
        format!("GET /v2/authorize HTTP/1.1\r\nAuthorization: BimPlus {access}\r\nno colon\r\n\r\n"),
        format!("GET /{access} HTTP/7.3\r\n\r\n"),
        format!("{access} / HTTP/1.1\r\nConnection: close\r\n\r\n"),
    ] {
        let _ = crate::support::client::exchange(app.address(), request.as_bytes(), false);
    }
}

fn around(log: &str, secret: &str) -> String {
    let lines = log.lines().filter(|line| line.to_lowercase().contains(&secret.to_lowercase()));
    lines.take(5).collect::<Vec<_>>().join("\n")
}

fn a_request_is_one_line_with_what_matters(kind: Kind) {
    let app = App::start(kind, &[]);
    let user = app.user();
    let body = json!({"user_id": user.email, "password": user.password}).to_string();
    let reply = app.request("POST", "/v2/authorize?a=b").body(body).send();
    let id = reply.header("x-request-id").expect("an id").to_owned();
    until("the request is logged", Duration::from_secs(5), || app.server.log().contains(&id).then_some(()));
    let log = app.server.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains(&id)).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line: Value = serde_json::from_str(lines[0]).expect("JSON where there is no terminal");
    let text = line.to_string();
    for part in ["POST", "/v2/authorize", "200", &user.id.to_string()] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("a=b"), "{text}");
}
