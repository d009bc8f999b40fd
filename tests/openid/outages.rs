//! The provider is down, comes back, hangs, or is another one than it should be.

use std::sync::Arc;
use std::time::Duration;

use bimgate::auth::oidc::{OpenId, OpenIdError};
use bimgate::clock::{Clock as _, ManualClock, SystemClock};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};

use crate::Outcome;
use crate::fixtures::{ASK, NONCE, VERIFIER, code, log_in, open_id, provider, settings, unavailable, with_clock};
use crate::liar::{Answer, Liar, TLS, response};
use crate::support::visitor::Visitor;

const DISCOVERY: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn a_provider_may_come_late_go_and_come_back() -> Outcome {
    let mut provider = provider();
    provider.kill();
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let open_id = with_clock(&settings(provider.issuer()), clock.clone());
    unavailable(open_id.authorization_url(&ASK).await, "");
    assert_eq!(open_id.end_session_url(&"http://127.0.0.1:9/".parse()?, None).await, None);
    provider.restart();
    clock.advance(Duration::from_secs(1));
    log_in(&open_id, "alice").await?;
    // It goes while somebody logs in.
    let code = code(&open_id, &mut Visitor::default(), "alice").await?;
    provider.kill();
    unavailable(open_id.redeem(&code, NONCE, VERIFIER).await, "");
    unavailable(open_id.authorization_url(&ASK).await, "");
    provider.restart();
    clock.advance(Duration::from_secs(1));
    log_in(&open_id, "alice").await?;
    // It goes while nobody looks.
    provider.kill();
    clock.advance(Duration::from_secs(10));
    unavailable(open_id.authorization_url(&ASK).await, "");
    Ok(())
}

#[tokio::test]
async fn many_who_come_at_once_ask_once() -> Outcome {
    let liar = Liar::start(SystemClock.now().seconds());
    let good = open_id(&settings(&liar.issuer));
    let asked = join_all((0..100).map(|_| good.authorization_url(&ASK))).await;
    assert!(asked.iter().all(Result::is_ok));
    assert_eq!((liar.asked(DISCOVERY), liar.asked("/jwks")), (1, 1));
    // One that hangs fails all of them together, and is asked once too.
    liar.says(DISCOVERY, Answer::Nothing);
    let hanging = with_clock(&settings(&liar.issuer), Arc::new(ManualClock::new(SystemClock.now())));
    let all = join_all((0..100).map(|_| hanging.authorization_url(&ASK)));
    for asked in tokio::time::timeout(Duration::from_secs(15), all).await? {
        unavailable(asked, "");
    }
    assert_eq!(liar.asked(DISCOVERY), 2);
    Ok(())
}

#[tokio::test]
async fn when_as_many_calls_as_may_be_are_under_way_the_provider_is_still_known() -> Outcome {
    let liar = Liar::start(SystemClock.now().seconds());
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let open_id = with_clock(&settings(&liar.issuer), clock.clone());
    open_id.authorization_url(&ASK).await?;
    liar.says("/token", Answer::Nothing);
    let mut all: FuturesUnordered<_> = (0..200).map(|_| open_id.redeem("code", NONCE, VERIFIER)).collect();
    // Those for whom there is no place know it at once, while the others wait.
    for _ in 128..200 {
        match all.next().await {
            Some(Err(OpenIdError::Busy(_))) => {}
            other => panic!("not busy but {other:?}"),
        }
    }
    open_id.authorization_url(&ASK).await?;
    clock.advance(OpenId::FRESH);
    open_id.authorization_url(&ASK).await?;
    assert_eq!(liar.asked(DISCOVERY), 1, "there was no place to ask it anew");
    Ok(())
}

#[tokio::test]
async fn a_provider_by_another_name_is_none() -> Outcome {
    let provider = provider();
    let other_name = provider.issuer().replace("127.0.0.1", "localhost");
    unavailable(open_id(&settings(&other_name)).authorization_url(&ASK).await, "unexpected issuer");
    Ok(())
}

#[tokio::test]
async fn nonsense_makes_no_provider() -> Outcome {
    let liar = Liar::start(SystemClock.now().seconds());
    let good = liar.metadata();
    let with = |name: &str, value: Value| {
        let mut metadata = good.clone();
        metadata[name] = value;
        Answer::Json(metadata)
    };
    let elsewhere = format!("302 Found\r\nLocation: {}/other", liar.issuer);
    liar.says("/other", Answer::Json(good.clone()));
    let huge = vec![b' '; 257 * 1024];
    let endless = [b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n".as_slice(), &huge].concat();
    for (path, answer) in [
        (DISCOVERY, response("200 OK", "application/json", "{")),
        (DISCOVERY, response("200 OK", "application/json", "[".repeat(100_000))),
        (DISCOVERY, response("200 OK", "text/html", good.to_string())),
        (DISCOVERY, response("200 OK", "application/json", &huge)),
        (DISCOVERY, response("500 Oops", "application/json", good.to_string())),
        (DISCOVERY, response(&elsewhere, "text/plain", "")),
        (DISCOVERY, Answer::Raw(endless)),
        (DISCOVERY, Answer::Raw(b"\0\0\0".to_vec())),
        (DISCOVERY, with("issuer", json!("https://other.example"))),
        (DISCOVERY, with("token_endpoint", Value::Null)),
        (DISCOVERY, with("authorization_endpoint", json!("javascript:alert(1)"))),
        (DISCOVERY, with("jwks_uri", json!("file:///etc/passwd"))),
        ("/jwks", response("200 OK", "application/json", "{\"keys\": 1}")),
        ("/jwks", response("200 OK", "application/json", &huge)),
        ("/jwks", response("404 Not Found", "text/plain", "")),
    ] {
        liar.says(DISCOVERY, Answer::Json(good.clone()));
        liar.says(path, answer);
        unavailable(open_id(&settings(&liar.issuer)).authorization_url(&ASK).await, "");
    }
    assert_eq!(liar.asked("/other"), 0, "a redirect was followed");
    Ok(())
}

#[tokio::test]
async fn a_token_endpoint_that_answers_nonsense_proves_nobody() -> Outcome {
    let liar = Liar::start(SystemClock.now().seconds());
    let open_id = open_id(&settings(&liar.issuer));
    for (answer, is_there) in [
        (response("200 OK", "application/json", "{"), true),
        (response("200 OK", "text/html", "<p>secret</p>"), true),
        (response("200 OK", "application/json", "{\"access_token\": \"secret\", \"token_type\": \"Bearer\"}"), true),
        (response("400 Bad Request", "text/html", "secret"), true),
        (response("200 OK", "application/json", vec![b' '; 257 * 1024]), false),
        (response("503 Service Unavailable", "text/html", "secret"), false),
        (response("429 Too Many Requests", "text/html", "secret"), false),
    ] {
        liar.says("/token", answer);
        let error = open_id.redeem("code", NONCE, VERIFIER).await.err().ok_or("proven")?;
        let refused = matches!(error, OpenIdError::Refused(_));
        assert_eq!(refused, is_there, "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn tls_is_for_the_whole_way_and_from_known_authorities() -> Outcome {
    let liar = Liar::start_with_tls(SystemClock.now().seconds());
    let mut settings = settings(&liar.issuer);
    unavailable(open_id(&settings).authorization_url(&ASK).await, "certificate");
    settings.ca_file = Some(format!("{TLS}/authority.pem"));
    open_id(&settings).authorization_url(&ASK).await?;
    open_id(&settings).redeem("code", NONCE, VERIFIER).await?;
    for endpoint in ["authorization_endpoint", "jwks_uri"] {
        let mut metadata = liar.metadata();
        metadata[endpoint] = json!("http://127.0.0.1:9/");
        liar.says(DISCOVERY, Answer::Json(metadata));
        unavailable(open_id(&settings).authorization_url(&ASK).await, "scheme");
    }
    Ok(())
}
