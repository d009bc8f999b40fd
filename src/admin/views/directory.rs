//! Signed-on browsers, licences, signing keys.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::iso;
use crate::domain::{Account, Borrow, KeyRing, SessionId, SignOn, Timestamp, UserId, named};

/// A browser in which a user stays signed on.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SignOnView {
    /// When the person proved who they are.
    pub proven: String,
    /// When it ends by itself.
    pub expires: String,
}

/// A licence that is out.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct BorrowView {
    /// Who has it.
    #[schema(value_type = uuid::Uuid)]
    pub user: UserId,
    /// Their e-mail address; none if the account is gone.
    pub email: Option<String>,
    /// The session it was borrowed in.
    #[schema(value_type = uuid::Uuid)]
    pub session: SessionId,
    /// When it was borrowed.
    pub since: String,
    /// When it comes back by itself.
    pub until: String,
}

/// A signing key, without its private half.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct KeyView {
    /// Its id, as in bearers and among the published keys.
    pub kid: String,
    /// When it was made and published.
    pub made: String,
    /// When it begins to sign.
    pub signs_from: String,
    /// What it is for now.
    pub state: KeyState,
}

named! {
    /// What a signing key is for.
    #[derive(Serialize, Deserialize, ToSchema)]
    #[serde(rename_all = "lowercase")]
    pub enum KeyState {
        /// It is published, so that verifiers know it before it signs.
        Next = "next",
        /// It signs.
        Signing = "signing",
        /// A later key signs; this one is published until the bearers that it signed have ended.
        Retiring = "retiring",
    }
}

impl SignOnView {
    pub(in crate::admin) fn of(sign_on: &SignOn) -> Self {
        Self { proven: iso(sign_on.proven), expires: iso(sign_on.expires) }
    }
}

impl BorrowView {
    pub(in crate::admin) fn of(borrow: &Borrow, account: Option<&Account>) -> Self {
        Self {
            user: borrow.user,
            email: account.map(|account| account.email.as_str().to_owned()),
            session: borrow.session,
            since: iso(borrow.since),
            until: iso(borrow.until),
        }
    }
}

impl KeyView {
    /// Every key of a ring, as the ring stands.
    pub(in crate::admin) fn of_ring(ring: &KeyRing, now: Timestamp) -> Vec<Self> {
        let signing = ring.keys.iter().filter(|key| key.signs_from <= now).map(|key| key.signs_from).max();
        let state = |from: Timestamp| match signing {
            Some(signing) if from < signing => KeyState::Retiring,
            Some(signing) if from == signing => KeyState::Signing,
            _ => KeyState::Next,
        };
        let view = |key: &crate::domain::SealedKey| Self {
            kid: key.id.to_string(),
            made: iso(key.made),
            signs_from: iso(key.signs_from),
            state: state(key.signs_from),
        };
        ring.keys.iter().map(view).collect()
    }
}
