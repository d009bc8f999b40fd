//! Access, cross and remember-me tokens: handles on a directory session. One file a use case.

use std::sync::Arc;

use crate::auth::{Device, Identity, IdentityError, Origin};
use crate::clock::Clock;
use crate::domain::{
    ClientInfo, ClientKey, Denied, Email, ForeignId, Grant, Issue, Network, Timestamp, TokenValue, UserId,
};
use crate::session::{Opening, SessionError, SessionService};
use crate::settings::TokenSettings;
use crate::store::{Remember, RetryAfter, Store, StoreError};

mod check;
mod introspect;
mod mint;
mod password;
mod remember_me;
mod revoke;
mod swap;
mod user;

pub use check::Checked;
pub use introspect::Introspected;
pub use mint::CrossToken;
pub use password::PasswordLogin;
pub use remember_me::SilentLogin;
pub use revoke::Scope;
pub use swap::Swap;

/// Issues, checks and ends tokens.
#[derive(Clone)]
pub struct TokenService {
    store: Arc<dyn Store>,
    directory: Arc<SessionService>,
    identity: Arc<Identity>,
    settings: Arc<TokenSettings>,
    applications: Arc<[ClientKey]>,
    clock: Arc<dyn Clock>,
}

/// A login that took effect, as its response tells it.
#[derive(Debug)]
pub struct Login {
    /// Whose it is.
    pub user: UserId,
    /// The access token.
    pub access_token: TokenValue,
    /// Seconds until it ends, less one.
    pub expires_in: u64,
    /// The client's id: as sent, or made here.
    pub client_id: String,
    /// The remember-me token, if one was asked for, and its seconds.
    pub remember_me: Option<(TokenValue, u64)>,
}

/// Why a token was not issued, told about, or ended.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The access token is missing, malformed, unknown, expired or revoked; the reason is for the log.
    #[error("the access token is not valid: {0}")]
    InvalidToken(Denied),
    /// Wrong credentials, or a cross or remember-me token that does not count: all alike to the caller; the reason is for the
    /// log.
    #[error("the credentials are not valid: {0}")]
    InvalidCredentials(Denied),
    /// The application is not among those that may log in.
    #[error("the application is not known")]
    UnknownApplication,
    /// The settings ask for an `application_id`, and there was none.
    #[error("application_id is missing")]
    ApplicationMissing,
    /// Too many attempts.
    #[error("too many attempts")]
    Throttled(RetryAfter),
    /// Too many logins are waiting to be hashed.
    #[error("the login queue is full")]
    Busy,
    /// What a bearer was presented for: it does not count, or cannot be verified.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system gave no random numbers.
    #[error("no random numbers: {0}")]
    Randomness(#[from] getrandom::Error),
}

impl From<IdentityError> for TokenError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Refused(denied) => Self::InvalidCredentials(denied),
            IdentityError::Throttled(retry_after) => Self::Throttled(retry_after),
            IdentityError::Busy => Self::Busy,
            IdentityError::Store(error) => Self::Store(error),
        }
    }
}

/// What every login says besides its credentials.
#[derive(Debug)]
pub struct LoginContext {
    /// The client's id, if it sent one.
    pub client_id: Option<ForeignId>,
    /// The application, if it named one.
    pub application_id: Option<ForeignId>,
    /// The client as it describes itself.
    pub contact: ClientInfo,
    /// Where the request came from.
    pub network: Network,
}

impl TokenService {
    /// Puts it together.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        directory: Arc<SessionService>,
        identity: Arc<Identity>,
        settings: TokenSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let applications = settings.applications.iter().map(|id| ClientKey::of(id)).collect();
        Self { store, directory, identity, settings: Arc::new(settings), applications, clock }
    }

    /// The same with another handle of the store, which `directory` and `identity` have too.
    #[must_use]
    pub fn with_store(&self, store: Arc<dyn Store>, directory: Arc<SessionService>, identity: Arc<Identity>) -> Self {
        Self { store, directory, identity, ..self.clone() }
    }

    /// Refuses an application that may not log in. Judged before any password, so that guessing costs nothing here.
    fn admit_application(&self, sent: Option<&ForeignId>) -> Result<(), TokenError> {
        match sent {
            Some(id) if !self.applications.is_empty() && !self.applications.contains(&id.key()) => {
                Err(TokenError::UnknownApplication)
            }
            _ => Ok(()),
        }
    }

    /// Issues for a login that took no password, which renews where the account is known from as one with a password does.
    async fn issue_from(&self, user: UserId, order: LoginRequest<'_>, origin: &Origin) -> Result<Login, TokenError> {
        let (login, email) = self.issue_to(user, order).await?;
        self.identity.remember(&email, origin).await;
        Ok(login)
    }

    async fn issue(&self, user: UserId, order: LoginRequest<'_>) -> Result<Login, TokenError> {
        Ok(self.issue_to(user, order).await?.0)
    }

    /// Hangs new tokens on the session of (user, client). The one place where tokens are made.
    async fn issue_to(&self, user: UserId, order: LoginRequest<'_>) -> Result<(Login, Email), TokenError> {
        let access_token = TokenValue::draw_for(user)?;
        let remember_me = order.remember_me.then(|| TokenValue::draw_for(user)).transpose()?;
        let access_lifetime = match (&order.grant, order.remember_me) {
            (Grant::RememberMe(_), _) | (_, true) => self.settings.remember_me_access_lifetime,
            (_, false) => self.settings.access_lifetime,
        };
        let Opening { client_id, client, server_made, session } = order.opening;
        let act = Issue {
            grant: order.grant,
            now: order.now,
            client,
            server_made,
            team: order.team.map(|id| id.as_str().into()),
            project: order.project.map(|id| id.as_str().into()),
            contact: order.contact,
            network: order.network,
            session,
            access: (access_token.digest(), access_lifetime),
            remember_me: remember_me.as_ref().map(|token| (token.digest(), self.settings.remember_me_lifetime)),
            limits: self.directory.limits(),
        };
        let issued = self.store.issue(user, &act).await?.map_err(TokenError::InvalidCredentials)?;
        let remember_me_expires_in = issued.remember_me_expires.map(|expires| expires.expires_in(order.now));
        let login = Login {
            user,
            access_token,
            expires_in: issued.access_expires.expires_in(order.now),
            client_id,
            remember_me: remember_me.zip(remember_me_expires_in),
        };
        Ok((login, issued.email))
    }
}

/// Where a login comes from. Its client is a device that the account knows from then on if it holds a remember-me
/// token, or if its id was made here and comes back: an id that clients make up may stand for a whole product.
fn origin(network: Network, opening: &Opening, holds_token: bool) -> Origin {
    let remember = match (holds_token, opening.server_made) {
        (true, _) => Remember::Always,
        (false, true) => Remember::UntilReused,
        (false, false) => Remember::IfKnown,
    };
    Origin { network, device: Some(Device::Client(opening.client.clone())), remember }
}

/// One login on its way to the store.
struct LoginRequest<'a> {
    grant: Grant,
    now: Timestamp,
    opening: Opening,
    contact: ClientInfo,
    network: Option<Network>,
    remember_me: bool,
    team: Option<&'a ForeignId>,
    project: Option<&'a ForeignId>,
}
