//! What the claims of a provider come to mean.

use bimgate::auth::oidc::Claimed;
use bimgate::domain::{Account, Email, Profile, Subject};
use serde_json::{Value, json};

use crate::Outcome;
use crate::fixtures::{REDIRECT, log_in, open_id, settings};
use crate::support::openid_provider::{CLIENT, OpenIdProvider, SECRET};

/// A provider with these accounts, whose claims are in its ID tokens or else at its userinfo endpoint.
fn provider(accounts: &Value, in_id_token: bool) -> OpenIdProvider {
    let client = json!({"client_id": CLIENT, "client_secret": SECRET, "redirect_uris": [REDIRECT]});
    OpenIdProvider::start_with(&json!({"clients": [client], "accounts": accounts, "claims_in_id_token": in_id_token}))
}

#[tokio::test]
async fn an_address_is_verified_by_a_literal_true_only() -> Outcome {
    let with = |verified: Value| json!({"name": "A", "email": "A@Example.org", "email_verified": verified});
    let accounts = json!({
        "good": with(json!(true)), "false": with(json!(false)), "text": with(json!("true")), "null": with(json!(null)),
    });
    for in_id_token in [true, false] {
        let provider = provider(&accounts, in_id_token);
        let open_id = open_id(&settings(provider.issuer()));
        for account in ["good", "false", "text", "null"] {
            let claimed = log_in(&open_id, account).await?;
            assert_eq!(claimed.email, Email::new("a@example.org"));
            assert_eq!(claimed.email_verified, account == "good", "{account}, in the ID token: {in_id_token}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn claims_mean_what_the_settings_say() -> Outcome {
    let alice = json!({
        "oid": "7d0c", "preferred_username": "alice@corp.example", "name": "Alice\n", "email": "alice@example.org",
        "email_verified": true,
        "teams": ["blue", {"id": "r", "name": "red"}, {"id": "g"}, "", 7, {"name": "nobody's"}, "x".repeat(129)],
        // As one large provider sends it.
        "updated_at": "2026-11-22T10:00:00.000Z",
    });
    let provider = provider(&json!({"alice": alice}), true);
    let mut settings = settings(provider.issuer());
    settings.scopes.push("teams".to_owned());
    settings.subject_claim = "oid".to_owned();
    settings.teams_claim = Some("teams".to_owned());
    let claimed = log_in(&open_id(&settings), "alice").await?;
    assert_eq!(&*claimed.subject.subject, "7d0c");
    assert_eq!((claimed.email, claimed.email_verified), (Email::new("alice@example.org"), true));
    assert_eq!(claimed.name.as_deref(), Some("Alice"));
    let teams = claimed.teams.ok_or("no teams")?;
    let teams: Vec<_> = teams.iter().map(|team| (&*team.id, &*team.name)).collect();
    assert_eq!(teams, [("blue", "blue"), ("r", "red"), ("g", "g")]);
    // What is verified is the claim "email", and nothing else.
    settings.email_claim = Some("preferred_username".to_owned());
    let claimed = log_in(&open_id(&settings), "alice").await?;
    assert_eq!((claimed.email, claimed.email_verified), (Email::new("alice@corp.example"), false));
    (settings.email_claim, settings.name_claim, settings.teams_claim) = (None, None, None);
    let claimed = log_in(&open_id(&settings), "alice").await?;
    assert!(matches!(claimed, Claimed { email: None, email_verified: false, name: None, teams: None, .. }));
    settings.subject_claim = "employee".to_owned();
    crate::fixtures::refused(log_in(&open_id(&settings), "alice").await, "employee");
    Ok(())
}

#[tokio::test]
async fn what_is_kept_is_bounded() -> Outcome {
    let alice = json!({
        "name": "é".repeat(200), "picture": "p".repeat(5000), "teams": (0..100).map(|n| n.to_string()).collect::<Vec<_>>(),
    });
    let provider = provider(&json!({"alice": alice}), false);
    let mut settings = settings(provider.issuer());
    settings.scopes.push("teams".to_owned());
    settings.teams_claim = Some("teams".to_owned());
    let claimed = log_in(&open_id(&settings), "alice").await?;
    assert_eq!(claimed.name, Some("é".repeat(Account::MAX_NAME / 2)));
    assert_eq!(claimed.teams.map(|teams| teams.len()), Some(Profile::MAX_ENTRIES));
    assert!(claimed.subject.claims.len() <= Subject::MAX_CLAIMS);
    let kept: Value = serde_json::from_str(&claimed.subject.claims)?;
    assert_eq!((&kept["sub"], kept.get("picture"), kept["teams"].is_array()), (&json!("alice"), None, true));
    Ok(())
}
