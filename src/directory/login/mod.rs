//! A login through a browser: begun, proven by the identity provider or on our own page, completed.
//!
//! One pipeline for both ways: [`begin`](Logins::begin) makes a pending login and says where to send the browser; it
//! comes back to [`come_back`](Logins::come_back) with a code; then the person is known, and is judged. A native client's
//! login is [confirmed](Logins::confirm) before its session opens, for the link may have been somebody else's.
//!
//! A login belongs to the browser that began it: that browser's cookie, the state in the URL, and nothing stored, make
//! up what the provider and the pages are challenged with (see [`challenge`]). A browser can have several such cookies, one
//! for each of the tabs that it opened before it had any; each login is bound to one of them.

use std::sync::Arc;
use std::time::Duration;

use super::bearers::{BearerError, Bearers};
use super::{Base, Directory};
use crate::clock::Clock;
use crate::domain::{Ending, NativeLogin, PendingLogin, TokenValue};
use crate::identity::openid::{OpenId, OpenIdError};
use crate::identity::{Identity, IdentityError};
use crate::store::{Store, StoreError};

mod again;
mod begin;
mod challenge;
mod come_back;
mod confirm;
mod finish;
mod known;
mod password;
mod refusal;
mod register;
mod sign_out;
mod used_again;

pub use begin::Order;
pub use challenge::Form;
pub use come_back::AuthorizationResponse;
pub use confirm::Question;
pub use password::Entry;
pub use refusal::{Refusal, Refused};
pub use sign_out::Leaving;

/// Logs people in through their browsers.
pub struct Logins {
    directory: Arc<Directory>,
    identity: Arc<Identity>,
    provider: Option<Arc<OpenId>>,
    provision: bool,
    bearers: Arc<Bearers>,
    base: Base,
}

/// Where the browser goes next.
#[derive(Debug)]
pub enum Step {
    /// To a URL of the identity provider's, or by a path to a page of ours.
    Go(String),
    /// To the application, with the answer; the login is over.
    Done {
        /// Where, the answer in its fragment: a secret.
        location: String,
        /// The new value of the cookie `directory_sso`, and for how long.
        sign_on: Option<(TokenValue, Duration)>,
    },
    /// To the application, with the reason why there is no session; the login is over.
    Refused {
        /// Where, the answer in its fragment.
        location: String,
        /// Whether that is our own page, which then says to the person why.
        on_our_page: bool,
        /// Why, and who.
        refused: Box<Refused>,
    },
}

/// Why a login does not go on, where that is no answer to the application.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The redirect URL is not registered: the browser is not sent there.
    #[error("the redirect URL is not registered")]
    UnknownRedirect,
    /// The native token is that of another login.
    #[error("the native token is in use")]
    NativeInUse,
    /// Too many logins are under way.
    #[error("too many logins are under way")]
    TooMany,
    /// There is no such login in this browser.
    #[error("no such login is under way in this browser: {0}")]
    NoLogin(#[from] NoLogin),
    /// The person was refused, and the application cannot be told.
    #[error("{0}")]
    Refused(Box<Refused>),
    /// A form that was not ours.
    #[error("the form is not from this server")]
    Forged,
    /// The identity provider refused the person's code, or sent what is no proof.
    #[error("the identity provider's answer is refused: {0}")]
    Unproven(String),
    /// There is no identity provider to ask.
    #[error("the identity provider is unavailable: {0}")]
    ProviderUnavailable(String),
    /// The password did not count.
    #[error(transparent)]
    Password(#[from] IdentityError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system gave no random numbers.
    #[error("no random numbers: {0}")]
    Randomness(#[from] getrandom::Error),
    /// A bearer could not be signed.
    #[error(transparent)]
    Bearer(#[from] BearerError),
}

/// Why there is no such login in this browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLogin {
    /// The browser sent no cookie of any login: it keeps none, has lost them, or keeps them from the address that it asked.
    #[error("it sent none of the cookies that it is known by")]
    NoCookie,
    /// The browser sent cookies, but not the one of this login.
    #[error("the login was begun in another browser")]
    AnotherBrowser,
    /// The browser is right, but the login took too long.
    #[error("the login took too long")]
    Expired,
    /// The state is unknown or used up, or what came with it does not fit what the login has come to.
    #[error("the state is unknown, used or out of turn")]
    Unknown,
}

impl From<OpenIdError> for LoginError {
    fn from(error: OpenIdError) -> Self {
        match error {
            OpenIdError::Unavailable(cause) | OpenIdError::Busy(cause) => Self::ProviderUnavailable(cause),
            OpenIdError::Refused(cause) => Self::Unproven(cause),
        }
    }
}

impl Logins {
    /// Puts it together. Without a provider people log in on our own page. `provision`: whether a person whom only the
    /// provider knows gets an account.
    #[must_use]
    pub const fn new(
        directory: Arc<Directory>,
        identity: Arc<Identity>,
        provider: Option<Arc<OpenId>>,
        provision: bool,
        bearers: Arc<Bearers>,
        base: Base,
    ) -> Self {
        Self { directory, identity, provider, provision, bearers, base }
    }

    /// Whether an identity provider proves people, and not our own page.
    #[must_use]
    pub const fn has_provider(&self) -> bool {
        self.provider.is_some()
    }

    fn store(&self) -> &dyn Store {
        self.directory.store.as_ref()
    }

    fn clock(&self) -> &dyn Clock {
        self.directory.clock.as_ref()
    }

    /// The login under way with this state, if it is this browser's and not over; and which of the browser's cookies it is
    /// bound to.
    async fn under_way<'a>(
        &self,
        state: &TokenValue,
        browser: &'a [TokenValue],
    ) -> Result<(PendingLogin, &'a TokenValue), LoginError> {
        // A browser without cookies is told so, whatever the state is.
        if browser.is_empty() {
            return Err(NoLogin::NoCookie.into());
        }
        let login = self.store().login(state.digest()).await?.ok_or(NoLogin::Unknown)?;
        let ours = browser.iter().find(|cookie| cookie.digest() == login.browser).ok_or(NoLogin::AnotherBrowser)?;
        if login.expires <= self.clock().now() {
            return Err(NoLogin::Expired.into());
        }
        Ok((login, ours))
    }

    /// Ends a login that came to nothing: nothing is issued any more, and its native client is told. False if it is no
    /// longer as it was.
    async fn fail(&self, state: &TokenValue, login: &PendingLogin) -> Result<bool, LoginError> {
        let ended = self.store().end_login(state.digest(), login).await?;
        if ended {
            if let Some(native) = login.native {
                self.store().decide_native(native, NativeLogin::Failed, NativeLogin::FAILURE_KEPT).await?;
            }
            self.directory.endings.tell(login.session, None, Ending::NotAuthenticated);
        }
        Ok(ended)
    }
}
