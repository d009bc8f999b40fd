//! What must never be logged: every flow at trace level, then a look for it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::{App, token};
use crate::support::client::Reply;
use crate::support::wait::until;

on_both_stores!(no_secret_is_ever_logged, |kind| {
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
});

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

on_both_stores!(a_request_is_one_line_with_what_matters, |kind| {
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
});

/// The line of this request.
fn line(app: &App, reply: &Reply) -> Value {
    let id = reply.header("x-request-id").expect("an id");
    let line = || app.server.log().lines().find(|line| line.contains(id)).map(str::to_owned);
    serde_json::from_str(&until("the request is logged", Duration::from_secs(60), line)).expect("JSON")
}

on_both_stores!(a_login_line_says_from_where_and_at_which_account_it_failed, |kind| {
    let app = App::start(kind, &[("server.trusted_proxies", "127.0.0.1/32")]);
    let user = app.user();
    let log_in = |path: &str, body: &Value| {
        let request = app.request("POST", path).header("X-Forwarded-For", "2001:db8::7");
        line(&app, &request.body(body.to_string()).send())
    };
    let password = |who: &str, password: &str| log_in("/v2/authorize", &json!({"user_id": who, "password": password}));
    let good = password(&user.email, &user.password);
    assert_eq!((&good["client"], &good["account"]), (&json!("2001:db8::7"), &Value::Null));
    assert_eq!(good["user_id"], user.id.to_string());
    let failed = [&*user.email, &user.email.to_uppercase(), "nobody@example.org"].map(|who| password(who, "wrong"));
    let accounts = failed.each_ref().map(|line| line["account"].as_str().unwrap_or_default().to_owned());
    assert!(accounts.iter().all(|account| account.len() == 16) && accounts[0] == accounts[1], "{accounts:?}");
    assert_ne!(accounts[0], accounts[2]);
    assert!(failed.iter().all(|line| line["client"] == "2001:db8::7" && line["user_id"].is_null()));
    let token = "0123456789abcdef0123456789abcdef";
    let silent = json!({"remember_me": true, "remember_me_token": token, "client_id": "a"});
    for line in [log_in("/v2/authorize", &silent), log_in("/v2/cross-authorize", &json!({"cross_token": token}))] {
        assert_eq!((&line["client"], &line["status"]), (&json!("2001:db8::7"), &json!(401)));
    }
    let check = line(&app, &app.revoke(token, ""));
    assert!(check["client"].is_null(), "{check}");
});

on_both_stores!(a_clients_address_is_logged_as_the_settings_say, |kind| {
    let settings =
        ["network", "none"].map(|say| [("server.trusted_proxies", "127.0.0.1/32"), ("log.client_address", say)]);
    let [network, none] = settings.map(|settings| App::start(kind, &settings));
    let client = |app: &App, address: &str| {
        let body = json!({"user_id": "nobody@example.org", "password": "wrong"}).to_string();
        let reply = app.request("POST", "/v2/authorize").header("X-Forwarded-For", address).body(body).send();
        line(app, &reply)["client"].clone()
    };
    assert_eq!(client(&network, "192.0.2.7"), "192.0.2.0/24");
    assert_eq!(client(&network, "2001:db8:1:2::7"), "2001:db8:1::/48");
    assert_eq!(client(&none, "192.0.2.7"), Value::Null);
});

on_both_stores!(a_refusal_is_alike_for_its_caller_and_has_a_reason_for_the_operator, |kind| {
    let app = App::start(kind, &[]);
    let (user, disabled) = (app.user(), app.user());
    app.server.run(&["user", "disable", &disabled.email], "");
    let login = app.login_with(&user, &json!({"remember_me": true, "client_id": "own"}));
    let authorize = |body: Value| app.post("/v2/authorize", &body);
    let password = |email: &str, password: &str| authorize(json!({"user_id": email, "password": password}));
    let silent = |client: &str| {
        authorize(json!({"remember_me": true, "remember_me_token": login["remember_me_token"], "client_id": client}))
    };
    let unknown = "0123456789abcdef0123456789abcdef";
    let refusals = [
        (password(&user.email, "wrong"), "wrong_password"),
        (password("nobody@example.org", "wrong"), "no_such_user"),
        (password(&disabled.email, &disabled.password), "disabled"),
        (silent("another"), "wrong_client"),
        (app.swap(&json!({"cross_token": unknown})), "unknown_token"),
    ];
    let sentence = refusals[0].0.refused(401, "E_InvalidCredentials")["message"].clone();
    for (reply, reason) in &refusals {
        assert_eq!(reply.refused(401, "E_InvalidCredentials")["message"], sentence, "{reason}");
        assert_eq!(line(&app, reply)["reason"], *reason);
    }
    let checked = app.revoke(unknown, "");
    checked.refused(401, "E_InvalidToken");
    assert_eq!(line(&app, &checked)["reason"], "unknown_token");
    let introspection = app.request("POST", "/directory/api/introspect").send();
    introspection.refused(401, "E_InvalidCredentials");
    assert_eq!(line(&app, &introspection)["reason"], "wrong_secret");
    assert!(line(&app, &app.post("/v2/authorize", &json!({}))).get("reason").is_none(), "it was not denied");
    let metrics = app.request("GET", "/metrics").send().text();
    for (reason, times) in [("wrong_password", 1), ("disabled", 1), ("wrong_client", 1), ("unknown_token", 2)] {
        let counted = format!("bimgate_denied_total{{reason=\"{reason}\"}} {times}");
        assert!(metrics.lines().any(|line| line == counted), "{counted}: {metrics}");
    }
});
