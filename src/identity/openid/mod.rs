//! The OpenID Connect provider: discovery, authorization code flow with PKCE, and what its claims mean here.
//!
//! The provider may be down when the server starts, and at any time later: everything here asks for it anew, and says
//! so when there is none. What it sends is believed only as far as it is proven: see [`OpenId::redeem`].

use std::sync::Arc;

use openidconnect::core::{CoreAuthPrompt, CoreAuthenticationFlow, CoreTokenResponse};
use openidconnect::{
    AuthorizationCode, CsrfToken, ErrorResponse, LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, PostLogoutRedirectUrl, RequestTokenError, Scope, TokenResponse as _,
};
use serde_json::{Map, Value};
use url::Url;

use crate::clock::Clock;
use crate::settings::OpenIdSettings;

mod calls;
mod claims;
mod discovery;
mod id_token;

use calls::{CallError, Calls};
pub use claims::Claimed;
use claims::Mapping;
use discovery::{Discovery, Provider};
use id_token::{Expected, Unproven};

/// The configured provider. Shared by all who log people in; cheap to ask, for what it tells about itself is kept for
/// [`OpenId::FRESH`].
pub struct OpenId {
    discovery: Discovery,
    calls: Calls,
    scopes: Vec<Scope>,
    mapping: Mapping,
    clock: Arc<dyn Clock>,
}

/// What one login asks the provider. Each value is 43 to 128 characters of those that a URL takes as they are.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// Comes back with the person.
    pub state: &'a str,
    /// Comes back in the ID token.
    pub nonce: &'a str,
    /// The PKCE verifier (RFC 7636); its digest is sent.
    pub verifier: &'a str,
    /// Whether the provider must have the person prove who they are, also if they are logged in there.
    pub prompt_login: bool,
}

/// Why the provider proved nobody. What is told is for the log: it is never shown to whoever logs in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenIdError {
    /// There is no provider to ask: it cannot be reached, is not the one that is configured, or answers nonsense. Worth
    /// trying again.
    #[error("the identity provider is unavailable: {0}")]
    Unavailable(String),
    /// It is there, but has enough to do: it says so (429), or as many calls to it are under way as may be. Says nothing
    /// about anybody else's login.
    #[error("the identity provider has enough to do: {0}")]
    Busy(String),
    /// The provider refused the code, or what it sent is no proof.
    #[error("the identity provider's answer is refused: {0}")]
    Refused(String),
}

impl OpenId {
    /// How long what the provider tells about itself (its endpoints, its keys) is believed without asking again, and so
    /// how long it may be gone before a login that begins notices.
    pub const FRESH: std::time::Duration = std::time::Duration::from_secs(10);

    /// Sets it up. Does not call the provider, which may not be there yet.
    ///
    /// # Errors
    /// [`OpenIdError::Unavailable`]: the settings name no provider that could ever be asked, or certificate authorities
    /// that cannot be read.
    pub fn new(settings: &OpenIdSettings, redirect_uri: Url, clock: Arc<dyn Clock>) -> Result<Self, OpenIdError> {
        let calls = Calls::new(settings)?;
        let discovery = Discovery::new(settings, redirect_uri, calls.clone(), clock.clone())?;
        let scopes = settings.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new).collect();
        Ok(Self { discovery, calls, scopes, mapping: Mapping::of(settings), clock })
    }

    /// Where to send the person. Takes at most 5 s.
    ///
    /// # Errors
    /// [`OpenIdError::Unavailable`].
    pub async fn authorization_url(&self, ask: &Ask<'_>) -> Result<Url, OpenIdError> {
        let provider = self.discovery.current().await?;
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&pkce_verifier(ask.verifier)?);
        let (state, nonce) = (CsrfToken::new(ask.state.to_owned()), Nonce::new(ask.nonce.to_owned()));
        let mut request = provider
            .client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce)
            .add_scopes(self.scopes.iter().cloned())
            .set_pkce_challenge(challenge);
        if ask.prompt_login {
            // Some providers know only one of the two; with the second the ID token must say when the login was.
            request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(std::time::Duration::ZERO);
        }
        Ok(request.url().0)
    }

    /// Exchanges the code that the person came back with for who they are.
    ///
    /// Believed is an ID token that is signed, by one of the provider's keys and an asymmetric algorithm that it
    /// announces; issued by the configured issuer to this client and no other; within its time, give or take 60 s by our
    /// clock; with the nonce of this login (OpenID Connect Core 1.0, section 3.1.3.7). A key that is not known is
    /// asked for once, but not more often than every [`Discovery::KEYS_EVERY`]. Claims that the token lacks are asked
    /// of the userinfo endpoint, whose answer must be about the same person.
    ///
    /// Takes at most 20 s: 5 for each thing that the provider is asked.
    ///
    /// # Errors
    /// [`OpenIdError`].
    pub async fn redeem(&self, code: &str, nonce: &str, verifier: &str) -> Result<Claimed, OpenIdError> {
        let redeemed = self.try_redeem(code, nonce, verifier).await;
        if let Err(OpenIdError::Unavailable(_)) = redeemed {
            self.discovery.doubt().await;
        }
        redeemed
    }

    async fn try_redeem(&self, code: &str, nonce: &str, verifier: &str) -> Result<Claimed, OpenIdError> {
        let provider = self.discovery.current().await?;
        let tokens = self.exchange(&provider, code, pkce_verifier(verifier)?).await?;
        let id_token = tokens.id_token().ok_or_else(|| OpenIdError::Refused("there is no ID token".to_owned()))?;
        let expected = Expected { nonce, now: self.clock.now() };
        let mut proven = id_token::verify(id_token, &provider, &expected);
        if let Err(Unproven::UnknownKey) = proven
            && let Some(provider) = self.discovery.newer_keys(&provider).await?
        {
            proven = id_token::verify(id_token, &provider, &expected);
        }
        let mut claims = proven.map_err(|unproven| OpenIdError::Refused(unproven.to_string()))?;
        let subject = self.mapping.subject(&claims)?;
        if let Some(url) = provider.userinfo.as_ref().filter(|_| self.mapping.lacks_some(&claims)) {
            let more = self.calls.userinfo(url, tokens.access_token()).await?;
            claims = claims::completed(claims, more)?;
        }
        Ok(self.mapping.read(provider.issuer(), subject, claims))
    }

    async fn exchange(
        &self,
        provider: &Provider,
        code: &str,
        verifier: PkceCodeVerifier,
    ) -> Result<CoreTokenResponse, OpenIdError> {
        let request = provider.client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let request = request.map_err(|error| OpenIdError::Unavailable(error.to_string()))?;
        request.set_pkce_verifier(verifier).request_async(&self.calls).await.map_err(of_exchange)
    }

    /// Where to send the person to be logged out of the provider too, and from there to `post_logout_redirect`, which
    /// must be registered at the provider. `None`: the provider offers no such thing, or cannot be asked.
    pub async fn end_session_url(&self, post_logout_redirect: &Url) -> Option<Url> {
        let provider = self.discovery.current().await.ok()?;
        let request = LogoutRequest::from(provider.end_session.clone()?)
            .set_client_id(provider.client.client_id().clone())
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::from_url(post_logout_redirect.clone()));
        Some(request.http_get_url())
    }
}

/// The library refuses others by a panic.
fn pkce_verifier(verifier: &str) -> Result<PkceCodeVerifier, OpenIdError> {
    if (43..=128).contains(&verifier.len()) {
        return Ok(PkceCodeVerifier::new(verifier.to_owned()));
    }
    Err(OpenIdError::Refused("a PKCE verifier must be 43 to 128 characters long".to_owned()))
}

/// Never with what the provider sent as a whole: there are tokens in it.
fn of_exchange<T: ErrorResponse>(error: RequestTokenError<CallError, T>) -> OpenIdError {
    match error {
        RequestTokenError::Request(error) => error.into(),
        RequestTokenError::ServerResponse(said) => OpenIdError::Refused(for_log(&said.to_string())),
        RequestTokenError::Parse(error, _) => {
            OpenIdError::Refused(format!("the token response is wrong at {}", for_log(&error.path().to_string())))
        }
        RequestTokenError::Other(said) => OpenIdError::Refused(for_log(&said)),
    }
}

/// Somebody else's words: on one line, and not too many.
fn for_log(said: &str) -> String {
    said.chars().take(300).flat_map(char::escape_debug).collect()
}

/// Claims as they were sent.
type Claims = Map<String, Value>;
