//! What a running server tells Prometheus, and what the alerts and the dashboard ask of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use yaml_rust2::{Yaml, YamlLoader};

use crate::support::app::{App, Kind};
use crate::support::client::Request;
use crate::support::server::Server;
use crate::support::wait::until;

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// The page of a server that has everything that can be set, though nothing of it is there.
fn everything() -> String {
    let folder = TempDir::with_prefix("bimgate-tls-").expect("a folder");
    let file = |name: &str, to: &str| {
        let path = folder.path().join(to);
        fs::copy(format!("{}/{name}", crate::support::liar::TLS), &path).expect("a file");
        path.display().to_string()
    };
    let (certificate, key) = (file("server.pem", "certificate.pem"), file("server-key.pem", "key.pem"));
    let server = Server::start(&[
        ("tls.certificate", &certificate),
        ("tls.key", &key),
        ("server.public_url", "https://localhost"),
        ("server.private_listen", "127.0.0.1:0"),
        ("openid.issuer", "http://127.0.0.1:1"),
        ("openid.client_id", "bimgate"),
        ("ldap.urls", "ldap://127.0.0.1:1"),
        ("ldap.base", "dc=example,dc=org"),
        ("upstream.url", "http://127.0.0.1:1"),
        ("mail.host", "127.0.0.1"),
        ("mail.encryption", "none"),
        ("mail.from", "bimgate@example.org"),
        ("events.webhook.url", "http://127.0.0.1:1"),
        ("events.syslog.url", "tcp://127.0.0.1:1"),
        ("tracing.url", "http://127.0.0.1:1"),
        ("events.webhook.secret", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
    ]);
    let log = server.log();
    let address = log.split("health and metrics on http://").nth(1).and_then(|rest| rest.split(',').next());
    let address: SocketAddr = address.and_then(|address| address.parse().ok()).expect("an address");
    until("it has counted once", PATIENCE, || {
        let page = Request::new(address, "GET", "/metrics").send().text();
        page.contains("bimgate_users 0").then_some(page)
    })
}

/// The kinds of the metrics on a page, by name.
fn kinds(page: &str) -> BTreeMap<&str, &str> {
    let lines = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let kinds: BTreeMap<_, _> = lines.clone().collect();
    assert_eq!(kinds.len(), lines.count(), "each stands once: {page}");
    kinds
}

/// Every expression below a node.
fn expressions(node: &Value) -> Vec<&str> {
    match node {
        Value::Object(members) => {
            let own = members.get("expr").and_then(Value::as_str);
            own.into_iter().chain(members.values().flat_map(expressions)).collect()
        }
        Value::Array(items) => items.iter().flat_map(expressions).collect(),
        _ => Vec::new(),
    }
}

fn shipped(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("it is shipped")
}

/// The alerts, each with what it asks.
fn alerts() -> Vec<(String, String)> {
    let rules = YamlLoader::load_from_str(&shipped("deploy/prometheus/rules.yml")).expect("YAML");
    let text = |rule: &Yaml, name: &str| rule[name].as_str().expect("a text").to_owned();
    let groups = rules[0]["groups"].as_vec().expect("a list");
    let rules = groups.iter().flat_map(|group| group["rules"].as_vec().expect("a list"));
    rules.map(|rule| (text(rule, "alert"), text(rule, "expr"))).collect()
}

#[test]
fn metrics_are_named_as_prometheus_has_it() {
    let page = everything();
    let told: Vec<_> = kinds(&page).into_iter().map(|(name, kind)| format!("{name} {kind}")).collect();
    let known = [
        "bimgate_build_info gauge",
        "bimgate_clock_offset_seconds gauge",
        "bimgate_denied_total counter",
        "bimgate_directory_sessions gauge",
        "bimgate_hashing_queued gauge",
        "bimgate_hashing_running gauge",
        "bimgate_http_request_duration_seconds histogram",
        "bimgate_http_requests_total counter",
        "bimgate_licenses_limit gauge",
        "bimgate_licenses_out gauge",
        "bimgate_logins_total counter",
        "bimgate_logins_under_way gauge",
        "bimgate_mails_total counter",
        "bimgate_password_checks_total counter",
        "bimgate_peer_duration_seconds histogram",
        "bimgate_peer_errors_total counter",
        "bimgate_sessions_ended_total counter",
        "bimgate_signing_key_rotation_seconds gauge",
        "bimgate_signing_key_start_timestamp_seconds gauge",
        "bimgate_sink_events_total counter",
        "bimgate_sink_failures_total counter",
        "bimgate_span_failures_total counter",
        "bimgate_spans_total counter",
        "bimgate_store_duration_seconds histogram",
        "bimgate_store_errors_total counter",
        "bimgate_throttled_total counter",
        "bimgate_tls_certificate_end_timestamp_seconds gauge",
        "bimgate_users gauge",
        "bimgate_v2_sessions gauge",
        "bimgate_waiting_clients gauge",
        "process_cpu_seconds_total counter",
        "process_max_fds gauge",
        "process_open_fds gauge",
        "process_resident_memory_bytes gauge",
        "process_start_time_seconds gauge",
        "process_virtual_memory_bytes gauge",
    ];
    assert_eq!(told, known, "{page}");
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        assert_eq!(line.matches(' ').count(), 1, "no label has a space: {line}");
    }
    assert!(page.contains("bimgate_tls_certificate_end_timestamp_seconds 4948972622\n"), "{page}");
}

#[test]
fn alerts_and_dashboard_ask_for_what_there_is() {
    let page = everything();
    let kinds = kinds(&page);
    let names: BTreeSet<_> = kinds
        .iter()
        .flat_map(|(name, kind)| {
            let ends: &[&str] = if *kind == "histogram" { &["_bucket", "_count", "_sum"] } else { &[""] };
            ends.iter().map(move |end| format!("{name}{end}"))
        })
        .collect();
    let dashboard: Value = serde_json::from_str(&shipped("deploy/grafana/dashboard.json")).expect("JSON");
    assert!(dashboard["schemaVersion"].as_u64().is_some_and(|version| version > 30));
    let alerts = alerts();
    let asked = alerts.iter().map(|(_, expression)| &**expression);
    let mut count = 0;
    for expression in asked.chain(expressions(&dashboard)) {
        let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for name in words.filter(|word| word.starts_with("bimgate_") || word.starts_with("process_")) {
            assert!(names.contains(name), "{name} is not there: {expression}");
            count += 1;
        }
        for label in ["outcome", "by", "peer", "sink"] {
            for values in expression.split(&format!("{label}=")).skip(1).filter_map(|rest| rest.split('"').nth(1)) {
                for value in values.split('|') {
                    assert!(page.contains(&format!("{label}=\"{value}\"")), "{label}={value}: {expression}");
                }
            }
        }
    }
    assert!(count > 60, "{count} names are asked for");
    let shown = expressions(&dashboard).concat();
    for name in kinds.keys().filter(|name| name.starts_with("bimgate_")) {
        assert!(shown.contains(name), "{name} is on no panel");
    }
}

#[test]
fn each_alert_says_what_to_do() {
    let (rules, document) = (shipped("deploy/prometheus/rules.yml"), shipped("docs/operations/monitoring.md"));
    let tests = shipped("deploy/prometheus/rules_test.yml");
    let alerts = alerts();
    assert!(alerts.len() > 10, "alerts are missing");
    for (alert, _) in alerts {
        let place = format!("runbook: docs/operations/monitoring.md#{}\n", alert.to_lowercase());
        assert!(rules.contains(&place), "{alert} names its paragraph");
        let paragraph = document.split_once(&format!("\n### {alert}\n\n")).map(|(_, rest)| rest);
        assert!(paragraph.is_some_and(|rest| !rest.starts_with('#')), "{alert} has a paragraph");
        assert!(tests.matches(&format!("alertname: {alert}")).count() >= 2, "{alert} is tested");
    }
}

on_both_stores!(what_the_store_holds_is_counted, |kind| {
    let mut app = App::start(kind, &[("licenses.total", "7")]);
    let users = [app.user(), app.user()];
    for client in ["one", "another"] {
        app.login_with(&users[0], &json!({"client_id": client}));
    }
    // It counts when it starts.
    app.server.ask_to_stop();
    app.server.stopped();
    app.server.restart();
    let page = until("it has counted", PATIENCE, || {
        let page = app.request("GET", "/metrics").send().text();
        page.contains("bimgate_licenses_out 0\n").then_some(page)
    });
    let is_embedded = matches!(kind, Kind::Embedded);
    for (line, there) in [
        ("bimgate_users 2\n", is_embedded),
        ("bimgate_v2_sessions 2\n", is_embedded),
        ("bimgate_users", is_embedded),
        ("bimgate_directory_sessions 0\n", true),
        ("bimgate_logins_under_way 0\n", true),
        ("bimgate_licenses_limit 7\n", true),
        ("bimgate_signing_key_rotation_seconds", true),
        ("bimgate_peer", false),
        ("bimgate_tls", false),
    ] {
        assert_eq!(page.contains(line), there, "{line} in\n{page}");
    }
    let number = |name: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().parse::<f64>().expect("a number")
    };
    let age = number("process_start_time_seconds ") - number("bimgate_signing_key_start_timestamp_seconds ");
    assert!((0.0..600.0).contains(&age), "the key signs since before the second start, {age} s");
    assert!(number("bimgate_clock_offset_seconds ").abs() < 1.0);
});
