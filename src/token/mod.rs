//! Access, cross and remember-me tokens: handles on a directory session. One file a use case.

use std::sync::Arc;

use uuid::Uuid;

use crate::auth::oidc::OpenId;
use crate::auth::{Device, Identity, Origin};
use crate::clock::Clock;
use crate::domain::event::LoginWay;
use crate::domain::{
    ClientInfo, ClientKey, ForeignId, Grant, Issue, Network, SessionId, Timestamp, TokenValue, UserId,
};
use crate::error::ServiceError;
use crate::session::SessionService;
use crate::settings::TokenSettings;
use crate::store::{Remember, Store};

mod check;
mod introspect;
mod mint;
mod password;
mod provider_token;
mod remember_me;
mod revoke;
mod swap;
mod take_over;
mod user;

pub use check::Checked;
pub use introspect::Introspected;
pub use mint::CrossToken;
pub use provider_token::CheckedByProvider;
pub use revoke::Scope;

/// Issues, checks and ends tokens.
#[derive(Clone)]
pub struct TokenService {
    store: Arc<dyn Store>,
    directory: Arc<SessionService>,
    identity: Arc<Identity>,
    provider: Option<Arc<OpenId>>,
    settings: Arc<TokenSettings>,
    applications: Arc<[ClientKey]>,
    clock: Arc<dyn Clock>,
}

/// A login that took effect, as its response tells it.
#[derive(Debug)]
pub struct Login {
    /// Whose it is.
    pub user: UserId,
    /// The session that the tokens hang on.
    pub session: SessionId,
    /// By what it was.
    pub way: LoginWay,
    /// The access token.
    pub access_token: TokenValue,
    /// Seconds until it ends, less one.
    pub expires_in: u64,
    /// The client's id: as sent, or made here.
    pub client_id: String,
    /// The remember-me token, if one was asked for, and its seconds.
    pub remember_me: Option<(TokenValue, u64)>,
}

/// What every login says besides its credentials.
#[derive(Clone, Debug)]
pub struct LoginContext {
    /// The client's id, if it sent one.
    pub client_id: Option<ForeignId>,
    /// The client as it describes itself, and the application that it names.
    pub contact: ClientInfo,
    /// Where the request came from.
    pub network: Network,
    /// The team that the new token is for.
    pub team: Option<Box<str>>,
    /// The project that the new token is for.
    pub project: Option<Box<str>>,
}

impl TokenService {
    /// The service on one handle of the store, which `directory` and `identity` have too.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        directory: Arc<SessionService>,
        identity: Arc<Identity>,
        provider: Option<Arc<OpenId>>,
        settings: TokenSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let applications = settings.applications.iter().map(|id| ClientKey::of(id)).collect();
        Self { store, directory, identity, provider, settings: Arc::new(settings), applications, clock }
    }

    /// The same with another handle of the store, which `directory` and `identity` have too.
    #[must_use]
    pub fn with_store(&self, store: Arc<dyn Store>, directory: Arc<SessionService>, identity: Arc<Identity>) -> Self {
        Self { store, directory, identity, ..self.clone() }
    }

    /// Refuses an application that may not log in. Judged before any password, so that guessing costs nothing here.
    fn admit_application(&self, context: &LoginContext) -> Result<(), ServiceError> {
        match &context.contact.application {
            Some(id) if !self.applications.is_empty() && !self.applications.contains(&ClientKey::of(id)) => {
                Err(ServiceError::UnknownApplication)
            }
            _ => Ok(()),
        }
    }

    /// Hangs new tokens on the session of (user, client). The one place where tokens are made. A login that took no password
    /// renews where the account is known from, as one with a password has done when it was proven.
    async fn issue(
        &self,
        user: UserId,
        (grant, now): (Grant, Timestamp),
        client: LoginClient,
        remember_me: bool,
        context: LoginContext,
    ) -> Result<Login, ServiceError> {
        let access_token = TokenValue::draw_for(user)?;
        let remember_me_token = remember_me.then(|| TokenValue::draw_for(user)).transpose()?;
        let way = match &grant {
            Grant::Proof { .. } => LoginWay::Password,
            Grant::AppPassword { .. } => LoginWay::AppPassword,
            Grant::RememberMe(_) => LoginWay::RememberMe,
            Grant::Cross(_) => LoginWay::Cross,
            Grant::Upstream => LoginWay::OldService,
        };
        let is_proof = matches!(grant, Grant::Proof { .. } | Grant::AppPassword { .. });
        let is_silent = matches!(grant, Grant::RememberMe(_));
        let access_lifetime = if is_silent || remember_me {
            self.settings.remember_me_access_lifetime
        } else {
            self.settings.access_lifetime
        };
        let origin = client.origin(context.network, is_silent || remember_me);
        let issue = Issue {
            grant,
            now,
            client: client.key,
            server_made: client.server_made,
            team: context.team,
            project: context.project,
            contact: context.contact,
            network: is_proof.then_some(context.network),
            session: SessionId(Uuid::new_v4()),
            access: (access_token.digest(), access_lifetime),
            remember_me: remember_me_token.as_ref().map(|token| (token.digest(), self.settings.remember_me_lifetime)),
            limits: self.directory.limits(),
        };
        let issued = self.store.issue(user, &issue).await?.map_err(ServiceError::InvalidCredentials)?;
        if !is_proof {
            self.identity.remember(&issued.email, &origin).await;
        }
        Ok(Login {
            user,
            session: issued.session,
            way,
            access_token,
            expires_in: issued.access_expires.expires_in(now),
            client_id: client.id,
            remember_me: remember_me_token.zip(issued.remember_me_expires.map(|expires| expires.expires_in(now))),
        })
    }
}

/// The client that logs in.
struct LoginClient {
    /// Its id as the response says it: as sent, or made here.
    id: String,
    /// What it is found by.
    key: ClientKey,
    /// Whether the id was made here.
    server_made: bool,
}

impl LoginClient {
    /// Without an id, or with the nil UUID, it is a new client.
    fn of(sent: Option<&ForeignId>) -> Self {
        if let Some(id) = sent.filter(|id| !id.is_nil()) {
            return Self { id: id.as_str().to_owned(), key: id.key(), server_made: false };
        }
        let made = Uuid::new_v4();
        Self { id: made.to_string(), key: ClientKey::Uuid(made), server_made: true }
    }

    /// Where a login comes from. Its client is a device that the account knows from then on if it holds a remember-me
    /// token, or if its id was made here and comes back: an id that clients make up may stand for a whole product.
    fn origin(&self, network: Network, holds_token: bool) -> Origin {
        let remember = match (holds_token, self.server_made) {
            (true, _) => Remember::Always,
            (false, true) => Remember::UntilReused,
            (false, false) => Remember::IfKnown,
        };
        Origin { network, device: Some(Device::Client(self.key.clone())), remember }
    }
}
