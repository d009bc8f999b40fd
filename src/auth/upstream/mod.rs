//! The old service, from which people come over with their passwords and tokens while it still answers.
//!
//! It speaks the v2 API. Each question is a few calls, all within one deadline, and only so many are asked at once. What is
//! believed is checked twice: `GET /v2/authorize` and `GET /v2/user` must name the same person. Tokens gained by asking
//! are ended there.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Map, Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;
use uuid::Uuid;

use super::calls::{CallError, Calls, Said};
use super::{Peer, PeerMetrics};
use crate::domain::{Email, ForeignId, Password, Timestamp, TokenDigest, TokenValue};
use crate::error::{Elsewhere, OtherService};
use crate::settings::UpstreamSettings;
use crate::store::{Store, StoreError};
use crate::telemetry::TraceContext;

mod arrive;
mod person;
mod refused;
mod remind;

pub use person::{Person, TokenFacts};
use refused::Refused;
pub use remind::remind;

/// The client id by which this server logs people in there: always the same, so that it is one client of each.
const CLIENT_ID: &str = "2f8a3c1e-7d54-4b0e-9a6b-51c7e0d94f38";
/// The most logins, and the most checks, that are asked for at once.
const MAX_AT_ONCE: usize = 32;
/// How long one waits for others to be answered.
const PLACE_WITHIN: Duration = Duration::from_secs(1);

/// The old service, shared by all workers.
pub struct Upstream {
    settings: UpstreamSettings,
    authorize: Url,
    user: Url,
    calls: Calls,
    /// Places for logins; nobody takes them without a password or a remember-me token.
    logins: Semaphore,
    /// Places for checks, which anybody can have made.
    checks: Semaphore,
    refused: Refused,
    until: OnceLock<Timestamp>,
    metrics: PeerMetrics,
}

/// Why the settings are no use.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UpstreamError(String);

impl Upstream {
    /// For how long the old service is asked, where the settings do not say until when.
    pub const ASKED_FOR: Duration = Duration::from_secs(90 * 86_400);

    /// Sets it up, if the settings name one. Does not call it, since it need not be there.
    ///
    /// # Errors
    /// [`UpstreamError`]: the settings name a service that could never be asked, or certificate authorities that cannot be
    /// read.
    pub fn new(settings: &UpstreamSettings) -> Result<Option<Arc<Self>>, UpstreamError> {
        let Some(base) = &settings.url else { return Ok(None) };
        let url = |path: &str| Url::parse(&format!("{base}{path}")).map_err(|error| UpstreamError(error.to_string()));
        let calls = Calls::new(base.starts_with("https:"), settings.ca_file.as_deref(), settings.timeout_ms);
        Ok(Some(Arc::new(Self {
            authorize: url("/v2/authorize")?,
            user: url("/v2/user")?,
            calls: calls.map_err(UpstreamError)?,
            logins: Semaphore::new(MAX_AT_ONCE),
            checks: Semaphore::new(MAX_AT_ONCE),
            refused: Refused::default(),
            until: OnceLock::new(),
            metrics: PeerMetrics::new(Peer::Upstream),
            settings: settings.clone(),
        })))
    }

    /// What is counted of it.
    #[must_use]
    pub const fn metrics(&self) -> &PeerMetrics {
        &self.metrics
    }

    /// Until when it is asked: as the settings say, else so many days from the first time that any server of this store
    /// wanted to know.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn until(&self, store: &dyn Store, now: Timestamp) -> Result<Timestamp, StoreError> {
        if let Some(end) = self.settings.end() {
            return Ok(Timestamp::from_millis(end));
        }
        if let Some(until) = self.until.get() {
            return Ok(*until);
        }
        let until = store.upstream_until(now.plus(Self::ASKED_FOR)).await?;
        Ok(*self.until.get_or_init(|| until))
    }

    /// Whether a person who is unknown here may come over.
    #[must_use]
    pub fn takes_strangers(&self, email: &Email) -> bool {
        let domains = &self.settings.domains;
        let domain = email.as_str().rsplit_once('@').map_or("", |(_, domain)| domain);
        // As an address would have it: in one case and one form.
        let is_same = |listed: &String| {
            Email::new(&format!("x@{listed}")).is_some_and(|listed| listed.as_str().strip_prefix("x@") == Some(domain))
        };
        self.settings.provision && (domains.is_empty() || domains.iter().any(is_same))
    }

    /// The person who has this password there; `None`: it is wrong.
    ///
    /// # Errors
    /// [`Elsewhere`].
    pub async fn log_in(self: &Arc<Self>, email: &Email, password: &Password) -> Result<Option<Person>, Elsewhere> {
        let gained = self.gain(credentials(email, password)).await?;
        gained.map(|gained| self.end_soon(gained)).transpose()
    }

    /// The same, for somebody who waits until the token that is gained by asking has ended.
    ///
    /// # Errors
    /// [`Elsewhere`].
    pub async fn try_log_in(&self, email: &Email, password: &Password) -> Result<Option<Person>, Elsewhere> {
        let Some((token, person)) = self.gain(credentials(email, password)).await? else { return Ok(None) };
        self.end(&token).await;
        person.map(Some)
    }

    /// The person whose remember-me token this is there; `None`: it does not count, or not for this client.
    ///
    /// # Errors
    /// [`Elsewhere`].
    pub async fn log_in_silently(
        self: &Arc<Self>,
        token: &TokenValue,
        client: &ForeignId,
        application: Option<&str>,
    ) -> Result<Option<Person>, Elsewhere> {
        let mut body = json!({"remember_me": true, "remember_me_token": token.reveal(), "client_id": client.as_str()});
        if let Some(application) = application {
            body["application_id"] = application.into();
        }
        let gained = self.gain(body).await?;
        gained.map(|gained| self.end_soon(gained)).transpose()
    }

    /// What is known there of an access token; `None`: it does not count.
    ///
    /// # Errors
    /// [`Elsewhere`].
    pub async fn check(&self, token: &TokenValue) -> Result<Option<(Person, TokenFacts)>, Elsewhere> {
        let _place = place(&self.checks).await?;
        self.by(self.deadline(), self.describe(token)).await
    }

    /// Ends an access token there. A failure is logged: the token ends by itself in time.
    pub async fn end(&self, token: &TokenValue) {
        let ended = self.by(self.deadline(), async {
            let said = self.calls.send(self.with_token(Method::DELETE, &self.authorize, token)?).await?;
            // One that is gone has ended.
            if said.status.is_success() || said.status == StatusCode::UNAUTHORIZED { Ok(()) } else { Err(odd(&said)) }
        });
        if let Err(error) = ended.await {
            tracing::warn!(%error, "a token could not be ended at the old service");
        }
    }

    /// Whether it answers as such a service does; an error says why not.
    ///
    /// # Errors
    /// [`Elsewhere`].
    pub async fn probe(&self) -> Result<(), Elsewhere> {
        self.by(self.deadline(), async {
            let said = self.calls.send(self.calls.get(&self.authorize)).await?;
            if said.status == StatusCode::UNAUTHORIZED { Ok(()) } else { Err(odd(&said)) }
        })
        .await
    }

    /// Whether this token was refused there a short while ago.
    pub fn has_refused(&self, token: TokenDigest, now: Timestamp) -> bool {
        self.refused.has(token, now)
    }

    /// Remembers for a short while that this token was refused there.
    pub fn note_refused(&self, token: TokenDigest, now: Timestamp) {
        self.refused.note(token, now);
    }

    /// Ends the token gained by a login; nobody waits for that.
    fn end_soon(self: &Arc<Self>, (token, person): Gained) -> Result<Person, Elsewhere> {
        let upstream = Arc::clone(self);
        let ended = async move { upstream.end(&token).await };
        match TraceContext::current() {
            Some(trace) => tokio::spawn(trace.scope(ended)),
            None => tokio::spawn(ended),
        };
        person
    }

    /// Logs somebody in there, to learn who it is.
    async fn gain(&self, body: Value) -> Result<Option<Gained>, Elsewhere> {
        let _place = place(&self.logins).await?;
        let deadline = self.deadline();
        let gained = self.by(deadline, async {
            let said = self.calls.send(self.calls.post_json(&self.authorize, body.to_string().into_bytes())).await?;
            let answer = match said.status {
                StatusCode::OK => said.object.ok_or(CallError::Nonsense)?,
                StatusCode::UNAUTHORIZED => return Ok(None),
                _ => return Err(odd(&said)),
            };
            let token = text(&answer, "access_token").and_then(|token| TokenValue::parse(token.as_bytes()));
            token.map(Some).ok_or(Failure::Unusable("a login without an access token"))
        });
        let Some(token) = gained.await? else { return Ok(None) };
        let described = self.by(deadline, async {
            let described = self.describe(&token).await?;
            described.ok_or(Failure::Unusable("an access token that it refuses itself"))
        });
        let person = described.await.map(|(person, _)| person);
        Ok(Some((token, person)))
    }

    /// Whose token it is and what it is for, as two calls say that must agree.
    async fn describe(&self, token: &TokenValue) -> Result<Option<(Person, TokenFacts)>, Failure> {
        let ask = async |url: &Url| {
            let said = self.calls.send(self.with_token(Method::GET, url, token)?).await?;
            match said.status {
                StatusCode::OK => said.object.map(Some).ok_or(Failure::Call(CallError::Nonsense)),
                StatusCode::UNAUTHORIZED => Ok(None),
                _ => Err(odd(&said)),
            }
        };
        let Some(facts) = ask(&self.authorize).await? else { return Ok(None) };
        let Some(user) = ask(&self.user).await? else { return Ok(None) };
        let (facts, person) = TokenFacts::read(&facts)
            .zip(Person::read(&user))
            .ok_or(Failure::Unusable("no user_id, expires_in or email where they must be"))?;
        if facts.user == person.id {
            Ok(Some((person, facts)))
        } else {
            Err(Failure::Unusable("two ids of one person"))
        }
    }

    fn with_token(&self, method: Method, url: &Url, token: &TokenValue) -> Result<RequestBuilder, Failure> {
        self.calls.with_token(method, url, token).ok_or(Failure::Unusable("a token that no header can hold"))
    }

    /// All calls of one question have one deadline.
    fn deadline(&self) -> Instant {
        Instant::now() + self.settings.timeout_ms
    }

    async fn by<T>(&self, at: Instant, question: impl Future<Output = Result<T, Failure>>) -> Result<T, Elsewhere> {
        let answer = async {
            match timeout_at(at, question).await {
                Ok(answer) => answer.map_err(Elsewhere::from),
                Err(_) => Err(elsewhere(format!("no answer within {} ms", self.settings.timeout_ms.as_millis()))),
            }
        };
        self.metrics.watch(answer, |elsewhere: &Elsewhere| elsewhere.asked).await
    }
}

/// What a login there has gained: a token, which is to be ended, and whose it is.
type Gained = (TokenValue, Result<Person, Elsewhere>);

fn credentials(email: &Email, password: &Password) -> Value {
    json!({"user_id": email.as_str(), "password": password.as_sent(), "client_id": CLIENT_ID})
}

/// Why there is no answer.
enum Failure {
    Call(CallError),
    /// It cannot be believed, or not be understood.
    Unusable(&'static str),
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<Failure> for Elsewhere {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Call(CallError::Busy) => busy(),
            Failure::Call(error) => {
                let retry_after = if let CallError::Status { retry_after, .. } = error { retry_after } else { None };
                Self { retry_after, ..elsewhere(error.into_cause()) }
            }
            Failure::Unusable(what) => elsewhere(format!("it answers nonsense: {what}")),
        }
    }
}

fn elsewhere(cause: String) -> Elsewhere {
    Elsewhere { service: OtherService::Upstream, cause, retry_after: None, asked: true }
}

fn busy() -> Elsewhere {
    Elsewhere { asked: false, ..elsewhere("too many questions at once".to_owned()) }
}

fn odd(said: &Said) -> Failure {
    Failure::Call(CallError::Status { status: said.status, retry_after: None })
}

async fn place(places: &Semaphore) -> Result<SemaphorePermit<'_>, Elsewhere> {
    match timeout(PLACE_WITHIN, places.acquire()).await {
        Ok(Ok(place)) => Ok(place),
        _ => Err(busy()),
    }
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

fn id(object: &Map<String, Value>, name: &str) -> Option<Uuid> {
    text(object, name).and_then(|id| Uuid::try_parse(id).ok())
}
