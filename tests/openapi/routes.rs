//! What the document lists is what the server has: routes, methods, errors, headers.

use bimgate::http::Route;
use serde_json::{Value, json};

use crate::described::Described;
use crate::support::app::{App, Kind};
use crate::support::client::Request;
use crate::support::directory::{native_token, path as directory_path};

const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

#[test]
fn every_route_is_described_and_every_description_is_a_route() {
    let described = Described::new();
    let mut paths: Vec<_> = described.0["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
    let mut routes: Vec<_> =
        Route::ALL.into_iter().filter(|route| *route != Route::Unmatched).map(Route::pattern).collect();
    paths.sort_unstable();
    routes.sort_unstable();
    assert_eq!(paths, routes);
}

#[test]
fn every_method_is_described_or_refused() {
    let app = App::shared(Kind::Embedded);
    let described = Described::new();
    for path in described.0["paths"].as_object().expect("paths").keys() {
        for method in METHODS {
            let of_operators = path.starts_with("/manage/") || path.starts_with("/console");
            let to = if of_operators { app.server.manage() } else { app.address() };
            let reply = Request::new(to, &method.to_uppercase(), path).send();
            let known = described.0["paths"][path].get(method).is_some();
            assert_eq!(reply.status != 405, known, "{method} {path}: {}", reply.status);
            if known {
                let operation = &described.0["paths"][path][method]["responses"];
                assert!(operation.get(reply.status.to_string()).is_some(), "{method} {path}: {}", reply.status);
            } else {
                let allowed: Vec<_> = reply.header("allow").unwrap_or_default().split(", ").collect();
                let upper = |method: &&str| described.0["paths"][path].get(method.to_lowercase()).is_some();
                assert!(allowed.iter().all(|method| *method == "OPTIONS" || upper(method)), "{path}: {allowed:?}");
            }
        }
    }
}

#[test]
fn answers_of_the_server_are_as_described() {
    let app = App::shared(Kind::Embedded);
    let described = Described::new();
    let user = app.user();
    let ids = json!({"remember_me": true, "client_id": "0864b512-1776-4a55-8ee5-2b19d7d9b7ea", "application_id": "a"});
    let login = app.try_login(&user, &ids);
    let access = login.ok()["access_token"].as_str().unwrap_or_default().to_owned();
    let minted = app.mint(&access);
    let cross = minted.ok()["cross_token"].clone();
    let swapped = app.swap(&json!({"cross_token": cross, "team_id": "t", "project_id": "p"}));
    let other = swapped.ok()["access_token"].as_str().unwrap_or_default().to_owned();
    let refused = app.try_login(&user, &json!({"password": "wrong"}));
    let malformed = app.swap(&json!({}));
    for (method, path, reply) in [
        ("post", "/v2/authorize", login),
        ("get", "/v2/authorize", app.check(&other)),
        ("post", "/v2/cross-token", minted),
        ("post", "/v2/cross-authorize", swapped),
        ("delete", "/v2/authorize", app.revoke(&access, "")),
        ("get", "/v2/authorize", app.check(&access)),
        ("post", "/v2/authorize", refused),
        ("post", "/v2/cross-authorize", malformed),
        ("delete", "/v2/authorize", app.revoke(&other, "?scope=all")),
        ("get", "/", app.request("GET", "/").send()),
        ("get", "/healthz", app.request("GET", "/healthz").send()),
        ("get", "/readyz", app.request("GET", "/readyz").send()),
    ] {
        let what = format!("{method} {path}: {}", reply.status);
        described.holds(described.response(path, method, reply.status), &reply.json(), &what);
        let response = described.resolve(&described.0["paths"][path][method]["responses"][reply.status.to_string()]);
        for name in response["headers"].as_object().into_iter().flatten().map(|(name, _)| name) {
            // An error's description is shared with routes outside of `/v2`.
            assert!(reply.header(name).is_some(), "{what} lacks {name}");
        }
    }
}

#[test]
fn answers_to_operators_are_as_described() {
    let app = App::shared(Kind::Embedded);
    let described = Described::new();
    let user = app.user();
    app.login(&user);
    app.server.run(&["user", "app-password", "add", &user.email, "--name", "phone"], "");
    let name = user.id.to_string();
    let token = app.server.run(&["token", "add", &name, "--scope", "everything"], "");
    let ask = |method: &str, target: &str, body: &Value| {
        let request = Request::new(app.server.manage(), method, target);
        let request = request.header("Authorization", &format!("Bearer {}", token.trim()));
        if body.is_null() { request.send() } else { request.body(body.to_string()).send() }
    };
    let mut seen = 0;
    for (path, method, _) in described.operations().filter(|(path, method, _)| {
        // A backup is a file, and no JSON.
        path.starts_with("/manage/") && *method == "get" && *path != "/manage/v1/backup"
    }) {
        let reply =
            ask("GET", &path.replace("{who}", &user.id.to_string()).replace("{address}", "192.0.2.7"), &Value::Null);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        described.holds(described.response(path, method, 200), &reply.json(), path);
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
    let who = format!("/manage/v1/users/{}", user.id);
    let claims = json!({ "claims": [{ "id": null, "email": user.email }, { "email": "x@example.org" }] });
    let (patch, link) = (json!({ "tags": { "add": ["a"] } }), json!({ "purpose": "reset" }));
    for (method, path, target, body, status) in [
        ("post", "/manage/v1/users", "/manage/v1/users", json!({ "email": user.email }), 409),
        ("post", "/manage/v1/import/check", "/manage/v1/import/check", claims, 200),
        ("patch", "/manage/v1/users/{who}", &who, patch, 200),
        ("post", "/manage/v1/users/{who}/links", &format!("{who}/links"), link, 201),
        ("post", "/manage/v1/users/{who}/app-passwords", &format!("{who}/app-passwords"), json!({ "name": "x" }), 201),
        ("delete", "/manage/v1/users/{who}/sessions", &format!("{who}/sessions"), Value::Null, 200),
        ("delete", "/manage/v1/users/{who}/throttle", &format!("{who}/throttle"), Value::Null, 200),
        ("get", "/manage/v1/throttles/{address}", "/manage/v1/throttles/192.0.2.0%2F24", Value::Null, 400),
        ("delete", "/manage/v1/users/{who}/subject", &format!("{who}/subject"), Value::Null, 409),
    ] {
        let reply = ask(&method.to_uppercase(), target, &body);
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.text());
        if !body.is_null() {
            described.holds(described.request(path, method), &body, path);
        }
        described.holds(described.response(path, method, status), &reply.json(), path);
    }
}

#[test]
fn answers_in_a_session_are_as_described() {
    let secret = "a-licence-server-s-secret";
    let applications = "[{id = 'a', name = 'A', url = 'https://a.example.org/'}]";
    let settings =
        [("licenses.total", "1"), ("licenses.internal_secret", secret), ("directory.applications", applications)];
    let app = App::start(Kind::Embedded, &settings);
    let described = Described::new();
    let (user, native) = (app.user(), native_token());
    let session = app.open_session(&user);
    let early = app.wait(&native, 0);
    app.open_native(&user, &native);
    let borrowed = app.license(&native, "checkout");
    let report = app.request("GET", "/directory/api/licenses").header("x-infinite-bearer", secret).send();
    for (method, call, reply) in [
        ("post", "heartbeat", app.heartbeat(&session.directory)),
        ("post", "heartbeat", app.heartbeat("")),
        ("get", "userinfo", app.user_info(&session.directory)),
        ("get", "applications", app.call("GET", "applications", &session.directory).send()),
        ("get", "waitforauthentication", app.wait(&native, 0)),
        ("get", "waitforauthentication", app.wait(&native, 61)),
        ("post", "borrowlicense", borrowed),
        ("post", "borrowlicense", app.license(&native, "checkout")),
        ("post", "borrowlicense", app.license(&native, "borrow")),
        ("post", "close", app.close(&session.directory, "")),
        ("post", "close", app.close(&session.directory, "true")),
        ("get", "licenses", report),
    ] {
        let path = if call == "licenses" { "/directory/api/licenses".into() } else { directory_path(call) };
        let what = format!("{method} {path}: {}", reply.status);
        described.holds(described.response(&path, method, reply.status), &reply.json(), &what);
        let response = described.resolve(&described.0["paths"][&path][method]["responses"][reply.status.to_string()]);
        for name in response["headers"].as_object().into_iter().flatten().map(|(name, _)| name) {
            assert!(reply.header(name).is_some(), "{what} lacks {name}");
        }
    }
    let wait = &described.0["paths"][directory_path("waitforauthentication")]["get"]["responses"];
    assert!(wait[early.status.to_string()].is_object() && early.body.is_empty());
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let described = Described::new();
    let mut names: Vec<_> =
        described.operations().map(|(path, method, operation)| (&operation["operationId"], path, method)).collect();
    names.sort_by_key(|(name, ..)| name.as_str().map(str::to_owned));
    for pair in names.windows(2) {
        assert_ne!(pair[0].0, pair[1].0, "{pair:?}");
    }
}

#[test]
fn every_error_has_the_envelope_and_its_headers() {
    let described = Described::new();
    let errors = described.0["components"]["responses"].as_object().expect("responses");
    let codes: Vec<_> = errors.values().map(|error| &error["content"]["application/json"]["example"]["code"]).collect();
    for code in [
        "E_BadRequest",
        "E_InvalidCredentials",
        "E_InvalidToken",
        "E_Forbidden",
        "E_Missing_404",
        "E_MethodNotAllowed",
        "E_TooLarge",
        "E_TooManyAttempts",
        "E_Unavailable",
        "E_UnknownError",
    ] {
        assert!(codes.contains(&&Value::from(code)), "{code}");
    }
    for (name, header) in [
        ("InvalidToken", "WWW-Authenticate"),
        ("InvalidCredentials", "WWW-Authenticate"),
        ("TooManyAttempts", "Retry-After"),
        ("Unavailable", "Retry-After"),
        ("MethodNotAllowed", "Allow"),
        ("UnknownError", "x-request-id"),
    ] {
        assert!(errors[name]["headers"][header].is_object(), "{name} {header}");
    }
}

#[test]
fn the_server_and_the_command_line_give_the_same_document() {
    let app = App::shared(Kind::Embedded);
    let served = app.request("GET", "/openapi.json").send().ok();
    let printed: Value = serde_json::from_str(&app.server.run(&["openapi"], "")).expect("JSON");
    assert_eq!(served, printed);
    assert_eq!(served["openapi"], "3.1.0");
    assert_eq!(served["servers"][0]["url"], "/");
    for scheme in ["BimPlus", "Bearer", "Basic"] {
        assert!(served["components"]["securitySchemes"][scheme].is_object(), "{scheme}");
    }
}

#[test]
fn the_document_names_the_server_s_public_url() {
    let public = "https://login.example.org/auth";
    let app = App::start(Kind::Embedded, &[("server.public_url", &format!("{public}/"))]);
    let served = app.request("GET", "/openapi.json").send().ok();
    let printed: Value = serde_json::from_str(&app.server.run(&["openapi"], "")).expect("JSON");
    assert_eq!(served["servers"][0]["url"], public);
    assert_eq!(served, printed);
}

#[test]
fn every_operation_says_what_it_asks_for() {
    let described = Described::new();
    let open = |path: &str, method: &str| described.0["paths"][path][method]["security"] == json!([]);
    for (path, method, operation) in described.operations() {
        assert!(operation["security"].is_array(), "{method} {path}");
    }
    for path in ["/v2/authorize", "/v2/cross-authorize"] {
        assert!(open(path, "post"), "{path}");
    }
    assert!(open("/healthz", "get") && open("/healthz", "head") && open("/.well-known/jwks.json", "get"));
    for (path, method) in [("/v2/authorize", "get"), ("/v2/user", "head"), ("/directory/api/introspect", "post")] {
        assert!(!open(path, method), "{method} {path}");
    }
}

#[test]
fn no_enumeration_mixes_types() {
    fn visit(value: &Value, place: &str) {
        if let Some(values) = value["enum"].as_array() {
            let kind = |value: &Value| std::mem::discriminant(value);
            assert!(values.windows(2).all(|pair| kind(&pair[0]) == kind(&pair[1])), "{place}: {values:?}");
        }
        for (name, inner) in value.as_object().into_iter().flatten() {
            visit(inner, &format!("{place}/{name}"));
        }
        for inner in value.as_array().into_iter().flatten() {
            visit(inner, place);
        }
    }
    visit(&Described::new().0, "");
}
