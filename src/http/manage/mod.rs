//! `/manage/v1`: what operators do, on the Unix socket of the data folder and on `manage.listen`; see
//! `docs/api/management.md`.
//!
//! A handler reads path, query and body into an [`admin::Request`](crate::admin::Request) and has it executed. Nothing
//! is done here that a command without a server could not do as well.

pub mod backup;
mod body;
mod operator;

pub mod app_passwords;
pub mod events;
pub mod hold;
pub mod import;
pub mod licenses;
pub mod links;
pub mod redirect_urls;
pub mod second_factor;
pub mod sessions;
pub mod sign_ons;
pub mod signing_keys;
pub mod status;
pub mod subjects;
pub mod throttle;
pub mod tokens;
pub mod upstream;
pub mod users;
mod version;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use arc_swap::ArcSwap;
use serde::Deserialize;
use tokio::sync::mpsc::Sender;
use utoipa::IntoParams;

use crate::admin::{KeyMaker, MAX_PAGE, ROOT};
use crate::clock::Clock;
use crate::domain::TokenDigest;
use crate::mail::Mailer;
use crate::settings::Setting;
use crate::store::Store;

/// What the handlers of one worker thread work with.
pub struct Management {
    /// The worker's own handle of the store.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Makes signing keys.
    pub keys: Arc<KeyMaker>,
    /// How many app passwords one person may have.
    pub app_passwords: usize,
    /// Sends mail, if the server does.
    pub mailer: Option<Arc<Mailer>>,
    /// The settings in force.
    pub settings: Arc<ArcSwap<Vec<Setting>>>,
    /// Where to tell that an API token is used.
    pub uses: Sender<TokenDigest>,
}

/// Whether a path is below the root.
pub fn is_below(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Which part of a list is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next` of the part before.
    #[serde(default, deserialize_with = "crate::http::extract::query::text")]
    after: Option<String>,
    /// How many at the most; 100 if absent, never more than 1000.
    #[serde(default, deserialize_with = "crate::http::extract::query::number")]
    #[param(value_type = Option<u32>, minimum = 1)]
    limit: Option<usize>,
}

impl PageQuery {
    /// How many are wanted where nothing is said.
    const USUAL: usize = 100;

    fn limit(&self) -> usize {
        self.limit.unwrap_or(Self::USUAL).clamp(1, MAX_PAGE)
    }
}
