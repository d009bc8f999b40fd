//! A provider that says whatever a test wants: what no certified one can be brought to say. It stands in for attackers
//! and broken servers only; that logins work is shown with a real provider.

use std::ops::Deref;

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::fixtures::NONCE;
use crate::forge::{KEYS, public, signed};
use crate::support::liar;
use crate::support::openid_provider::CLIENT;

pub use crate::support::liar::{Answer, TLS, response};

/// A running one; it ends when dropped.
pub struct Liar {
    pub issuer: String,
    service: liar::Liar,
}

impl Liar {
    /// One that has not lied yet: whoever redeems a code is `sub`, for a login with [`NONCE`] at `now`.
    pub fn start(now: u64) -> Self {
        Self::of(liar::Liar::start(), now)
    }

    /// As [`Self::start`], over TLS.
    pub fn start_with_tls(now: u64) -> Self {
        Self::of(liar::Liar::start_with_tls(), now)
    }

    fn of(service: liar::Liar, now: u64) -> Self {
        let liar = Self { issuer: service.url.clone(), service };
        liar.says("/.well-known/openid-configuration", Answer::Json(liar.metadata()));
        liar.says("/jwks", Answer::Json(json!({"keys": [public(&KEYS[0], "one")]})));
        liar.sends(&signed(&header(), &liar.claims(now), &KEYS[0], Algorithm::RS256));
        liar
    }

    /// What it tells about itself, as long as it does not lie.
    pub fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("/auth"),
            "token_endpoint": at("/token"),
            "userinfo_endpoint": at("/me"),
            "jwks_uri": at("/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        })
    }

    /// The claims of a good ID token, complete.
    pub fn claims(&self, now: u64) -> Value {
        json!({"iss": self.issuer, "aud": CLIENT, "sub": "somebody", "nonce": NONCE, "iat": now, "exp": now + 300,
               "email": "a@example.org", "email_verified": true, "name": "Somebody"})
    }

    /// Has its token endpoint send this ID token.
    pub fn sends(&self, id_token: &str) {
        let tokens = json!({"access_token": "access", "token_type": "Bearer", "id_token": id_token});
        self.says("/token", Answer::Json(tokens));
    }
}

impl Deref for Liar {
    type Target = liar::Liar;

    fn deref(&self) -> &liar::Liar {
        &self.service
    }
}

/// The header of a good ID token.
pub fn header() -> Value {
    json!({"alg": "RS256", "kid": "one", "typ": "JWT"})
}
