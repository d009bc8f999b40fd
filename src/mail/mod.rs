//! Mail to people, by SMTP (RFC 5321).

mod letter;
mod line;
mod metrics;
mod teller;
mod texts;

use std::error::Error as _;
use std::fmt::Display;
use std::time::Duration;

use futures_util::{FutureExt as _, Stream, stream};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Code;
use lettre::{Address, transport::smtp};
use rustls::pki_types::ServerName;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;
use uuid::Uuid;

use crate::domain::Email;
use crate::settings::{MailEncryption, MailSettings};
use crate::tls::connector;

pub use letter::Letter;
use line::Encryption;
pub use metrics::MailMetrics;
use metrics::Outcome;
pub use teller::Teller;

/// How many mails wait to be sent, or asked for, at most. Whoever comes then gets none.
pub const MAX_WAITING: usize = 256;
/// How many mails are sent at once.
pub const AT_ONCE: usize = 4;

/// How long to wait for a server to say good-bye. It has taken the mail by then.
const GOODBYE: Duration = Duration::from_secs(1);

/// Sends mail. Each mail takes a connection of its own, and never longer than the deadline.
pub struct Mailer {
    settings: MailSettings,
    host: String,
    encryption: Encryption,
    from: Mailbox,
    metrics: MailMetrics,
}

/// Why a mail was not sent. Says nothing about the person: what a server answers may quote their address.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The settings do not do.
    #[error("mail: {0}")]
    Settings(String),
    /// Mail cannot be sent to such an address.
    #[error("mail cannot be sent to such an address")]
    Address,
    /// The server has not taken it in time, or has not said so.
    #[error("the mail server did not take it in time (mail.timeout)")]
    Late,
    /// The server refused the name and the password.
    #[error("the mail server refused mail.username and mail.password, with the code {0}")]
    Credentials(Code),
    /// The server refused it, with this code.
    #[error("the mail server refused it, with the code {0}")]
    Refused(Code),
    /// The server cannot be reached, is not the one it should be, or does not speak SMTP.
    #[error("the mail server cannot be spoken to: {0}")]
    Unreachable(String),
}

impl Mailer {
    /// The mailer, if the settings name a server. Does not connect, since it may not be there yet.
    ///
    /// # Errors
    /// [`MailError::Settings`].
    pub fn new(settings: &MailSettings) -> Result<Option<Self>, MailError> {
        let Some(host) = &settings.host else { return Ok(None) };
        let wrong = |what: &dyn Display| MailError::Settings(what.to_string());
        let tls = || {
            let name = ServerName::try_from(host.clone()).map_err(|error| wrong(&format!("{host}: {error}")))?;
            Ok((connector(settings.ca_file.as_deref()).map_err(|error| wrong(&error))?, name))
        };
        let encryption = match settings.encryption {
            MailEncryption::Tls => tls().map(|(tls, name)| Encryption::Tls(tls, name))?,
            MailEncryption::StartTls => tls().map(|(tls, name)| Encryption::StartTls(tls, name))?,
            MailEncryption::None => Encryption::None,
        };
        let from: Mailbox = settings.from.parse().map_err(|error| wrong(&error))?;
        let address = in_ascii(from.email.user(), from.email.domain()).ok_or(MailError::Address)?;
        Ok(Some(Self {
            settings: settings.clone(),
            host: host.clone(),
            encryption,
            from: Mailbox::new(from.name, address),
            metrics: MailMetrics::default(),
        }))
    }

    /// What is counted of it.
    #[must_use]
    pub const fn metrics(&self) -> &MailMetrics {
        &self.metrics
    }

    /// Sends a letter.
    ///
    /// # Errors
    /// [`MailError`]; after [`MailError::Late`] it may arrive all the same.
    pub async fn send(&self, to: &Email, letter: &Letter<'_>) -> Result<(), MailError> {
        let sent = timeout(self.settings.timeout, self.hand_over(to, letter)).await.unwrap_or(Err(MailError::Late));
        self.metrics.count(if sent.is_ok() { Outcome::Sent } else { Outcome::Failed });
        let mut connection = sent?;
        let _has_the_mail_anyway = timeout(GOODBYE, connection.quit()).await;
        Ok(())
    }

    /// Connects and logs in as for a mail, and sends none.
    ///
    /// # Errors
    /// [`MailError`].
    pub async fn probe(&self) -> Result<(), MailError> {
        let mut connection = timeout(self.settings.timeout, self.connect()).await.unwrap_or(Err(MailError::Late))?;
        let _has_answered_anyway = timeout(GOODBYE, connection.quit()).await;
        Ok(())
    }

    async fn hand_over(&self, to: &Email, letter: &Letter<'_>) -> Result<AsyncSmtpConnection, MailError> {
        let message = self.compose(to, letter)?;
        let mut connection = self.connect().await?;
        let sent = connection.send(message.envelope(), &message.formatted()).await;
        sent.map_err(|error| failure(&error, MailError::Refused))?;
        Ok(connection)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, MailError> {
        let name = self.from.email.domain();
        let line = line::open(&self.host, self.settings.port(), &self.encryption, name).await;
        let line = line.map_err(|error| MailError::Unreachable(error.to_string()))?;
        let name = ClientId::Domain(name.to_owned());
        let connection = AsyncSmtpConnection::connect_with_transport(line, &name).await;
        let mut connection = connection.map_err(|error| failure(&error, MailError::Refused))?;
        if let Some((username, password)) = self.settings.credentials() {
            let credentials = Credentials::new(username.to_owned(), password.reveal().to_owned());
            let proven = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
            proven.map_err(|error| failure(&error, MailError::Credentials))?;
        }
        Ok(connection)
    }

    fn compose(&self, to: &Email, letter: &Letter<'_>) -> Result<Message, MailError> {
        let (local, domain) = to.as_str().rsplit_once('@').ok_or(MailError::Address)?;
        let to = in_ascii(local, domain).ok_or(MailError::Address)?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject())
            .date_now()
            .message_id(Some(format!("<{}@{}>", Uuid::new_v4(), self.from.email.domain())))
            .raw_header(no_person_wrote_it());
        message
            .singlepart(SinglePart::plain(letter.text(self.settings.name.as_deref())))
            .map_err(|_| MailError::Address)
    }
}

/// An address as mail servers know it: the domain in ASCII.
fn in_ascii(local: &str, domain: &str) -> Option<Address> {
    Address::new(local, idna::domain_to_ascii(domain).ok()?).ok()
}

/// What comes through a queue until `stop` is ready, and then what waits in it.
pub fn until_stopped<T>(queue: Receiver<T>, stop: impl Future<Output = ()>) -> impl Stream<Item = T> {
    stream::unfold((queue, Box::pin(stop.fuse())), |(mut queue, mut stop)| async {
        let next = tokio::select! {
            biased;
            next = queue.recv() => next,
            () = &mut stop => {
                queue.close();
                queue.recv().await
            }
        };
        next.map(|next| (next, (queue, stop)))
    })
}

/// What went wrong, without the server's own words.
fn failure(error: &smtp::Error, refused: impl FnOnce(Code) -> MailError) -> MailError {
    if let Some(code) = error.status() {
        return refused(code);
    }
    if error.is_response() {
        return MailError::Unreachable("what it says is no SMTP".to_owned());
    }
    MailError::Unreachable(error.source().map_or_else(|| error.to_string(), ToString::to_string))
}

/// So that no machine answers (RFC 3834, 5).
fn no_person_wrote_it() -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned())
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;
    use tokio::sync::{mpsc, oneshot};

    use super::*;

    #[tokio::test]
    async fn what_waits_when_it_must_stop_still_comes() {
        let (queue, waiting) = mpsc::channel(4);
        let (stop, stopped) = oneshot::channel::<()>();
        let mut coming = Box::pin(until_stopped(waiting, async { drop(stopped.await) }));
        queue.try_send(1).expect("there is room");
        assert_eq!(coming.next().await, Some(1));
        for number in [2, 3] {
            queue.try_send(number).expect("there is room");
        }
        drop(stop);
        assert_eq!(coming.collect::<Vec<_>>().await, [2, 3]);
        assert!(queue.try_send(4).is_err(), "nobody takes it any more");
    }
}
