//! `ApiTokens`.

use bimgate::domain::{ApiToken, ApiTokenDirectory, Scope, Scopes, TokenDigest};
use futures_util::future::join_all;

use crate::backend::Backend;

fn token(backend: &dyn Backend, name: &str) -> ApiToken {
    let scopes = Scopes::of(&[Scope::Users, Scope::Sessions]);
    let (made, name) = (backend.now(), name.into());
    ApiToken {
        name,
        digest: TokenDigest(uuid::Uuid::new_v4().into_bytes()),
        scopes,
        made,
        expires: Some(made),
        used: None,
    }
}

on_every_backend!(api_tokens_are_kept_as_they_were_stored, |backend| {
    assert_eq!(backend.store().api_tokens().await?, ApiTokenDirectory::default());
    let mut directory = ApiTokenDirectory::default();
    for version in 0..3 {
        directory.version = version;
        directory.tokens.push(token(backend, &version.to_string()));
        assert!(backend.store().replace_api_tokens(&directory).await?);
        let stored = backend.second_server().api_tokens().await?;
        assert_eq!(stored, ApiTokenDirectory { version: version + 1, tokens: directory.tokens.clone() });
    }
    for version in [0, 1, 2, 4] {
        assert!(
            !backend.store().replace_api_tokens(&ApiTokenDirectory { version, tokens: Vec::new() }).await?,
            "{version}"
        );
    }
    assert_eq!(backend.store().api_tokens().await?.tokens, directory.tokens);
    Ok(())
});

on_every_backend!(of_simultaneous_replacements_of_the_api_tokens_one_wins, |backend| {
    for version in 0..3 {
        let replacements = (0..32).map(|turn| {
            let store = backend.server(turn);
            let directory = ApiTokenDirectory { version, tokens: vec![token(backend, &turn.to_string())] };
            tokio::spawn(async move { (store.replace_api_tokens(&directory).await, directory.tokens) })
        });
        let mut won = Vec::new();
        for replacement in join_all(replacements).await {
            let (replaced, tokens) = replacement?;
            won.extend(replaced?.then_some(tokens));
        }
        assert_eq!(won.len(), 1);
        assert_eq!(backend.second_server().api_tokens().await?.tokens, won[0]);
    }
    Ok(())
});
