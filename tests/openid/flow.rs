//! The code flow as a whole, and each thing that binds a code to one login.

use bimgate::domain::Email;
use serde_json::json;
use url::Url;

use crate::Outcome;
use crate::fixtures::{ASK, NONCE, REDIRECT, STATE, VERIFIER, code, log_in, open_id, provider, refused, settings};
use crate::liar::{Answer, Liar};
use crate::support::openid_provider::{CLIENT, OpenIdProvider, SECRET};
use crate::support::visitor::{Visitor, parameter};

#[tokio::test]
async fn a_person_who_logs_in_comes_back_proven() -> Outcome {
    let provider = provider();
    let open_id = open_id(&settings(provider.issuer()));
    let url = open_id.authorization_url(&ASK).await?;
    assert_eq!(parameter(&url, "code_challenge_method"), "S256");
    assert_eq!(parameter(&url, "scope"), "openid profile email");
    assert!(!url.as_str().contains(VERIFIER), "{url}");
    let back = Visitor::default().log_in_at(&url, "alice");
    assert!(back.as_str().starts_with(REDIRECT), "{back}");
    assert_eq!(parameter(&back, "state"), STATE);
    let claimed = open_id.redeem(&parameter(&back, "code"), NONCE, VERIFIER).await?;
    assert_eq!((&*claimed.subject.issuer, &*claimed.subject.subject), (provider.issuer(), "alice"));
    assert_eq!((claimed.email, claimed.email_verified), (Email::new("alice@example.org"), true));
    assert_eq!(claimed.name.as_deref(), Some("Alice Example"));
    assert_eq!(claimed.teams, None);
    let claims: serde_json::Value = serde_json::from_str(&claimed.subject.claims)?;
    assert_eq!(claims["sub"], "alice");
    for of_the_token in ["aud", "exp", "iat", "nonce", "at_hash"] {
        assert!(claims.get(of_the_token).is_none(), "{of_the_token}");
    }
    Ok(())
}

#[tokio::test]
async fn a_code_is_good_once() -> Outcome {
    let provider = provider();
    let open_id = open_id(&settings(provider.issuer()));
    let code = code(&open_id, &mut Visitor::default(), "alice").await?;
    open_id.redeem(&code, NONCE, VERIFIER).await?;
    refused(open_id.redeem(&code, NONCE, VERIFIER).await, "invalid_grant");
    refused(open_id.redeem("made up", NONCE, VERIFIER).await, "invalid_grant");
    Ok(())
}

#[tokio::test]
async fn a_code_of_another_login_is_refused() -> Outcome {
    let provider = provider();
    let open_id = open_id(&settings(provider.issuer()));
    let mut alice = Visitor::default();
    let other = VERIFIER.replace('0', "1");
    refused(open_id.redeem(&code(&open_id, &mut alice, "alice").await?, NONCE, &other).await, "invalid_grant");
    refused(open_id.redeem(&code(&open_id, &mut alice, "alice").await?, NONCE, "short").await, "PKCE");
    let other = NONCE.replace('0', "1");
    refused(open_id.redeem(&code(&open_id, &mut alice, "alice").await?, &other, VERIFIER).await, "nonce");
    Ok(())
}

#[tokio::test]
async fn a_code_of_another_client_is_refused() -> Outcome {
    let client = |id: &str| json!({"client_id": id, "client_secret": SECRET, "redirect_uris": [REDIRECT]});
    let provider =
        OpenIdProvider::start_with(&json!({"clients": [client(CLIENT), client("other")], "accounts": {"alice": {}}}));
    let ours = open_id(&settings(provider.issuer()));
    let mut others = settings(provider.issuer());
    others.client_id = "other".to_owned();
    let code = code(&open_id(&others), &mut Visitor::default(), "alice").await?;
    refused(ours.redeem(&code, NONCE, VERIFIER).await, "invalid_grant");
    Ok(())
}

#[tokio::test]
async fn a_client_is_known_by_its_secret_in_each_way_and_without_one() -> Outcome {
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        let mut client =
            json!({"client_id": CLIENT, "redirect_uris": [REDIRECT], "token_endpoint_auth_method": method});
        let has_secret = method != "none";
        if has_secret {
            client["client_secret"] = json!(SECRET);
        }
        let asked = json!({"clients": [client], "accounts": {"alice": {}}, "client_auth_methods": [method]});
        let provider = OpenIdProvider::start_with(&asked);
        let mut settings = settings(provider.issuer());
        settings.client_secret = settings.client_secret.filter(|_| has_secret);
        assert_eq!(log_in(&open_id(&settings), "alice").await?.subject.subject.as_ref(), "alice", "{method}");
        if has_secret {
            settings.client_secret = Some("wrong".to_owned().into());
            refused(log_in(&open_id(&settings), "alice").await, "invalid_client");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_secret_is_sent_the_way_that_is_announced() -> Outcome {
    for (methods, in_body) in [
        (json!(null), false),
        (json!(["client_secret_basic", "client_secret_post"]), false),
        (json!(["private_key_jwt", "client_secret_post"]), true),
    ] {
        let liar = Liar::start(running_clock());
        let mut metadata = liar.metadata();
        metadata["token_endpoint_auth_methods_supported"] = methods;
        liar.says("/.well-known/openid-configuration", Answer::Json(metadata));
        open_id(&settings(&liar.issuer)).redeem("code", NONCE, VERIFIER).await?;
        let request = liar.last_asked();
        assert!(request.contains("code=code") && request.contains(&format!("code_verifier={VERIFIER}")), "{request}");
        assert_eq!(request.contains("client_secret="), in_body, "{request}");
        assert_eq!(request.to_lowercase().contains("authorization: basic"), !in_body, "{request}");
    }
    Ok(())
}

#[tokio::test]
async fn who_cancels_comes_back_with_an_error() -> Outcome {
    let provider = provider();
    let open_id = open_id(&settings(provider.issuer()));
    let back = Visitor::default().cancel_at(&open_id.authorization_url(&ASK).await?);
    assert_eq!(parameter(&back, "error"), "access_denied");
    assert_eq!(parameter(&back, "state"), STATE);
    Ok(())
}

#[tokio::test]
async fn a_person_is_asked_again_where_that_is_asked_for() -> Outcome {
    let mut provider = provider();
    let open_id = open_id(&settings(provider.issuer()));
    let mut alice = Visitor::default();
    // The provider's clock decides what a fresh login is.
    let start = running_clock();
    provider.stop_clock(start);
    let first = code(&open_id, &mut alice, "alice").await?;
    assert_eq!(open_id.redeem(&first, NONCE, VERIFIER).await?.subject.subject.as_ref(), "alice");
    provider.stop_clock(start + 30);
    // She is logged in there: whom the form would name does not matter.
    let again = code(&open_id, &mut alice, "nobody").await?;
    assert_eq!(open_id.redeem(&again, NONCE, VERIFIER).await?.subject.subject.as_ref(), "alice");
    let asked =
        open_id.authorization_url(&bimgate::auth::oidc::AuthorizationParams { prompt_login: true, ..ASK }).await?;
    assert_eq!((parameter(&asked, "prompt"), parameter(&asked, "max_age")), ("login".to_owned(), "5".to_owned()));
    let fresh = parameter(&alice.log_in_at(&asked, "alice"), "code");
    let fresh = open_id.redeem(&fresh, NONCE, VERIFIER).await?;
    assert_eq!(fresh.auth_time.map(bimgate::domain::Timestamp::seconds), Some(start + 30));
    Ok(())
}

#[tokio::test]
async fn a_person_can_be_logged_out_there() -> Outcome {
    let provider = provider();
    let open_id = open_id(&settings(provider.issuer()));
    let url = open_id.end_session_url(&Url::parse(REDIRECT)?, None).await.ok_or("no URL")?;
    assert!(url.as_str().starts_with(provider.issuer()), "{url}");
    assert_eq!(parameter(&url, "client_id"), CLIENT);
    assert_eq!(parameter(&url, "post_logout_redirect_uri"), REDIRECT);
    // Not every provider offers it, and what a browser would take for something else is no offer.
    let liar = Liar::start(running_clock());
    for endpoint in [json!(null), json!("javascript:alert(1)")] {
        let mut metadata = liar.metadata();
        metadata["end_session_endpoint"] = endpoint;
        liar.says("/.well-known/openid-configuration", Answer::Json(metadata));
        assert_eq!(self::open_id(&settings(&liar.issuer)).end_session_url(&Url::parse(REDIRECT)?, None).await, None);
    }
    Ok(())
}

/// Seconds since the epoch.
fn running_clock() -> u64 {
    use bimgate::clock::{Clock as _, SystemClock};
    SystemClock.now().seconds()
}
