//! Bearers, checked as a stranger does that knows RFC 7515 and the public keys, and nothing of this server.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::support::app::App;

/// The claims of a bearer that one of the published keys has signed.
#[track_caller]
pub fn claims(app: &App, bearer: &str) -> Value {
    let parts: Vec<_> = bearer.split('.').collect();
    let [head, claims, signature] = parts[..] else { panic!("no JWT: {bearer}") };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64url");
    let read = |part: &str| serde_json::from_slice::<Value>(&decode(part)).expect("JSON");
    let header = read(head);
    assert_eq!(header["alg"], "RS256");
    let published = app.request("GET", "/.well-known/jwks.json").send().ok();
    let keys = published["keys"].as_array().expect("a list");
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).expect("its key is published");
    let number = |name: &str| decode(key[name].as_str().expect("a text"));
    let message = &bearer[..head.len() + 1 + claims.len()];
    RsaPublicKeyComponents { n: number("n"), e: number("e") }
        .verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &decode(signature))
        .expect("the signature is right");
    read(claims)
}

/// The claims of a token of somebody else's.
#[track_caller]
pub fn unverified(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("a JWT");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}
