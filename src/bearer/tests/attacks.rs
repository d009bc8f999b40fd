//! The catalogue of known attacks on JWTs. Each forgery is as good as an attacker who knows the public keys, and holds
//! valid bearers of their own, can make it.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{House, Outcome, part};
use crate::bearer::*;
use crate::error::ServiceError;

/// A server, a valid bearer of it for the directory, and the private key behind it, for forgeries that differ in one
/// thing alone from what the server itself would sign.
struct Case {
    house: House,
    bearers: Bearers,
    good: String,
    kid: String,
    key: KeyPair,
}

impl Case {
    async fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let house = House::new()?;
        let bearers = house.server().await?;
        let good = bearers.sign(&house.session()?, house.now()).await?.directory;
        let kid = part(&good, 0)?["kid"].as_str().ok_or("a kid")?.to_owned();
        let sealed = &house.store.key_ring().await?.keys[0];
        let private = bearers.sealer.open(&sealed.id, &sealed.sealed).ok_or("it opens")?;
        let key = KeyPair::from_pkcs8(&private)?;
        let case = Self { house, bearers, good, kid, key };
        case.takes(&case.good).await;
        case.takes(&case.signed(&case.head(), &case.claims()?)?).await;
        Ok(case)
    }

    fn head(&self) -> Value {
        json!({"typ": "JWT", "alg": "RS256", "kid": self.kid})
    }

    fn claims(&self) -> Result<Value, Box<dyn std::error::Error>> {
        part(&self.good, 1)
    }

    /// What our own key signs, header and claims being what they may.
    fn signed(&self, head: &Value, claims: &Value) -> Result<String, Box<dyn std::error::Error>> {
        // As we write headers: in this order.
        let ours = head.as_object().is_some_and(|head| head.len() == 3 && head["typ"] == "JWT");
        let head = if ours {
            format!(r#"{{"typ":"JWT","alg":{},"kid":{}}}"#, head["alg"], head["kid"])
        } else {
            head.to_string()
        };
        signed(&self.key, &RSA_PKCS1_SHA256, &head, &claims.to_string())
    }

    async fn verdict(&self, token: &str) -> Result<VerifiedBearer, ServiceError> {
        self.bearers.verify(token, Audience::Directory, self.house.now()).await
    }

    async fn takes(&self, token: &str) {
        let verdict = self.verdict(token).await;
        assert!(verdict.is_ok(), "{verdict:?}: {token}");
    }

    async fn refuses(&self, what: &str, token: &str) {
        let verdict = self.verdict(token).await;
        assert!(matches!(verdict, Err(ServiceError::NoSession(_))), "{what}: {verdict:?}");
    }
}

fn message(head: &str, claims: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims))
}

fn signed(
    key: &KeyPair,
    padding: &'static dyn RsaEncoding,
    head: &str,
    claims: &str,
) -> Result<String, Box<dyn std::error::Error>> {
    let message = message(head, claims);
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(padding, &SystemRandom::new(), message.as_bytes(), &mut signature)?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

#[tokio::test]
async fn a_bearer_without_our_signature_is_refused() -> Outcome {
    let case = Case::new().await?;
    let claims = case.claims()?.to_string();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let unsigned = message(&json!({"typ": "JWT", "alg": alg, "kid": case.kid}).to_string(), &claims);
        case.refuses(alg, &format!("{unsigned}.")).await;
        case.refuses(alg, &unsigned).await;
        let (_, signature) = case.good.rsplit_once('.').ok_or("a signature")?;
        case.refuses(alg, &format!("{unsigned}.{signature}")).await;
    }
    let (unsigned, signature) = case.good.rsplit_once('.').ok_or("a signature")?;
    case.refuses("stripped", &format!("{unsigned}.")).await;
    case.refuses("stripped with its dot", unsigned).await;
    case.refuses("a zero signature", &format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode([0; 256]))).await;
    case.refuses("half a signature", &format!("{unsigned}.{}", &signature[..signature.len() / 2])).await;
    case.refuses("another's signature", &{
        let other = case.bearers.sign(&case.house.session()?, case.house.now()).await?.directory;
        format!("{unsigned}.{}", other.rsplit_once('.').ok_or("a signature")?.1)
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn the_public_key_is_no_secret_to_sign_with() -> Outcome {
    let case = Case::new().await?;
    let der = case.key.public_key().as_ref().to_vec();
    let pem = |label: &str, der: &[u8]| {
        let text = STANDARD.encode(der);
        let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    };
    let spki = aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(case.key.public_key())?;
    let spki = spki.as_ref().to_vec();
    let published = case.bearers.published()?.json;
    for (what, secret) in [
        ("PKCS #1 DER", der.clone()),
        ("PKCS #1 PEM", pem("RSA PUBLIC KEY", &der).into_bytes()),
        ("SPKI DER", spki.clone()),
        ("SPKI PEM", pem("PUBLIC KEY", &spki).into_bytes()),
        ("SPKI PEM, trimmed", pem("PUBLIC KEY", &spki).trim().as_bytes().to_vec()),
        ("the JWK set", published.into_bytes()),
        ("nothing", Vec::new()),
    ] {
        for (alg, algorithm) in
            [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
        {
            let head = format!(r#"{{"typ":"JWT","alg":"{alg}","kid":"{}"}}"#, case.kid);
            let message = message(&head, &case.claims()?.to_string());
            let tag = hmac::sign(&hmac::Key::new(algorithm, &secret), message.as_bytes());
            case.refuses(what, &format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))).await;
            // The header of an honest bearer, the tag as its signature.
            let honest = format!(r#"{{"typ":"JWT","alg":"RS256","kid":"{}"}}"#, case.kid);
            let message = self::message(&honest, &case.claims()?.to_string());
            let tag = hmac::sign(&hmac::Key::new(algorithm, &secret), message.as_bytes());
            case.refuses(what, &format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))).await;
        }
    }
    Ok(())
}

#[tokio::test]
async fn keys_that_come_along_and_ids_that_lead_elsewhere_are_refused() -> Outcome {
    let case = Case::new().await?;
    let own = KeyPair::generate(KeySize::Rsa2048)?;
    let elsewhere = House::new()?;
    let stranger = elsewhere.server().await?;
    let jwk: Value = serde_json::from_str(&stranger.published()?.json)?;
    let claims = case.claims()?.to_string();
    for (name, value) in [
        ("jwk", jwk["keys"][0].clone()),
        ("jku", "https://attacker.example/jwks.json".into()),
        ("x5u", "https://attacker.example/chain.pem".into()),
        ("x5c", json!(["MIIB"])),
        ("x5t", "abc".into()),
        ("x5t#S256", "abc".into()),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", false.into()),
        ("zip", "DEF".into()),
        ("cty", "JWT".into()),
        ("enc", "A256GCM".into()),
        ("nonce", "n".into()),
    ] {
        let mut head = case.head();
        head[name] = value;
        case.refuses(name, &signed(&own, &RSA_PKCS1_SHA256, &head.to_string(), &claims)?).await;
        // Not even with our own signature: we never write such a header.
        case.refuses(name, &signed(&case.key, &RSA_PKCS1_SHA256, &head.to_string(), &claims)?).await;
    }
    for kid in [
        "../../../../dev/null",
        "/dev/null",
        "file:///dev/null",
        "' UNION SELECT 'secret' -- ",
        "1; DROP TABLE keys",
        "| cat /etc/passwd",
        "https://attacker.example/key.pem",
        "*",
        "%00",
        "\u{0}",
        "",
        "bimgate:signing",
    ] {
        let head = json!({"typ": "JWT", "alg": "RS256", "kid": kid});
        case.refuses(kid, &case.signed(&head, &case.claims()?)?).await;
        let empty = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b""), message(&head.to_string(), &claims).as_bytes());
        let forged = format!("{}.{}", message(&head.to_string(), &claims), URL_SAFE_NO_PAD.encode(empty));
        case.refuses(kid, &forged).await;
    }
    for kid in [format!("{} ", case.kid), case.kid.to_uppercase(), case.kid[1..].to_owned()] {
        let head = json!({"typ": "JWT", "alg": "RS256", "kid": kid});
        case.refuses(&kid, &case.signed(&head, &case.claims()?)?).await;
    }
    for head in [json!({"typ": "JWT", "alg": "RS256"}), json!({"alg": "RS256", "kid": null}), json!({}), json!([])] {
        case.refuses("no kid", &case.signed(&head, &case.claims()?)?).await;
    }
    Ok(())
}

#[tokio::test]
async fn another_server_s_bearer_is_refused_also_under_our_key_s_name() -> Outcome {
    let case = Case::new().await?;
    let elsewhere = House::new()?;
    let stranger = elsewhere.server().await?.sign(&elsewhere.session()?, elsewhere.now()).await?.directory;
    case.refuses("as it is", &stranger).await;
    let own = KeyPair::generate(KeySize::Rsa2048)?;
    let head = format!(r#"{{"typ":"JWT","alg":"RS256","kid":"{}"}}"#, case.kid);
    case.refuses("our kid", &signed(&own, &RSA_PKCS1_SHA256, &head, &case.claims()?.to_string())?).await;
    Ok(())
}

#[tokio::test]
async fn only_rs256_counts_even_by_our_own_key() -> Outcome {
    let case = Case::new().await?;
    let (head, claims) = (case.head(), case.claims()?.to_string());
    for (alg, padding) in [("RS512", &RSA_PKCS1_SHA512 as &'static dyn RsaEncoding), ("PS256", &RSA_PSS_SHA256)] {
        let head = format!(r#"{{"typ":"JWT","alg":"{alg}","kid":"{}"}}"#, case.kid);
        case.refuses(alg, &signed(&case.key, padding, &head, &claims)?).await;
        let honest = format!(r#"{{"typ":"JWT","alg":"RS256","kid":"{}"}}"#, case.kid);
        case.refuses(alg, &signed(&case.key, padding, &honest, &claims)?).await;
    }
    for alg in ["rs256", "RS256 ", "ES256", "EdDSA", "dir"] {
        let mut head = head.clone();
        head["alg"] = alg.into();
        case.refuses(alg, &case.signed(&head, &case.claims()?)?).await;
    }
    Ok(())
}

/// Signed by our own key: only the claims can tell.
#[tokio::test]
async fn claims_that_are_not_ours_are_refused() -> Outcome {
    let case = Case::new().await?;
    let now = case.house.now().seconds();
    for (name, value) in [
        ("aud", json!("http")),
        ("aud", json!(["directory"])),
        ("aud", json!(["http", "directory"])),
        ("aud", json!("Directory")),
        ("aud", json!("")),
        ("aud", Value::Null),
        ("iss", json!("https://elsewhere.example")),
        ("iss", json!(["bimgate"])),
        ("iss", json!(["bimgate", "https://elsewhere.example"])),
        ("iss", Value::Null),
        ("exp", json!(now)),
        ("exp", json!(now - 1)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!((now + 600).to_string())),
        ("exp", json!(1e300)),
        ("exp", Value::Null),
        ("iat", json!(now + 61)),
        ("iat", json!(u64::MAX)),
        ("iat", Value::Null),
        ("sub", json!("somebody")),
        ("sub", Value::Null),
        ("sid", json!("")),
        ("sid", Value::Null),
    ] {
        let mut claims = case.claims()?;
        claims[name] = value.clone();
        case.refuses(&format!("{name} {value}"), &case.signed(&case.head(), &claims)?).await;
        claims.as_object_mut().ok_or("an object")?.remove(name);
        case.refuses(&format!("no {name}"), &case.signed(&case.head(), &claims)?).await;
    }
    let mut claims = case.claims()?;
    claims["iat"] = json!(now + 60);
    case.takes(&case.signed(&case.head(), &claims)?).await;
    let http = case.bearers.sign(&case.house.session()?, case.house.now()).await?.http;
    case.refuses("http for directory", &http).await;
    assert!(case.bearers.verify(&case.good, Audience::Http, case.house.now()).await.is_err(), "directory for http");
    Ok(())
}

#[tokio::test]
async fn members_given_twice_are_refused() -> Outcome {
    let case = Case::new().await?;
    let claims = case.claims()?.to_string();
    let kid = &case.kid;
    for head in [
        format!(r#"{{"typ":"JWT","alg":"RS256","alg":"RS256","kid":"{kid}"}}"#),
        format!(r#"{{"typ":"JWT","alg":"none","alg":"RS256","kid":"{kid}"}}"#),
        format!(r#"{{"typ":"JWT","alg":"RS256","kid":"other","kid":"{kid}"}}"#),
        format!(r#"{{"typ":"JWT","alg":"RS256","kid":"{kid}","\u006bid":"other"}}"#),
        format!(r#"{{"kid":"{kid}","alg":"RS256","typ":"JWT"}}"#),
        format!(r#" {{"typ":"JWT","alg":"RS256","kid":"{kid}"}}"#),
    ] {
        case.refuses(&head, &signed(&case.key, &RSA_PKCS1_SHA256, &head, &claims)?).await;
    }
    let head = format!(r#"{{"typ":"JWT","alg":"RS256","kid":"{kid}"}}"#);
    for (name, value) in
        [("aud", r#""directory""#), ("sub", r#""x""#), ("exp", "1"), ("sid", r#""x""#), ("iss", r#""x""#)]
    {
        let doubled = format!(r#"{{"{name}":{value},{}"#, &claims[1..]);
        case.refuses(name, &signed(&case.key, &RSA_PKCS1_SHA256, &head, &doubled)?).await;
    }
    Ok(())
}

#[tokio::test]
async fn what_was_changed_respelt_wrapped_or_is_too_long_is_refused() -> Outcome {
    let case = Case::new().await?;
    let parts: Vec<_> = case.good.split('.').collect();
    let [head, claims, signature] = parts[..] else { return Err("three parts".into()) };

    let mut other = case.claims()?;
    other["sub"] = Uuid::new_v4().to_string().into();
    let other = URL_SAFE_NO_PAD.encode(other.to_string());
    case.refuses("another user", &format!("{head}.{other}.{signature}")).await;

    for (what, token) in [
        ("padded signature", format!("{head}.{claims}.{signature}==")),
        ("padded claims", format!("{head}.{claims}=.{signature}")),
        ("padded head", format!("{head}=.{claims}.{signature}")),
        ("standard alphabet", format!("{head}.{claims}.{}", signature.replace('-', "+").replace('_', "/") + "/")),
        ("a newline", format!("{head}.{claims}.{signature}\n")),
        ("a space before", format!(" {}", case.good)),
        ("a part more", format!("{}.{signature}", case.good)),
        ("five parts", format!("{head}.{claims}.{signature}.{claims}.{signature}")),
        ("an empty part", format!("{head}..{claims}.{signature}")),
        ("parts swapped", format!("{claims}.{head}.{signature}")),
        ("nested", message(&case.head().to_string(), &case.good) + "." + signature),
        ("JSON serialisation", json!({"protected": head, "payload": claims, "signature": signature}).to_string()),
        ("nothing", String::new()),
        ("dots", "...".to_owned()),
    ] {
        case.refuses(what, &token).await;
    }
    let mut long = case.claims()?;
    long["tags"] = "A".repeat(Bearers::MAX_BYTES / 4 * 3).into();
    case.refuses("too long", &case.signed(&case.head(), &long)?).await;
    // The last letter has bits that a lax decoder ignores: one signature, several spellings.
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for letter in letters.chars().filter(|letter| !signature.ends_with(*letter)) {
        let respelt = format!("{head}.{claims}.{}{letter}", &signature[..signature.len() - 1]);
        case.refuses("respelt", &respelt).await;
    }
    Ok(())
}

/// Strangers must not make the store work.
#[tokio::test]
async fn unknown_keys_have_the_ring_read_once_in_a_while() -> Outcome {
    let case = Case::new().await?;
    case.refuses("garbage", "a.b.c").await;
    let second = case.house.server().await?;
    second.start_over(case.house.now()).await?;
    let good = second.sign(&case.house.session()?, case.house.now()).await?.directory;
    case.refuses("too soon after the last look", &good).await;
    case.house.clock.advance(Bearers::REREAD);
    case.takes(&good).await;
    case.refuses("thrown away", &case.good).await;
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_texts_never_panic(texts in proptest::collection::vec("(?s).{0,80}|[A-Za-z0-9_.=-]{0,200}", 16)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let case = CASE.get_or_init(|| runtime.block_on(Case::new()).ok());
        let case = case.as_ref().ok_or_else(|| TestCaseError::fail("no case"))?;
        let (head, rest) = case.good.split_once('.').unwrap_or_default();
        let (claims, _) = rest.split_once('.').unwrap_or_default();
        for text in texts {
            for token in [text.clone(), format!("{head}.{text}"), format!("{head}.{claims}.{text}")] {
                prop_assert!(runtime.block_on(case.verdict(&token)).is_err());
            }
        }
    }
}

static CASE: std::sync::OnceLock<Option<Case>> = std::sync::OnceLock::new();
