//! Logins that nobody has begun to prove lie in the browsers that began them, sealed: so beginning logins costs the store
//! nothing, and a flood of them takes nobody's place.
//!
//! The key of each (AES-256-GCM) is derived from the secret that all servers of a store share, from the browser's cookie,
//! and from the state (HKDF-SHA256, RFC 5869): nobody else can read or make one, and none opens for another login.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::domain::{PendingLogin, TokenDigest, TokenValue, UserId};
use crate::store::codec::{decode, encode};

/// Seals and opens such logins. Cheap to clone.
#[derive(Clone)]
pub struct LoginSealer(Prk);

/// A login that the browser keeps.
#[derive(Debug)]
pub struct KeptLogin {
    /// Its state, digested: what it is found by among others.
    pub state: TokenDigest,
    /// When it was begun, in milliseconds since 1970: of too many the oldest goes.
    pub begun: u64,
    /// What the browser keeps: letters that a cookie may hold.
    pub sealed: String,
}

/// What a browser brings along of one login.
#[derive(Clone, Copy, Debug)]
pub struct Cookies<'a> {
    /// The cookies that tell it from others.
    pub browser: &'a [TokenValue],
    /// The login that it keeps under this state.
    pub login: Option<&'a [u8]>,
}

/// The browser in which a login begins.
#[derive(Clone, Copy, Debug)]
pub struct BeginsIn<'a> {
    /// The cookie that tells it from others.
    pub browser: &'a TokenValue,
    /// How many bytes of logins it may keep besides those that it has.
    pub room: usize,
}

/// How long a nonce is, in bytes.
pub(super) const NONCE: usize = 12;

impl LoginSealer {
    /// The longest that a sealed login may be to be kept by a browser, in bytes: proxies take 8,192 bytes of all cookies
    /// together.
    pub const MAX_BYTES: usize = 6_600;

    /// Of a secret that all servers of a store share.
    #[must_use]
    pub const fn new(secret: Prk) -> Self {
        Self(secret)
    }

    /// Seals a login for the browser that began it. `None` if it is too long to be kept by one.
    pub(super) fn seal(
        &self,
        browser: &TokenValue,
        state: &TokenValue,
        login: &PendingLogin,
    ) -> Result<Option<String>, Unspecified> {
        let mut text = encode(login);
        let nonce = self.key(browser, state)?.seal_in_place_append_tag(Aad::empty(), &mut text)?;
        let sealed = URL_SAFE_NO_PAD.encode([nonce.as_ref().as_slice(), &text].concat());
        Ok((sealed.len() <= Self::MAX_BYTES).then_some(sealed))
    }

    /// Opens what [`Self::seal`] made for this state and one of these browsers; which of them it was.
    pub(super) fn open<'a>(&self, state: &TokenValue, cookies: Cookies<'a>) -> Option<(PendingLogin, &'a TokenValue)> {
        let sealed = URL_SAFE_NO_PAD.decode(cookies.login.filter(|sealed| sealed.len() <= Self::MAX_BYTES)?).ok()?;
        let (nonce, text) = sealed.split_first_chunk::<NONCE>()?;
        cookies.browser.iter().find_map(|browser| {
            let mut text = Zeroizing::new(text.to_vec());
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let key = self.key(browser, state).ok()?;
            let record = key.open_in_place(nonce, Aad::empty(), &mut text).ok()?;
            decode(record).ok().map(|login| (login, browser))
        })
    }

    /// The cookie of single sign-on that this login gives its browser. Always the same: so a form that comes twice
    /// signs the browser on by either answer, whichever server completes the login.
    pub(super) fn sign_on(
        &self,
        browser: &TokenValue,
        state: &TokenValue,
        user: UserId,
    ) -> Result<TokenValue, Unspecified> {
        let [browser, state] = [browser, state].map(|value| Zeroizing::new(value.reveal()));
        let mut parts = 0_u64..;
        TokenValue::pick_for(user, |bits| {
            bits.chunks_mut(32).zip(&mut parts).try_for_each(|(bits, part)| {
                let part = part.to_be_bytes();
                let info = [b"cookie of single sign-on".as_slice(), browser.as_bytes(), state.as_bytes(), &part];
                self.0.expand(&info, HKDF_SHA256)?.fill(bits)
            })
        })
    }

    fn key(&self, browser: &TokenValue, state: &TokenValue) -> Result<RandomizedNonceKey, Unspecified> {
        let [browser, state] = [browser, state].map(|value| Zeroizing::new(value.reveal()));
        self.key_for(&[b"login kept by a browser, AES-256-GCM", browser.as_bytes(), state.as_bytes()])
    }

    /// A key of its own for each purpose, of the secret that all servers share.
    pub(super) fn key_for(&self, info: &[&[u8]]) -> Result<RandomizedNonceKey, Unspecified> {
        let mut key = Zeroizing::new([0; 32]);
        self.0.expand(info, HKDF_SHA256)?.fill(&mut *key)?;
        RandomizedNonceKey::new(&AES_256_GCM, &*key)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use aws_lc_rs::hkdf::Salt;

    use super::*;
    use crate::domain::{ClientInfo, Network, Right, SessionId, Shard, Stage, Timestamp};

    fn login(app_data: usize) -> PendingLogin {
        PendingLogin {
            session: SessionId(uuid::Uuid::from_u128(1)),
            browser: TokenDigest([2; 16]),
            native: None,
            right: Right::Client,
            app_claims: Vec::new(),
            extended: false,
            app_data: Some("x".repeat(app_data).into()),
            redirect_url: "https://viewer.example.org/done".into(),
            registers: false,
            contact: ClientInfo::default(),
            network: Network::of(Ipv4Addr::LOCALHOST.into()),
            begun: Timestamp::from_millis(5),
            expires: Timestamp::from_millis(6),
            asks_again: None,
            stage: Stage::Started,
            account: None,
        }
    }

    #[test]
    fn it_opens_for_its_browser_and_state_under_its_secret_unchanged() -> Result<(), Box<dyn std::error::Error>> {
        fn kept<'a>(browser: &'a [TokenValue], sealed: &'a [u8]) -> Cookies<'a> {
            Cookies { browser, login: Some(sealed) }
        }
        let of = |secret: &[u8]| LoginSealer::new(Salt::new(HKDF_SHA256, b"salt").extract(secret));
        let [browser, other, state, next] = [(); 4].map(|()| TokenValue::generate());
        let (browsers, state, next) = ([other?, browser?], state?, next?);
        let (one, login) = (of(b"one"), login(10));
        let sealed = one.seal(&browsers[1], &state, &login)?.ok_or("it fits")?;
        let opened = one.open(&state, kept(&browsers, sealed.as_bytes()));
        assert!(opened.is_some_and(|(opened, whose)| opened == login && whose.digest() == browsers[1].digest()));
        assert!(one.open(&next, kept(&browsers, sealed.as_bytes())).is_none(), "another state");
        assert!(of(b"two").open(&state, kept(&browsers, sealed.as_bytes())).is_none(), "another secret");
        let stranger = Cookies { browser: &browsers[..1], login: Some(sealed.as_bytes()) };
        assert!(one.open(&state, stranger).is_none(), "another browser");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(one.open(&state, kept(&browsers, &changed)).is_none(), "byte {at}");
            assert!(one.open(&state, kept(&browsers, &sealed.as_bytes()[..at])).is_none(), "{at} bytes");
        }
        Ok(())
    }

    #[test]
    fn each_login_signs_on_by_one_cookie_of_its_own() -> Result<(), Box<dyn std::error::Error>> {
        let of = |secret: &[u8]| LoginSealer::new(Salt::new(HKDF_SHA256, b"salt").extract(secret));
        let [browser, other, state, next] = [(); 4].map(|()| TokenValue::generate());
        let (browser, other, state, next) = (browser?, other?, state?, next?);
        let users = [1, 2].map(|id| UserId(uuid::Uuid::from_u128(id)));
        let mut all = std::collections::HashSet::new();
        for (secret, browser, state, user) in [
            (b"one", &browser, &state, users[0]),
            (b"two", &browser, &state, users[0]),
            (b"one", &other, &state, users[0]),
            (b"one", &browser, &next, users[0]),
            (b"one", &browser, &state, users[1]),
        ] {
            let cookie = of(secret).sign_on(browser, state, user)?;
            assert_eq!(of(secret).sign_on(browser, state, user)?.digest(), cookie.digest());
            assert_eq!(Shard::of_token(cookie.digest()), Shard::of_user(user));
            all.insert(cookie.digest());
        }
        assert_eq!(all.len(), 5);
        Ok(())
    }

    #[test]
    fn one_that_is_too_long_is_not_sealed() -> Result<(), Box<dyn std::error::Error>> {
        let sealer = LoginSealer::new(Salt::new(HKDF_SHA256, b"salt").extract(b"secret"));
        let (browser, state) = (TokenValue::generate()?, TokenValue::generate()?);
        assert!(sealer.seal(&browser, &state, &login(4_096))?.is_some());
        assert!(sealer.seal(&browser, &state, &login(5_000))?.is_none());
        Ok(())
    }
}
