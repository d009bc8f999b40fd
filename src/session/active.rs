//! Which session a request acts in: that of its bearer, or the v2 session of its access token.

use super::{SessionError, SessionService};
use crate::bearer::{Audience, BearerError, VerifiedBearer};
use crate::domain::{
    AccessToken, ClientKey, DirectorySession, Right, Session, SessionWithAccount, TokenDigest, TokenValue, UserId,
    UserState,
};

/// What names a session.
#[derive(Debug)]
pub enum Credential<'a> {
    /// Perhaps a bearer; not verified. A secret.
    Bearer(&'a str),
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
    /// [`SessionError::Refused`], [`SessionError::NoKeys`].
    pub async fn verify(&self, bearer: &str) -> Result<VerifiedBearer, SessionError> {
        Ok(self.bearers.verify(bearer, Audience::Directory, self.clock.now()).await?)
    }

    /// The session that a handle names, if it is open.
    ///
    /// # Errors
    /// [`SessionError::Refused`], [`SessionError::NoKeys`], [`SessionError::Store`].
    pub async fn live(&self, handle: Credential<'_>) -> Result<ActiveSession, SessionError> {
        match handle {
            Credential::Bearer(token) => {
                let presented = self.verify(token).await?;
                self.session_of(&presented).await
            }
            Credential::AccessToken(token) => {
                let (digest, token) = self.access_token(&token).await?;
                self.live_by_token(token.user, digest).await
            }
        }
    }

    /// What a bearer says, whomever it is for, and its session, if that is open: to tell about it, never to act in it.
    ///
    /// # Errors
    /// [`SessionError::Refused`], [`SessionError::NoKeys`], [`SessionError::Store`].
    pub async fn inspect(&self, bearer: &str) -> Result<(VerifiedBearer, ActiveSession), SessionError> {
        let presented = self.bearers.read_bearer(bearer, self.clock.now()).await?;
        Ok((presented, self.session_of(&presented).await?))
    }

    /// The session that a bearer names, if it is open.
    async fn session_of(&self, presented: &VerifiedBearer) -> Result<ActiveSession, SessionError> {
        let now = self.clock.now();
        match self.store.directory_session(presented.user, presented.session, now).await? {
            Some(held) if held.account.enabled => Ok(ActiveSession { held, client: None, access: None }),
            Some(_) => Err(SessionError::Refused("its user is disabled")),
            None => self.live_v2(presented).await,
        }
    }

    /// The v2 session that a bearer names, if it is open and still has the access token that the bearer stands for.
    pub(super) async fn live_v2(&self, presented: &VerifiedBearer) -> Result<ActiveSession, SessionError> {
        let access = presented.access.ok_or(SessionError::Refused("its session is closed"))?;
        self.live_by_token(presented.user, access).await
    }

    /// An access token, if it counts now.
    pub(super) async fn access_token(&self, token: &TokenValue) -> Result<(TokenDigest, AccessToken), SessionError> {
        let (digest, now) = (token.digest(), self.clock.now());
        let token = self.store.access_token(digest).await?.filter(|token| token.expires > now);
        Ok((digest, token.ok_or(SessionError::Refused("there is no such access token"))?))
    }

    /// The v2 session that has this access token.
    pub(super) async fn live_by_token(&self, user: UserId, access: TokenDigest) -> Result<ActiveSession, SessionError> {
        v2(self.store.holdings(user).await?, access)
    }
}

/// The v2 session that has this access token, as long as that token lives.
fn v2(holdings: Option<UserState>, access: TokenDigest) -> Result<ActiveSession, SessionError> {
    let closed = || SessionError::Refused("its session is closed");
    let UserState { account, sessions, .. } = holdings.filter(|held| held.account.enabled).ok_or_else(closed)?;
    let expiry = |session: &Session| Some(session.access.iter().find(|token| token.digest == access)?.expires);
    let found = sessions.into_iter().find_map(|(client, session)| Some((client, expiry(&session)?, session)));
    let (client, expires, session) = found.ok_or_else(closed)?;
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
    };
    let held = SessionWithAccount { account, session, pushed_out: Vec::new() };
    Ok(ActiveSession { held, client: Some(client), access: Some(access) })
}

impl From<BearerError> for SessionError {
    fn from(error: BearerError) -> Self {
        match error {
            BearerError::Refused(why) => Self::Refused(why),
            BearerError::NoKeys => Self::NoKeys,
            BearerError::Busy => Self::Busy,
            BearerError::Signing => Self::Signing,
        }
    }
}
