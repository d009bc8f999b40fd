//! Which session a request acts in: that of its bearer, or the v2 session of its access token.

use super::SessionService;
use crate::bearer::{Audience, VerifiedBearer};
use crate::domain::{
    AccessToken, ClientKey, Denied, DirectorySession, Right, Session, SessionWithAccount, TokenDigest, TokenValue,
};
use crate::error::ServiceError;

/// What names a session.
pub enum Credential {
    /// Perhaps a bearer; not verified. A secret.
    Bearer(String),
    /// An access token.
    AccessToken(TokenValue),
}

/// An open session.
#[derive(Debug)]
pub struct ActiveSession {
    /// Whose it is, and what it is. A v2 session is told as a directory session of `access:client` that needs no
    /// heartbeat; it ends, for whoever presents one of its tokens, no later than that token.
    pub held: SessionWithAccount,
    /// The client whose v2 session it is; `None` for a directory session.
    pub client: Option<ClientKey>,
    /// The access token that names that session.
    pub access: Option<TokenDigest>,
}

impl SessionService {
    /// What a bearer for this server says, if it is one of ours and its time is now. Whether its session is open is for
    /// the act to say that it is for.
    ///
    /// # Errors
    /// [`ServiceError::NoSession`], [`ServiceError::NoKeys`].
    pub async fn verify(&self, bearer: &str) -> Result<VerifiedBearer, ServiceError> {
        self.bearers.verify(bearer, Audience::Directory, self.clock.now()).await
    }

    /// The session that a credential names, if it is open.
    ///
    /// # Errors
    /// [`ServiceError::NoSession`], [`ServiceError::NoKeys`], [`ServiceError::Store`].
    pub async fn live(&self, credential: Credential) -> Result<ActiveSession, ServiceError> {
        match credential {
            Credential::Bearer(token) => {
                let presented = self.verify(&token).await?;
                self.session_of(&presented).await
            }
            Credential::AccessToken(token) => {
                let (digest, token) = self.access_token(&token).await?;
                self.live_by_token(digest, token).await
            }
        }
    }

    /// What a bearer says, whomever it is for, and its session, if that is open: to tell about it, never to act in it.
    ///
    /// # Errors
    /// [`ServiceError::NoSession`], [`ServiceError::NoKeys`], [`ServiceError::Store`].
    pub async fn inspect(&self, bearer: &str) -> Result<(VerifiedBearer, ActiveSession), ServiceError> {
        let presented = self.bearers.read_bearer(bearer, self.clock.now()).await?;
        Ok((presented, self.session_of(&presented).await?))
    }

    /// The session that a bearer names, if it is open.
    async fn session_of(&self, presented: &VerifiedBearer) -> Result<ActiveSession, ServiceError> {
        let now = self.clock.now();
        match self.store.directory_session(presented.user, presented.session, now).await? {
            Some(held) if held.account.enabled => Ok(ActiveSession { held, client: None, access: None }),
            Some(_) => Err(ServiceError::NoSession(Denied::Disabled)),
            None => self.live_v2(presented).await,
        }
    }

    /// The v2 session that a bearer names, if it is open and still has the access token that the bearer stands for.
    pub(super) async fn live_v2(&self, presented: &VerifiedBearer) -> Result<ActiveSession, ServiceError> {
        let digest = presented.access.ok_or(ServiceError::NoSession(Denied::SessionClosed))?;
        let token = self.token_with(digest).await?;
        if token.user != presented.user {
            return Err(ServiceError::NoSession(Denied::SessionClosed));
        }
        self.live_by_token(digest, token).await
    }

    /// An access token, if it counts now.
    pub(super) async fn access_token(&self, token: &TokenValue) -> Result<(TokenDigest, AccessToken), ServiceError> {
        let digest = token.digest();
        Ok((digest, self.token_with(digest).await?))
    }

    async fn token_with(&self, digest: TokenDigest) -> Result<AccessToken, ServiceError> {
        let token = self.store.access_token(digest).await?.ok_or(Denied::UnknownToken);
        token.and_then(|token| token.unexpired(self.clock.now())).map_err(ServiceError::NoSession)
    }

    /// The v2 session that this access token hangs on.
    pub(super) async fn live_by_token(
        &self,
        digest: TokenDigest,
        token: AccessToken,
    ) -> Result<ActiveSession, ServiceError> {
        let AccessToken { user, client, expires, .. } = token;
        let found = self.store.client_session(user, &client).await?;
        let has_it = |session: &Session| session.access.iter().any(|held| held.digest == digest);
        let found = found.filter(|(_, session)| has_it(session));
        let (account, session) = found.ok_or(ServiceError::NoSession(Denied::SessionClosed))?;
        if !account.enabled {
            return Err(ServiceError::NoSession(Denied::Disabled));
        }
        let end = session.ends.min(expires);
        let session = DirectorySession {
            id: session.id,
            right: Right::Client,
            app_claims: Vec::new(),
            extended: false,
            native: None,
            how: session.how,
            opened: session.opened,
            authenticated: session.authenticated,
            last_contact: session.last_contact,
            heartbeat_before: end,
            end_of_life: end,
            collected: None,
            beaten: false,
            contact: session.contact,
            redirect_url: "".into(),
            cross: Vec::new(),
            provider_session: None,
        };
        let held = SessionWithAccount { account, session };
        Ok(ActiveSession { held, client: Some(client), access: Some(digest) })
    }
}
