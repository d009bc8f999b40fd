//! The challenges of a login (nonce, PKCE verifier, CSRF tokens), derived from the browser's cookie and the login's
//! state, so that no store holds them.
//!
//! Each is an HMAC-SHA-256 of a label and the state, keyed by the cookie's 128 random bits. The provider and every page
//! on the way see the state, which is worthless without the cookie.

use aws_lc_rs::hmac;
use subtle::ConstantTimeEq as _;

use crate::domain::{Timestamp, TokenValue};

/// A form that we show only to the browser that sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The login page.
    LogIn,
    /// Its second step.
    Code,
    /// The confirmation of a native client's login.
    Confirm,
    /// The registration of a front-end user.
    Register,
    /// Signing out.
    SignOut,
    /// What the account page offers. It is known by the cookie of single sign-on, with which it ends.
    Account,
    /// Asking for a link to set a password.
    Forgot,
    /// Setting a password by a one-time link.
    Link,
    /// Entering the console by an API token.
    ConsoleEnter,
    /// What the pages of the console offer. They are known by its cookie, with which they end.
    Console,
    /// No form: the way back to the page that says that the person has signed out.
    SignedOut,
    /// No form: the link by which a login that took too long begins again.
    BeginAgain,
}

impl Form {
    const fn label(self) -> &'static str {
        match self {
            Self::LogIn => "form: log in",
            Self::Code => "form: code",
            Self::Confirm => "form: confirm",
            Self::Register => "form: register",
            Self::SignOut => "form: sign out",
            Self::Account => "form: account",
            Self::Forgot => "form: forgot",
            Self::Link => "form: one-time link",
            Self::ConsoleEnter => "form: enter the console",
            Self::Console => "form: console",
            Self::SignedOut => "back: signed out",
            Self::BeginAgain => "link: begin again",
        }
    }

    /// The value of the form's hidden field. `about` is what the form is about: a login's state, or what it shows.
    #[must_use]
    pub fn proof(self, browser: &TokenValue, about: &str) -> String {
        derive(self.label(), browser, about)
    }

    /// Whether the hidden field has that value.
    #[must_use]
    pub fn is_proven(self, browser: &TokenValue, about: &str, sent: &str) -> bool {
        self.proof(browser, about).as_bytes().ct_eq(sent.as_bytes()).into()
    }
}

/// The nonce and the PKCE verifier of one round trip to the provider. A second round trip, to ask the person again, has
/// others.
pub(super) fn of_journey(browser: &TokenValue, state: &TokenValue, again: Option<Timestamp>) -> (String, String) {
    let again = again.map(|since| format!(", again: {}", since.millis())).unwrap_or_default();
    let derive = |label| derive(&format!("{label}{again}"), browser, &state.reveal());
    (derive("nonce"), derive("pkce"))
}

/// 64 hexadecimal digits, which a PKCE verifier may consist of (RFC 7636, 4.1).
fn derive(label: &str, browser: &TokenValue, about: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, browser.reveal().as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(label.as_bytes());
    context.update(&[0]);
    context.update(about.as_bytes());
    let mac = context.sign();
    let digits = mac.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_browser_and_state_has_its_own() -> Result<(), getrandom::Error> {
        let (browser, other) = (TokenValue::generate()?, TokenValue::generate()?);
        let (state, next) = (TokenValue::generate()?, TokenValue::generate()?);
        let mut all = std::collections::HashSet::new();
        for (browser, state) in [(&browser, &state), (&other, &state), (&browser, &next)] {
            let about = &state.reveal();
            for form in [
                Form::LogIn,
                Form::Code,
                Form::Confirm,
                Form::Register,
                Form::SignOut,
                Form::Account,
                Form::Forgot,
                Form::Link,
                Form::ConsoleEnter,
                Form::Console,
                Form::SignedOut,
                Form::BeginAgain,
            ] {
                assert!(form.is_proven(browser, about, &form.proof(browser, about)));
                assert!(!form.is_proven(browser, about, ""));
                all.insert(form.proof(browser, about));
            }
            for again in [None, Some(1), Some(2)] {
                let (nonce, verifier) = of_journey(browser, state, again.map(Timestamp::from_millis));
                all.extend([nonce, verifier]);
            }
        }
        assert_eq!(all.len(), 3 * 18);
        assert!(all.iter().all(|text| text.len() == 64));
        Ok(())
    }
}
