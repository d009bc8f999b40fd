//! The keys that sign bearers.

use std::sync::Arc;

use super::{AdminError, Answer, KeyView, Response};
use crate::auth::Throttles;
use crate::bearer::{Bearers, KeyError, Sealer, SecretError, retention, rotate, start_over};
use crate::domain::Timestamp;
use crate::events::HeadKey;
use crate::settings::Settings;
use crate::store::{Store, data_folder};

/// The maker of signing keys, which knows the secret that seals their private halves, and what else is made of that.
pub enum KeyMaker {
    /// The running server, which signs with a new key as soon as it may, and its settings.
    Running(Arc<Bearers>, Box<Settings>),
    /// A command. It reads the secret that the settings name when it makes a key.
    Settings(Box<Settings>),
}

impl KeyMaker {
    /// The key that heads of the events are sealed with; `None` if the secret cannot be read here.
    pub(super) fn heads(&self) -> Option<HeadKey> {
        match self {
            Self::Running(bearers, _) => Some(HeadKey::new(&bearers.secret())),
            Self::Settings(settings) => sealer(settings).ok().map(|sealer| HeadKey::new(&sealer.secret())),
        }
    }

    /// The throttle, whose buckets are named with a key that is made of the secret.
    pub(super) fn throttles(&self) -> Result<Throttles, SecretError> {
        let digests = match self {
            Self::Running(bearers, _) => bearers.digests().clone(),
            Self::Settings(settings) => {
                // Where no secret was ever made, no server has taken from a bucket: any key finds them full.
                let folder = data_folder(&settings.store);
                let folder = folder.filter(|folder| Sealer::is_there(&settings.signing, Some(folder)));
                Sealer::of(&settings.signing, folder)?.digests().clone()
            }
        };
        Ok(Throttles::new(self.settings().throttle.clone(), digests))
    }

    /// The settings in force.
    pub(super) const fn settings(&self) -> &Settings {
        match self {
            Self::Running(_, settings) | Self::Settings(settings) => settings,
        }
    }

    pub(super) async fn rotate(&self, store: &dyn Store, now: Timestamp) -> Response {
        let made = match self {
            Self::Running(bearers, _) => bearers.rotate(now).await,
            Self::Settings(settings) => rotate(store, &sealer(settings)?, retention(&settings.directory), now).await,
        };
        show(store, now, &made?).await
    }

    pub(super) async fn start_over(&self, store: &dyn Store, now: Timestamp) -> Response {
        let made = match self {
            Self::Running(bearers, _) => bearers.start_over(now).await,
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
