//! Where a person is logged in.

use std::cmp::Reverse;

use super::{AccountService, Holder};
use crate::domain::{
    ClientInfo, DirectorySession, RedirectUrl, Right, Session, SessionId, SignOn, Timestamp, TokenDigest,
};
use crate::error::ServiceError;

/// One place where a person is logged in.
#[derive(Debug)]
pub struct Place {
    /// What names it in a form.
    pub id: PlaceId,
    /// What it is.
    pub kind: PlaceKind,
    /// What is logged in, as it describes itself.
    pub contact: ClientInfo,
    /// Since when.
    pub since: Timestamp,
    /// When it was last heard of, as far as that is noted.
    pub used: Timestamp,
    /// Whether it is the browser that asks.
    pub own: bool,
}

/// What names a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceId {
    /// A session.
    Session(SessionId),
    /// A browser that is signed on.
    Browser(TokenDigest),
}

/// What is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceKind {
    /// A browser that stays signed on.
    Browser,
    /// A client of the v2 API.
    Client,
    /// A native client that was let in through a browser, which is what the place describes.
    Native,
    /// A web application, in a browser.
    Web {
        /// Where it is.
        host: String,
        /// What the settings call it, as the login page does, if they know it.
        application: Option<String>,
    },
}

impl PlaceId {
    /// What a form sends of it.
    #[must_use]
    pub fn to_text(self) -> String {
        match self {
            Self::Session(session) => format!("s{}", session.0.simple()),
            Self::Browser(TokenDigest(bits)) => format!("b{}", uuid::Uuid::from_bytes(bits).simple()),
        }
    }

    /// What [`Self::to_text`] was made of.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_at_checked(1)?;
        let id = uuid::Uuid::try_parse(id).ok()?;
        match kind {
            "s" => Some(Self::Session(SessionId(id))),
            "b" => Some(Self::Browser(TokenDigest(id.into_bytes()))),
            _ => None,
        }
    }
}

impl AccountService {
    /// Every place where the person is logged in: this browser first, then those used last.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn places(&self, holder: &Holder) -> Result<Vec<Place>, ServiceError> {
        let now = self.clock.now();
        let Some(state) = self.store.user_state(holder.account.id).await? else { return Ok(Vec::new()) };
        let browsers = state.account.profile.sign_ons.iter().filter(|held| held.expires > now);
        let browsers = browsers.map(|held| Place::of_browser(held, holder.sign_on.digest));
        let clients = state.clients.values().map(Place::of_client);
        let sessions = state.directory.values().map(|session| self.place_of(session));
        let mut places: Vec<_> = browsers.chain(clients).chain(sessions).collect();
        places.sort_by_key(|place| (Reverse(place.own), Reverse(place.used)));
        Ok(places)
    }
}

impl AccountService {
    fn place_of(&self, session: &DirectorySession) -> Place {
        let is_native = session.native.is_some() || session.right == Right::ClientDev;
        let kind = if is_native {
            PlaceKind::Native
        } else {
            let url = RedirectUrl::parse(&session.redirect_url).ok();
            let application = url.as_ref().and_then(|url| self.logins.application_at(url));
            PlaceKind::Web { host: url.map(|url| url.host()).unwrap_or_default(), application }
        };
        Place {
            id: PlaceId::Session(session.id),
            kind,
            contact: session.contact.clone(),
            since: session.opened,
            used: session.last_contact,
            own: false,
        }
    }
}

impl Place {
    fn of_browser(held: &SignOn, own: TokenDigest) -> Self {
        Self {
            id: PlaceId::Browser(held.digest),
            kind: PlaceKind::Browser,
            contact: held.contact.clone().unwrap_or_default(),
            since: held.proven,
            used: held.used.unwrap_or(held.proven),
            own: held.digest == own,
        }
    }

    fn of_client(session: &Session) -> Self {
        Self {
            id: PlaceId::Session(session.id),
            kind: PlaceKind::Client,
            contact: session.contact.clone(),
            since: session.opened,
            used: session.last_contact,
            own: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_by_a_text_that_leads_back() {
        let id = uuid::Uuid::from_u128(0x1234);
        for place in [PlaceId::Session(SessionId(id)), PlaceId::Browser(TokenDigest(id.into_bytes()))] {
            assert_eq!(PlaceId::parse(&place.to_text()), Some(place));
        }
        for other in ["", "s", "x00000000000000000000000000001234", "b1234", "\u{e9}", "others"] {
            assert_eq!(PlaceId::parse(other), None, "{other}");
        }
    }
}
