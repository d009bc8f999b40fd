//! A trace that a caller belongs to goes on to the old service (W3C Trace Context).

use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::place::{honest, liar, somebody, start_after};
use super::support::app::{App, Kind::Embedded, User};
use super::support::client::Reply;
use super::support::collector::{Collector, attributes, hex};
use super::support::liar::{Answer, Liar};
use super::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(60);
const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn log_in(app: &App, user: &User, headers: &[(&str, &str)]) -> Reply {
    let body = json!({"user_id": user.email, "password": user.password}).to_string();
    let request = app.request("POST", "/v2/authorize").header("Content-Type", "application/json");
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).body(body).send()
}

/// What the old service was asked since then, once it has ended the token that it issued.
fn asked_since(old: &Liar, since: usize) -> Vec<String> {
    until("the token is ended there", PATIENCE, || {
        let asked = old.everything_asked().split_off(since);
        asked.iter().any(|asked| asked.starts_with("DELETE ")).then_some(asked)
    })
}

#[test]
fn a_trace_is_logged_and_goes_on_to_the_old_service() {
    let user = somebody();
    let old = liar(&user);
    let new = start_after(&old.url, Embedded, &[("upstream.provision", "true")]);
    let parent = format!("00-{ID}-00f067aa0ba902b7-01");
    let reply = log_in(&new, &user, &[("traceparent", &parent), ("tracestate", "a=1"), ("tracestate", "b=2")]);
    let id = reply.header("x-request-id").expect("an id").to_owned();
    reply.ok();
    let line =
        until("it is logged", PATIENCE, || new.server.log().lines().find(|line| line.contains(&id)).map(str::to_owned));
    assert!(line.contains(&format!("\"trace_id\":\"{ID}\"")), "{line}");
    let asked = asked_since(&old, 0);
    assert_eq!(asked.len(), 4, "{asked:?}");
    for asked in &asked {
        assert!(asked.contains(&format!("traceparent: {parent}\r\n")), "{asked}");
        assert!(asked.contains("tracestate: a=1,b=2\r\n"), "{asked}");
    }

    // So does that of a check which has to ask there.
    let unknown = Uuid::new_v4().simple().to_string();
    new.request("GET", "/v2/authorize").token(&unknown).header("traceparent", &parent).send().ok();
    assert!(old.last_asked().contains(&parent), "{}", old.last_asked());
}

#[test]
fn what_is_no_trace_goes_nowhere_and_none_is_made_up() {
    let (wrong, right) = (format!("00-{ID}-0000000000000000-01"), format!("00-{ID}-00f067aa0ba902b7-01"));
    let old = liar(&somebody());
    let new = start_after(&old.url, Embedded, &[("upstream.provision", "true")]);
    for headers in [
        &[][..],
        &[("traceparent", wrong.as_str())],
        &[("traceparent", &right), ("traceparent", &right)],
        &[("tracestate", "a=1")],
    ] {
        let (user, before) = (somebody(), old.everything_asked().len());
        honest(&old, &user);
        log_in(&new, &user, headers).ok();
        let asked = asked_since(&old, before).concat();
        assert!(!asked.contains("trace"), "{headers:?}: {asked}");
        assert!(!new.server.log().contains("trace_id"), "{headers:?}");
    }
}

#[test]
fn where_spans_are_recorded_each_call_of_the_old_service_is_one_and_passes_itself_on() {
    let user = somebody();
    let (old, collector) = (liar(&user), Collector::start());
    let settings = [("upstream.provision", "true"), ("tracing.url", &*collector.url)];
    let mut new = start_after(&old.url, Embedded, &settings);
    let parent = format!("00-{ID}-00f067aa0ba902b7-01");
    log_in(&new, &user, &[("traceparent", &parent), ("tracestate", "a=1")]).ok();
    let asked = asked_since(&old, 0);
    // A check that has to ask there, in a trace of its own.
    let unknown = Uuid::new_v4().simple().to_string();
    let check = new.request("GET", "/v2/authorize").token(&unknown).send();
    let of_check = check.header("x-request-id").expect("an id").replace('-', "");
    check.ok();
    new.server.ask_to_stop();
    new.server.stopped();

    let spans = collector.spans();
    let server = spans.iter().find(|span| span.kind() == SpanKind::Server && hex(&span.trace_id) == ID).expect("one");
    let is_call = |span: &&opentelemetry_proto::tonic::trace::v1::Span| {
        span.attributes.iter().any(|attribute| attribute.key == "url.full")
    };
    let calls: Vec<_> = spans.iter().filter(is_call).filter(|span| hex(&span.trace_id) == ID).collect();
    assert_eq!((asked.len(), calls.len()), (4, 4), "{spans:?}");
    for call in &calls {
        let told = attributes(&call.attributes);
        assert_eq!((&call.parent_span_id, &*call.name), (&server.span_id, &*told["http.request.method"]), "{told:?}");
        assert_eq!((call.kind(), &*told["server.address"]), (SpanKind::Client, "127.0.0.1"), "{told:?}");
        assert_eq!(told["url.full"].split('/').nth(2), Some(&old.url["http://".len()..]), "{told:?}");
        let passed_on = format!("traceparent: 00-{ID}-{}-01\r\n", hex(&call.span_id));
        let same = |asked: &&String| asked.contains(&passed_on) && asked.contains("tracestate: a=1\r\n");
        let asked: Vec<_> = asked.iter().filter(same).collect();
        assert_eq!(asked.len(), 1, "{passed_on}: {asked:?}");
        let path = told["url.full"].split_once(&old.url).map(|(_, path)| path).expect("a path");
        assert!(asked[0].starts_with(&format!("{} {path} ", call.name)), "{told:?}: {}", asked[0]);
    }
    let calls: Vec<_> = spans.iter().filter(is_call).filter(|span| hex(&span.trace_id) == of_check).collect();
    assert_eq!(calls.len(), 2, "{spans:?}");
    assert!(old.last_asked().contains(&format!("traceparent: 00-{of_check}-")), "{}", old.last_asked());
}

#[test]
fn a_call_that_hangs_is_a_span_that_says_so() {
    let (old, collector) = (Liar::start(), Collector::start());
    old.says("/v2/authorize", Answer::Nothing);
    let settings = [("upstream.provision", "true"), ("upstream.timeout_ms", "300"), ("tracing.url", &*collector.url)];
    let mut new = start_after(&old.url, Embedded, &settings);
    assert_eq!(log_in(&new, &somebody(), &[]).status, 503);
    new.server.ask_to_stop();
    new.server.stopped();
    let spans = collector.spans();
    let failed: Vec<_> = spans.iter().filter(|span| span.status.is_some()).collect();
    let told: Vec<_> = failed
        .iter()
        .map(|span| {
            (span.kind(), attributes(&span.attributes)["error.type"].clone(), span.status.clone().map(|s| s.code()))
        })
        .collect();
    let error = Some(StatusCode::Error);
    // The call's own deadline and that of the whole question pass at once.
    let expected =
        |kind: &str| [(SpanKind::Client, kind.to_owned(), error), (SpanKind::Server, "503".to_owned(), error)];
    assert!(told == expected("abandoned") || told == expected("timeout"), "{spans:?}");
    assert!(failed[0].end_time_unix_nano - failed[0].start_time_unix_nano >= 290_000_000, "{:?}", failed[0]);
}
