//! What the provider tells about itself: OpenID Connect Discovery 1.0, and its keys.

use std::sync::Arc;
use std::time::Duration;

use openidconnect::core::{CoreClient, CoreClientAuthMethod, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{
    AuthType, ClientId, ClientSecret, DiscoveryError, EndSessionUrl, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IssuerUrl, ProviderMetadataWithLogout, RedirectUrl,
};
use tokio::sync::Mutex;
use tokio::time::timeout;
use url::Url;

use super::calls::{CallError, Calls, PATIENCE};
use super::{OpenId, OpenIdError, for_log};
use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::settings::OpenIdSettings;

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The provider as it described itself.
pub(super) struct Provider {
    pub(super) client: Client,
    issuer: IssuerUrl,
    pub(super) keys: CoreJsonWebKeySet,
    /// What it says it signs ID tokens with.
    pub(super) algorithms: Vec<CoreJwsSigningAlgorithm>,
    pub(super) userinfo: Option<Url>,
    pub(super) end_session: Option<EndSessionUrl>,
}

impl Provider {
    pub(super) fn issuer(&self) -> &IssuerUrl {
        &self.issuer
    }
}

/// Asks the provider about itself, and remembers the answer. One asks at a time; who comes meanwhile waits for that
/// answer.
pub(super) struct Discovery {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    redirect_uri: RedirectUrl,
    calls: Calls,
    clock: Arc<dyn Clock>,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    answer: Option<(Timestamp, Result<Arc<Provider>, OpenIdError>)>,
    /// Something has failed since.
    doubted: bool,
    /// When a key was asked for that was not known.
    new_keys: Option<Timestamp>,
}

impl Discovery {
    /// How often a provider that failed is asked again.
    const RETRY: Duration = Duration::from_secs(1);
    /// How often keys may be asked for out of turn, since anybody may make up the name of a key.
    pub(super) const KEYS_EVERY: Duration = Duration::from_secs(30);

    pub(super) fn new(
        settings: &OpenIdSettings,
        redirect_uri: Url,
        calls: Calls,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenIdError> {
        let issuer = settings.issuer.clone().unwrap_or_default();
        let issuer = IssuerUrl::new(issuer).map_err(|error| OpenIdError::Unavailable(format!("issuer: {error}")))?;
        Ok(Self {
            issuer,
            client_id: ClientId::new(settings.client_id.clone()),
            client_secret: settings.client_secret.as_ref().map(|secret| ClientSecret::new(secret.reveal().to_owned())),
            redirect_uri: RedirectUrl::from_url(redirect_uri),
            calls,
            clock,
            last: Mutex::default(),
        })
    }

    /// The provider, asked within the last [`OpenId::FRESH`].
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

    /// The provider with other keys than `than` has, if there may be some and it is not too early to ask again.
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

    /// Something failed: whoever comes next asks anew.
    pub(super) async fn doubt(&self) {
        let mut last = self.last.lock().await;
        last.doubted = matches!(last.answer, Some((_, Ok(_))));
    }

    async fn ask(&self, last: &mut Last) -> Result<Arc<Provider>, OpenIdError> {
        let answer = timeout(PATIENCE, self.discover()).await.unwrap_or_else(|_| {
            Err(OpenIdError::Unavailable(format!("no answer to discovery within {} s", PATIENCE.as_secs())))
        });
        let answer = match (answer, &last.answer) {
            // One that has enough to do is there: nobody need stay out for what it told before.
            (Err(OpenIdError::Busy(_)), Some((_, Ok(known)))) => Ok(Arc::clone(known)),
            (answer, _) => answer.map(Arc::new),
        };
        last.doubted = false;
        last.answer = Some((self.clock.now(), answer.clone()));
        answer
    }

    async fn discover(&self) -> Result<Provider, OpenIdError> {
        let found = ProviderMetadataWithLogout::discover_async(self.issuer.clone(), &self.calls).await;
        let metadata = found.map_err(of_discovery)?;
        // People are sent there: to no script, and not to where TLS ends.
        let scheme = self.issuer.url().scheme();
        let endpoint = metadata.authorization_endpoint().url();
        if endpoint.scheme() != scheme {
            let what = format!("people would be sent to {endpoint}, by another scheme than the issuer's");
            return Err(OpenIdError::Unavailable(for_log(&what)));
        }
        if metadata.token_endpoint().is_none() {
            return Err(OpenIdError::Unavailable("it has no token endpoint".to_owned()));
        }
        let end_session = &metadata.additional_metadata().end_session_endpoint;
        let methods = metadata.token_endpoint_auth_methods_supported();
        let auth_type = auth_type(methods.map_or(&[], Vec::as_slice));
        Ok(Provider {
            issuer: self.issuer.clone(),
            keys: metadata.jwks().clone(),
            algorithms: metadata.id_token_signing_alg_values_supported().clone(),
            userinfo: metadata.userinfo_endpoint().map(|endpoint| endpoint.url().clone()),
            end_session: end_session.clone().filter(|endpoint| endpoint.url().scheme() == scheme),
            client: Client::from_provider_metadata(metadata, self.client_id.clone(), self.client_secret.clone())
                .set_redirect_uri(self.redirect_uri.clone())
                .set_auth_type(auth_type),
        })
    }
}

/// Whether `now` is less than `span` after `at`. A clock that was set back ends it.
fn within(at: Timestamp, now: Timestamp, span: Duration) -> bool {
    at <= now && now.since(at) < span
}

/// `client_secret_basic`, which is also what a provider means that announces nothing, unless it takes only the other.
fn auth_type(announced: &[CoreClientAuthMethod]) -> AuthType {
    let takes = |method| announced.contains(&method);
    if takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic) {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    }
}

fn of_discovery(error: DiscoveryError<CallError>) -> OpenIdError {
    match error {
        DiscoveryError::Request(error) => error.into(),
        DiscoveryError::Parse(error) => OpenIdError::Unavailable(for_log(&format!("discovery: {error}"))),
        other => OpenIdError::Unavailable(for_log(&other.to_string())),
    }
}
