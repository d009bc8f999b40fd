//! A login for the console: the browser is signed on, and goes back to the console with what lets it in there.
//!
//! The console is at an address of its own (`manage.public_url`), whose cookies this server does not see here. So it
//! sends the browser with a challenge, the digest of a value in a cookie there, as a client does with PKCE (RFC 7636).
//! What lets the browser in is sealed under a key that is derived from the secret of all servers and from the challenge:
//! it counts in the browser that began there, for a minute, and whoever else sees the address can do nothing with it.

use std::time::Duration;

use aws_lc_rs::aead::{Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::sealed::NONCE;
use super::{ACCOUNT_PAGE, BeginsIn, LoginSealer, LoginService, Next};
use crate::domain::{
    AccountLogin, ClientInfo, Network, PendingLogin, Right, Timestamp, TokenDigest, TokenValue, UserId,
};
use crate::error::ServiceError;

/// Where a login for the console begins.
pub const CONSOLE_LOGIN: &str = "/account/console";
/// Where the browser comes back to, at the console.
pub const CONSOLE_ARRIVAL: &str = "/console/arrive";
/// How soon it must be there.
const ARRIVES_WITHIN: Duration = Duration::from_secs(60);
/// The longest text that is looked at, in bytes.
const MAX_SEALED: usize = 256;

/// Who comes to the console, and in which browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The person.
    pub user: UserId,
    /// The cookie, digested, by which their browser is signed on.
    pub sign_on: TokenDigest,
}

/// What the console sends a browser with that has this value in a cookie.
#[must_use]
pub fn challenge_of(verifier: &TokenValue) -> String {
    spelled(verifier.digest())
}

/// A challenge as it was sent; `None` for what is none.
#[must_use]
pub fn challenge(sent: &str) -> Option<TokenDigest> {
    let is_one = sent.len() == 32 && sent.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let bits = u128::from_str_radix(sent, 16).ok().filter(|_| is_one)?;
    Some(TokenDigest(bits.to_be_bytes()))
}

fn spelled(challenge: TokenDigest) -> String {
    format!("{:032x}", u128::from_be_bytes(challenge.0))
}

impl LoginService {
    /// Whether people enter the console as themselves.
    #[must_use]
    pub fn leads_to_console(&self) -> bool {
        self.console.is_some() && self.signs_on()
    }

    /// Begins a login for the console, which asks the person whoever remembers them, and lets those in who have
    /// `access:admin`. `replaces` is the cookie by which the browser is signed on, if it is.
    ///
    /// # Errors
    /// [`ServiceError`]: no login has begun.
    pub async fn begin_for_console(
        &self,
        whose: BeginsIn<'_>,
        contact: ClientInfo,
        network: Network,
        replaces: Option<TokenDigest>,
        challenge: TokenDigest,
    ) -> Result<Next, ServiceError> {
        let redirect_url = self.console.clone().ok_or(ServiceError::Bug("there is no way to the console"))?;
        let order = Self::order_of_account(Right::Admin, redirect_url, contact, network);
        let (state, login) = self.pending(order, whose.browser, false, Some(PendingLogin::FOR_NO_DEMAND))?;
        let login = PendingLogin { account: Some(AccountLogin { replaces, console: Some(challenge) }), ..login };
        self.ask_first(&state, login, whose).await
    }

    /// Where a browser goes that was signed on for the account page or for the console.
    pub(super) fn place_of(
        &self,
        login: AccountLogin,
        user: UserId,
        sign_on: Option<&(TokenValue, Duration)>,
    ) -> Result<String, ServiceError> {
        let Some(challenge) = login.console else { return Ok(self.base.path_to(ACCOUNT_PAGE)) };
        let (console, (cookie, _)) =
            self.console.as_ref().zip(sign_on).ok_or(ServiceError::Bug("a login for the console leads nowhere"))?;
        let arrival = Arrival { user, sign_on: cookie.digest() };
        let sealed = self
            .sealer
            .seal_arrival(challenge, arrival, self.clock().now().plus(ARRIVES_WITHIN))
            .map_err(|_| ServiceError::Bug("an arrival could not be sealed"))?;
        Ok(format!("{}?code={sealed}", console.as_str()))
    }

    /// The way by which such a login begins again.
    pub(super) fn way_to(&self, login: AccountLogin) -> String {
        match login.console {
            None => self.base.path_to(ACCOUNT_PAGE),
            Some(challenge) => format!("{}?challenge={}", self.base.path_to(CONSOLE_LOGIN), spelled(challenge)),
        }
    }

    /// Who comes to the console with this, in a browser that has this value in its cookie there. Whether they may enter
    /// is for the caller to look up.
    #[must_use]
    pub fn arrival(&self, verifier: &TokenValue, sealed: &str) -> Option<Arrival> {
        self.sealer.open_arrival(verifier.digest(), sealed, self.clock().now())
    }
}

impl LoginSealer {
    fn seal_arrival(&self, challenge: TokenDigest, of: Arrival, until: Timestamp) -> Result<String, Unspecified> {
        let mut text = [of.user.0.as_bytes(), &of.sign_on.0, until.millis().to_be_bytes().as_slice()].concat();
        let nonce = self.key_of_arrival(challenge)?.seal_in_place_append_tag(Aad::empty(), &mut text)?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_ref().as_slice(), &text].concat()))
    }

    fn open_arrival(&self, challenge: TokenDigest, sealed: &str, now: Timestamp) -> Option<Arrival> {
        let mut sealed = URL_SAFE_NO_PAD.decode(Some(sealed).filter(|sealed| sealed.len() <= MAX_SEALED)?).ok()?;
        let (nonce, text) = sealed.split_first_chunk_mut::<NONCE>()?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let text = self.key_of_arrival(challenge).ok()?.open_in_place(nonce, Aad::empty(), text).ok()?;
        let (user, rest) = text.split_first_chunk::<16>()?;
        let (sign_on, rest) = rest.split_first_chunk::<16>()?;
        let until = Timestamp::from_millis(u64::from_be_bytes(rest.try_into().ok()?));
        let arrival = Arrival { user: UserId(Uuid::from_bytes(*user)), sign_on: TokenDigest(*sign_on) };
        (now < until).then_some(arrival)
    }

    fn key_of_arrival(&self, challenge: TokenDigest) -> Result<RandomizedNonceKey, Unspecified> {
        self.key_for(&[b"arrival at the console, AES-256-GCM", &challenge.0])
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};

    use super::*;

    #[test]
    fn an_arrival_counts_for_its_browser_and_for_a_minute() -> Result<(), Box<dyn std::error::Error>> {
        let of = |secret: &[u8]| LoginSealer::new(Salt::new(HKDF_SHA256, b"salt").extract(secret));
        let (verifier, other, now) = (TokenValue::generate()?, TokenValue::generate()?, Timestamp::from_millis(1_000));
        let wanted = challenge(&challenge_of(&verifier)).ok_or("a challenge")?;
        assert_eq!(wanted, verifier.digest());
        let (arrival, until) =
            (Arrival { user: UserId(Uuid::from_u128(7)), sign_on: TokenDigest([9; 16]) }, now.plus(ARRIVES_WITHIN));
        let sealed = of(b"one").seal_arrival(wanted, arrival, until)?;
        assert_eq!(of(b"one").open_arrival(verifier.digest(), &sealed, now), Some(arrival));
        assert_eq!(of(b"one").open_arrival(verifier.digest(), &sealed, until), None, "too late");
        assert_eq!(of(b"one").open_arrival(other.digest(), &sealed, now), None, "another browser");
        assert_eq!(of(b"two").open_arrival(verifier.digest(), &sealed, now), None, "another secret");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed.replace_range(at..=at, if &sealed[at..=at] == "A" { "B" } else { "A" });
            assert_eq!(of(b"one").open_arrival(verifier.digest(), &changed, now), None, "letter {at}");
            assert_eq!(of(b"one").open_arrival(verifier.digest(), &sealed[..at], now), None, "{at} letters");
        }
        for wrong in [
            "",
            "+123456789abcdef0123456789abcdef",
            "0123456789ABCDEF0123456789ABCDEF",
            "é0123456789abcdef0123456789abcd",
        ] {
            assert_eq!(challenge(wrong), None, "{wrong}");
        }
        Ok(())
    }
}
