//! Calls of the ACME server: bounded in time and size, by TLS, and never redirected.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::RETRY_AFTER;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use reqwest::{Body, Client};

use super::AcmeError;
use crate::auth::{http_client, of_reqwest};
use crate::settings::AcmeSettings;

/// How long one call may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer: a chain of certificates is some KiB.
const MAX_BYTES: usize = 256 * 1024;
/// The longest pause that is read, in seconds: no order lasts as long, and no instant lies as far ahead as some numbers say.
const LONGEST_PAUSE: u64 = 86_400;

/// Calls an ACME server.
#[derive(Clone)]
pub(super) struct Http(Client);

impl Http {
    pub(super) fn new(settings: &AcmeSettings) -> Result<Self, AcmeError> {
        http_client(true, settings.ca_file.as_deref(), TIMEOUT).map(Self).map_err(AcmeError::Local)
    }

    /// Whether this is the directory of an ACME server (RFC 8555, 7.1.1).
    pub(super) async fn probe(&self, directory: &str) -> Result<(), AcmeError> {
        let said = async {
            let answer = call(&self.0, Request::get(directory).body(Body::default())?).await?;
            let object = serde_json::from_slice::<serde_json::Value>(&answer.into_body()).unwrap_or_default();
            Ok::<_, Error>(object.get("newOrder").is_some())
        };
        if said.await? {
            return Ok(());
        }
        Err(AcmeError::Local("what is there is no directory of an ACME server".to_owned()))
    }
}

impl HttpClient for Http {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.0.clone();
        Box::pin(async move {
            let (parts, body) = call(&client, request.map(Body::wrap)).await?.into_parts();
            Ok(BytesResponse { parts, body: Box::new(body) })
        })
    }
}

async fn call(client: &Client, request: Request<Body>) -> Result<http::Response<Bytes>, Error> {
    let failed = |error| Error::Other(of_reqwest(error).into());
    let mut answer = client.execute(request.try_into().map_err(failed)?).await.map_err(failed)?;
    let mut response = http::Response::new(());
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    let pause = response.headers().get(RETRY_AFTER).and_then(|pause| pause.to_str().ok()?.trim().parse().ok());
    if pause.is_some_and(|seconds: u64| seconds > LONGEST_PAUSE) {
        response.headers_mut().remove(RETRY_AFTER);
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(Error::Other(format!("the answer is larger than {MAX_BYTES} bytes").into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(response.map(|()| body.into()))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_pause_that_no_clock_reaches_is_not_read() -> Result<(), Box<dyn std::error::Error>> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/", listener.local_addr()?);
        let server = std::thread::spawn(move || -> std::io::Result<()> {
            for pause in ["18446744073709551615", "86401", "3"] {
                let (mut line, _) = listener.accept()?;
                // One read has it: the request is short, and has no body.
                let _request = line.read(&mut [0; 4096])?;
                let end = "Content-Length: 0\r\nConnection: close\r\n\r\n";
                write!(line, "HTTP/1.1 200 OK\r\nRetry-After: {pause}\r\n{end}")?;
            }
            Ok(())
        });
        let client = http_client(false, None, TIMEOUT)?;
        let mut told = Vec::new();
        for _ in 0..3 {
            let answer = call(&client, Request::get(&url).body(Body::default())?).await?;
            told.push(answer.headers().get(RETRY_AFTER).cloned());
        }
        assert_eq!(told, [None, None, Some("3".parse()?)]);
        server.join().map_err(|_| "a panic")??;
        Ok(())
    }
}
