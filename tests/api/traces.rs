//! Requests are recorded as traces and sent to a collector: whole, without a secret, and nobody waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bimgate::clock::{Clock as _, SystemClock};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use serde_json::json;
use tempfile::TempDir;

use crate::support::app::{App, Kind};
use crate::support::collector::{Collector, attributes, hex, taken};
use crate::support::connection::Connection;
use crate::support::liar::{Answer, Liar, TLS, response};
use crate::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(60);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

fn parent(flags: &str) -> String {
    format!("00-{TRACE}-{CALLER}-{flags}")
}

/// Everything that a server sends to a collector until it has stopped.
fn all_spans(app: &mut App, collector: &Collector) -> Vec<Span> {
    app.server.ask_to_stop();
    app.server.stopped();
    collector.spans()
}

/// A metric, as the server tells it now.
fn metric(app: &App, name: &str) -> u64 {
    let page = app.request("GET", "/metrics").send().text();
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
    line.unwrap_or_else(|| panic!("no {name}: {page}"))
}

fn of_route<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

on_both_stores!(a_request_is_one_span_and_what_it_waits_for_hangs_below, |kind| {
    let collector = Collector::start();
    let mut app = App::start(kind, &[("tracing.url", &collector.url), ("server.trusted_proxies", "127.0.0.1/32")]);
    let user = app.user();
    let before = SystemClock.now().millis();
    let body = json!({"user_id": user.email, "password": user.password, "client_id": "secret-client"}).to_string();
    let login = app
        .request("POST", "/v2/authorize?secret=query")
        .header("traceparent", &parent("01"))
        .header("tracestate", "congo=t61")
        .header("X-Forwarded-For", "192.0.2.7")
        .header("User-Agent", "secret-agent")
        .body(&body)
        .send();
    let (id, token) = (login.header("x-request-id").expect("an id").to_owned(), login.ok()["access_token"].clone());
    let spans = all_spans(&mut app, &collector);
    let after = SystemClock.now().millis();

    let of_trace: Vec<_> = spans.iter().filter(|span| hex(&span.trace_id) == TRACE).collect();
    let servers: Vec<_> = of_trace.iter().filter(|span| span.kind() == SpanKind::Server).collect();
    assert_eq!(servers.len(), 1, "{spans:?}");
    let server = servers[0];
    assert_eq!((&*server.name, &*hex(&server.parent_span_id)), ("POST /v2/authorize", CALLER));
    assert_eq!((&*server.trace_state, server.flags, server.status.clone()), ("congo=t61", 0x301, None));
    let expected = [
        ("http.request.method", "POST"),
        ("http.route", "/v2/authorize"),
        ("http.response.status_code", "200"),
        ("url.scheme", "http"),
        ("server.address", "127.0.0.1"),
        ("client.address", "192.0.2.7"),
        ("bimgate.request_id", &id),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(attributes(&server.attributes), BTreeMap::from(expected));
    let (began, ended) = (server.start_time_unix_nano, server.end_time_unix_nano);
    let (first, last) = (began / 1_000_000, ended / 1_000_000);
    // The clock tells milliseconds.
    assert!(first + 1 >= before && began < ended && last <= after + 1, "{server:?}");

    let below: Vec<_> = of_trace.iter().filter(|span| span.parent_span_id == server.span_id).collect();
    assert_eq!(below.len() + 1, of_trace.len(), "{spans:?}");
    let names: BTreeSet<_> = below.iter().map(|span| &*span.name).collect();
    assert!(names.is_superset(&BTreeSet::from(["hash password", "issue", "find"])), "{names:?}");
    for span in &below {
        assert!(began <= span.start_time_unix_nano && span.end_time_unix_nano <= ended, "{span:?} {server:?}");
        assert_eq!((&*span.trace_state, span.flags, span.status.clone()), ("congo=t61", 0x101, None), "{span:?}");
        if span.name == "hash password" {
            assert_eq!((span.kind(), span.attributes.len()), (SpanKind::Internal, 0));
        } else {
            let system = if matches!(kind, Kind::Redis) { "redis" } else { "redb" };
            let expected = [("db.operation.name", &*span.name), ("db.system.name", system)];
            let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
            assert_eq!((span.kind(), attributes(&span.attributes)), (SpanKind::Client, BTreeMap::from(expected)));
        }
    }
    let ids: BTreeSet<_> = of_trace.iter().map(|span| &span.span_id).collect();
    assert!(ids.len() == of_trace.len() && ids.iter().all(|id| id.len() == 8), "{ids:?}");

    for received in collector.received() {
        assert!(
            received.head.to_ascii_lowercase().contains("content-type: application/x-protobuf"),
            "{}",
            received.head
        );
        let names: Vec<_> = received.resource.keys().map(String::as_str).collect();
        assert_eq!(names, ["service.instance.id", "service.name", "service.version"]);
        assert_eq!(received.resource["service.name"], "bimgate");
        let sent = String::from_utf8_lossy(&received.body).to_ascii_lowercase();
        let token = token.as_str().expect("a token");
        for secret in ["secret", &*user.email, &*user.password, &*user.id.to_string(), token] {
            assert!(!sent.contains(&secret.to_ascii_lowercase()), "{secret}: {sent}");
        }
    }
});

on_both_stores!(who_names_no_trace_gets_one_by_the_id_of_the_request, |kind| {
    let collector = Collector::start();
    let mut app = App::start(kind, &[("tracing.url", &collector.url), ("log.client_address", "none")]);
    let user = app.user();
    let token = app.login(&user);
    let refused = app.try_login(&user, &json!({"password": "wrong"}));
    let id = refused.header("x-request-id").expect("an id").to_owned();
    refused.refused(401, "E_InvalidCredentials");
    let check = app.check(&token);
    let of_check = check.header("x-request-id").expect("an id").to_owned();
    check.ok();
    for probe in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(app.request("GET", probe).send().status, 200);
    }
    assert_eq!(app.request("GET", "/no/such/secret").send().status, 404);
    assert_eq!(app.request("BREW", "/v2/authorize").send().status, 405);
    let spans = all_spans(&mut app, &collector);

    let line = app.server.log().lines().find(|line| line.contains(&id)).map(str::to_owned).expect("it is logged");
    let trace = id.replace('-', "");
    assert!(line.contains(&format!("\"trace_id\":\"{trace}\"")), "{line}");
    let [of_refused] =
        *spans.iter().filter(|span| hex(&span.trace_id) == trace && span.parent_span_id.is_empty()).collect::<Vec<_>>()
    else {
        panic!("{spans:?}");
    };
    let told = attributes(&of_refused.attributes);
    assert_eq!((&*told["bimgate.reason"], &*told["http.response.status_code"]), ("wrong_password", "401"));
    assert!(of_refused.status.is_none() && !told.contains_key("client.address"), "{of_refused:?}");

    // A check is one call of the store, which is not told besides.
    let of_check = of_check.replace('-', "");
    let of_check: Vec<_> = spans.iter().filter(|span| hex(&span.trace_id) == of_check).collect();
    assert_eq!(of_check.iter().map(|span| &*span.name).collect::<Vec<_>>(), ["GET /v2/authorize"]);
    // Commands ask the server too, of an embedded store.
    let servers = spans.iter().filter(|span| span.kind() == SpanKind::Server && !span.name.contains("/manage/"));
    let names: BTreeSet<_> = servers.map(|span| &*span.name).collect();
    assert_eq!(
        names,
        BTreeSet::from(["GET /v2/authorize", "GET unmatched", "OTHER /v2/authorize", "POST /v2/authorize"])
    );
});

#[test]
fn callers_say_what_is_recorded_and_else_the_settings_do() {
    let collector = Collector::start();
    let mut app = App::start(Kind::Embedded, &[("tracing.url", &collector.url), ("tracing.one_in", "0")]);
    let check = |flags: Option<&str>| {
        let request = app.request("GET", "/v2/authorize").token("0123456789abcdef0123456789abcdef");
        let request = flags.into_iter().fold(request, |request, flags| request.header("traceparent", &parent(flags)));
        request.send().refused(401, "E_InvalidToken");
    };
    for flags in [None, Some("00"), Some("02"), Some("01"), Some("03")] {
        check(flags);
    }
    let spans = all_spans(&mut app, &collector);
    assert_eq!(of_route(&spans, "GET /v2/authorize").len(), 2, "{spans:?}");
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE), "{spans:?}");

    let collector = Collector::start();
    let mut app = App::start(Kind::Embedded, &[("tracing.url", &collector.url), ("tracing.one_in", "4")]);
    for _ in 0..400 {
        app.request("GET", "/v2/authorize").token("0123456789abcdef0123456789abcdef").send();
    }
    let count = all_spans(&mut app, &collector).len();
    // Of 400 about 100, which less than one in a billion runs misses by so much.
    assert!((45..=155).contains(&count), "{count}");
}

#[test]
fn without_a_collector_nothing_is_recorded() {
    let app = App::start(Kind::Embedded, &[]);
    let user = app.user();
    app.login(&user);
    app.login_with(&user, &json!({}));
    assert!(!app.server.log().contains("trace_id"));
    assert!(!app.request("GET", "/metrics").send().text().contains("bimgate_span"));
}

#[test]
fn the_collector_is_reached_by_tls_with_the_headers_that_it_wants() {
    let collector = Collector::of(Liar::start_with_tls());
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("headers");
    fs::write(&file, "Authorization: Bearer guess-me\nX-Scope: tests\n").expect("a file");
    let (file, authority) = (file.display().to_string(), format!("{TLS}/authority.pem"));
    let settings =
        [("tracing.url", &*collector.url), ("tracing.headers_file", &*file), ("tracing.ca_file", &*authority)];
    let mut app = App::start(Kind::Embedded, &settings);
    app.login(&app.user());
    assert!(!all_spans(&mut app, &collector).is_empty());
    for received in collector.received() {
        let head = received.head.to_ascii_lowercase();
        assert!(head.contains("authorization: bearer guess-me") && head.contains("x-scope: tests"), "{head}");
    }
    let shown = app.server.run(&["config", "show"], "");
    assert!(!format!("{shown}{}", app.server.log()).contains("guess-me"));
}

#[test]
fn what_a_collector_does_not_take_is_sent_again_or_counted() {
    let collector = Collector::start();
    let app = App::start(Kind::Embedded, &[("tracing.url", &collector.url), ("log.level", "info")]);
    let check = || drop(app.request("GET", "/v2/authorize").token("0123456789abcdef0123456789abcdef").send());
    let sent = || metric(&app, "bimgate_spans_total{outcome=\"sent\"}");
    let dropped = || metric(&app, "bimgate_spans_total{outcome=\"dropped\"}");
    let failures = || metric(&app, "bimgate_span_failures_total");
    let reach = |what: &str, told: &dyn Fn() -> u64, at_least: u64| {
        until(what, PATIENCE, || (told() >= at_least).then_some(()));
    };

    // It is busy, and comes back.
    let busy = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    collector.says(Answer::Raw(busy.into()));
    check();
    reach("it fails", &failures, 1);
    collector.says(taken());
    reach("it is sent again", &sent, 1);
    assert_eq!((sent(), dropped()), (1, 0));
    let bodies: BTreeSet<_> = collector.received().into_iter().map(|received| received.body).collect();
    assert_eq!(bodies.len(), 1, "what is sent again is the same");

    // It takes a part.
    let partial = ExportTracePartialSuccess { rejected_spans: 1, error_message: "no".to_owned() };
    let partial = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    collector.says(response("200 OK", "application/x-protobuf", partial));
    check();
    reach("one is refused", &dropped, 1);
    assert_eq!((sent(), dropped()), (1, 1));

    // It will never take it.
    collector.says(response("400 Bad Request", "text/plain", "no"));
    let (before, asked) = (failures(), collector.received().len());
    check();
    reach("one is lost", &dropped, 2);
    assert_eq!((failures(), collector.received().len()), (before + 1, asked + 1), "it is not sent again");

    collector.says(taken());
    check();
    reach("all is well", &sent, 2);
    let log = app.server.log();
    assert_eq!(log.matches("spans cannot be sent to the collector").count(), 2, "{log}");
    assert_eq!(log.matches("spans are sent to the collector again").count(), 2, "{log}");
}

#[test]
fn a_collector_that_hangs_stops_nobody_and_what_has_no_room_is_counted() {
    let collector = Collector::start();
    collector.says(Answer::Nothing);
    let mut app = App::start(Kind::Embedded, &[("tracing.url", &collector.url), ("tracing.timeout", "60")]);
    let user = app.user();
    let token = app.login(&user);
    let mut connection = Connection::open(app.address()).expect("a connection");
    let check = app.request("GET", "/v2/authorize").token(&token);
    // One batch is on its way, and the queue is full.
    until("a span has no room", PATIENCE, || {
        for _ in 0..500 {
            connection.ask(&check).expect("an answer").ok();
        }
        (metric(&app, "bimgate_spans_total{outcome=\"dropped\"}") > 0).then_some(())
    });
    assert_eq!(metric(&app, "bimgate_spans_total{outcome=\"sent\"}"), 0);
    let began = Instant::now();
    app.login(&user);
    app.accepts(&token);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());

    let began = Instant::now();
    app.server.ask_to_stop();
    assert!(app.server.stopped().success());
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert!(app.server.log().contains("so many spans were not sent before the end"), "{}", app.server.log());
}

#[test]
fn a_collector_that_is_not_there_stops_nobody() {
    let place = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/v1/traces", place.local_addr().expect("bound"));
    drop(place);
    let mut app = App::start(Kind::Embedded, &[("tracing.url", &url)]);
    let user = app.user();
    let token = app.login(&user);
    app.accepts(&token);
    until("it is told", PATIENCE, || app.server.log().contains("spans cannot be sent to the collector").then_some(()));
    let began = Instant::now();
    app.server.ask_to_stop();
    assert!(app.server.stopped().success());
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}

/// A collector that others have made, which passes on what it takes.
struct Rotel {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl Rotel {
    fn start(to: &Collector) -> Self {
        let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/otlp_collector/venv/lib");
        let programs = fs::read_dir(venv).unwrap_or_else(|error| panic!("{error}; run ./scripts/test once"));
        let program = programs.flatten().map(|python| python.path().join("site-packages/rotel/rotel-agent"));
        let program = program.into_iter().find(|program| program.is_file()).expect("the collector");
        let folder = TempDir::new().expect("a folder");
        let [own, other] = [(); 2].map(|()| {
            let place = TcpListener::bind("127.0.0.1:0").expect("a free port");
            place.local_addr().expect("bound").to_string()
        });
        let in_folder = |name: &str| folder.path().join(name).display().to_string();
        let mut rotel = Command::new(program);
        rotel.env_clear().args(["start", "--exporter", "otlp", "--otlp-exporter-protocol", "http"]);
        rotel.args(["--otlp-exporter-endpoint", &to.liar.url, "--otlp-http-endpoint", &own, "--otlp-grpc-endpoint"]);
        rotel.args([&other, "--pid-file", &in_folder("pid"), "--log-file", &in_folder("log")]);
        let child = rotel.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        until("the collector listens", PATIENCE, || TcpStream::connect(&*own).ok());
        Self { child, url: format!("http://{own}/v1/traces"), _folder: folder }
    }
}

impl Drop for Rotel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_collector_that_others_have_made_takes_and_understands_what_is_sent() {
    let behind = Collector::start();
    let rotel = Rotel::start(&behind);
    let app = App::start(Kind::Embedded, &[("tracing.url", &rotel.url)]);
    let user = app.user();
    let body = json!({"user_id": user.email, "password": user.password}).to_string();
    let login = app.request("POST", "/v2/authorize").header("traceparent", &parent("01")).body(body);
    login.header("tracestate", "congo=t61").send().ok();
    let spans = until("it has passed them on", PATIENCE, || {
        let spans: Vec<_> = behind.spans().into_iter().filter(|span| hex(&span.trace_id) == TRACE).collect();
        spans.iter().any(|span| span.kind() == SpanKind::Server).then_some(spans)
    });
    let server = spans.iter().find(|span| span.kind() == SpanKind::Server).expect("one");
    assert_eq!((&*server.name, &*server.trace_state), ("POST /v2/authorize", "congo=t61"));
    assert_eq!(attributes(&server.attributes)["http.response.status_code"], "200");
    assert!(spans.iter().any(|span| span.name == "issue" && span.parent_span_id == server.span_id), "{spans:?}");
    assert_eq!(behind.received()[0].resource["service.name"], "bimgate");
    assert_eq!(metric(&app, "bimgate_span_failures_total"), 0);
    let check = app.server.command(&["config", "check", "--connect"], "");
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(said.contains("takes traces"), "{said}");
}
