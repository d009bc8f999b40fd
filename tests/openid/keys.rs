//! The provider's keys change.

use std::sync::Arc;
use std::time::Duration;

use bimgate::clock::{Clock as _, ManualClock, SystemClock};
use jsonwebtoken::Algorithm;
use serde_json::json;

use crate::Outcome;
use crate::fixtures::{NONCE, VERIFIER, log_in, provider, refused, settings, with_clock};
use crate::forge::{KEYS, public, signed};
use crate::liar::{Answer, Liar};

#[tokio::test]
async fn a_new_key_is_asked_for_once() -> Outcome {
    let mut provider = provider();
    // It stands, so that nothing is asked for because of its age.
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let open_id = with_clock(&settings(provider.issuer()), clock.clone());
    log_in(&open_id, "alice").await?;
    provider.rotate_keys();
    log_in(&open_id, "alice").await?;
    provider.rotate_keys();
    refused(log_in(&open_id, "alice").await, "does not publish");
    clock.advance(Duration::from_secs(30));
    log_in(&open_id, "alice").await?;
    Ok(())
}

#[tokio::test]
async fn keys_need_no_names() -> Outcome {
    let now = SystemClock.now();
    let liar = Liar::start(now.seconds());
    let nameless = |key| {
        let mut published = public(key, "");
        published.as_object_mut().map(|members| members.remove("kid"));
        published
    };
    let good = json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}, "no key", nameless(&KEYS[1]), nameless(&KEYS[0])]});
    for (keys, header, key, is_good) in [
        (good.clone(), json!({"alg": "RS256", "kid": "one"}), &KEYS[0], true),
        (good.clone(), json!({"alg": "RS256"}), &KEYS[0], true),
        (json!({"keys": [public(&KEYS[1], "a"), public(&KEYS[0], "b")]}), json!({"alg": "RS256"}), &KEYS[0], true),
        (json!({"keys": [nameless(&KEYS[1])]}), json!({"alg": "RS256", "kid": "one"}), &KEYS[0], false),
        (json!({"keys": [public(&KEYS[0], "b")]}), json!({"alg": "RS256", "kid": "one"}), &KEYS[0], false),
        (json!({"keys": []}), json!({"alg": "RS256"}), &KEYS[0], false),
    ] {
        liar.says("/jwks", Answer::Json(keys.clone()));
        liar.sends(&signed(&header, &liar.claims(now.seconds()), key, Algorithm::RS256));
        let open_id = with_clock(&settings(&liar.issuer), Arc::new(ManualClock::new(now)));
        let outcome = open_id.redeem("code", NONCE, VERIFIER).await;
        assert_eq!(outcome.is_ok(), is_good, "{header} by {keys}: {outcome:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_key_that_nobody_knows_is_not_asked_for_again_and_again() -> Outcome {
    let now = SystemClock.now();
    let liar = Liar::start(now.seconds());
    let clock = Arc::new(ManualClock::new(now));
    let open_id = with_clock(&settings(&liar.issuer), clock.clone());
    let unknown = json!({"alg": "RS256", "kid": "two"});
    liar.sends(&signed(&unknown, &liar.claims(now.seconds()), &KEYS[1], Algorithm::RS256));
    for asked in [2, 2, 2] {
        refused(open_id.redeem("code", NONCE, VERIFIER).await, "does not publish");
        assert_eq!(liar.asked("/jwks"), asked);
    }
    // Now it is published, and found in its turn.
    liar.says("/jwks", Answer::Json(json!({"keys": [public(&KEYS[0], "one"), public(&KEYS[1], "two")]})));
    clock.advance(Duration::from_secs(10));
    open_id.redeem("code", NONCE, VERIFIER).await?;
    assert_eq!(liar.asked("/jwks"), 3);
    Ok(())
}
