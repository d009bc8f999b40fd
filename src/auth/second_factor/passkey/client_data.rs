//! What a browser says of the page that has asked (Web Authentication, 5.8.1).

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use subtle::ConstantTimeEq as _;

use super::{Challenge, Refused};

/// What a page has asked for.
#[derive(Clone, Copy)]
pub(super) enum Ceremony {
    /// A new passkey.
    Create,
    /// A passkey's answer.
    Get,
}

impl Ceremony {
    const fn name(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// Browsers may say more; what is here twice is refused.
#[derive(Deserialize)]
struct ClientData<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    challenge: Cow<'a, str>,
    #[serde(borrow)]
    origin: Cow<'a, str>,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: Option<bool>,
    #[serde(default, rename = "topOrigin")]
    top_origin: Option<IgnoredAny>,
}

/// Whether it is the answer to this challenge on a page of this origin, in no frame of another's.
pub(super) fn check(json: &[u8], ceremony: Ceremony, challenge: &Challenge, origin: &str) -> Result<(), Refused> {
    let said: ClientData<'_> = serde_json::from_slice(json).map_err(|_| Refused::ClientData)?;
    if said.kind != ceremony.name() {
        return Err(Refused::Type);
    }
    let expected = BASE64_URL_SAFE_NO_PAD.encode(challenge.0);
    if !bool::from(expected.as_bytes().ct_eq(said.challenge.as_bytes())) {
        return Err(Refused::Challenge);
    }
    if said.origin != origin {
        return Err(Refused::Origin);
    }
    let in_a_frame = said.cross_origin == Some(true) || said.top_origin.is_some();
    if in_a_frame { Err(Refused::CrossOrigin) } else { Ok(()) }
}
