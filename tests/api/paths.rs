//! Base URLs are typed with a slash at their end, and clients put another before the path. The store plays no part.

use crate::support::app::{App, Kind};
use crate::support::directory::path as directory_path;

/// Other spellings of a path.
fn spellings(path: &str) -> Vec<String> {
    let (first, rest) = path[1..].split_once('/').expect("two segments");
    let percent = format!("/%{:02x}{}", path.as_bytes()[1], &path[2..]);
    vec![
        format!("/{path}"),
        format!("{path}/"),
        format!("//{first}///{rest}/"),
        path.to_uppercase(),
        format!("//{}/{rest}", first.to_uppercase()),
        format!("/{percent}/"),
        format!("{percent}/?_=1732"),
    ]
}

#[test]
fn every_spelling_of_a_path_leads_to_its_route() {
    let app = App::start(Kind::Embedded, &[("server.allowed_origins", "*")]);
    let access = app.login(&app.user());
    for (method, path, status) in [
        ("GET", "/v2/authorize", 200),
        ("HEAD", "/v2/authorize", 200),
        ("POST", "/v2/authorize", 400),
        ("PUT", "/v2/authorize", 405),
        ("POST", "/v2/cross-token", 200),
        ("POST", "/v2/cross-authorize", 400),
        ("GET", "/v2/user", 200),
        ("GET", "/v2/nowhere", 404),
        ("GET", "/directory/api/directorysession/userinfo", 200),
        ("POST", "/directory/api/directorysession/heartbeat", 200),
        ("GET", "/directory/api/directorysession/authenticate", 400),
        ("GET", "/directory/api/directorysession/registerfrontenduserandredirecturl", 401),
        ("POST", "/directory/api/introspect", 401),
        ("GET", "/directory/api/getversion", 200),
        ("GET", "/directory/nowhere", 404),
        ("GET", "/directory/api/.well-known/jwks.json", 200),
        ("GET", "/directory/api/static/onauthenticationdone.html", 200),
        ("GET", "/directory/api/static/pages.css", 200),
        ("GET", "/.well-known/jwks.json", 200),
    ] {
        let ask = |path: &str| {
            let request = app.request(method, path).header("Origin", "https://viewer.example.org");
            // The login ignores it.
            request.token(&access).send()
        };
        let plain = ask(path);
        assert_eq!(plain.status, status, "{method} {path}: {}", plain.text());
        for spelling in spellings(path) {
            let reply = ask(&spelling);
            assert_eq!(reply.status, status, "{method} {spelling}: {}", reply.text());
            for name in ["content-type", "cache-control", "allow", "www-authenticate", "access-control-allow-origin"] {
                assert_eq!(reply.header(name), plain.header(name), "{method} {spelling}: {name}");
            }
        }
    }
    for spelling in spellings("/v2/cross-token") {
        let preflight = app.request("OPTIONS", &spelling).header("Origin", "https://viewer.example.org");
        let reply = preflight.header("Access-Control-Request-Method", "POST").send();
        assert_eq!((reply.status, reply.header("allow")), (204, Some("POST, OPTIONS")), "{spelling}");
    }
    let metrics = app.request("GET", "/metrics").send().text();
    assert!(!metrics.contains(r#"route="unmatched",status="200""#), "{metrics}");
    assert!(
        metrics.contains(r#"bimgate_http_requests_total{method="GET",route="/v2/user",status="200"} 8"#),
        "{metrics}"
    );
}

#[test]
fn what_a_proxy_denies_has_one_spelling() {
    let app = App::shared(Kind::Embedded);
    for path in [
        "//metrics",
        "/%6detrics",
        "/metric%73",
        "/health%7a",
        "/metrics/",
        "/Metrics",
        "/v2/../metrics",
        "/v2/..//metrics",
        "//healthz",
        "/healthz/",
        "/Readyz",
        "//readyz",
        "//docs",
        "/Docs",
        "/OpenAPI.json",
        "/openapi.json/",
        "//",
    ] {
        app.request("GET", path).send().refused(404, "E_Missing_404");
    }
}

#[test]
fn parameters_are_named_in_any_case() {
    let app = App::shared(Kind::Embedded);
    let user = app.user();
    let done = app.done_page();
    let begin = |query: String| app.request("GET", &format!("{}?{query}", directory_path("authenticate"))).send();
    assert_eq!(begin(format!("Claims=access:client&redirectUrl={done}&needExtendedBearer=true")).status, 302);
    begin(format!("claims=access:client&redirecturl={done}&RedirectURL={done}")).refused(400, "E_BadRequest");
    let session = app.open_session(&user);
    app.call("POST", "close?forceUserConsentOnNextLogin=false", &session.directory).send().ok();
    let (one, other) = (app.login(&user), app.login(&user));
    app.revoke(&one, "?Scope=user").ok();
    app.refuses(&other);
}
