//! `SigningKeys`.

use bimgate::domain::{KeyRing, SealedKey};
use futures_util::future::join_all;

use crate::backend::Backend;

fn key(backend: &dyn Backend, id: &str) -> SealedKey {
    let made = backend.now();
    let (public, sealed) = ([1, 0, 255].repeat(90).into(), [0, 13, 10].repeat(400).into());
    SealedKey { id: id.into(), public, sealed, made, signs_from: made }
}

on_every_backend!(a_key_ring_is_kept_as_it_was_stored, |backend| {
    assert_eq!(backend.store().key_ring().await?, KeyRing::default());
    let mut ring = KeyRing::default();
    for version in 0..3 {
        ring.version = version;
        ring.keys.push(key(backend, &version.to_string()));
        assert!(backend.store().replace_key_ring(&ring).await?);
        let stored = backend.second_server().key_ring().await?;
        assert_eq!(stored, KeyRing { version: version + 1, keys: ring.keys.clone() });
    }
    for version in [0, 1, 2, 4] {
        let ring = KeyRing { version, keys: Vec::new() };
        assert!(!backend.store().replace_key_ring(&ring).await?, "{version}");
    }
    assert_eq!(backend.store().key_ring().await?.keys, ring.keys);
    Ok(())
});

on_every_backend!(of_simultaneous_replacements_of_a_key_ring_one_wins, |backend| {
    for version in 0..5 {
        let replacements = (0..32).map(|turn| {
            let store = backend.server(turn);
            let ring = KeyRing { version, keys: vec![key(backend, &format!("{version}-{turn}"))] };
            tokio::spawn(async move { (store.replace_key_ring(&ring).await, ring.keys) })
        });
        let mut won = Vec::new();
        for replacement in join_all(replacements).await {
            let (replaced, keys) = replacement?;
            won.extend(replaced?.then_some(keys));
        }
        assert_eq!(won.len(), 1);
        let stored = backend.second_server().key_ring().await?;
        assert_eq!((stored.version, &stored.keys), (version + 1, &won[0]));
    }
    Ok(())
});
