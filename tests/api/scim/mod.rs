//! `/scim/v2`: users and groups as Entra ID and Okta manage them (`docs/api/scim.md`).

mod groups;
mod members;
mod users;

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::App;
use crate::support::client::{Reply, Request};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const ON: (&str, &str) = ("scim.token", TOKEN);

fn request(app: &App, method: &str, path: &str) -> Request {
    app.request(method, &format!("/scim/v2{path}")).header("Authorization", &format!("Bearer {TOKEN}"))
}

fn send(app: &App, method: &str, path: &str, body: &Value) -> Reply {
    request(app, method, path).header("Content-Type", "application/scim+json").body(body.to_string()).send()
}

/// The body of a response with this status.
#[track_caller]
fn told(reply: &Reply, status: u16) -> Value {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/scim+json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    serde_json::from_slice(&reply.body).unwrap_or_else(|error| panic!("{error}: {}", reply.text()))
}

/// Checks that this is an error as SCIM has it.
#[track_caller]
fn refused(reply: &Reply, status: u16, kind: Option<&str>) {
    let body = told(reply, status);
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(body["status"], status.to_string());
    assert_eq!(body["scimType"].as_str(), kind, "{body}");
    assert!(body["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{body}");
}

fn patch(operations: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

/// A name that nobody else has.
fn somebody() -> String {
    format!("{}@example.org", Uuid::new_v4().simple())
}

fn filter(attribute: &str, value: &str) -> String {
    let value: String = url::form_urlencoded::byte_serialize(format!("\"{value}\"").as_bytes()).collect();
    format!("filter={attribute}+eq+{value}")
}

on_both_stores!(an_independent_tester_finds_no_fault, |kind| {
    let app = App::start(kind, &[ON]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scim_tester");
    let mut tester = Command::new(folder.join("venv/bin/python"));
    tester.arg(folder.join("check.py")).arg(app.url("/scim/v2/").as_str()).arg(TOKEN).stdin(Stdio::null());
    let output = tester.output().unwrap_or_else(|error| panic!("{error}; run ./scripts/test once"));
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(output.status.success(), "{out}{err}");
    let succeeded = out.trim().strip_prefix("succeeded ").and_then(|count| count.parse::<u32>().ok());
    assert!(succeeded.is_some_and(|count| count >= 30), "{out}");
});
