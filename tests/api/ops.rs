//! Running it: health, metrics, documentation, the start, the stop.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::app::{App, Kind};
use crate::support::client::{Request, exchange};
use crate::support::server::Server;
use crate::support::wait::until;

on_both_stores!(health_readiness_and_metrics_answer, |kind| {
    let app = App::shared(kind);
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"] {
        let get = app.request("GET", path).send();
        assert!(get.status == 200 || (path == "/docs" && get.status / 100 == 3), "{path}: {}", get.status);
    }
    let openapi = app.request("GET", "/openapi.json").send().ok();
    assert!(openapi["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", openapi["openapi"]);
    for path in ["/v2/authorize", "/v2/cross-token", "/v2/cross-authorize"] {
        assert!(openapi["paths"][path].is_object(), "{path}");
    }
});

on_both_stores!(metrics_count_by_pattern_not_by_user, |kind| {
    let app = App::start(kind, &[]);
    let user = app.user();
    let access = app.login(&user);
    app.check(&access);
    app.request("GET", "/nowhere/at/all").send();
    let metrics = app.request("GET", "/metrics").send().text();
    assert!(metrics.contains("/v2/authorize"), "{metrics}");
    for secret in [access.as_str(), &user.email, &user.id.to_string(), "/nowhere"] {
        assert!(!metrics.contains(secret), "{secret}");
    }
});

on_both_stores!(health_and_metrics_can_be_private, |kind| {
    // Whoever binds port 0 twice in a row is given two ports; the second is free again for the server.
    let private = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    let app = App::start(kind, &[("server.private_listen", &private.to_string())]);
    for path in ["/healthz", "/readyz", "/metrics"] {
        app.request("GET", path).send().refused(404, "E_Missing_404");
        assert_eq!(Request::new(private, "GET", path).send().status, 200, "{path}");
    }
    Request::new(private, "GET", "/v2/authorize").send().refused(404, "E_Missing_404");
    app.request("GET", "/v2/authorize").send().refused(401, "E_InvalidToken");
});

on_both_stores!(the_start_is_one_line, |kind| {
    let app = App::start(kind, &[]);
    let log = app.server.log();
    let line = log.lines().find(|line| line.contains("http://")).expect("the line");
    assert!(line.contains(&app.address().to_string()), "{line}");
    assert!(line.contains("Ctrl-C"), "how to stop: {line}");
    let store = if matches!(kind, Kind::Embedded) { "data" } else { "redis" };
    assert!(line.to_lowercase().contains(store), "which store: {line}");
});

on_both_stores!(a_stop_answers_running_requests_and_ends_with_success, |kind| {
    for signal in [Signal::TERM, Signal::INT] {
        stops_with_success(kind, signal);
    }
});

fn stops_with_success(kind: Kind, signal: Signal) {
    let mut app = App::start(kind, &[]);
    let user = app.user();
    let body = json!({"user_id": user.email, "password": user.password}).to_string();
    let head = format!(
        "POST /v2/authorize HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // Requests whose body is not complete are running when the stop comes.
    let running: Vec<_> = (0..4)
        .map(|_| {
            let mut stream = TcpStream::connect(app.address()).expect("a connection");
            stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
            stream.write_all(head.as_bytes()).expect("sent");
            stream.write_all(&body.as_bytes()[..10]).expect("sent");
            stream
        })
        .collect();
    // One more that was answered: by now the server has seen those before it.
    app.login(&user);
    let address = app.address();
    app.server.signal(signal);
    until("no new connections", Duration::from_secs(10), || TcpStream::connect(address).is_err().then_some(()));
    for mut stream in running {
        stream.write_all(&body.as_bytes()[10..]).expect("still open");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    assert_eq!(app.server.stopped().code(), Some(0), "{}", app.server.log());
}

on_both_stores!(tokens_outlive_a_restart, |kind| {
    let mut app = App::start(kind, &[]);
    let user = app.user();
    let [kept, revoked] = [app.login(&user), app.login(&user)];
    let login = app.login_with(&user, &json!({"remember_me": true, "client_id": "a"}));
    app.revoke(&revoked, "").ok();
    app.server.ask_to_stop();
    assert_eq!(app.server.stopped().code(), Some(0));
    app.server.restart();
    app.accepts(&kept);
    app.refuses(&revoked);
    let silent = json!({"remember_me": true, "remember_me_token": login["remember_me_token"], "client_id": "a"});
    app.post("/v2/authorize", &silent).ok();
    app.login_with(&user, &Value::Null);
});

on_both_stores!(the_binary_asks_after_its_own_health, |kind| {
    let app = App::shared(kind);
    let address = app.address().to_string();
    let asked = |listen: &str| app.server.command_with(&["health"], &[("server.listen", listen)]).status.code();
    assert_eq!(asked(&address), Some(0));
    let port = address.rsplit(':').next().expect("a port");
    assert_eq!(asked(&format!("0.0.0.0:{port}")), Some(0));
    assert_eq!(asked("127.0.0.1:1"), Some(3));
});

#[test]
fn the_demo_listens_on_loopback_only() {
    let demo = Server::start_with(&["serve", "--demo"], &[]);
    let body = json!({"user_id": "test@bimplus.net", "password": "test"}).to_string();
    let login = demo.request("POST", "/v2/authorize").header("Origin", "http://any.example").body(body).send();
    let access = login.ok()["access_token"].as_str().expect("a token").to_owned();
    assert!(login.header("access-control-allow-origin").is_some(), "the demo allows all");
    let info = demo.request("GET", "/v2/authorize").token(&access).send().ok();
    assert_eq!(info["user_id"], "b37b60d4-0f1b-4158-99c4-847254786517");
    assert_eq!(demo.request("GET", "/directory/api/demo/page.js").send().status, 200);
    assert_eq!(demo.log().matches("curl ").count(), 7, "the seven flows: {}", demo.log());

    let open = demo.command_with(&["serve", "--demo"], &[("server.listen", "0.0.0.0:0")]);
    assert!(!open.status.success());
    assert!(String::from_utf8_lossy(&open.stderr).contains("loopback"), "{}", String::from_utf8_lossy(&open.stderr));
}

#[test]
fn a_demo_has_its_user_before_it_answers() {
    // Whoever binds port 0 later is given another port, so that this one is free for the server.
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    let demo = thread::spawn(move || Server::start_with(&["serve", "--demo"], &[("server.listen", &free.to_string())]));
    let body = json!({"user_id": "test@bimplus.net", "password": "test"}).to_string();
    // Whoever tries all the time, as a script that waits for it does.
    let first = until("an answer", Duration::from_secs(30), || {
        Request::new(free, "POST", "/v2/authorize").body(&body).try_send().ok()
    });
    first.ok();
    drop(demo.join().expect("it starts"));
}

#[test]
fn a_second_server_on_the_same_data_is_told_so() {
    let first = Server::start(&[]);
    let second = first.command(&["serve"], "");
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.lines().count() <= 3 && said.contains("data"), "{said}");
    assert_eq!(first.request("GET", "/readyz").send().status, 200);
}

#[test]
fn many_idle_connections_do_not_keep_others_out() {
    let server = Server::start(&[("server.client_timeout", "1")]);
    let idle: Vec<_> = (0..200).map(|_| TcpStream::connect(server.address).expect("a connection")).collect();
    assert_eq!(server.request("GET", "/healthz").send().status, 200);
    // Half a request is given up on; whether with an answer or without is the framework's business.
    let half = thread::scope(|scope| {
        let asked = scope.spawn(|| exchange(server.address, b"GET /healthz HTTP/1.1\r\nHost: a", false));
        asked.join().expect("no panic")
    });
    assert!(half.is_err() || half.is_ok_and(|reply| reply.status == 408));
    drop(idle);
}
