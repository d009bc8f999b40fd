//! Browsers of other origins.

use serde_json::json;

use crate::support::app::{App, Kind};
use crate::support::client::Reply;

const OURS: &str = "https://viewer.example.org";

fn app(kind: Kind) -> App {
    App::start(kind, &[("server.allowed_origins", "https://viewer.example.org,https://second.example.org")])
}

fn preflight(app: &App, path: &str, origin: &str, method: &str, headers: &str) -> Reply {
    let request = app.request("OPTIONS", path).header("Origin", origin).header("Access-Control-Request-Method", method);
    request.header("Access-Control-Request-Headers", headers).send()
}

fn lists(reply: &Reply, header: &str, wanted: &[&str]) {
    let value = reply.header(header).unwrap_or_default().to_ascii_lowercase();
    let listed: Vec<_> = value.split(',').map(str::trim).collect();
    for name in wanted {
        assert!(listed.contains(&name.to_ascii_lowercase().as_str()), "{header} lacks {name}: {value}");
    }
}

on_both_stores!(an_allowed_origin_may_call_and_read, |kind| {
    let app = app(kind);
    let asked = "authorization,content-type,if-none-match,cache-control,x-requested-with,x-infinite-bearer,\
                 x-infinite-no-auth,traceparent,tracestate,baggage";
    for path in ["/v2/authorize", "/v2/cross-token", "/v2/cross-authorize", "/healthz", "/nowhere"] {
        for method in ["GET", "HEAD", "POST", "DELETE"] {
            let reply = preflight(&app, path, OURS, method, asked);
            assert!([200, 204].contains(&reply.status), "{path} {method}: {} {}", reply.status, reply.text());
            assert_eq!(reply.header("access-control-allow-origin"), Some(OURS), "{path}");
            assert_eq!(reply.header("access-control-allow-credentials"), None, "{path}");
            lists(&reply, "access-control-allow-methods", &["GET", "HEAD", "POST", "DELETE"]);
            lists(&reply, "access-control-allow-headers", &asked.split(',').collect::<Vec<_>>());
            lists(&reply, "vary", &["Origin"]);
        }
    }
    let access = app.login(&app.user());
    let replies = [
        app.request("GET", "/v2/authorize").token(&access).header("Origin", OURS).send(),
        app.request("GET", "/v2/authorize").header("Origin", OURS).send(),
        app.request("POST", "/v2/authorize").header("Origin", OURS).body("{").send(),
        app.request("POST", "/v2/authorize").header("Origin", OURS).body("x".repeat(20_000)).send(),
        app.request("PUT", "/v2/authorize").header("Origin", OURS).send(),
        app.request("GET", "/nowhere").header("Origin", OURS).send(),
        app.request("GET", "/healthz").header("Origin", "https://second.example.org").send(),
    ];
    assert_eq!(replies.iter().map(|reply| reply.status).collect::<Vec<_>>(), [200, 401, 400, 413, 405, 404, 200]);
    for reply in replies {
        let allowed = reply.header("access-control-allow-origin").unwrap_or_default();
        assert!(allowed == OURS || allowed == "https://second.example.org", "{}: {allowed:?}", reply.status);
        lists(&reply, "access-control-expose-headers", &["x-request-id", "Retry-After", "WWW-Authenticate"]);
        lists(&reply, "vary", &["Origin"]);
    }
});

on_both_stores!(another_origin_may_not, |kind| {
    let app = app(kind);
    let user = app.user();
    for origin in ["https://evil.example.org", "http://viewer.example.org", "https://viewer.example.org:8443", "null"] {
        let reply = preflight(&app, "/v2/authorize", origin, "POST", "content-type");
        assert_eq!(reply.header("access-control-allow-origin"), None, "{origin}");
        assert!(reply.status < 500);
        let body = json!({"user_id": user.email, "password": user.password}).to_string();
        let reply = app.request("POST", "/v2/authorize").header("Origin", origin).body(body).send();
        assert_eq!(reply.header("access-control-allow-origin"), None, "{origin}");
        lists(&reply, "vary", &["Origin"]);
    }
    let plain = app.request("GET", "/healthz").send();
    assert_eq!((plain.status, plain.header("access-control-allow-origin")), (200, None));
    lists(&plain, "vary", &["Origin"]);
});

on_both_stores!(all_origins_can_be_allowed, |kind| {
    let app = App::start(kind, &[("server.allowed_origins", "*")]);
    for origin in [OURS, "http://localhost:3000"] {
        for reply in [
            preflight(&app, "/v2/authorize", origin, "POST", "content-type"),
            app.request("GET", "/v2/authorize").header("Origin", origin).send(),
        ] {
            let allowed = reply.header("access-control-allow-origin").unwrap_or_default();
            assert!(allowed == "*" || allowed == origin, "{allowed:?}");
        }
    }
});

on_both_stores!(further_request_headers_can_be_allowed, |kind| {
    let settings = [("server.allowed_origins", OURS), ("server.allowed_headers", "x-correlation-id,X-Tenant")];
    let app = App::start(kind, &settings);
    for path in ["/v2/user", "/directory/api/directorysession/heartbeat", "/nowhere"] {
        let reply = preflight(&app, path, OURS, "GET", "x-correlation-id,x-tenant,authorization");
        lists(
            &reply,
            "access-control-allow-headers",
            &["x-correlation-id", "x-tenant", "authorization", "traceparent"],
        );
    }
    let other = preflight(&app, "/v2/user", "https://evil.example.org", "GET", "x-correlation-id");
    assert_eq!(other.header("access-control-allow-headers"), None);
});

on_both_stores!(credentials_mode_is_for_exact_origins, |kind| {
    let app = App::start(kind, &[("server.allowed_origins", OURS), ("server.allow_credentials", "true")]);
    let access = app.login(&app.user());
    let with_origin = |method: &str, path: &str| app.request(method, path).header("Origin", OURS);
    for (expected, reply) in [
        (204, preflight(&app, "/v2/authorize", OURS, "POST", "content-type")),
        (204, preflight(&app, "/v2/cross-token", OURS, "POST", "traceparent")),
        (200, with_origin("GET", "/v2/authorize").token(&access).send()),
        (401, with_origin("GET", "/v2/authorize").send()),
        (400, with_origin("POST", "/v2/authorize").body("{").send()),
        (413, with_origin("POST", "/v2/authorize").body("x".repeat(20_000)).send()),
        (405, with_origin("PUT", "/v2/authorize").send()),
        (404, with_origin("POST", "/v2/auth-forgot").body("{}").send()),
    ] {
        assert_eq!(reply.status, expected, "{}", reply.text());
        assert_eq!(reply.header("access-control-allow-origin"), Some(OURS), "{expected}");
        assert_eq!(reply.header("access-control-allow-credentials"), Some("true"), "{expected}");
        lists(&reply, "vary", &["Origin"]);
    }
    for reply in [
        preflight(&app, "/v2/authorize", "https://evil.example.org", "POST", "content-type"),
        app.request("GET", "/v2/authorize").header("Origin", "https://evil.example.org").send(),
        app.request("GET", "/v2/authorize").send(),
        // What a person is shown is not for a page to read with the person's cookies.
        with_origin("GET", "/directory/api/confirm").send(),
        with_origin("GET", "/directory/api/directorysession/authenticate").send(),
    ] {
        assert_eq!(reply.header("access-control-allow-credentials"), None, "{}", reply.text());
    }
});
