//! An old service that is slow, gone, or answers what nobody can believe: 503, and nothing is stored.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::place::{Move, honest, import, liar, shown, somebody, start_after, token_of};
use super::support::app::Kind::Embedded;
use super::support::liar::{Answer, Liar, response};
use super::support::wait::until;

on_both_stores!(while_the_old_service_is_gone_its_people_are_told_so_and_others_log_in, |kind| {
    let mut moving = Move::start(kind, &[]);
    let (user, native) = (moving.imported(), moving.new.user());
    moving.old.server.kill();
    let reply = moving.new.try_login(&user, &json!({}));
    let body = reply.refused(503, "E_Unavailable");
    assert!(body["message"].as_str().is_some_and(|message| message.contains("The old service")), "{body}");
    assert_eq!(reply.header("retry-after"), Some("1"));
    moving.new.login(&native);
    moving.new.try_login(&native, &json!({"password": "wrong"})).refused(401, "E_InvalidCredentials");
    let metrics = moving.new.request("GET", "/metrics").send().text();
    for line in [
        "bimgate_password_checks_total{by=\"upstream\",outcome=\"unavailable\"} 1\n",
        "bimgate_password_checks_total{by=\"here\",outcome=\"refused\"} 1\n",
        "bimgate_peer_errors_total{peer=\"upstream\"} 1\n",
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
});

#[test]
fn what_cannot_be_believed_proves_nobody() {
    let user = somebody();
    let old = liar(&user);
    let new = start_after(&old.url, Embedded, &[("upstream.provision", "true")]);
    let other = Liar::start();
    honest(&other, &user);
    let elsewhere = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: {}/v2/authorize\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        other.url
    );
    let json = |text: &str| response("200 OK", "application/json", text);
    let another = somebody();
    for (what, path, answer) in [
        ("an error", "POST /v2/authorize", response("500 Internal Server Error", "application/json", "{}")),
        ("forbidden", "POST /v2/authorize", response("403 Forbidden", "application/json", "{}")),
        ("garbage", "POST /v2/authorize", json("\u{0}\u{1}{{")),
        ("a list", "POST /v2/authorize", json("[]")),
        ("a page", "POST /v2/authorize", response("200 OK", "text/html", "<html>log in</html>")),
        ("no HTTP", "POST /v2/authorize", Answer::Raw(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())),
        ("huge", "POST /v2/authorize", json(&format!("{{\"access_token\": \"{}\"}}", "x".repeat(1 << 20)))),
        ("a redirect", "POST /v2/authorize", Answer::Raw(elsewhere.into_bytes())),
        ("no token", "POST /v2/authorize", json(r#"{"token_type": "BimPlus"}"#)),
        ("an odd token", "POST /v2/authorize", json(r#"{"access_token": "abc\r\nx: y"}"#)),
        ("another's token", "GET /v2/authorize", Answer::Json(token_of(&another))),
        ("no life", "GET /v2/authorize", Answer::Json(json!({"user_id": user.id}))),
        ("nobody", "GET /v2/authorize", Answer::Json(json!({"user_id": Uuid::nil(), "expires_in": 5}))),
        ("a refused token", "GET /v2/authorize", super::place::refusal()),
        ("another person", "GET /v2/user", Answer::Json(json!({"id": another.id, "email": user.email}))),
        ("no address", "GET /v2/user", Answer::Json(json!({"id": user.id}))),
        ("no person", "GET /v2/user", response("404 Not Found", "application/json", "{}")),
    ] {
        honest(&old, &user);
        old.says(path, answer);
        let reply = new.try_login(&user, &json!({}));
        assert_eq!(reply.status, 503, "{what}: {}", reply.text());
        assert!(shown(&new, &user.email).is_none(), "{what}");
    }
    assert_eq!(other.everything_asked(), Vec::<String>::new(), "the password goes nowhere else");
    honest(&old, &user);
    new.login(&user);
}

#[test]
fn how_long_to_wait_is_passed_on_within_reason() {
    let user = somebody();
    let old = liar(&user);
    let new = start_after(&old.url, Embedded, &[("upstream.provision", "true")]);
    for (said, passed_on) in [("7", "7"), ("999999", "300"), ("Wed, 21 Oct 2026 07:28:00 GMT", "1")] {
        let head = format!(
            "HTTP/1.1 429 Too Many Requests\r\nRetry-After: {said}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        old.says("POST /v2/authorize", Answer::Raw(head.into_bytes()));
        let reply = new.try_login(&user, &json!({}));
        reply.refused(503, "E_Unavailable");
        assert_eq!(reply.header("retry-after"), Some(passed_on), "{said}");
    }
}

#[test]
fn an_old_service_that_hangs_is_waited_for_so_long_and_holds_up_nobody_else() {
    let user = somebody();
    let old = liar(&user);
    for question in ["POST /v2/authorize", "GET /v2/authorize"] {
        old.says(question, Answer::Nothing);
    }
    let new = start_after(&old.url, Embedded, &[("upstream.timeout_ms", "1000")]);
    import(&new, &user);
    let native = new.user();
    let known = new.login(&native);
    std::thread::scope(|scope| {
        let logins = (0..40).map(|_| scope.spawn(|| new.try_login(&user, &json!({}))));
        let mut waiting: Vec<_> = logins.collect();
        waiting.extend((0..40).map(|_| scope.spawn(|| new.check(&Uuid::new_v4().simple().to_string()))));
        let asked = || old.asked("POST /v2/authorize") > 0 && old.asked("GET /v2/authorize") > 0;
        until("it is asked", Duration::from_secs(60), || asked().then_some(()));
        new.login(&native);
        new.accepts(&known);
        for reply in waiting {
            reply.join().expect("no panic").refused(503, "E_Unavailable");
        }
    });
    assert_eq!(shown(&new, &user.email).expect("there")["password"], false);
    old.says("POST /v2/authorize", super::place::refusal());
    new.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");
}
