//! The keys that sign bearers.

use std::sync::Arc;

use super::{AdminError, Answer, KeyView, Response};
use crate::bearer::{Bearers, KeyError, Sealer, SecretError, retention, rotate, start_over};
use crate::domain::Timestamp;
use crate::events::HeadKey;
use crate::settings::Settings;
use crate::store::{Store, data_folder};

/// The maker of signing keys, which knows the secret that seals their private halves.
pub enum KeyMaker {
    /// The running server, which signs with a new key as soon as it may.
    Running(Arc<Bearers>),
    /// A command. It reads the secret that the settings name when it makes a key.
    Settings(Box<Settings>),
}

impl KeyMaker {
    /// The key that heads of the events are sealed with; `None` if the secret cannot be read here.
    pub(super) fn heads(&self) -> Option<HeadKey> {
        match self {
            Self::Running(bearers) => Some(HeadKey::new(&bearers.secret())),
            Self::Settings(settings) => sealer(settings).ok().map(|sealer| HeadKey::new(&sealer.secret())),
        }
    }

    pub(super) async fn rotate(&self, store: &dyn Store, now: Timestamp) -> Response {
        let made = match self {
            Self::Running(bearers) => bearers.rotate(now).await,
            Self::Settings(settings) => rotate(store, &sealer(settings)?, retention(&settings.directory), now).await,
        };
        show(store, now, &made?).await
    }

    pub(super) async fn start_over(&self, store: &dyn Store, now: Timestamp) -> Response {
        let made = match self {
            Self::Running(bearers) => bearers.start_over(now).await,
            Self::Settings(settings) => start_over(store, &sealer(settings)?, now).await,
        };
        show(store, now, &made?).await
    }
}

pub(super) async fn list(store: &dyn Store, now: Timestamp) -> Response {
    Ok(Answer::Keys(KeyView::of_ring(&store.key_ring().await?, now)))
}

async fn show(store: &dyn Store, now: Timestamp, kid: &str) -> Response {
    let keys = KeyView::of_ring(&store.key_ring().await?, now);
    let made = keys.into_iter().find(|key| key.kid == kid);
    made.map(Answer::Key).ok_or_else(|| KeyError::Contended.into())
}

fn sealer(settings: &Settings) -> Result<Sealer, SecretError> {
    Sealer::of(&settings.signing, data_folder(&settings.store))
}

impl From<KeyError> for AdminError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Store(error) => error.into(),
            error => Self::Keys(error.to_string()),
        }
    }
}

impl From<SecretError> for AdminError {
    fn from(error: SecretError) -> Self {
        Self::Keys(error.to_string())
    }
}
