//! The management API on a listener of its own, its tokens, and commands that ask a server elsewhere.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

use bimgate::http::Route;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::place::{ClosedSession, Place};
use super::support::app::token as hex_token;
use super::support::client::{Reply, Request};
use super::support::liar::TLS;
use super::support::server::Server;
use super::support::wait::until;
use super::{bimgate, stderr, stdout};

const PATIENCE: Duration = Duration::from_secs(20);
const LISTEN: (&str, &str) = ("manage.listen", "127.0.0.1:0");
const DIGEST: &str = "00112233445566778899aabbccddeeff";
const SCOPES: [&str; 4] = ["read", "users", "sessions", "everything"];

/// A new token of this name and these scopes.
fn token(server: &Server, name: &str, scopes: &str) -> String {
    server.run(&["token", "add", name, "--scope", scopes], "").trim().to_owned()
}

fn ask(server: &Server, token: &str, method: &str, target: &str, body: &Value) -> Reply {
    let request = Request::new(server.manage(), method, target).header("Authorization", &format!("Bearer {token}"));
    let request = if body.is_null() { request } else { request.body(body.to_string()) };
    request.send()
}

fn user(server: &Server, token: &str, email: &str) -> String {
    let made = ask(server, token, "POST", "/manage/v1/users", &json!({ "email": email }));
    assert_eq!(made.status, 201, "{}", made.text());
    let location = made.header("location").expect("where it is").to_owned();
    assert_eq!(location, format!("/manage/v1/users/{}", made.json()["id"].as_str().expect("an id")));
    location
}

#[test]
fn a_token_is_shown_once_and_works_until_it_is_removed() {
    let server = Server::start(&[LISTEN]);
    let made = server.command(&["token", "add", "ci", "--scope", "read", "--days", "2"], "");
    assert!(stderr(&made).contains("The API token ci is for: read."), "{}", stderr(&made));
    let value = stdout(&made).trim().to_owned();
    assert!(value.starts_with("bgat-") && value.len() == 37, "{value}");
    assert_eq!(ask(&server, &value, "GET", "/manage/v1/users", &Value::Null).ok()["items"], json!([]));
    let listed = || -> Vec<Value> {
        let lines = server.run(&["token", "list", "--json"], "");
        assert!(!lines.contains(&value[5..]) && !lines.contains("digest"), "{lines}");
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    until("the use is noted", PATIENCE, || listed()[0]["last_used"].as_str().map(drop));
    let one = &listed()[0];
    assert_eq!((&one["name"], &one["scopes"]), (&json!("ci"), &json!(["read"])), "{one}");
    assert!(one["made"].as_str() < one["expires"].as_str(), "{one}");
    assert!(server.run(&["token", "list"], "").contains("ci"));

    let again = server.command(&["token", "add", "ci", "--scope", "users"], "");
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("an API token of this name exists already"), "{}", stderr(&again));
    assert_eq!(server.command(&["token", "add", "x", "--scope", "all"], "").status.code(), Some(2));
    assert_eq!(server.command(&["token", "add", "x"], "").status.code(), Some(2));
    server.run(&["token", "remove", "ci"], "");
    ask(&server, &value, "GET", "/manage/v1/users", &Value::Null).refused(401, "E_InvalidToken");
    let gone = server.command(&["token", "remove", "ci"], "");
    assert!(stderr(&gone).contains("there is no such API token"), "{}", stderr(&gone));
    assert!(!server.log().contains(&value[5..]), "no token is logged");
}

#[test]
fn nobody_comes_in_without_a_token_and_wrong_ones_are_counted() {
    let server = Server::start(&[LISTEN, ("throttle.tokens.burst", "8")]);
    let anonymous = Request::new(server.manage(), "GET", "/manage/v1/users").send();
    anonymous.refused(401, "E_InvalidToken");
    assert_eq!(anonymous.header("www-authenticate"), Some("Bearer"));
    assert_eq!(anonymous.header("cache-control"), Some("no-store"));
    let good = token(&server, "ci", "everything");
    let unknown = "bgat-00112233445566778899aabbccddeeff";
    let mut refused = Vec::new();
    for _ in 0..10 {
        refused.push(ask(&server, unknown, "GET", "/manage/v1/users", &Value::Null).status);
    }
    assert_eq!(refused[0], 401);
    assert_eq!(refused[9], 429, "{refused:?}");
    assert!(!server.log().contains(&unknown[5..]));
    // A right one is not held up by them.
    ask(&server, &good, "GET", "/manage/v1/users", &Value::Null).ok();
    // Clients of the two APIs find nothing of it, and operators nothing of theirs.
    server.request("GET", "/manage/v1/users").send().refused(404, "E_Missing_404");
    ask(&server, &good, "GET", "/v2/authorize", &Value::Null).refused(404, "E_Missing_404");
    // No page of another origin may call.
    let server = Server::start(&[LISTEN, ("server.allowed_origins", "*")]);
    let from_page =
        Request::new(server.manage(), "OPTIONS", "/manage/v1/users").header("Origin", "https://a.example.org");
    let answer = from_page.header("Access-Control-Request-Method", "GET").send();
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("allow"), Some("GET, HEAD, POST, OPTIONS"));
}

/// The body of a request that is understood, and its query.
fn usual(method: &str, pattern: &str) -> (Value, &'static str) {
    let rest = pattern.strip_prefix("/manage/v1/").expect("below the root");
    let body = match (method, rest) {
        ("POST", "users") => json!({ "email": format!("{}@example.org", Uuid::new_v4()) }),
        ("PATCH", "users/{who}") => json!({ "name": "A" }),
        ("POST", "users/{who}/app-passwords") => json!({ "name": "phone" }),
        ("PUT", "users/{who}/app-passwords/{id}") => json!({ "name": "phone", "digest": DIGEST }),
        ("POST", "users/{who}/links") | ("PUT", "users/{who}/links/{digest}") => json!({ "purpose": "reset" }),
        ("POST", "import") => json!({ "accounts": [] }),
        ("POST", "import/check") => json!({ "claims": [] }),
        ("POST", "redirect-urls") => json!({ "url": "https://app.example.org/done" }),
        ("PUT", "hold") => json!({ "step": "undo" }),
        ("PUT", "tokens/{name}") => json!({ "scopes": ["read"], "digest": DIGEST }),
        _ => Value::Null,
    };
    let query = match (method, rest) {
        ("DELETE", "redirect-urls") => "?url=https://app.example.org/done",
        ("DELETE", "subjects") => "?issuer=https://id.example.org",
        _ => "",
    };
    (body, query)
}

/// What a token must be for, from the table in `docs/api/management.md`.
fn needed(method: &str, pattern: &str) -> &'static str {
    let rest = pattern.strip_prefix("/manage/v1/").expect("below the root");
    let of_sessions = ["sessions", "sign-ons", "forced-consent"].iter().any(|part| rest.contains(part));
    match (method, rest) {
        (_, "backup") => "everything",
        (_, rest) if rest.starts_with("tokens") => "everything",
        ("GET" | "HEAD", _) | ("POST", "import/check") => "read",
        (_, rest) if of_sessions => {
            assert!(rest.starts_with("users/"), "{rest}");
            "sessions"
        }
        (_, rest) if ["users", "import", "subjects", "throttles"].iter().any(|root| rest.starts_with(root)) => "users",
        _ => "everything",
    }
}

#[test]
fn a_token_does_what_it_is_for_and_nothing_else() {
    let server = Server::start(&[LISTEN, ("throttle.tokens.burst", "1000")]);
    let all = token(&server, "all", "everything");
    let tokens = SCOPES.map(|scope| (scope, token(&server, &format!("of {scope}"), scope)));
    let mut seen = 0;
    for route in Route::ALL.into_iter().filter(|route| route.pattern().starts_with("/manage/")) {
        let pattern = route.pattern();
        for method in route.allow().split(", ").filter(|method| *method != "OPTIONS") {
            for (scope, token) in &tokens {
                let who = user(&server, &all, &format!("{}@example.org", Uuid::new_v4()));
                let who = who.rsplit('/').next().expect("an id");
                let (body, query) = usual(method, pattern);
                let path = pattern.replace("{who}", who).replace("{id}", &Uuid::new_v4().to_string());
                let path = path.replace("{digest}", DIGEST).replace("{session}", "x").replace("{name}", "x");
                let path = path.replace("{address}", "2001:db8::7");
                let status = ask(&server, token, method, &format!("{path}{query}"), &body).status;
                let needed = needed(method, pattern);
                let allowed = *scope == "everything" || *scope == needed || needed == "read";
                let what = format!("{method} {pattern} with {scope}: {status}");
                assert_eq!(status != 403, allowed, "{what}");
                assert!(status < 500 && !matches!(status, 400 | 401 | 405 | 429), "{what}");
                seen += 1;
            }
        }
    }
    assert!(seen > 120, "{seen}");
    // Several scopes add up.
    let desk = token(&server, "desk", "users,sessions");
    let who = user(&server, &desk, "a@example.org");
    assert_eq!(ask(&server, &desk, "DELETE", &format!("{who}/sessions"), &Value::Null).ok(), json!({ "closed": 0 }));
    ask(&server, &desk, "POST", "/manage/v1/signing-keys", &Value::Null).refused(403, "E_Forbidden");
}

#[test]
fn lists_come_in_parts_and_are_filtered_here() {
    let server = Server::start(&[LISTEN]);
    let token = token(&server, "ci", "users");
    let accounts: Vec<_> = (0..25)
        .map(|n| json!({ "email": format!("u{n:02}@example.org"), "name": format!("Ünal {n}"), "enabled": n % 5 != 0 }))
        .collect();
    let made = ask(&server, &token, "POST", "/manage/v1/import", &json!({ "accounts": accounts })).ok();
    assert!(made["items"].as_array().expect("a list").iter().all(|item| item["status"] == "new"), "{made}");
    let again = ask(&server, &token, "POST", "/manage/v1/import", &json!({ "accounts": accounts })).ok();
    assert!(again["items"].as_array().expect("a list").iter().all(|item| item["status"] == "already_there"));
    let walk = |filter: &str| {
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let target = format!("/manage/v1/users?limit=4{filter}&after={after}");
            let part = ask(&server, &token, "GET", &target, &Value::Null).ok();
            let items = part["items"].as_array().expect("a list");
            assert!(items.len() <= 4);
            found.extend(items.iter().map(|item| item["email"].as_str().expect("an address").to_owned()));
            match part["next"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => break,
            }
        }
        found.sort_unstable();
        found
    };
    assert_eq!(walk("").len(), 25);
    assert_eq!(
        walk("&disabled=true"),
        ["u00@example.org", "u05@example.org", "u10@example.org", "u15@example.org", "u20@example.org"]
    );
    assert_eq!(walk("&search=%C3%BCNAL%202").len(), 6, "by name, in any case");
    assert_eq!(walk("&search=U07@&no_password=true"), ["u07@example.org"]);
    assert_eq!(walk("&search=U05@&disabled=false"), ["u05@example.org"]);
    // Where one page of the store holds everybody, the list is over, and nobody is told twice.
    let whole = ask(&server, &token, "GET", "/manage/v1/users?limit=100&disabled=true", &Value::Null).ok();
    assert_eq!((whole["items"].as_array().map(Vec::len), &whole["next"]), (Some(5), &Value::Null), "{whole}");
    for wrong in ["limit=x", "disabled=1", "after=nonsense", &format!("search={}", "x".repeat(257))] {
        assert_eq!(
            ask(&server, &token, "GET", &format!("/manage/v1/users?{wrong}"), &Value::Null).status,
            400,
            "{wrong}"
        );
    }
}

#[test]
fn a_change_of_what_another_has_changed_is_refused() {
    let server = Server::start(&[LISTEN]);
    let token = token(&server, "ci", "users");
    let who = user(&server, &token, "a@example.org");
    let get = |version: Option<&str>| {
        let request = Request::new(server.manage(), "GET", &who).header("Authorization", &format!("Bearer {token}"));
        version.iter().fold(request, |request, version| request.header("If-None-Match", version)).send()
    };
    let change = |method: &str, version: &str, body: &Value| {
        let request = Request::new(server.manage(), method, &who).header("Authorization", &format!("Bearer {token}"));
        request.header("If-Match", version).body(body.to_string()).send()
    };
    let first = get(None);
    let version = first.header("etag").expect("a version").to_owned();
    assert_eq!(get(Some(&version)).status, 304);
    let changed = change("PATCH", &version, &json!({ "name": "A" }));
    assert_eq!(changed.status, 200, "{}", changed.text());
    let next = changed.header("etag").expect("a version").to_owned();
    assert_ne!(version, next);
    assert_eq!(get(None).header("etag"), Some(next.as_str()), "the same wherever it is told");
    change("PATCH", &version, &json!({ "name": "B" })).refused(412, "E_Changed");
    change("DELETE", &version, &Value::Null).refused(412, "E_Changed");
    assert_eq!(get(None).json()["name"], "A");
    for body in
        [json!({}), json!({ "nam": "B" }), json!({ "name": "B", "enabled": true }), json!({ "tags": { "ad": [] } })]
    {
        change("PATCH", "*", &body).refused(400, "E_BadRequest");
    }
    let named = ask(&server, &token, "GET", "/manage/v1/users/A@Example.org", &Value::Null);
    assert_eq!(named.ok()["id"], first.json()["id"]);
    assert_eq!(change("DELETE", &next, &Value::Null).status, 204);
    get(None).refused(404, "E_NoSuchUser");
}

#[test]
fn what_is_made_here_is_told_once_and_what_the_client_makes_may_be_sent_again() {
    let server = Server::start(&[LISTEN, ("server.public_url", "http://login.example.org")]);
    let token = token(&server, "ci", "users");
    let who = user(&server, &token, "a@example.org");
    let made = ask(&server, &token, "POST", &format!("{who}/app-passwords"), &json!({ "name": "phone", "days": 3 }));
    assert_eq!(made.status, 201, "{}", made.text());
    assert!(made.json()["app_password"].as_str().expect("a value").starts_with("bgap-"));
    let mine = format!("{who}/app-passwords/{}", Uuid::new_v4());
    for _ in 0..2 {
        ask(&server, &token, "PUT", &mine, &json!({ "name": "mine", "digest": DIGEST })).ok();
    }
    let held = ask(&server, &token, "GET", &format!("{who}/app-passwords"), &Value::Null).ok();
    let names: Vec<_> = held["items"].as_array().expect("a list").iter().map(|item| item["name"].clone()).collect();
    assert_eq!(names, ["phone", "mine"]);
    let link = ask(&server, &token, "POST", &format!("{who}/links"), &json!({ "purpose": "invitation" }));
    assert_eq!(link.status, 201, "{}", link.text());
    let link = link.json()["link"].as_str().expect("a link").to_owned();
    let secret = link.strip_prefix("http://login.example.org/account/link?link=").expect("where it leads");
    assert_eq!(secret.len(), 64);
    assert!(!server.log().contains(secret));
    let duplicate = ask(&server, &token, "POST", "/manage/v1/users", &json!({ "email": "a@example.org" }));
    assert_eq!(duplicate.status, 409);
    assert_eq!(
        (&duplicate.json()["code"], who.rsplit('/').next()),
        (&json!("E_EmailTaken"), duplicate.json()["user"].as_str())
    );
}

#[test]
fn settings_and_health_are_told_without_secrets() {
    let secret = "a-secret-that-nobody-guesses-at-all";
    let server = Server::start(&[LISTEN, ("scim.token", secret)]);
    let token = token(&server, "ci", "read");
    let settings = ask(&server, &token, "GET", "/manage/v1/settings", &Value::Null);
    assert!(!settings.text().contains(secret));
    assert_eq!(settings.ok()["manage.listen"]["value"], "127.0.0.1:0");
    let health = ask(&server, &token, "GET", "/manage/v1/health", &Value::Null).ok();
    assert_eq!((&health["version"], &health["takes_logins"]), (&json!(env!("CARGO_PKG_VERSION")), &json!(true)));
}

#[test]
fn sessions_of_everybody_are_listed_and_filtered() {
    let server = Server::start(&[]);
    for name in ["a", "b"] {
        let email = format!("{name}@example.org");
        server.run(&["user", "add", "--email", &email, "--password-stdin"], "open sesame 7");
        let body = json!({ "user_id": email, "password": "open sesame 7", "application_id": name });
        let login = server.request("POST", "/v2/authorize").body(body.to_string()).send().ok();
        hex_token(&login, "access_token");
    }
    server.run(&["user", "add", "--email", "c@example.org", "--no-password"], "");
    let list = |more: &[&str]| {
        let lines = server.run(&[&["session", "list", "--json"], more].concat(), "");
        let mut emails: Vec<_> = lines
            .lines()
            .map(|line| {
                serde_json::from_str::<Value>(line).expect("JSON")["email"].as_str().expect("an address").to_owned()
            })
            .collect();
        emails.sort_unstable();
        emails
    };
    assert_eq!(list(&[]), ["a@example.org", "b@example.org"]);
    assert_eq!(list(&["--application", "b"]), ["b@example.org"]);
    assert_eq!(list(&["--kind", "v2", "--address", "127.0.0.1"]).len(), 2);
    assert!(list(&["--kind", "directory"]).is_empty() && list(&["--address", "127.0.0.2"]).is_empty());
    assert!(server.run(&["session", "list"], "").contains("b@example.org"));
}

#[test]
fn acts_are_logged_with_the_name_of_the_token() {
    let place = Place::elsewhere();
    let id = place.ok(&["user", "add", "--email", "a@example.org", "--no-password"]);
    let Place::Elsewhere(_, server) = &place else { unreachable!() };
    let log = server.log();
    let act = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let act = act.into_iter().find(|line| line["act"] == "add user").expect("a line");
    assert_eq!((&act["token"], &act["user"]), (&json!("elsewhere"), &json!(id.trim())), "{act}");
    assert!(act["uid"].is_null(), "{act}");
}

/// Runs a command that asks the server at this URL.
fn elsewhere(folder: &TempDir, server: &str, arguments: &[&str]) -> ClosedSession {
    let output = bimgate(folder.path()).args(arguments).args(["--server", server, "--token-file", "token"]).output();
    let output = output.expect("bimgate runs");
    ClosedSession { code: output.status.code(), out: stdout(&output), err: stderr(&output) }
}

fn keep(folder: &TempDir, token: &str, mode: u32) {
    let path = folder.path().join("token");
    fs::write(&path, format!("{token}\n")).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its own");
}

#[test]
fn a_token_goes_by_tls_that_is_vouched_for_and_from_a_private_file() {
    let file = |name: &str| format!("{TLS}/{name}.pem");
    let server = Server::start(&[
        LISTEN,
        ("tls.certificate", &file("server")),
        ("tls.key", &file("server-key")),
        ("server.public_url", "https://localhost"),
        ("server.private_listen", "127.0.0.1:0"),
    ]);
    let folder = TempDir::with_prefix("bimgate-").expect("a folder");
    let secret = token(&server, "ci", "users");
    keep(&folder, &secret, 0o600);
    let (url, ca) = (format!("https://localhost:{}", server.manage().port()), file("authority"));
    elsewhere(&folder, &url, &["user", "add", "--email", "a@example.org", "--no-password", "--ca", &ca]).ok();
    assert!(elsewhere(&folder, &url, &["user", "list", "--ca", &ca]).ok().contains("a@example.org"));
    let link = elsewhere(&folder, &url, &["user", "invite", "a@example.org", "--ca", &ca]);
    assert!(link.ok().starts_with("https://localhost/account/link?link="), "the server's own URL");
    elsewhere(&folder, &url, &["key", "list", "--ca", &ca]).ok();
    let refused = elsewhere(&folder, &url, &["key", "rotate", "--ca", &ca]);
    refused.failed(1, "must have the scope everything");
    elsewhere(&folder, &url, &["user", "list"]).failed(3, "does not answer");
    elsewhere(&folder, &url, &["user", "list", "--ca", &file("other")]).failed(3, "does not answer");
    let plain = format!("http://login.example.org:{}", server.manage().port());
    elsewhere(&folder, &plain, &["user", "list"]).failed(2, "must not cross a network in the clear");
    keep(&folder, &secret, 0o644);
    elsewhere(&folder, &url, &["user", "list", "--ca", &ca]).failed(2, "other users can read it");
    keep(&folder, "bgat-00112233445566778899aabbccddeeff", 0o600);
    elsewhere(&folder, &url, &["user", "list", "--ca", &ca]).failed(1, "API token is missing, unknown or has ended");
    let without = bimgate(folder.path()).args(["user", "list", "--server", &url]).output().expect("bimgate runs");
    assert!(stderr(&without).contains("--server needs --token-file"), "{}", stderr(&without));
    assert!(!server.log().contains(&secret[5..]));
}

#[test]
fn tokens_do_not_cross_a_network_in_the_clear() {
    for (listen, wrong) in [("0.0.0.0:0", true), ("192.0.2.1:1", true), ("[::1]:0", false)] {
        let folder = TempDir::with_prefix("bimgate-").expect("a folder");
        let check = bimgate(folder.path()).args(["config", "check"]).env("BIMGATE__MANAGE__LISTEN", listen).output();
        let check = check.expect("bimgate runs");
        assert_eq!(check.status.code() == Some(2), wrong, "{listen}: {}", stderr(&check));
        assert_eq!(stderr(&check).contains("must be a loopback address"), wrong, "{}", stderr(&check));
    }
}

#[test]
fn another_user_is_not_heard_at_the_socket() {
    if !rustix::process::geteuid().is_root() {
        // Nobody else can try.
        return;
    }
    let server = Server::start(&[]);
    let socket = server.data().join("bimgate.sock");
    let open = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its own");
    };
    open(server.data().parent().expect("a folder"), 0o755);
    open(&server.data(), 0o755);
    open(&socket, 0o666);
    let ask = |uid: u32| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--max-time", "20", "--unix-socket"]).arg(&socket);
        curl.arg("http://localhost/manage/v1/users").uid(uid).output().expect("curl runs")
    };
    let owner = ask(rustix::process::geteuid().as_raw());
    assert!(stdout(&owner).contains("\"items\""), "{}", stderr(&owner));
    let stranger = ask(65_534);
    assert!(stdout(&stranger).is_empty() && !stranger.status.success(), "{}", stdout(&stranger));
    until("the log says so", PATIENCE, || server.log().contains("another user is not heard").then_some(()));
}
