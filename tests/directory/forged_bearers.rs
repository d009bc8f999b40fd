//! Known attacks on JWTs, over the wire. The whole catalogue, with forgeries that only the server's own key could sign,
//! stands beside the code that verifies (`src/bearer/attack_tests.rs`).

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::directory::path;

/// Every call that takes a bearer, by either header.
#[track_caller]
fn refused_everywhere(app: &App, what: &str, bearer: &str) {
    for call in ["heartbeat", "userinfo", "applications", "close?forceuserconsentonnextlogin=true"] {
        for (name, value) in [("x-infinite-bearer", bearer.to_owned()), ("Authorization", format!("Bearer {bearer}"))] {
            let reply = app.request("POST", &path(call)).header(name, &value).send();
            assert_eq!(reply.status, 401, "{what}: {call} by {name}: {}", reply.text());
            assert_eq!(reply.json()["code"], "E_InvalidToken", "{what}: {call}");
        }
    }
    let minted = app.request("POST", "/v2/cross-token").header("Authorization", &format!("Bearer {bearer}")).send();
    assert_eq!(minted.status, 401, "{what}: {}", minted.text());
}

fn part(bearer: &str, at: usize) -> Value {
    let part = bearer.split('.').nth(at).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

fn message(head: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(head.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn by_own_key(key: &KeyPair, head: &Value, claims: &Value) -> String {
    let message = message(head, claims);
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).expect("signed");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

on_both_stores!(a_forged_bearer_opens_nothing, |kind| {
    let app = App::shared(kind);
    let good = app.open_session(&app.user()).directory;
    let (head, claims) = (part(&good, 0), part(&good, 1));
    let (unsigned, signature) = good.rsplit_once('.').expect("a signature");
    let own = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let published = app.request("GET", "/.well-known/jwks.json").send();
    let jwk = published.json()["keys"][0].clone();
    let with = |name: &str, value: Value| {
        let mut head = head.clone();
        head[name] = value;
        head
    };
    let symmetric = |secret: &[u8]| {
        let message = message(&with("alg", "HS256".into()), &claims);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().expect("a modulus")).expect("base64url");
    let somebody = {
        let mut claims = claims.clone();
        claims["sub"] = app.user().id.to_string().into();
        claims
    };
    for (what, bearer) in [
        ("none", format!("{}.", message(&with("alg", "none".into()), &claims))),
        ("none, with a signature", format!("{}.{signature}", message(&with("alg", "none".into()), &claims))),
        ("HS256 by the modulus", symmetric(&modulus)),
        ("HS256 by the JWK set", symmetric(&published.body)),
        ("HS256 by nothing", symmetric(b"")),
        ("our kid, another key", by_own_key(&own, &head, &claims)),
        ("a key that comes along", by_own_key(&own, &with("jwk", jwk.clone()), &claims)),
        ("a key from elsewhere", by_own_key(&own, &with("jku", "http://127.0.0.1:9/jwks.json".into()), &claims)),
        ("a path", by_own_key(&own, &with("kid", "../../dev/null".into()), &claims)),
        ("a query", by_own_key(&own, &with("kid", "' OR '1'='1".into()), &claims)),
        ("crit", by_own_key(&own, &with("crit", json!(["exp"])), &claims)),
        ("stripped", format!("{unsigned}.")),
        ("somebody else", format!("{}.{signature}", message(&head, &somebody))),
        ("padded", format!("{good}==")),
        ("half", good[..good.len() / 2].to_owned()),
        ("no JWT", "a.b.c".to_owned()),
        ("empty parts", "..".to_owned()),
    ] {
        refused_everywhere(&app, what, &bearer);
    }
    app.heartbeat(&good).ok();
});

on_both_stores!(a_bearer_for_third_parties_opens_nothing_here, |kind| {
    let app = App::shared(kind);
    let session = app.open_session(&app.user());
    refused_everywhere(&app, "http for directory", &session.http);
    app.heartbeat(&session.directory).ok();
});

on_both_stores!(a_bearer_ends_with_its_session, |kind| {
    let app = App::shared(kind);
    let session = app.open_session(&app.user());
    app.close(&session.directory, "false").ok();
    refused_everywhere(&app, "closed", &session.directory);
});

on_both_stores!(another_server_s_bearer_opens_nothing, |kind| {
    let app = App::shared(kind);
    let other = App::start(kind, &[]);
    let stranger = other.open_session(&other.user());
    refused_everywhere(&app, "another server's", &stranger.directory);
});

on_both_stores!(a_back_end_is_told_of_a_bearer_while_its_session_is_open, |kind| {
    let app = App::start(kind, &[("introspection.clients", "back-end:fedcba9876543210")]);
    let user = app.user();
    let session = app.open_session(&user);
    let told = |bearer: &str| {
        let basic = "Basic YmFjay1lbmQ6ZmVkY2JhOTg3NjU0MzIxMA==";
        let request = app.request("POST", "/directory/api/introspect").header("Authorization", basic);
        request.body(format!("token={bearer}")).send().ok()
    };
    for (bearer, audience) in [(&session.directory, "directory"), (&session.http, "http")] {
        let claims = part(bearer, 1);
        let expected = json!({
            "active": true, "sub": user.id.to_string(), "sid": claims["sid"], "aud": audience, "iss": "bimgate",
            "exp": session.heartbeat_before + 60, "iat": claims["iat"], "token_type": "Bearer", "scope": "access:client",
        });
        assert_eq!(told(bearer), expected);
    }
    app.close(&session.directory, "false").ok();
    assert_eq!(told(&session.http), json!({"active": false}));
});
