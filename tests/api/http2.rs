//! HTTP/2 on the listener itself: what HTTP/1.1 answers, by as few connections as clients like.

use std::net::Ipv4Addr;
use std::process::Command;
use std::time::Instant;

use actix_web::web::Bytes;
use serde_json::{Value, json};

use crate::support::app::token;
use crate::support::client::{Reply, Request};
use crate::support::http2::{DATA, END_HEADERS, END_STREAM, Frames, GOAWAY, HEADERS, Http2, NONE, frame, head};
use crate::support::liar::TLS;
use crate::support::wait::until;
use crate::tls::{LONG, PATIENCE, Place, certificate};

/// Waits for a login that nobody makes.
fn wait(place: &Place, native: &str) -> Request {
    place
        .app
        .request("GET", &format!("{DIRECTORY}/waitforauthentication?timeoutsec=60"))
        .header("x-infinite-bearer", native)
}

const DIRECTORY: &str = "/directory/api/directorysession";
const NATIVE: &str = "0864b51217764a558ee52b19d7d9b7ea0864b51217764a558ee52b19d7d9b7ea";

fn login(place: &Place) -> Request {
    let user = place.app.user();
    let body = json!({"user_id": user.email, "password": user.password}).to_string();
    place.app.request("POST", "/v2/authorize").header("Content-Type", "application/json").body(body)
}

#[test]
fn both_apis_answer() {
    let place = Place::start(&[]);
    let mut connection = Http2::open(place.app.address()).expect("HTTP/2");
    let access = token(&connection.ask(&login(&place)).expect("an answer").ok(), "access_token");
    let request = |method, target| place.app.request(method, target).token(&access);
    let checked = connection.ask(&request("GET", "/v2/authorize")).expect("an answer");
    assert!(checked.header("date").is_some_and(|date| date.ends_with(" GMT")), "{checked:?}");
    assert_eq!(checked.header("content-length"), Some(checked.body.len().to_string().as_str()));
    let cross = token(&connection.ask(&request("POST", "/v2/cross-token")).expect("an answer").ok(), "cross_token");
    let body = json!({"cross_token": cross}).to_string();
    let swap = place.app.request("POST", "/v2/cross-authorize").header("Content-Type", "application/json").body(body);
    connection.ask(&swap).expect("an answer").ok();

    // Several at once; one that waits keeps nobody waiting.
    let waiting = connection.send(&wait(&place, NATIVE), true).expect("sent");
    let version = connection.ask(&place.app.request("GET", "/directory/api/getversion")).expect("an answer");
    assert_eq!(version.status, 200, "{}", version.text());
    let page =
        format!("{DIRECTORY}/authenticate?claims=access:client&redirecturl={}", "https://viewer.example.org/done");
    let page = connection.ask(&place.app.request("GET", &page)).expect("an answer");
    assert_eq!((page.status, page.header("transfer-encoding")), (403, None), "it is not registered: {}", page.text());
    let document = connection.ask(&place.app.request("GET", "/openapi.json")).expect("an answer");
    assert!(document.body.len() > 100_000, "{}", document.body.len());
    drop(waiting);
    connection.ask(&request("DELETE", "/v2/authorize")).expect("an answer").ok();
    connection.ask(&request("GET", "/v2/authorize")).expect("an answer").refused(401, "E_InvalidToken");
}

/// What two answers to one request must have in common.
fn essence(reply: &Reply) -> (u16, Value, Vec<String>) {
    let text = reply.text().replace(reply.header("x-request-id").unwrap_or_default(), "its id");
    let mut body = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
    for made_up in ["uuid", "access_token", "client_id", "expires_in"] {
        if let Some(value) = body.get_mut(made_up) {
            *value = Value::Null;
        }
    }
    let of_one_hop = ["connection", "keep-alive", "transfer-encoding", "date", "x-request-id"];
    let headers = reply.headers().filter(|(name, _)| !of_one_hop.contains(&name.to_lowercase().as_str()));
    let mut headers: Vec<_> = headers.map(|(name, value)| format!("{}: {value}", name.to_lowercase())).collect();
    headers.sort();
    (reply.status, body, headers)
}

#[test]
fn odd_requests_are_answered_as_over_http_1() {
    let place = Place::start(&[("server.allowed_origins", "https://viewer.example.org")]);
    let user = place.app.user();
    let request = |method, target: &str| place.app.request(method, target);
    let credentials = json!({"user_id": user.email, "password": user.password});
    let comma = credentials.to_string().replace('}', ",}");
    let mut newer = Http2::open(place.app.address()).expect("HTTP/2");
    let access = token(&newer.ask(&login(&place)).expect("an answer").ok(), "access_token");
    for odd in [
        request("POST", "/v2/authorize").body(&comma),
        request("POST", "/v2/authorize").header("Content-Type", "text/plain").body(credentials.to_string()),
        request("POST", "/v2/authorize").header("Expect", "100-continue").body(credentials.to_string()),
        request("POST", "/%762//authorize/").body(credentials.to_string()),
        request("POST", "/v2/authorize"),
        request("POST", "/v2/authorize").body("{"),
        request("POST", "/v2/authorize").body("x".repeat(17_000)),
        request("PUT", "/v2/authorize").body("{}"),
        request("GET", "/v2/authorize").header("Authorization", &format!("bimplus  {access}")),
        request("GET", "/v2/authorize").token(&access).body("what for?"),
        request("GET", "/v2/authorize").header("Expect", "100-continue").token(&access),
        request("GET", &format!("/v2/authorize?access_token={access}&&x=%zz")),
        request("OPTIONS", "/v2/authorize").header("Origin", "https://viewer.example.org"),
        request("GET", "/v2/authorize").token(&access).header("Origin", "https://viewer.example.org"),
        request("BREW", "/v2/authorize"),
        request("GET", "/nowhere").header("Accept", "text/html"),
        request("GET", "/directory/api/getversion?_=1"),
        request("POST", &format!("{DIRECTORY}/heartbeat")).header("x-infinite-bearer", "no bearer"),
        request("GET", "/.well-known/jwks.json"),
        request("GET", "/metrics"),
    ] {
        let newer = newer.ask(&odd).unwrap_or_else(|error| panic!("{}: {error}", odd.name()));
        // Some are the last of their connection.
        let older = place.open().expect("TLS").ask(&odd).unwrap_or_else(|error| panic!("{}: {error}", odd.name()));
        assert_eq!(essence(&newer), essence(&older), "{}", odd.name());
    }
    // What has no body.
    let head = newer.ask(&request("HEAD", "/v2/authorize").token(&access)).expect("an answer");
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[test]
fn curl_logs_in_by_either() {
    let place = Place::start(&[]);
    let user = place.app.user();
    let body = json!({"user_id": user.email, "password": user.password}).to_string();
    let url = format!("https://localhost:{}/v2/authorize", place.app.address().port());
    for (option, version) in [("--http2", "2"), ("--http1.1", "1.1"), ("--no-alpn", "1.1")] {
        let curl = Command::new("curl")
            .args(["--silent", "--show-error", "--max-time", "20", "--ipv4", "--cacert"])
            .args([&format!("{TLS}/authority.pem"), option, "--data", &body])
            .args(["--write-out", "\n%{http_code} %{http_version}", &url])
            .output()
            .expect("curl runs");
        let said = String::from_utf8_lossy(&curl.stdout).into_owned();
        let (answer, told) = said.rsplit_once('\n').expect("an answer");
        assert_eq!(told, format!("200 {version}"), "{said} {}", String::from_utf8_lossy(&curl.stderr));
        let access = token(&serde_json::from_str(answer).expect("JSON"), "access_token");
        let check = place.app.request("GET", "/v2/authorize").token(&access);
        place.open().expect("TLS").ask(&check).expect("an answer").ok();
    }
}

#[test]
fn a_connection_outlives_another_certificate() {
    let place = Place::start(&[]);
    let mut before = Http2::open(place.app.address()).expect("HTTP/2");
    let waiting = before.send(&wait(&place, NATIVE), true).expect("sent");
    place.replace_certificate("other");
    until("the other certificate", PATIENCE, || {
        (place.open().expect("TLS").certificate() == certificate("other")).then_some(())
    });
    before.ask(&login(&place)).expect("it is open").ok();
    drop(waiting);
}

#[test]
fn a_server_that_stops_finishes_what_is_under_way() {
    let timeouts = ["server.shutdown_timeout", "server.client_timeout", "server.idle_timeout"];
    let mut place = Place::start(&timeouts.map(|timeout| (timeout, LONG)));
    let address = place.app.address();
    let mut connection = Http2::open(address).expect("HTTP/2");
    let waiting = connection.send(&wait(&place, NATIVE), true).expect("sent");
    let mut login_under_way = connection.begin(&login(&place)).expect("sent");
    connection.ask(&place.app.request("GET", "/v2/authorize")).expect("they are begun").refused(401, "E_InvalidToken");
    let mut idle = Frames::open(address).expect("HTTP/2");
    idle.catch_up();
    let mut deaf = Frames::open_from(Ipv4Addr::LOCALHOST, address).expect("HTTP/2");
    deaf.catch_up();

    let started = Instant::now();
    place.app.server.ask_to_stop();
    // That is told without an error, and what comes behind it is answered still.
    let told = idle.hears(GOAWAY);
    assert_eq!(told.code(), 0);
    idle.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &head("GET", "/v2/authorize", &[]))).expect("sent");
    assert_eq!(idle.hears(HEADERS).stream, 1);
    login_under_way.body.send_data(Bytes::new(), true).expect("sent");
    connection.answer(login_under_way).expect("an answer").ok();
    assert_eq!(connection.answer(waiting).expect("an answer").status, 204);
    assert!(place.app.server.stopped().success());
    assert!(started.elapsed() < PATIENCE, "nobody waits for who is deaf");
    let _ = deaf.send(&frame(DATA, NONE, 1, b""));
}
