//! Heads of requests as proxies and old programs write them, and those that are none.

use std::time::Duration;

use crate::support::app::{App, Kind, token};
use crate::support::client::exchange;
use crate::support::connection::Connection;
use crate::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(30);

/// As nginx sends it unless it is told otherwise, for a client that told no length.
fn of_nginx(target: &str, authorization: &str) -> String {
    format!("POST {target} HTTP/1.0\r\nHost: x\r\nConnection: close\r\n{authorization}\r\n\r\n")
}

#[test]
fn a_post_of_http_1_0_without_a_length_has_no_body() {
    let app = App::shared(Kind::Embedded);
    let access = app.login(&app.user());
    let header = format!("Authorization: BimPlus {access}");
    let reply = exchange(app.address(), of_nginx("/v2/cross-token", &header).as_bytes(), false).expect("an answer");
    token(&reply.ok(), "cross_token");
    // Calls that need no body fail for want of a session or a parameter, those that need one say so.
    for name in ["heartbeat", "close", "userinfo", "applications", "borrowlicense"] {
        let target = format!("/directory/api/directorysession/{name}");
        let reply = exchange(app.address(), of_nginx(&target, "X-A: b").as_bytes(), false).expect("an answer");
        let body = reply.json();
        assert!(body["message"].as_str().is_some_and(|message| !message.contains("body")), "{name}: {body}");
    }
    let target = "/directory/api/directorysession/waitforauthentication?timeoutsec=0";
    let header = format!("x-infinite-bearer: {}", "n".repeat(32));
    let reply = exchange(app.address(), of_nginx(target, &header).as_bytes(), false);
    assert_eq!(reply.expect("an answer").status, 204);
    let reply = exchange(app.address(), of_nginx("/v2/authorize", "X-A: b").as_bytes(), false);
    reply.expect("an answer").refused(400, "E_BadRequest");
}

#[test]
fn what_follows_a_head_that_tells_no_length_is_no_request() {
    let app = App::shared(Kind::Embedded);
    let mut connection = Connection::open(app.address()).expect("it listens");
    let mut bytes = b"POST /v2/cross-token HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n".to_vec();
    bytes.extend_from_slice(&app.request("GET", "/healthz").bytes("keep-alive"));
    connection.send(&bytes).expect("sent");
    connection.reply().expect("an answer").refused(401, "E_InvalidToken");
    assert!(connection.reply().is_err(), "the connection is closed");
}

#[test]
fn heads_and_bodies_may_come_in_any_pieces() {
    let app = App::shared(Kind::Embedded);
    let access = app.login(&app.user());
    let login = app.request("POST", "/v2/authorize").body("{}").bytes("keep-alive");
    let check = app.request("GET", "/v2/authorize").token(&access).bytes("keep-alive");
    let chunks =
        b"POST /v2/authorize HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n";
    let bytes = [&login, &chunks[..], &check].concat().repeat(2);
    for piece in [1, 17, 100, bytes.len()] {
        let mut connection = Connection::open(app.address()).expect("it listens");
        for piece in bytes.chunks(piece) {
            connection.send(piece).expect("sent");
        }
        for status in [400, 400, 200].repeat(2) {
            assert_eq!(connection.reply().expect("an answer").status, status, "{piece}");
        }
    }
}

#[test]
fn only_a_body_is_told_to_come() {
    let app = App::shared(Kind::Embedded);
    let expect = "Host: x\r\nConnection: close\r\nExpect: 100-continue";
    for method in ["GET", "DELETE", "POST"] {
        let request = format!("{method} /v2/authorize HTTP/1.1\r\n{expect}\r\n\r\n");
        let reply = exchange(app.address(), request.as_bytes(), false).expect("an answer");
        assert!(matches!(reply.status, 400 | 401), "{method}: {}", reply.status);
    }
    let mut connection = Connection::open(app.address()).expect("it listens");
    let head = format!("POST /v2/authorize HTTP/1.1\r\n{expect}\r\nContent-Length: 2\r\n\r\n");
    connection.send(head.as_bytes()).expect("sent");
    assert!(connection.interim().expect("an answer").starts_with("HTTP/1.1 100 "));
    connection.send(b"{}").expect("sent");
    connection.reply().expect("an answer").refused(400, "E_BadRequest");
}

#[test]
fn what_is_no_request_is_logged_with_its_sender_and_the_cause() {
    let app = App::start(Kind::Embedded, &[("server.client_timeout", "1")]);
    let large = format!("GET /{} HTTP/1.1\r\n", "a".repeat(140_000));
    for (bytes, cause) in [
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n", "eader"),
        ("GET / HTTP/1.1\r\n\r\n", "eader"),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "eader"),
        ("GET / HTTP/9.9\r\n\r\n", "ersion"),
        (&large, "too large"),
        ("GET / HTTP/1.1\r\nHost:", "in time"),
    ] {
        let logged = app.server.log().len();
        let mut connection = Connection::open(app.address()).expect("it listens");
        let _ = connection.send(bytes.as_bytes());
        let line = || {
            let log = app.server.log();
            log[logged..].lines().find(|line| line.contains("no request")).map(str::to_owned)
        };
        let line = until(cause, PATIENCE, line);
        let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!((&line["level"], line["peer"].as_str()), (&"INFO".into(), Some(&*connection.local().to_string())));
        assert!(line["cause"].as_str().is_some_and(|text| text.contains(cause)), "{cause}: {line}");
    }
}
