//! What the provider says about itself: OpenID Connect Discovery 1.0, and its keys.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jsonwebtoken::Algorithm;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::timeout;
use url::Url;

use super::keys::Keys;
use super::{CALL_TIMEOUT, Claims, OpenId, OpenIdError, for_log};
use crate::auth::PeerMetrics;
use crate::auth::calls::Calls;
use crate::clock::Clock;
use crate::domain::Timestamp;

/// The provider as it described itself.
pub(super) struct Provider {
    pub(super) authorization: Url,
    pub(super) token: Url,
    pub(super) userinfo: Option<Url>,
    pub(super) end_session: Option<Url>,
    pub(super) keys: Keys,
    /// The algorithms by which it signs ID tokens, as far as we verify them: none with a shared secret.
    pub(super) algorithms: Vec<Algorithm>,
    /// Whether the client's secret goes into the form, not into the header.
    pub(super) secret_in_form: bool,
}

/// Asks the provider about itself, and remembers the answer. One call asks at a time; others wait for its answer.
pub(super) struct Discovery {
    issuer: String,
    calls: Calls,
    clock: Arc<dyn Clock>,
    metrics: PeerMetrics,
    last: Mutex<Last>,
    /// The last good answer, and when it came: read without a lock.
    known: ArcSwapOption<(Timestamp, Arc<Provider>)>,
}

#[derive(Default)]
struct Last {
    answer: Option<(Timestamp, Result<Arc<Provider>, OpenIdError>)>,
    /// Whether something has failed since.
    doubted: bool,
    /// When an unknown key made us ask.
    new_keys: Option<Timestamp>,
}

impl Discovery {
    /// How often to ask a provider that failed.
    const RETRY: Duration = Duration::from_secs(1);
    /// How long its keys are used for a check before it is asked again.
    const KEYS_FRESH: Duration = Duration::from_secs(300);
    /// How long they are used while it does not answer.
    const KEYS_KEPT: Duration = Duration::from_secs(3600);
    /// How often unknown keys may make us ask, since anybody can make up the name of a key.
    pub(super) const KEYS_EVERY: Duration = Duration::from_secs(30);

    pub(super) fn new(issuer: String, calls: Calls, clock: Arc<dyn Clock>, metrics: PeerMetrics) -> Self {
        Self { issuer, calls, clock, metrics, last: Mutex::default(), known: ArcSwapOption::empty() }
    }

    /// The provider, from an answer of the last [`OpenId::FRESH`].
    pub(super) async fn current(&self) -> Result<Arc<Provider>, OpenIdError> {
        let mut last = self.last.lock().await;
        if let Some((at, answer)) = &last.answer
            && !last.doubted
        {
            let good_for = if answer.is_ok() { OpenId::FRESH } else { Self::RETRY };
            if within(*at, self.clock.now(), good_for) {
                return answer.clone();
            }
        }
        self.ask(&mut last).await
    }

    /// The provider, for its keys: from an answer of the last [`Self::KEYS_FRESH`]; an older one while another asks or the
    /// provider does not answer, up to [`Self::KEYS_KEPT`].
    pub(super) async fn known(&self) -> Result<Arc<Provider>, OpenIdError> {
        let now = self.clock.now();
        let known =
            |span| self.known.load().as_deref().filter(|(at, _)| within(*at, now, span)).map(|(_, p)| p.clone());
        if let Some(provider) = known(Self::KEYS_FRESH) {
            return Ok(provider);
        }
        match (known(Self::KEYS_KEPT), self.last.try_lock()) {
            (Some(provider), Err(_)) => Ok(provider),
            (older, Ok(last)) => {
                drop(last);
                self.current().await.or_else(|error| older.ok_or(error))
            }
            (None, Err(_)) => self.current().await,
        }
    }

    /// The provider with newer keys than those of `than`, if there are some and it is not too early to ask again.
    pub(super) async fn newer_keys(&self, than: &Arc<Provider>) -> Result<Option<Arc<Provider>>, OpenIdError> {
        let mut last = self.last.lock().await;
        if let Some((_, Ok(provider))) = &last.answer
            && !Arc::ptr_eq(provider, than)
        {
            return Ok(Some(provider.clone()));
        }
        let now = self.clock.now();
        if last.new_keys.is_some_and(|at| within(at, now, Self::KEYS_EVERY)) {
            return Ok(None);
        }
        last.new_keys = Some(now);
        self.ask(&mut last).await.map(Some)
    }

    /// Notes a failure: the next call asks anew.
    pub(super) async fn doubt(&self) {
        let mut last = self.last.lock().await;
        last.doubted = matches!(last.answer, Some((_, Ok(_))));
    }

    async fn ask(&self, last: &mut Last) -> Result<Arc<Provider>, OpenIdError> {
        let answer = async {
            timeout(CALL_TIMEOUT, self.discover()).await.unwrap_or_else(|_| {
                Err(OpenIdError::Unavailable(format!("no answer to discovery within {} s", CALL_TIMEOUT.as_secs())))
            })
        };
        let answer = self.metrics.watch(answer, OpenIdError::is_unavailable).await;
        let answer = match (answer, &last.answer) {
            // A busy provider is there: what it said before is good enough.
            (Err(OpenIdError::Busy(_)), Some((_, Ok(known)))) => Ok(Arc::clone(known)),
            (answer, _) => answer.map(Arc::new),
        };
        last.doubted = false;
        if let Ok(provider) = &answer {
            self.known.store(Some(Arc::new((self.clock.now(), Arc::clone(provider)))));
        }
        last.answer = Some((self.clock.now(), answer.clone()));
        answer
    }

    async fn discover(&self) -> Result<Provider, OpenIdError> {
        let place = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let place = Url::parse(&place).map_err(|error| OpenIdError::Unavailable(format!("issuer: {error}")))?;
        let told = self.calls.object(self.calls.get(&place)).await?;
        let issuer = told.get("issuer").and_then(Value::as_str).unwrap_or_default();
        if issuer != self.issuer {
            let what = format!("unexpected issuer: it says that it is {issuer:?} and not {:?}", self.issuer);
            return Err(OpenIdError::Unavailable(for_log(&what)));
        }
        let scheme = place.scheme();
        let authorization = needed(&told, "authorization_endpoint", scheme)?;
        let token = needed(&told, "token_endpoint", scheme)?;
        let keys = self.calls.object(self.calls.get(&needed(&told, "jwks_uri", scheme)?)).await?;
        let keys = Keys::read(&keys).ok_or_else(|| OpenIdError::Unavailable("it publishes no list of keys".into()))?;
        let optional = |name| endpoint(&told, name).filter(|url| url.scheme() == scheme);
        Ok(Provider {
            authorization,
            token,
            userinfo: optional("userinfo_endpoint"),
            end_session: optional("end_session_endpoint"),
            keys,
            algorithms: algorithms(&told),
            secret_in_form: secret_in_form(&told),
        })
    }
}

/// An endpoint that every login needs. People and secrets are sent there, so it is no script, and it has TLS if the
/// issuer has it.
fn needed(told: &Claims, name: &str, scheme: &str) -> Result<Url, OpenIdError> {
    match endpoint(told, name) {
        Some(url) if url.scheme() == scheme => Ok(url),
        Some(url) => {
            Err(OpenIdError::Unavailable(for_log(&format!("its {name} is {url}, of another scheme than the issuer's"))))
        }
        None => Err(OpenIdError::Unavailable(format!("it tells no {name} that is a URL"))),
    }
}

fn endpoint(told: &Claims, name: &str) -> Option<Url> {
    told.get(name).and_then(Value::as_str).and_then(|url| Url::parse(url).ok())
}

/// The texts in a list; `None` if there is no list.
fn texts<'a>(told: &'a Claims, name: &str) -> Option<impl Iterator<Item = &'a str>> {
    told.get(name).and_then(Value::as_array).map(|list| list.iter().filter_map(Value::as_str))
}

/// The announced algorithms that need no shared secret. RS256 if none are announced, since every provider must support
/// it (OpenID Connect Discovery 1.0, section 3).
fn algorithms(told: &Claims) -> Vec<Algorithm> {
    let Some(announced) = texts(told, "id_token_signing_alg_values_supported") else { return vec![Algorithm::RS256] };
    let known = announced.filter_map(|name| name.parse().ok());
    known.filter(|known| !matches!(known, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512)).collect()
}

/// Only if the provider accepts nothing else: one that announces nothing means `client_secret_basic`.
fn secret_in_form(told: &Claims) -> bool {
    let methods = || texts(told, "token_endpoint_auth_methods_supported").into_iter().flatten();
    methods().any(|method| method == "client_secret_post") && !methods().any(|method| method == "client_secret_basic")
}

/// Whether `now` is less than `span` after `at`. A clock that was set back ends it.
fn within(at: Timestamp, now: Timestamp, span: Duration) -> bool {
    at <= now && now.since(at) < span
}
