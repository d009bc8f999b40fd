//! `POST /directory/api/introspect`: third-party back ends ask about tokens (RFC 7662).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{App, token};
use crate::support::client::Reply;

const CLIENTS: (&str, &str) = ("introspection.clients", "first:0123456789abcdef,back-end:fedcba9876543210");

fn ask(app: &App, credentials: &str, form: &str) -> Reply {
    let basic = format!("Basic {}", STANDARD.encode(credentials));
    app.request("POST", "/directory/api/introspect").header("Authorization", &basic).body(form).send()
}

fn introspected(app: &App, token: &str) -> Value {
    ask(app, "back-end:fedcba9876543210", &format!("token={token}&token_type_hint=access_token")).ok()
}

on_both_stores!(it_tells_of_an_access_token_while_it_counts, |kind| {
    let app = App::start(kind, &[CLIENTS]);
    let user = app.user();
    let client = Uuid::new_v4().to_string();
    let access = token(&app.login_with(&user, &json!({"client_id": client})), "access_token");
    let mut answer = introspected(&app, &access);
    assert!(answer["exp"].take().as_u64().is_some_and(|seconds| seconds > 1_700_000_000));
    let expected = json!({
        "active": true, "sub": user.id.to_string(), "client_id": client, "aud": "directory", "iss": "bimgate", "exp": null,
        "token_type": "BimPlus", "scope": "access:client",
    });
    assert_eq!(answer, expected);
    let reply = ask(&app, "first:0123456789abcdef", &format!("token={access}"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));

    app.revoke(&access, "").ok();
    assert_eq!(introspected(&app, &access), json!({"active": false}));
});

on_both_stores!(everything_else_is_inactive, |kind| {
    let app = App::start(kind, &[CLIENTS]);
    let user = app.user();
    let access = app.login(&user);
    let cross = app.cross_token(&access);
    for token in [&cross, &Uuid::new_v4().simple().to_string(), "x", "a.b.c", "%00", "eyJhbGciOiJub25lIn0.e30."] {
        assert_eq!(introspected(&app, token), json!({"active": false}), "{token}");
    }
    for form in ["", "token=", "token", "tokens=x", "{\"token\": \"x\"}"] {
        ask(&app, "back-end:fedcba9876543210", form).refused(400, "E_BadRequest");
    }
    ask(&app, "back-end:fedcba9876543210", &format!("token={}", "x".repeat(16 * 1024))).refused(413, "E_TooLarge");
});

on_both_stores!(only_back_ends_that_are_named_may_ask, |kind| {
    let app = App::start(kind, &[CLIENTS]);
    let access = app.login(&app.user());
    let form = format!("token={access}");
    for credentials in ["back-end:0123456789abcdef", "back-end:", ":fedcba9876543210", "other:fedcba9876543210", "x"] {
        let reply = ask(&app, credentials, &form);
        assert_eq!(reply.header("www-authenticate"), Some("Basic realm=\"bimgate\", charset=\"UTF-8\""));
        reply.refused(401, "E_InvalidCredentials");
    }
    // The token that is asked about is no credential, nor is any other.
    app.request("POST", "/directory/api/introspect")
        .token(&access)
        .body(&form)
        .send()
        .refused(401, "E_InvalidCredentials");
    app.request("POST", "/directory/api/introspect").body(&form).send().refused(401, "E_InvalidCredentials");
    let nobody = App::shared(kind);
    ask(&nobody, "back-end:fedcba9876543210", &form).refused(401, "E_InvalidCredentials");
});

on_both_stores!(guessing_a_secret_is_throttled, |kind| {
    let app = App::start(kind, &[CLIENTS, ("throttle.tokens.burst", "2"), ("throttle.tokens.refill", "3600")]);
    for _ in 0..2 {
        ask(&app, "back-end:guess", "token=x").refused(401, "E_InvalidCredentials");
    }
    ask(&app, "back-end:guess", "token=x").refused(429, "E_TooManyAttempts");
    assert_eq!(introspected(&app, "x"), json!({"active": false}), "who knows the secret is not kept out");
});
