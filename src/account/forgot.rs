//! A person has forgotten their password: they are sent a one-time link, after they have been answered.

use std::sync::Arc;

use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use super::end::log;
use super::{AccountService, LINK_PAGE};
use crate::clock::Clock;
use crate::domain::{Account, AccountChange, Email, LinkPurpose, LinkSecret, Network, TokenValue, UserId};
use crate::error::ServiceError;
use crate::login::Form;
use crate::mail::{AT_ONCE, Letter, MAX_WAITING, MailMetrics, Mailer, until_stopped};
use crate::session::PublicUrl;
use crate::store::Store;

/// Where people say that they have forgotten their passwords.
pub const FORGOT_PAGE: &str = "/account/forgot";

/// Takes the addresses of those who have forgotten their passwords. Cheap to clone.
#[derive(Clone)]
pub struct Forgotten {
    queue: mpsc::Sender<Email>,
    metrics: MailMetrics,
}

/// Sends them their links.
pub struct LinkSender {
    asked: mpsc::Receiver<Email>,
    mailer: Arc<Mailer>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    base: PublicUrl,
    first_passwords: FirstPasswords,
}

/// Who may set a password by a link that has none here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstPasswords {
    /// Whoever has an account.
    Everybody,
    /// Who is to come over from the old service: nothing else proves them.
    WhoComesOver,
    /// Nobody: they are proven elsewhere.
    Nobody,
}

impl LinkSender {
    /// The sender, and what is told whom to send to.
    #[must_use]
    pub fn new(
        mailer: Arc<Mailer>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        base: PublicUrl,
        first_passwords: FirstPasswords,
    ) -> (Self, Forgotten) {
        let (queue, asked) = mpsc::channel(MAX_WAITING);
        let forgotten = Forgotten { queue, metrics: mailer.metrics().clone() };
        (Self { asked, mailer, store, clock, base, first_passwords }, forgotten)
    }

    /// Sends until `stop` is ready, and then to those who still wait.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { asked, mailer, store, clock, base, first_passwords } = self;
        let sender = Sender { mailer: &mailer, store: &*store, clock: &*clock, base: &base, first_passwords };
        until_stopped(asked, stop).for_each_concurrent(AT_ONCE, |email| sender.answer(email)).await;
    }
}

struct Sender<'a> {
    mailer: &'a Mailer,
    store: &'a dyn Store,
    clock: &'a dyn Clock,
    base: &'a PublicUrl,
    first_passwords: FirstPasswords,
}

impl Sender<'_> {
    async fn answer(&self, email: Email) {
        let account = match self.store.account_by_email(&email).await {
            Ok(account) => account.filter(|account| account.enabled),
            Err(error) => {
                tracing::warn!(%error, "a person who has forgotten their password gets no mail");
                return;
            }
        };
        let Some(account) = account else { return };
        let place = self.base.as_str();
        if !self.may_set(&account) {
            self.send(account.id, &email, &Letter::Elsewhere { place }).await;
            return;
        }
        match self.link(account.id).await {
            Ok(link) => self.send(account.id, &email, &Letter::Reset { place, link: &link }).await,
            Err(error) => tracing::warn!(user = %account.id, %error, "no one-time link could be made"),
        }
    }

    /// Whether the person's password is here, or may come here.
    fn may_set(&self, account: &Account) -> bool {
        account.password.is_some()
            || match self.first_passwords {
                FirstPasswords::Everybody => true,
                FirstPasswords::WhoComesOver => account.awaits_password(),
                FirstPasswords::Nobody => false,
            }
    }

    async fn link(&self, user: UserId) -> Result<String, ServiceError> {
        let secret = LinkSecret::draw(user)?;
        let expires = self.clock.now().plus(LinkPurpose::Reset.lifetime());
        let change = AccountChange::AddLink(secret.digest(), expires);
        self.store.change_account(user, &change).await?.map_err(ServiceError::NoLink)?;
        Ok(self.base.at(&format!("{LINK_PAGE}?link={}", secret.reveal())))
    }

    async fn send(&self, user: UserId, to: &Email, letter: &Letter<'_>) {
        match self.mailer.send(to, letter).await {
            Ok(()) => log(user, "mail to who has forgotten the password"),
            Err(error) => {
                tracing::warn!(%user, %error, "a person who has forgotten their password could not be mailed");
            }
        }
    }
}

impl AccountService {
    /// Whether people can ask for a link.
    #[must_use]
    pub const fn sends_links(&self) -> bool {
        self.forgotten.is_some()
    }

    /// Sends a link to the person of this address, if there is one. Whether there is, neither the answer tells nor its time:
    /// all that depends on it happens afterwards. If too many others wait, nobody gets one, and only the operator is told.
    ///
    /// # Errors
    /// [`ServiceError::NoMail`]; [`ServiceError::Throttled`], by address and network; [`ServiceError::Store`].
    pub async fn forgot(&self, email: Email, from: Network) -> Result<(), ServiceError> {
        let Forgotten { queue, metrics } = self.forgotten.as_ref().ok_or(ServiceError::NoMail)?;
        self.identity.count_forgotten(&email, from).await?;
        if queue.try_send(email).is_err() {
            tracing::warn!("too much mail waits: a person who has forgotten their password gets none");
            metrics.count_dropped();
        }
        Ok(())
    }
}

/// What the hidden field of the page's form holds in this browser.
#[must_use]
pub fn forgot_form(browser: &TokenValue) -> String {
    Form::Forgot.proof(browser, "")
}

/// Checks that hidden field.
///
/// # Errors
/// [`ServiceError::Forged`].
pub fn check_forgot_form(browser: &[TokenValue], sent: &str) -> Result<(), ServiceError> {
    let ours = browser.iter().any(|cookie| Form::Forgot.is_proven(cookie, "", sent));
    if ours { Ok(()) } else { Err(ServiceError::Forged) }
}
