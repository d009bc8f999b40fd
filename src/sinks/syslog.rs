//! Events as messages of syslog (RFC 5424): by UDP (RFC 5426), by TCP with the length of each in front (RFC 6587,
//! 3.4.1), or so by TLS (RFC 5425).
//!
//! What is said of an event is its JSON in printable ASCII. So nothing in it ends a line or a message, or is obeyed by
//! a terminal, and nobody has to guess in which letters it is. There is no structured data: an element of our own takes
//! a number that is given to enterprises (RFC 5424, 7.2.2).

use std::fmt::Write as _;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat};
use futures_util::FutureExt as _;
use rustix::net::sockopt::{set_socket_keepalive, set_tcp_keepidle};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::SinkError;
use crate::admin::EventView;
use crate::settings::{SyslogSettings, SyslogWay};
use crate::tls::connector;

/// How long one batch may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// After which silence the other side is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// "security/authorization messages", private (RFC 5424, 6.2.1).
const FACILITY: u8 = 10;

/// A receiver of syslog.
pub struct Syslog {
    host: String,
    port: u16,
    way: Way,
    /// The name of this machine, as messages have it.
    from: String,
    line: Option<Box<dyn Line>>,
}

enum Way {
    Udp,
    Tcp,
    Tls(TlsConnector, ServerName<'static>),
}

/// A connection, encrypted or not.
trait Line: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<L: AsyncRead + AsyncWrite + Send + Sync + Unpin> Line for L {}

impl Syslog {
    /// The receiver that the settings name, if they name one. Does not connect.
    ///
    /// # Errors
    /// [`SinkError::Settings`].
    pub fn new(settings: &SyslogSettings) -> Result<Option<Self>, SinkError> {
        let Some((way, host, port)) = settings.receiver() else { return Ok(None) };
        let wrong = |what: &dyn std::fmt::Display| SinkError::Settings(format!("events.syslog: {what}"));
        let way = match way {
            SyslogWay::Udp => Way::Udp,
            SyslogWay::Tcp => Way::Tcp,
            SyslogWay::Tls => {
                let name = ServerName::try_from(host.clone()).map_err(|error| wrong(&error))?;
                Way::Tls(connector(settings.ca_file.as_deref()).map_err(|error| wrong(&error))?, name)
            }
        };
        Ok(Some(Self { host, port, way, from: own_name(), line: None }))
    }

    /// Its host.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Sends a message for each event. By UDP nobody says whether they arrive; by TCP and TLS those are lost that were
    /// on the way when a connection broke.
    pub(super) async fn send(&mut self, events: &[EventView]) -> Result<(), SinkError> {
        let messages: Result<Vec<_>, _> = events.iter().map(|event| message(event, &self.from)).collect();
        let messages = messages.map_err(|error| SinkError::Unreachable(error.to_string()))?;
        let sent = within_deadline(self.hand_over(&messages)).await;
        if sent.is_err() {
            self.line = None;
        }
        sent
    }

    async fn hand_over(&mut self, messages: &[String]) -> io::Result<()> {
        if let Way::Udp = self.way {
            let address = lookup_host((&*self.host, self.port)).await?.next();
            let address = address.ok_or_else(|| io::Error::other("its name has no address"))?;
            let own =
                if address.is_ipv4() { IpAddr::from(Ipv4Addr::UNSPECIFIED) } else { Ipv6Addr::UNSPECIFIED.into() };
            let socket = UdpSocket::bind((own, 0)).await?;
            for message in messages {
                socket.send_to(message.as_bytes(), address).await?;
            }
            return Ok(());
        }
        let kept = self.line.take().and_then(|mut line| is_open(&mut line).then_some(line));
        let mut line = match kept {
            Some(line) => line,
            None => self.connect().await?,
        };
        let framed = messages.iter().map(|message| format!("{} {message}", message.len()));
        line.write_all(framed.collect::<String>().as_bytes()).await?;
        line.flush().await?;
        self.line = Some(line);
        Ok(())
    }

    async fn connect(&self) -> io::Result<Box<dyn Line>> {
        let line = TcpStream::connect((&*self.host, self.port)).await?;
        set_socket_keepalive(&line, true)?;
        set_tcp_keepidle(&line, KEEPALIVE)?;
        Ok(match &self.way {
            Way::Tls(tls, name) => Box::new(tls.connect(name.clone(), line).await?),
            Way::Tcp | Way::Udp => Box::new(line),
        })
    }

    /// Says good-bye, which TLS asks for (RFC 5425, 4.4).
    pub(super) async fn close(&mut self) {
        if let Some(mut line) = self.line.take() {
            let _has_everything_anyway = within_deadline(line.shutdown()).await;
        }
    }

    /// Whether the receiver that the settings name can be reached, and is the one that it should be. Sends it nothing;
    /// of UDP it says only that its name has an address.
    ///
    /// # Errors
    /// [`SinkError`].
    pub async fn probe(settings: &SyslogSettings) -> Result<(), SinkError> {
        let Some(mut syslog) = Self::new(settings)? else { return Ok(()) };
        if let Way::Udp = syslog.way {
            return within_deadline(syslog.hand_over(&[])).await;
        }
        syslog.line = Some(within_deadline(syslog.connect()).await?);
        syslog.close().await;
        Ok(())
    }
}

async fn within_deadline<T>(act: impl Future<Output = io::Result<T>>) -> Result<T, SinkError> {
    let done = timeout(DEADLINE, act).await.unwrap_or_else(|late| Err(late.into()));
    done.map_err(|error| SinkError::Unreachable(error.to_string()))
}

/// Whether the other side has not hung up, as far as one can see. What it says is not heard.
fn is_open(line: &mut (impl AsyncRead + Unpin)) -> bool {
    let mut said = [0; 256];
    line.read(&mut said).now_or_never().is_none_or(|read| read.is_ok_and(|count| count > 0))
}

/// The message of an event (RFC 5424, 6).
fn message(event: &EventView, from: &str) -> serde_json::Result<String> {
    let severity = match &event.outcome {
        _ if event.event == "events lost" => 4,
        Some(outcome) if outcome != "success" => 5,
        _ => 6,
    };
    let at = i64::try_from(event.millis).ok().and_then(DateTime::from_timestamp_millis);
    let at = at.unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true);
    let (priority, process) = (FACILITY * 8 + severity, std::process::id());
    let (kind, said) = (event.event.replace(' ', "-"), in_ascii(&serde_json::to_string(event)?));
    Ok(format!("<{priority}>1 {at} {from} bimgate {process} {kind} - {said}"))
}

/// The same JSON in printable ASCII. What is none stands in texts alone, where it can be escaped (RFC 8259, 7).
fn in_ascii(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for letter in json.chars() {
        if matches!(letter, ' '..='~') {
            ascii.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            let _never_fails = write!(ascii, "\\u{unit:04x}");
        }
    }
    ascii
}

/// The name of this machine, or `-` where it has none that a message may have.
fn own_name() -> String {
    let system = rustix::system::uname();
    let name = system.nodename().to_string_lossy();
    let is_good = (1..=255).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
    if is_good { name.into_owned() } else { "-".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_the_same_in_ascii() -> serde_json::Result<()> {
        let text = "a\u{0}\u{7f}\u{85}\u{2028}\u{fc}\u{1f600}\"\\\n";
        let ascii = in_ascii(&serde_json::to_string(text)?);
        assert!(ascii.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{ascii}");
        assert_eq!(serde_json::from_str::<String>(&ascii)?, text);
        Ok(())
    }
}
