//! The command's end: a running server, through the socket in its data folder or at a URL.

use std::error::Error;
use std::fmt::Display;
use std::io::ErrorKind::{ConnectionRefused, NotADirectory, NotFound, PermissionDenied};
use std::path::Path;
use std::time::Duration;

use futures_util::stream::{self, Stream};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Method, StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::bodies::{LinkAsked, LinkMade};
use super::{AdminError, ROOT, Request, Response, SocketAddress};
use crate::domain::{LinkPurpose, UserId};

/// How long a connection may take to be made.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// How long an answer may take: a large batch on a slow disk.
const ANSWER_DEADLINE: Duration = Duration::from_secs(60);
/// How long a link may take that the server mails: longer than `mail.timeout` may be.
const MAIL_DEADLINE: Duration = Duration::from_secs(330);
/// How long a backup may take in all, and how long a chunk of it.
const BACKUP_DEADLINE: Duration = Duration::from_secs(6 * 3_600);
const CHUNK_DEADLINE: Duration = Duration::from_secs(60);
/// The longest answer, in bytes: more than the largest page has.
const MAX_ANSWER: usize = 16 << 20;

/// A running server.
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<HeaderValue>,
    /// Where it is, for people.
    place: String,
    /// Kept, because a long path of the socket leads through the open folder.
    _socket: Option<SocketAddress>,
}

/// The envelope of an error, as far as it is read.
#[derive(Deserialize)]
struct Envelope {
    code: String,
    message: String,
    user: Option<UserId>,
}

impl Client {
    /// The server that listens in `folder`; `None` if there is none, or if the folder is missing or belongs to another
    /// user: opening the store in it then says what is wrong.
    ///
    /// # Errors
    /// [`AdminError::Unavailable`] if it is unknown whether there is one.
    pub async fn reach(folder: &Path) -> Result<Option<Self>, AdminError> {
        let place = format!("behind {}", folder.join(SocketAddress::NAME).display());
        let found = async {
            let socket = SocketAddress::of(folder)?;
            timeout(CONNECT_DEADLINE, UnixStream::connect(socket.path())).await??;
            Ok(socket)
        };
        let socket = match found.await {
            Ok(socket) => socket,
            Err(error) => {
                let error: std::io::Error = error;
                return match error.kind() {
                    NotFound | ConnectionRefused | PermissionDenied | NotADirectory => Ok(None),
                    _ => Err(unavailable(&place, &error)),
                };
            }
        };
        // Trusts nobody: there is no TLS on the socket.
        let builder = builder().unix_socket(socket.path()).tls_certs_only([]);
        let http = builder.build().map_err(|error| unavailable(&place, &causes(&error)))?;
        let base = Url::parse("http://localhost").map_err(|error| unavailable(&place, &error))?;
        Ok(Some(Self { http, base, token: None, place, _socket: Some(socket) }))
    }

    /// The server at this URL, which is asked with an API token. Authorities in PEM may vouch for it besides the
    /// system's.
    ///
    /// # Errors
    /// In a sentence: the token cannot be sent, or the authorities are none.
    pub fn remote(server: Url, token: &str, authorities: Option<&[u8]>) -> Result<Self, String> {
        let mut builder = builder();
        if let Some(pem) = authorities {
            let authorities = Certificate::from_pem_bundle(pem).map_err(|error| causes(&error))?;
            builder = builder.tls_certs_merge(authorities);
        } else if server.scheme() == "http" {
            // This machine needs neither the system's certificates nor its proxy.
            builder = builder.tls_certs_only([]).no_proxy();
        }
        let http = builder.build().map_err(|error| causes(&error))?;
        let mut token =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| "the API token cannot be sent")?;
        token.set_sensitive(true);
        let place = format!("at {server}");
        Ok(Self { http, base: server, token: Some(token), place, _socket: None })
    }

    /// What the server has for a setting; null where it has none.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn setting(&self, key: &str) -> Result<Value, AdminError> {
        let body = self.send("GET", &format!("{ROOT}/settings"), &[], None, ANSWER_DEADLINE).await?;
        let settings: Value = serde_json::from_slice(&body).map_err(|_| AdminError::AnotherRelease)?;
        Ok(settings[key]["value"].clone())
    }

    /// Has the server make a one-time link for this user, and mail it if it sends mail.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn link(&self, user: UserId, purpose: LinkPurpose) -> Result<LinkMade, AdminError> {
        let body = serde_json::to_vec(&LinkAsked { purpose, mail: true });
        let body = body.map_err(|error| AdminError::Malformed(error.to_string()))?;
        let path = format!("{ROOT}/users/{user}/links");
        let answer = self.send("POST", &path, &[], Some(body), MAIL_DEADLINE).await?;
        serde_json::from_slice(&answer).map_err(|_| AdminError::AnotherRelease)
    }

    /// Sends a request to the server and waits for the answer.
    ///
    /// # Errors
    /// The server's error, and [`AdminError::Unavailable`] if it does not answer in time.
    pub async fn call(&self, request: &Request) -> Response {
        let call = request.call().map_err(|error| AdminError::Malformed(error.to_string()))?;
        let body = self.send(call.method, &call.path, &call.query, call.body.clone(), ANSWER_DEADLINE).await?;
        call.answer(&body).map_err(|_| AdminError::AnotherRelease)
    }

    /// The body of a success.
    async fn send(
        &self,
        method: &str,
        path: &str,
        query: &[(&str, String)],
        body: Option<Vec<u8>>,
        deadline: Duration,
    ) -> Result<Vec<u8>, AdminError> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::GET);
        let mut sent = self.http.request(method, url).header(ACCEPT, "application/json").timeout(deadline);
        if let Some(token) = &self.token {
            sent = sent.header(AUTHORIZATION, token.clone());
        }
        if let Some(body) = body {
            sent = sent.header(CONTENT_TYPE, "application/json").body(body);
        }
        let (status, body) = self.receive(sent).await?;
        if status.is_success() {
            return Ok(body);
        }
        Err(refused(&body))
    }

    async fn receive(&self, sent: reqwest::RequestBuilder) -> Result<(StatusCode, Vec<u8>), AdminError> {
        let answer = sent.send().await.map_err(|error| failed(&self.place, error))?;
        Ok((answer.status(), self.whole(answer).await?))
    }

    /// The body of an answer that is no longer than it may be.
    async fn whole(&self, mut answer: reqwest::Response) -> Result<Vec<u8>, AdminError> {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&self.place, error))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(unavailable(&self.place, &format!("its answer is longer than {MAX_ANSWER} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// A backup of the server's store, in chunks. Whether it is whole says [`Arriving`](crate::backup::Arriving) alone.
    ///
    /// # Errors
    /// The server's error, and [`AdminError::Unavailable`], also of each chunk.
    pub async fn backup(&self) -> Result<impl Stream<Item = Result<Vec<u8>, AdminError>> + Send + use<>, AdminError> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{ROOT}/backup", self.base.path().trim_end_matches('/')));
        let mut sent = self.http.get(url).timeout(BACKUP_DEADLINE);
        if let Some(token) = &self.token {
            sent = sent.header(AUTHORIZATION, token.clone());
        }
        let answer = sent.send().await.map_err(|error| failed(&self.place, error))?;
        let (status, place) = (answer.status(), self.place.clone());
        if !status.is_success() {
            return Err(refused(&self.whole(answer).await?));
        }
        Ok(stream::try_unfold((answer, place), |(mut answer, place)| async move {
            let chunk = match timeout(CHUNK_DEADLINE, answer.chunk()).await {
                Ok(chunk) => chunk.map_err(|error| failed(&place, error))?,
                Err(late) => return Err(unavailable(&place, &late)),
            };
            Ok(chunk.map(|chunk| (chunk.to_vec(), (answer, place))))
        }))
    }
}

fn builder() -> reqwest::ClientBuilder {
    crate::tls::use_aws_lc();
    // A connection that waits between two requests may be closed by the server at the moment of the second.
    let builder = reqwest::Client::builder().pool_max_idle_per_host(0).redirect(Policy::none());
    let builder = builder.connect_timeout(CONNECT_DEADLINE).timeout(ANSWER_DEADLINE);
    builder.user_agent(concat!("bimgate/", env!("CARGO_PKG_VERSION")))
}

/// What a server says that does not do it.
fn refused(body: &[u8]) -> AdminError {
    match serde_json::from_slice(body) {
        Ok(Envelope { code, message, user }) => AdminError::told(&code, as_part(message), user),
        Err(_) => AdminError::AnotherRelease,
    }
}

fn failed(place: &str, error: reqwest::Error) -> AdminError {
    let cause = causes(&error.without_url());
    // A release that has another protocol on the socket.
    if cause.contains("invalid HTTP") {
        return AdminError::AnotherRelease;
    }
    unavailable(place, &cause)
}

fn unavailable(place: &str, cause: &dyn Display) -> AdminError {
    AdminError::Unavailable(format!("the server {place} does not answer: {cause}"))
}

fn causes(error: &dyn Error) -> String {
    let mut causes = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        causes = format!("{causes}: {error}");
        next = error.source();
    }
    causes
}

/// A sentence of the server as a part of one of ours.
fn as_part(sentence: String) -> String {
    sentence.strip_suffix('.').map(str::to_owned).unwrap_or(sentence)
}
