//! What a third-party back end may know of a token that somebody presented to it (RFC 7662).

use super::CheckedByProvider;
use super::TokenService;
use crate::bearer::{Audience, VerifiedBearer};
use crate::domain::{AccessToken, Network, Right, SessionWithAccount, TokenValue};
use crate::error::ServiceError;

/// A token that counts.
#[derive(Debug)]
pub enum Introspected {
    /// An access token of the v2 API.
    AccessToken(AccessToken),
    /// A bearer, and its open session.
    Bearer(VerifiedBearer, Box<SessionWithAccount>),
    /// An access token of the identity provider.
    OfProvider(CheckedByProvider),
}

impl TokenService {
    /// What a token is, if it counts now: an access token, a bearer of any audience whose session is open, or an access token
    /// of the provider that a check takes. `None` for everything else.
    ///
    /// # Errors
    /// [`ServiceError::Store`]; of a token that may be one of the old service also [`ServiceError::Throttled`],
    /// [`ServiceError::Elsewhere`].
    pub async fn introspect(&self, token: &str, network: Network) -> Result<Option<Introspected>, ServiceError> {
        let found = if let Some(value) = TokenValue::parse(token.as_bytes()) {
            self.check_anywhere(Some(&value), network).await.map(|checked| Introspected::AccessToken(checked.token))
        } else {
            match self.directory.inspect(token).await {
                Ok((presented, live)) => Ok(Introspected::Bearer(presented, Box::new(live.held))),
                Err(ServiceError::NoSession(_)) => self.check_of_provider(token).await.map(Introspected::OfProvider),
                Err(error) => Err(error),
            }
        };
        match found {
            Ok(found) => Ok(Some(found)),
            Err(ServiceError::InvalidToken(_) | ServiceError::NoSession(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Introspected {
    /// What its holder may do (RFC 6749, 3.3): the right, and the third-party claims.
    #[must_use]
    pub fn scope(&self) -> String {
        match self {
            Self::AccessToken(_) | Self::OfProvider(_) => Right::Client.as_str().to_owned(),
            Self::Bearer(_, held) => {
                let claims = held.session.app_claims.iter().map(|claim| &**claim);
                std::iter::once(held.session.right.as_str()).chain(claims).collect::<Vec<_>>().join(" ")
            }
        }
    }

    /// Whom it is for: an access token and a bearer of this server are for this server; the provider names whom its own are
    /// for.
    #[must_use]
    pub fn audience(&self) -> &str {
        match self {
            Self::AccessToken(_) => Audience::Directory.as_str(),
            Self::Bearer(presented, _) => presented.audience.as_str(),
            Self::OfProvider(checked) => &checked.token.audience,
        }
    }
}
