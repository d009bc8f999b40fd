//! Access tokens of the provider at `GET /v2/authorize`, against the real program.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::forge::{KEYS, signed, unsigned};
use crate::liar::{Answer, header};
use crate::site::{Site, is_in, now, put};
use crate::support::app::{Kind, User};
use crate::support::client::Reply;
use crate::support::wait::until;

const AUDIENCE: &str = "data-service";
const BACK_END: &str = "a-secret-of-a-back-end-0123456789";

fn site(kind: Kind, more: &[(&str, &str)]) -> Site {
    let back_end = format!("back-end:{BACK_END}");
    let own = [("openid.check_audiences", "data-service,other-service"), ("introspection.clients", &*back_end)];
    Site::start(kind, &[&own[..], more].concat())
}

/// Somebody who has logged in through the provider once.
fn linked(site: &Site) -> User {
    let user = site.app.user();
    assert!(is_in(&site.log_in(&site.claims(&user))));
    user
}

/// The header of an access token (RFC 9068).
fn access_header() -> Value {
    let mut header = header();
    header["typ"] = json!("at+jwt");
    header
}

/// The claims of a good access token of this person, otherwise as said; null leaves one out.
fn access_claims(site: &Site, user: &User, others: &Value) -> Value {
    let mut claims = json!({
        "iss": site.liar.issuer, "sub": format!("sub of {}", user.id), "aud": AUDIENCE, "client_id": "web-program",
        "iat": now(), "exp": now() + 600, "jti": "1", "scope": "everything",
    });
    put(&mut claims, others);
    claims
}

fn token_with(site: &Site, user: &User, others: &Value) -> String {
    signed(&access_header(), &access_claims(site, user, others), &KEYS[0], Algorithm::RS256)
}

fn check(site: &Site, scheme: &str, token: &str) -> Reply {
    site.app.request("GET", "/v2/authorize").header("Authorization", &format!("{scheme} {token}")).send()
}

/// Introspection's answer.
fn introspected(site: &Site, token: &str) -> Value {
    let basic = BASE64_STANDARD.encode(format!("back-end:{BACK_END}"));
    let request = site.app.request("POST", "/directory/api/introspect");
    request.header("Authorization", &format!("Basic {basic}")).body(format!("token={token}")).send().ok()
}

on_both_stores!(a_token_of_the_provider_is_checked_as_one_of_ours, |kind| {
    let site = site(kind, &[]);
    let user = linked(&site);
    let token = token_with(&site, &user, &json!({}));
    for scheme in ["BimPlus", "Bearer", "bimplus  "] {
        let reply = check(&site, scheme, &token);
        let told = reply.ok();
        assert_eq!(told["user_id"], json!(user.id));
        assert_eq!(told["audience"], "00000000-0000-0000-0000-000000000000");
        let remaining = told["expires_in"].as_u64().expect("a number");
        assert!((590..600).contains(&remaining), "{remaining}");
        assert_eq!(reply.header("x-user-id"), Some(&*user.id.to_string()));
    }
    let asked = || ["/.well-known/openid-configuration", "/jwks"].map(|path| site.liar.asked(path));
    let before = asked();
    check(&site, "Bearer", &token_with(&site, &user, &json!({"aud": ["x", "other-service"]}))).ok();
    assert_eq!(asked(), before, "a check asks nobody");
    let told = introspected(&site, &token);
    assert_eq!((&told["active"], &told["sub"]), (&json!(true), &json!(user.id)));
    assert_eq!((&told["iss"], &told["aud"]), (&json!(site.liar.issuer), &json!(AUDIENCE)), "whose it is");
    // It is checked, and nothing else.
    let bearer = format!("Bearer {token}");
    for (method, path) in [
        ("POST", "/v2/cross-token"),
        ("DELETE", "/v2/authorize"),
        ("GET", "/v2/user"),
        ("POST", "/directory/api/directorysession/heartbeat"),
        ("GET", "/directory/api/directorysession/userinfo"),
    ] {
        let reply = site.app.request(method, path).header("Authorization", &bearer).send();
        reply.refused(401, "E_InvalidToken");
    }
    check(&site, "BimPlus", &token).ok();
});

on_both_stores!(a_token_of_the_provider_ends_with_what_its_person_has_here, |kind| {
    let site = site(kind, &[]);
    let user = linked(&site);
    let refused = |token: &str, why: &str| {
        let reply = check(&site, "BimPlus", token);
        reply.refused(401, "E_InvalidToken");
        assert_eq!(introspected(&site, token), json!({"active": false}));
        let counted = format!("bimgate_denied_total{{reason=\"{why}\"}}");
        let metrics = site.app.request("GET", "/metrics").send().text();
        assert!(metrics.contains(&counted), "{why}");
    };
    refused(&token_with(&site, &site.app.user(), &json!({})), "no_such_user");
    let before = token_with(&site, &user, &json!({}));
    check(&site, "BimPlus", &before).ok();
    // Logging out everywhere ends what was issued before, and nothing that comes later.
    let access = site.app.login(&user);
    site.app.revoke(&access, "?scope=user").ok();
    refused(&before, "stale_proof");
    let later = json!({"iat": now() + 2});
    check(&site, "BimPlus", &token_with(&site, &user, &later)).ok();
    site.app.server.run(&["user", "disable", &user.email], "");
    refused(&token_with(&site, &user, &json!({"iat": now() + 3})), "disabled");
    site.app.server.run(&["user", "enable", &user.email], "");
    refused(&token_with(&site, &user, &json!({"iat": now() - 30})), "stale_proof");
    site.app.server.run(&["user", "unlink", &user.email], "");
    refused(&token_with(&site, &user, &json!({"iat": now() + 5})), "no_such_user");
});

#[test]
fn what_is_no_access_token_for_us_is_refused() {
    let site = site(Kind::Embedded, &[]);
    let user = linked(&site);
    check(&site, "BimPlus", &token_with(&site, &user, &json!({}))).ok();
    for claims in [
        json!({"iss": "https://other.example"}),
        json!({"iss": format!("{}/", site.liar.issuer)}),
        json!({"iss": null}),
        json!({"aud": "bimgate"}),
        json!({"aud": "data-service "}),
        json!({"aud": []}),
        json!({"aud": {"data-service": "data-service"}}),
        json!({"aud": null}),
        json!({"nonce": "n"}),
        json!({"nonce": null, "at_hash": "x"}),
        json!({"c_hash": "x"}),
        json!({"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}),
        json!({"exp": now() - 1}),
        json!({"exp": now() - 61}),
        json!({"exp": null}),
        json!({"exp": "2099-01-01"}),
        json!({"exp": 1e15}),
        json!({"iat": now() + 62}),
        json!({"iat": null}),
        json!({"nbf": now() + 62}),
        json!({"sub": null}),
        json!({"sub": 7}),
        json!({"sub": ""}),
        json!({"sub": "x".repeat(256)}),
    ] {
        check(&site, "BimPlus", &token_with(&site, &user, &claims)).refused(401, "E_InvalidToken");
    }
    let claims = access_claims(&site, &user, &json!({}));
    let secret = EncodingKey::from_secret(b"0123456789abcdef0123456789abcdef");
    let with = |name: &str, value: Value| {
        let mut header = access_header();
        header[name] = value;
        header
    };
    let whole = signed(&access_header(), &claims, &KEYS[0], Algorithm::RS256);
    let (input, signature) = whole.rsplit_once('.').expect("a token");
    let other = unsigned(&access_header(), &access_claims(&site, &user, &json!({"sub": "root"})));
    let mut untyped = access_header();
    put(&mut untyped, &json!({"typ": null}));
    for token in [
        format!("{}.", unsigned(&with("alg", json!("none")), &claims)),
        format!("{}.{signature}", unsigned(&with("alg", json!("none")), &claims)),
        signed(&with("alg", json!("HS256")), &claims, &secret, Algorithm::HS256),
        signed(&with("alg", json!("RS512")), &claims, &KEYS[0], Algorithm::RS512),
        signed(&access_header(), &claims, &KEYS[1], Algorithm::RS256),
        signed(&with("kid", json!("made up")), &claims, &KEYS[1], Algorithm::RS256),
        signed(&with("crit", json!(["exp"])), &claims, &KEYS[0], Algorithm::RS256),
        signed(&with("typ", json!("JWT")), &claims, &KEYS[0], Algorithm::RS256),
        signed(&with("typ", json!("logout+jwt")), &claims, &KEYS[0], Algorithm::RS256),
        signed(&untyped, &claims, &KEYS[0], Algorithm::RS256),
        format!("{input}."),
        input.to_owned(),
        format!("{other}.{signature}"),
        "..".to_owned(),
        format!("a.{}", "b".repeat(8000)),
    ] {
        check(&site, "BimPlus", &token).refused(401, "E_InvalidToken");
    }
}

#[test]
fn a_provider_that_does_not_type_its_tokens_is_believed_where_the_settings_say_so() {
    let site = site(Kind::Embedded, &[("openid.check_untyped", "true")]);
    let user = linked(&site);
    let claims = access_claims(&site, &user, &json!({}));
    for kind in [json!("JWT"), json!("application/at+jwt"), Value::Null] {
        let mut header = header();
        put(&mut header, &json!({"typ": kind}));
        check(&site, "BimPlus", &signed(&header, &claims, &KEYS[0], Algorithm::RS256)).ok();
    }
    let mut header = header();
    header["typ"] = json!("logout+jwt");
    check(&site, "BimPlus", &signed(&header, &claims, &KEYS[0], Algorithm::RS256)).refused(401, "E_InvalidToken");
}

#[test]
fn without_audiences_no_token_of_the_provider_is_taken() {
    let site = Site::start(Kind::Embedded, &[]);
    let user = linked(&site);
    check(&site, "BimPlus", &token_with(&site, &user, &json!({}))).refused(401, "E_InvalidToken");
}

#[test]
fn known_keys_count_while_the_provider_is_away() {
    let site = site(Kind::Embedded, &[]);
    let user = linked(&site);
    check(&site, "BimPlus", &token_with(&site, &user, &json!({}))).ok();
    site.liar.says("/.well-known/openid-configuration", Answer::Nothing);
    site.liar.says("/jwks", Answer::Nothing);
    check(&site, "BimPlus", &token_with(&site, &user, &json!({}))).ok();
    // An unknown key makes somebody ask; others do not wait for the answer.
    let asked = site.liar.asked("/.well-known/openid-configuration");
    let header = json!({"alg": "RS256", "typ": "at+jwt", "kid": "new"});
    let unknown = signed(&header, &access_claims(&site, &user, &json!({})), &KEYS[1], Algorithm::RS256);
    let request = site.app.request("GET", "/v2/authorize").header("Authorization", &format!("BimPlus {unknown}"));
    let waits = std::thread::spawn(move || request.send().status);
    until("the provider is asked for its keys", Duration::from_secs(30), || {
        (site.liar.asked("/.well-known/openid-configuration") > asked).then_some(())
    });
    check(&site, "BimPlus", &token_with(&site, &user, &json!({}))).ok();
    assert!(!waits.is_finished());
    assert_eq!(waits.join().expect("a status"), 503);
}
