//! What bearers say (`docs/api/directory-session.md`, "Who may call"): the claims of a JWT.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::domain::{Profile, SessionId, SessionWithAccount, TokenDigest, UserId};

/// The claims that are signed.
#[derive(Serialize)]
pub(super) struct Claims<'a> {
    pub(super) iss: &'a str,
    pub(super) aud: &'a str,
    pub(super) sub: UserId,
    pub(super) sid: SessionId,
    pub(super) iat: u64,
    pub(super) exp: u64,
    pub(super) jti: Uuid,
    /// The access token that the bearer stands for, digested (`ath`, RFC 9449, 4.2, with a digest of our own).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ath: Option<String>,
    #[serde(rename = "claims")]
    pub(super) right: &'a str,
    pub(super) appclaims: &'a [Box<str>],
    #[serde(flatten)]
    pub(super) extended: Option<Extended<'a>>,
}

/// What an extended bearer adds.
#[derive(Serialize)]
pub(super) struct Extended<'a> {
    oidc: Map<String, Value>,
    teams: Vec<Team<'a>>,
    tags: &'a [Box<str>],
}

#[derive(Serialize)]
struct Team<'a> {
    id: &'a str,
    name: &'a str,
}

/// The claims that we read of a bearer that we signed. A claim that is there twice is refused, and so is a list where
/// we write one text.
#[derive(Deserialize)]
pub(super) struct Received {
    pub(super) iss: String,
    pub(super) aud: String,
    pub(super) sub: UserId,
    pub(super) sid: SessionId,
    pub(super) iat: u64,
    pub(super) exp: u64,
    pub(super) ath: Option<String>,
}

/// A digest as the value of `ath`: 32 hexadecimal digits.
pub(super) fn ath_of(digest: TokenDigest) -> String {
    format!("{:032x}", u128::from_be_bytes(digest.0))
}

/// The digest in the value of `ath`.
pub(super) fn digest_of(ath: &str) -> Option<TokenDigest> {
    let digits = ath.len() == 32 && ath.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u128::from_str_radix(ath, 16).ok().filter(|_| digits)?;
    Some(TokenDigest(number.to_be_bytes()))
}

impl<'a> Extended<'a> {
    /// The additions, if the session asked for them.
    pub(super) fn of(held: &'a SessionWithAccount) -> Option<Self> {
        let profile = &held.account.profile;
        let Profile { subject, tags, .. } = profile;
        held.session.extended.then(|| {
            let mut oidc = Map::new();
            if let Some(subject) = subject {
                oidc = serde_json::from_str(&subject.claims).unwrap_or_default();
                oidc.insert("iss".into(), (*subject.issuer).into());
                oidc.insert("sub".into(), (*subject.subject).into());
            }
            let teams = profile.all_teams().map(|team| Team { id: &team.id, name: &team.name }).collect();
            Self { oidc, teams, tags }
        })
    }
}
