//! ID tokens that prove nothing.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bimgate::auth::oidc::{Claimed, OpenIdError};
use bimgate::clock::ManualClock;
use bimgate::domain::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::Outcome;
use crate::fixtures::{NONCE, VERIFIER, refused, settings, with_clock};
use crate::forge::{KEYS, public, signed, unsigned};
use crate::liar::{Answer, Liar, header};
use crate::support::openid_provider::SECRET;

/// Seconds since the epoch.
const NOW: u64 = 1_800_000_000;

async fn redeem(liar: &Liar) -> Result<Claimed, OpenIdError> {
    let clock = ManualClock::new(Timestamp::from_millis(NOW * 1000));
    with_clock(&settings(&liar.issuer), Arc::new(clock)).redeem("code", NONCE, VERIFIER).await
}

/// What comes of a good token in which these claims are otherwise; `null` leaves one out.
async fn with_claims(liar: &Liar, others: &Value) -> Result<Claimed, OpenIdError> {
    let mut claims = liar.claims(NOW);
    for (name, value) in others.as_object().into_iter().flatten() {
        match value {
            Value::Null => drop(claims.as_object_mut().and_then(|claims| claims.remove(name))),
            value => claims[name] = value.clone(),
        }
    }
    liar.sends(&signed(&header(), &claims, &KEYS[0], Algorithm::RS256));
    redeem(liar).await
}

#[tokio::test]
async fn a_token_that_is_not_signed_by_the_provider_is_refused() -> Outcome {
    let liar = Liar::start(NOW);
    assert_eq!(&*redeem(&liar).await?.subject.subject, "somebody");
    let claims = liar.claims(NOW);
    let secret = EncodingKey::from_secret(SECRET.as_bytes());
    let published = BASE64_URL_SAFE_NO_PAD.decode(public(&KEYS[0], "one")["n"].as_str().ok_or("n")?)?;
    let published = EncodingKey::from_secret(&published);
    let (good, foreign) = (header(), &KEYS[1]);
    let with = |name: &str, value: Value| {
        let mut header = header();
        header[name] = value;
        header
    };
    let none = unsigned(&with("alg", json!("none")), &claims);
    let whole = signed(&good, &claims, &KEYS[0], Algorithm::RS256);
    let (input, signature) = whole.rsplit_once('.').ok_or("no token")?;
    let other_claims = unsigned(&good, &json!({"sub": "root"}));
    for (what, token) in [
        ("none", format!("{none}.")),
        ("none, with a signature", format!("{none}.{signature}")),
        ("NONE", format!("{}.", unsigned(&with("alg", json!("NONE")), &claims))),
        ("HS256 with the public key", signed(&with("alg", json!("HS256")), &claims, &published, Algorithm::HS256)),
        ("HS256 with the client's secret", signed(&with("alg", json!("HS256")), &claims, &secret, Algorithm::HS256)),
        ("not announced", signed(&with("alg", json!("RS512")), &claims, &KEYS[0], Algorithm::RS512)),
        ("another key by the same name", signed(&good, &claims, foreign, Algorithm::RS256)),
        ("a key of its own", signed(&with("jwk", public(foreign, "one")), &claims, foreign, Algorithm::RS256)),
        ("a place of keys", signed(&with("jku", json!("https://e.example")), &claims, foreign, Algorithm::RS256)),
        ("a path", signed(&with("kid", json!("../../one")), &claims, &KEYS[0], Algorithm::RS256)),
        ("SQL", signed(&with("kid", json!("one' OR '1'='1")), &claims, &KEYS[0], Algorithm::RS256)),
        ("critical", signed(&with("crit", json!(["exp"])), &claims, &KEYS[0], Algorithm::RS256)),
        ("another type", signed(&with("typ", json!("at+jwt")), &claims, &KEYS[0], Algorithm::RS256)),
        ("no signature", format!("{input}.")),
        ("two parts", input.to_owned()),
        ("other claims", format!("{other_claims}.{signature}")),
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
    ] {
        liar.sends(&token);
        match redeem(&liar).await {
            Err(OpenIdError::Refused(said)) => assert!(!said.contains(&token) || token.len() < 3, "{what}: {said}"),
            other => panic!("{what}: {other:?}"),
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_token_for_somebody_else_is_refused() -> Outcome {
    let liar = Liar::start(NOW);
    with_claims(&liar, &json!({"azp": "bimgate", "aud": ["bimgate"]})).await?;
    for (claims, why) in [
        (json!({"aud": "other"}), "audience"),
        (json!({"aud": []}), "audience"),
        (json!({"aud": null}), "audience"),
        (json!({"aud": ["bimgate", "other"]}), "audience"),
        (json!({"azp": "other"}), "azp"),
        (json!({"iss": "https://other.example"}), "issuer"),
        (json!({"iss": format!("{}/", liar.issuer)}), "issuer"),
        (json!({"nonce": "other"}), "nonce"),
        (json!({"nonce": null}), "nonce"),
        (json!({"aud": ["other", "bimgate"], "azp": null}), "audience"),
        (json!({"aud": ["bimgate", "other"], "azp": "other"}), "azp"),
        (json!({"aud": ["bimgate", 7], "azp": 7}), "azp"),
        (json!({"aud": ["other"], "azp": "bimgate"}), "audience"),
        (json!({"aud": {"bimgate": "bimgate"}}), "audience"),
        (json!({"aud": "bimgate other"}), "audience"),
        (json!({"sub": null}), "1 to 255 bytes"),
        (json!({"sub": 7}), "1 to 255 bytes"),
        (json!({"sub": ""}), "1 to 255 bytes"),
        (json!({"sub": "x".repeat(256)}), "1 to 255 bytes"),
    ] {
        match with_claims(&liar, &claims).await {
            Err(OpenIdError::Refused(said)) => assert!(said.contains(why), "{claims}: {said}"),
            other => panic!("{claims}: {other:?}"),
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_subject_counts_to_the_letter() -> Outcome {
    let liar = Liar::start(NOW);
    for subject in ["Somebody", " somebody", "somebody\n", " "] {
        assert_eq!(&*with_claims(&liar, &json!({"sub": subject})).await?.subject.subject, subject);
    }
    Ok(())
}

#[tokio::test]
async fn a_token_out_of_its_time_is_refused() -> Outcome {
    let liar = Liar::start(NOW);
    for (claim, at, good) in [
        ("exp", NOW - 59, true),
        ("exp", NOW - 61, false),
        ("iat", NOW + 59, true),
        ("iat", NOW + 61, false),
        ("nbf", NOW + 59, true),
        ("nbf", NOW + 61, false),
        ("auth_time", NOW + 59, true),
        ("auth_time", NOW + 61, false),
    ] {
        let outcome = with_claims(&liar, &json!({claim: at})).await;
        assert_eq!(outcome.is_ok(), good, "{claim} {at}: {outcome:?}");
    }
    for no_instant in [json!(null), json!((NOW + 60).to_string()), json!(true), json!(1e300), json!((NOW + 60) * 1000)]
    {
        refused(with_claims(&liar, &json!({"exp": no_instant})).await, "(exp)");
    }
    assert!(with_claims(&liar, &json!({"exp": 1_800_000_060.5, "iat": 1_799_999_999.5})).await.is_ok());
    refused(with_claims(&liar, &json!({"iat": 1_800_000_061.5})).await, "iat");
    Ok(())
}

#[tokio::test]
async fn userinfo_is_believed_of_the_same_person_only() -> Outcome {
    let liar = Liar::start(NOW);
    let lacking = json!({"email": null, "email_verified": null});
    let user_info = |sub: &str| Answer::Json(json!({"sub": sub, "email": "b@example.org", "email_verified": true}));
    liar.says("/me", user_info("somebody"));
    let claimed = with_claims(&liar, &lacking).await?;
    assert_eq!(claimed.email.as_ref().map(bimgate::domain::Email::as_str), Some("b@example.org"));
    liar.says("/me", user_info("somebody else"));
    refused(with_claims(&liar, &lacking).await, "somebody else");
    // Where it does not say of whom, nothing of it is believed.
    liar.says("/me", Answer::Json(json!({"email": "b@example.org", "email_verified": true})));
    let claimed = with_claims(&liar, &lacking).await?;
    assert_eq!((claimed.email, claimed.untold.is_some()), (None, true));
    // An address of the token is not verified by what is said of another.
    liar.says("/me", user_info("somebody"));
    let claimed = with_claims(&liar, &json!({"email_verified": null})).await?;
    let address = claimed.email.as_ref().map(bimgate::domain::Email::as_str);
    assert_eq!((address, claimed.email_verified), (Some("b@example.org"), true));
    // How the login was proven, only the token tells.
    let told = json!({"sub": "somebody", "auth_time": NOW, "email": "b@example.org", "email_verified": true});
    liar.says("/me", Answer::Json(told));
    assert_eq!(with_claims(&liar, &lacking).await?.auth_time, None);
    liar.says("/me", Answer::Json(json!({"sub": "somebody", "email_verified": true})));
    assert!(!with_claims(&liar, &json!({"email_verified": null})).await?.email_verified);
    Ok(())
}
