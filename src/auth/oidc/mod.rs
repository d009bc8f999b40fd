//! The OpenID Connect provider: discovery, authorization code flow with PKCE, and what its claims mean here.
//!
//! The provider may be down when the server starts, and at any time later: every call asks for it anew, and fails if it
//! is not there. Only what it proves is believed, see [`OpenId::redeem`].

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::StatusCode;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use url::Url;
use url::form_urlencoded::{self, Serializer};

use super::calls::{CallError, Calls};
use super::{Peer, PeerMetrics};
use crate::clock::Clock;
use crate::domain::{ProviderSession, Timestamp};
use crate::error::ServiceError;
use crate::settings::{OpenIdSettings, Secret};

mod access_token;
mod claims;
mod discovery;
mod id_token;
mod jwt;
mod keys;
mod logout_token;

pub use claims::Claimed;
use claims::{Mapping, Told};
use discovery::{Discovery, Provider};
use id_token::Expected;
use jwt::Unproven;

/// How long one call may take, from the first packet to the last.
const CALL_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// The configured provider, shared by all logins. What it says about itself is kept for [`OpenId::FRESH`], so asking is
/// cheap.
pub struct OpenId {
    settings: OpenIdSettings,
    issuer: String,
    redirect_uri: Url,
    discovery: Discovery,
    calls: Calls,
    mapping: Mapping,
    clock: Arc<dyn Clock>,
    metrics: PeerMetrics,
}

/// The parameters of one login. Each value has 43 to 128 characters that need no escape in a URL.
#[derive(Clone, Copy)]
pub struct AuthorizationParams<'a> {
    /// Comes back with the person.
    pub state: &'a str,
    /// Comes back in the ID token.
    pub nonce: &'a str,
    /// The PKCE verifier (RFC 7636); its digest is sent.
    pub verifier: &'a str,
    /// Whether the provider must ask the person again even if they are logged in there.
    pub prompt_login: bool,
}

/// Whose an access token of the provider is.
#[derive(Clone, Debug)]
pub struct ProviderToken {
    /// The provider.
    pub issuer: String,
    /// Its name for the person.
    pub subject: String,
    /// Which of the configured audiences it is for.
    pub audience: String,
    /// When it was issued, by the provider's clock.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
}

/// What a provider says has ended there.
#[derive(Clone, Debug)]
pub struct LoggedOut {
    /// The provider.
    pub issuer: String,
    /// Its name for the person; `None`: whoever has that session.
    pub subject: Option<String>,
    /// Its name for the session; `None`: every session of the person.
    pub session: Option<ProviderSession>,
    /// When it says so, by its clock.
    pub issued: Timestamp,
}

/// Why the provider proved nobody. The details are for the log; the person never sees them.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenIdError {
    /// The provider cannot be reached, is not the configured one, or answers nonsense. Worth trying again.
    #[error("the identity provider is unavailable: {0}")]
    Unavailable(String),
    /// The provider is busy: it says so (429), or as many of our calls are running as may be. Other logins may succeed.
    #[error("the identity provider has enough to do: {0}")]
    Busy(String),
    /// The provider refused the code, or its answer is no proof.
    #[error("the identity provider's answer is refused: {0}")]
    Refused(String),
}

impl OpenIdError {
    /// Whether the provider could not be asked; else it said no.
    const fn is_unavailable(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }
}

impl From<OpenIdError> for ServiceError {
    fn from(error: OpenIdError) -> Self {
        match error {
            OpenIdError::Unavailable(cause) | OpenIdError::Busy(cause) => Self::ProviderUnavailable(cause),
            OpenIdError::Refused(cause) => Self::Unproven(cause),
        }
    }
}

impl From<CallError> for OpenIdError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Busy | CallError::Status { status: StatusCode::TOO_MANY_REQUESTS, .. } => {
                Self::Busy(error.into_cause())
            }
            other => Self::Unavailable(other.into_cause()),
        }
    }
}

impl OpenId {
    /// How long the provider's description (its endpoints, its keys) is used without asking again. So new logins may
    /// notice its absence this much later.
    pub const FRESH: std::time::Duration = std::time::Duration::from_secs(10);

    /// How much older than the round trip a proof may seem that was made on it: both ends are rounded to seconds.
    pub const JUST_NOW: std::time::Duration = std::time::Duration::from_secs(5);

    /// Sets the provider up. Does not call it, since it may not be there yet.
    ///
    /// # Errors
    /// [`OpenIdError::Unavailable`]: the settings name a provider that could never be asked, or certificate authorities
    /// that cannot be read.
    pub fn new(settings: &OpenIdSettings, redirect_uri: Url, clock: Arc<dyn Clock>) -> Result<Self, OpenIdError> {
        let issuer = settings.issuer.clone().unwrap_or_default();
        let calls = Calls::new(issuer.starts_with("https:"), settings.ca_file.as_deref(), CALL_TIMEOUT);
        let calls = calls.map_err(OpenIdError::Unavailable)?;
        let metrics = PeerMetrics::new(Peer::Provider);
        let discovery = Discovery::new(issuer.clone(), calls.clone(), clock.clone(), metrics.clone());
        let (mapping, settings) = (Mapping::of(settings), settings.clone());
        Ok(Self { settings, issuer, redirect_uri, discovery, calls, mapping, clock, metrics })
    }

    /// What is counted of it.
    #[must_use]
    pub const fn metrics(&self) -> &PeerMetrics {
        &self.metrics
    }

    /// What the settings say of it, and of the people whom it has proven.
    #[must_use]
    pub const fn settings(&self) -> &OpenIdSettings {
        &self.settings
    }

    /// Asks the provider to describe itself. How many of its keys can be used.
    ///
    /// # Errors
    /// [`OpenIdError`].
    pub async fn probe(&self) -> Result<u64, OpenIdError> {
        self.discovery.current().await.map(|provider| provider.keys.count())
    }

    /// Where to send the person. Takes at most 5 s.
    ///
    /// # Errors
    /// [`OpenIdError::Unavailable`].
    pub async fn authorization_url(&self, ask: &AuthorizationParams<'_>) -> Result<Url, OpenIdError> {
        let provider = self.discovery.current().await?;
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(ask.verifier));
        let mut url = provider.authorization.clone();
        let mut query = url.query_pairs_mut();
        query.append_pair("response_type", "code").append_pair("client_id", &self.settings.client_id);
        query.append_pair("redirect_uri", self.redirect_uri.as_str());
        query.append_pair("scope", &self.settings.scopes.join(" "));
        query.append_pair("state", ask.state).append_pair("nonce", ask.nonce);
        query.append_pair("code_challenge", &challenge).append_pair("code_challenge_method", "S256");
        if ask.prompt_login {
            // Some providers know only one of the two; the second also makes the ID token say when the login was. It is
            // not 0: some refuse that (Glewlwyd 2.7), some take it for none, and some then ask for ever (Canaille 0.3).
            query.append_pair("prompt", "login").append_pair("max_age", &Self::JUST_NOW.as_secs().to_string());
        }
        drop(query);
        Ok(url)
    }

    /// Exchanges the code that the person came back with for their identity.
    ///
    /// An ID token is accepted if it is signed by one of the provider's keys with an asymmetric algorithm that it
    /// announces; if the configured issuer issued it to this client, and to no others but trusted ones; if our clock is
    /// within its time, give or take 60 s; and if it has the nonce of this login (OpenID Connect Core 1.0, section
    /// 3.1.3.7). Nothing else of it is checked. An unknown key is asked for once, but not more often than every
    /// [`Discovery::KEYS_EVERY`]. Claims that the token lacks come from the userinfo endpoint, whose answer must be
    /// about the same person.
    ///
    /// Takes at most 20 s: 5 for each call of the provider.
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
        // RFC 7636, section 4.1. Any other is not ours, so the provider need not be asked.
        if !(43..=128).contains(&verifier.len()) {
            return Err(OpenIdError::Refused("a PKCE verifier must be 43 to 128 characters long".to_owned()));
        }
        let provider = self.discovery.current().await?;
        let tokens = self.exchange(&provider, code, verifier);
        let tokens = self.metrics.watch(tokens, OpenIdError::is_unavailable).await?;
        let token = |name: &str| tokens.get(name).and_then(Value::as_str);
        let id_token = token("id_token").ok_or_else(|| OpenIdError::Refused("there is no ID token".to_owned()))?;
        let expected = Expected {
            issuer: &self.issuer,
            client_id: &self.settings.client_id,
            trusted_audiences: &self.settings.trusted_audiences,
            nonce,
            now: self.clock.now(),
        };
        let mut proven = id_token::verify(id_token, &provider, &expected);
        if let Err(Unproven::UnknownKey) = proven
            && let Some(provider) = self.discovery.newer_keys(&provider).await?
        {
            proven = id_token::verify(id_token, &provider, &expected);
        }
        let claims = proven.map_err(|unproven| OpenIdError::Refused(format!("the ID token {unproven}")))?;
        let subject = self.mapping.subject(&claims)?;
        let (id_token, issuer) = (Secret::from(id_token.to_owned()), self.issuer.clone());
        let mut told = Told { issuer, subject, claims, id_token, remarks: Vec::new(), untold: None };
        self.mapping.without_odd(&mut told.claims, &mut told.remarks);
        if let Some(url) = provider.userinfo.as_ref().filter(|_| self.mapping.lacks_some(&told.claims)) {
            self.complete(&mut told, url, token("access_token")).await?;
        }
        Ok(self.mapping.read(told))
    }

    /// Whether access tokens of the provider count at a check.
    #[must_use]
    pub fn is_checked(&self) -> bool {
        !self.settings.check_audiences.is_empty()
    }

    /// Whose an access token of the provider is (RFC 9068): signed by one of its keys, by the configured issuer, for one of
    /// `openid.check_audiences`, within its time; and no ID token.
    ///
    /// Uses the keys that are known. Asks the provider when they are some minutes old, and for an unknown key at most every
    /// [`Discovery::KEYS_EVERY`].
    ///
    /// # Errors
    /// [`OpenIdError`]; `Refused` for every token if there are no such audiences.
    pub async fn access_token(&self, token: &str) -> Result<ProviderToken, OpenIdError> {
        let expected = access_token::Expected {
            issuer: &self.issuer,
            audiences: &self.settings.check_audiences,
            untyped: self.settings.check_untyped,
            now: self.clock.now(),
        };
        let verify = |provider: &Provider| access_token::verify(token, provider, &expected);
        let claims = self.verified("access token", verify).await?;
        let refused = |why: &str| OpenIdError::Refused(format!("the access token is no proof: {why}"));
        let subject = self.mapping.subject(&claims)?;
        let ours = |audience: &Value| self.settings.check_audiences.iter().find(|ours| *audience == ***ours).cloned();
        let audience = jwt::audiences(&claims).iter().find_map(ours).ok_or_else(|| refused("aud"))?;
        let instant = |name: &str| jwt::instant(&claims, name).ok_or_else(|| refused(name));
        let (issued, expires) = (instant("iat")?, instant("exp")?);
        Ok(ProviderToken { issuer: self.issuer.clone(), subject, audience, issued, expires })
    }

    /// What a logout token says (OpenID Connect Back-Channel Logout 1.0, section 2.6): a person, a session, or both.
    ///
    /// # Errors
    /// [`OpenIdError`].
    pub async fn logged_out(&self, token: &str) -> Result<LoggedOut, OpenIdError> {
        let client_id = &self.settings.client_id;
        let expected = logout_token::Expected { issuer: &self.issuer, client_id, now: self.clock.now() };
        let verify = |provider: &Provider| logout_token::verify(token, provider, &expected);
        let claims = self.verified("logout token", verify).await?;
        let session = claims.get("sid").and_then(Value::as_str).map(|sid| ProviderSession::of(&self.issuer, sid));
        let subject = if session.is_some() && !claims.contains_key(&self.settings.subject_claim) {
            None
        } else {
            Some(self.mapping.subject(&claims)?)
        };
        let issued = jwt::instant(&claims, "iat").unwrap_or_default();
        Ok(LoggedOut { issuer: self.issuer.clone(), subject, session, issued })
    }

    /// What `verify` says by the known keys, or by newer ones if the token's key is unknown.
    async fn verified(
        &self,
        what: &str,
        verify: impl Fn(&Provider) -> Result<Claims, Unproven>,
    ) -> Result<Claims, OpenIdError> {
        let provider = self.discovery.known().await?;
        let mut proven = verify(&provider);
        if let Err(Unproven::UnknownKey) = proven
            && let Some(provider) = self.discovery.newer_keys(&provider).await?
        {
            proven = verify(&provider);
        }
        proven.map_err(|unproven| OpenIdError::Refused(format!("the {what} {unproven}")))
    }

    /// The tokens for a code. Only those parts are checked that are used.
    async fn exchange(&self, provider: &Provider, code: &str, verifier: &str) -> Result<Claims, OpenIdError> {
        let client_id = &self.settings.client_id;
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code").append_pair("code", code);
        form.append_pair("redirect_uri", self.redirect_uri.as_str()).append_pair("code_verifier", verifier);
        let request = match &self.settings.client_secret {
            Some(secret) if !provider.secret_in_form => {
                // RFC 6749, section 2.3.1: both are form-encoded first.
                let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let (id, secret) = (encoded(client_id), encoded(secret.reveal()));
                self.calls.post(&provider.token, form.finish()).basic_auth(id, Some(secret))
            }
            secret => {
                form.append_pair("client_id", client_id);
                if let Some(secret) = secret {
                    form.append_pair("client_secret", secret.reveal());
                }
                self.calls.post(&provider.token, form.finish())
            }
        };
        let said = self.calls.send(request).await?;
        match said.object {
            Some(tokens) if said.status == StatusCode::OK && !tokens.contains_key("error") => Ok(tokens),
            object => Err(OpenIdError::Refused(refusal(said.status, object.as_ref()))),
        }
    }

    /// Adds the claims of the userinfo endpoint about the same person (OpenID Connect Core 1.0, section 5.3). Without
    /// an answer the person is as proven as before; an answer about somebody else is an attack.
    async fn complete(&self, told: &mut Told, url: &Url, access_token: Option<&str>) -> Result<(), OpenIdError> {
        let told_more = self.metrics.watch(self.userinfo(url, access_token), OpenIdError::is_unavailable).await;
        let mut more = match told_more {
            Ok(more) => more,
            Err(why) => {
                told.remarks.push(format!("the userinfo endpoint is no help: {why}"));
                told.untold = Some(why);
                return Ok(());
            }
        };
        if more.get("sub") != told.claims.get("sub") {
            return Err(OpenIdError::Refused("the userinfo endpoint tells of somebody else".to_owned()));
        }
        self.mapping.without_odd(&mut more, &mut told.remarks);
        told.claims = claims::completed(std::mem::take(&mut told.claims), more);
        Ok(())
    }

    /// The answer of the userinfo endpoint, about any person.
    async fn userinfo(&self, url: &Url, access_token: Option<&str>) -> Result<Claims, OpenIdError> {
        let refused = |why: &dyn std::fmt::Display| OpenIdError::Refused(format!("userinfo: {why}"));
        let token = access_token.ok_or_else(|| refused(&"there is no access token to ask with"))?;
        let told = self.calls.object(self.calls.get(url).bearer_auth(token)).await.map_err(|error| match error {
            CallError::Nonsense => refused(&error),
            CallError::Status { status, .. }
                if !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS =>
            {
                refused(&error)
            }
            error => error.into(),
        })?;
        if told.get("sub").is_some_and(Value::is_string) {
            Ok(told)
        } else {
            Err(refused(&"it does not say of whom (sub)"))
        }
    }

    /// Where to send the person to be logged out of the provider too, and from there to `post_logout_redirect`, which
    /// must be registered at the provider. `id_token` is the one of their login; some providers insist on it. `None`:
    /// the provider has no such endpoint, or cannot be asked.
    pub async fn end_session_url(&self, post_logout_redirect: &Url, id_token: Option<&Secret>) -> Option<Url> {
        let mut url = self.discovery.current().await.ok()?.end_session.clone()?;
        let mut query = url.query_pairs_mut();
        if let Some(id_token) = id_token {
            query.append_pair("id_token_hint", id_token.reveal());
        }
        query.append_pair("client_id", &self.settings.client_id);
        query.append_pair("post_logout_redirect_uri", post_logout_redirect.as_str());
        drop(query);
        Some(url)
    }
}

/// Why there are no tokens. Never with the whole answer of the provider, which may have tokens in it.
fn refusal(status: StatusCode, said: Option<&Claims>) -> String {
    let text = |name: &str| said.and_then(|said| said.get(name)).and_then(Value::as_str);
    match (text("error"), text("error_description")) {
        (Some(error), Some(why)) => for_log(&format!("{error}: {why}")),
        (Some(error), None) => for_log(error),
        (None, _) if said.is_none() => format!("the token endpoint answers HTTP status {status}, and no JSON object"),
        (None, _) => format!("the token endpoint answers HTTP status {status}"),
    }
}

/// A text from outside, on one line and cut off.
fn for_log(said: &str) -> String {
    said.chars().take(300).flat_map(char::escape_debug).collect()
}

/// Claims as they were sent.
type Claims = Map<String, Value>;
