//! What a third-party back end may know of a token that somebody presented to it (RFC 7662).

use super::{TokenError, Tokens};
use crate::directory::bearers::{Audience, BearerError, Bearers, Presented};
use crate::domain::{AccessToken, Held, Right, TokenValue};
use crate::store::StoreError;

/// A token that counts.
#[derive(Debug)]
pub enum Introspected {
    /// An access token of the v2 API.
    AccessToken(AccessToken),
    /// A bearer, and its open session.
    Bearer(Presented, Box<Held>),
}

impl Tokens {
    /// What a token is, if it counts now: an access token, or a bearer of any audience whose session is open. `None`
    /// for everything else.
    ///
    /// # Errors
    /// [`TokenError::Store`].
    pub async fn introspect(&self, bearers: &Bearers, token: &str) -> Result<Option<Introspected>, TokenError> {
        if let Some(value) = TokenValue::parse(token.as_bytes()) {
            return match self.check(Some(value)).await {
                Ok(checked) => Ok(Some(Introspected::AccessToken(checked.token))),
                Err(TokenError::InvalidToken) => Ok(None),
                Err(error) => Err(error),
            };
        }
        let now = self.clock.now();
        let presented = match bearers.read_bearer(token, now).await {
            Ok(presented) => presented,
            Err(BearerError::Refused(_)) => return Ok(None),
            Err(error) => return Err(TokenError::Store(StoreError::Unavailable(error.to_string()))),
        };
        let held = self.store.directory_session(presented.user, presented.session, now).await?;
        Ok(held.map(|held| Introspected::Bearer(presented, Box::new(held))))
    }
}

impl Introspected {
    /// What its holder may do (RFC 6749, 3.3): the right, and the third-party claims.
    #[must_use]
    pub fn scope(&self) -> String {
        match self {
            Self::AccessToken(_) => Right::Client.as_str().to_owned(),
            Self::Bearer(_, held) => {
                let claims = held.session.app_claims.iter().map(|claim| &**claim);
                std::iter::once(held.session.right.as_str()).chain(claims).collect::<Vec<_>>().join(" ")
            }
        }
    }

    /// Whom it is for: an access token and a bearer of this server are for this server.
    #[must_use]
    pub const fn audience(&self) -> Audience {
        match self {
            Self::AccessToken(_) => Audience::Directory,
            Self::Bearer(presented, _) => presented.audience,
        }
    }
}
