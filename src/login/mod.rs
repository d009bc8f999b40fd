//! A login through a browser: begun, proven by the identity provider or on our own page, completed.
//!
//! One pipeline for both ways: [`begin`](LoginService::begin) makes a pending login and says where to send the browser.
//! The browser comes back to [`handle_callback`](LoginService::handle_callback) with a code; then the person is known,
//! and the login is authorized. The person [confirms](LoginService::confirm) a native client's login before its session
//! opens, because an attacker may have sent them the link.
//!
//! A login belongs to the browser that began it. The challenges for the provider and the pages are derived from that
//! browser's cookie and the state in the URL, and stored nowhere (see [`challenge`]). A browser can have several such
//! cookies, one for each of the tabs that it opened before it had any; each login is bound to one of them.
//!
//! The browser also keeps the login itself, sealed (see [`sealed`]), until somebody offers a proof. The proof records
//! it in the store, which takes each state once. From then on the stored login counts.

use std::sync::Arc;
use std::time::Duration;

use super::bearer::{BearerError, Bearers};
use crate::auth::oidc::{OpenId, OpenIdError};
use crate::auth::{Identity, IdentityError};
use crate::clock::Clock;
use crate::domain::{Begun, NativeLogin, PendingLimits, PendingLogin, Stage, TokenDigest, TokenValue};
use crate::session::{PublicUrl, SessionService};
use crate::store::{Store, StoreError};

mod begin;
mod begin_again;
mod callback;
mod challenge;
mod confirm;
mod finish;
mod own_page;
mod refusal;
mod register;
mod replay;
mod resolve_account;
mod resubmission;
mod sealed;
mod sign_out;

pub use begin::LoginRequest;
pub use callback::{AuthorizationResponse, CallbackOutcome};
pub use challenge::Form;
pub use confirm::Question;
pub use own_page::LoginForm;
pub use refusal::{Refusal, Refused};
pub use sealed::{BeginsIn, Cookies, KeptLogin, LoginSealer};
pub use sign_out::{SIGN_OUT_PAGE, SignOutQuestion};

/// Logs people in through their browsers.
#[derive(Clone)]
pub struct LoginService {
    directory: Arc<SessionService>,
    identity: Arc<Identity>,
    provider: Option<Arc<OpenId>>,
    relations: Relations,
    bearers: Arc<Bearers>,
    sealer: LoginSealer,
    base: PublicUrl,
}

/// What the settings say of people whom the provider has proven.
#[derive(Clone, Copy, Debug)]
pub struct Relations {
    /// Whether a person whom only the provider knows gets an account.
    pub provision: bool,
    /// Whether a verified address links anew who is linked to a person of another issuer.
    pub relink: bool,
    /// Whether the way to the provider and back is enough for a person who must be asked again.
    pub trust_prompt: bool,
}

/// A login, and whether the store knows of it: it does from the first proof on, and of one that its browser has no room
/// for.
struct Login {
    pending: PendingLogin,
    recorded: bool,
}

/// Where the browser goes next.
#[derive(Debug)]
pub enum Next {
    /// To a URL of the identity provider's, or by a path to a page of ours.
    Redirect(String),
    /// As [`Self::Redirect`], and the browser keeps the login.
    Begun {
        /// Where.
        location: String,
        /// The login.
        kept: KeptLogin,
    },
    /// To the application, with the answer; the login is over.
    Finished {
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
    /// A login could not be sealed: a bug.
    #[error("a login could not be sealed")]
    Sealing,
    /// A bearer could not be signed.
    #[error(transparent)]
    Bearer(#[from] BearerError),
}

/// Why there is no such login in this browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLogin {
    /// The browser sent no cookie of any login: it keeps none, has lost them, or keeps them from the address that it
    /// asked.
    #[error("it sent none of the cookies that it is known by")]
    NoCookie,
    /// The browser sent cookies, but not those of this login.
    #[error("the login was begun in another browser, or this one has lost it")]
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

impl LoginService {
    /// Puts it together. Without a provider people log in on our own page.
    #[must_use]
    pub const fn new(
        directory: Arc<SessionService>,
        identity: Arc<Identity>,
        provider: Option<Arc<OpenId>>,
        relations: Relations,
        bearers: Arc<Bearers>,
        sealer: LoginSealer,
        base: PublicUrl,
    ) -> Self {
        Self { directory, identity, provider, relations, bearers, sealer, base }
    }

    /// The same with services that have another handle of the store.
    #[must_use]
    pub fn with_store(&self, directory: Arc<SessionService>, identity: Arc<Identity>) -> Self {
        Self { directory, identity, ..self.clone() }
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

    /// The login under way with this state, if it is this browser's and not over; and which of the browser's cookies it
    /// is bound to.
    async fn pending_login<'a>(
        &self,
        state: &TokenValue,
        cookies: Cookies<'a>,
    ) -> Result<(Login, &'a TokenValue), LoginError> {
        // A browser without cookies is told so, whatever the state is.
        if cookies.browser.is_empty() {
            return Err(NoLogin::NoCookie.into());
        }
        let (login, ours) = match self.store().login(state.digest()).await? {
            Some(pending) => {
                let ours = cookies.browser.iter().find(|cookie| cookie.digest() == pending.browser);
                (Login { pending, recorded: true }, ours.ok_or(NoLogin::AnotherBrowser)?)
            }
            None if self.store().used_state(state.digest()).await?.is_some() => return Err(NoLogin::Unknown.into()),
            None => {
                let (pending, ours) = self.sealer.open(state, cookies).ok_or(NoLogin::AnotherBrowser)?;
                (Login { pending, recorded: false }, ours)
            }
        };
        if login.pending.expires <= self.clock().now() {
            return Err(NoLogin::Expired.into());
        }
        Ok((login, ours))
    }

    /// Takes a login on to its next stage; its first one is recorded. False if it is no longer as it was.
    async fn advance(&self, state: &TokenValue, login: &mut Login, to: Stage) -> Result<bool, LoginError> {
        let next = PendingLogin { stage: to, ..login.pending.clone() };
        let advanced = if login.recorded {
            self.store().advance_login(state.digest(), &login.pending, &next).await?
        } else {
            self.record(state, &next, self.directory.settings().pending_limits()).await?
        };
        if advanced {
            *login = Login { pending: next, recorded: true };
        }
        Ok(advanced)
    }

    /// Records a login in the store. False if its state is used.
    async fn record(
        &self,
        state: &TokenValue,
        login: &PendingLogin,
        limits: PendingLimits,
    ) -> Result<bool, LoginError> {
        let mut begun = self.store().begin_login(state.digest(), login, limits).await?;
        if let (Begun::NativeInUse(was), Some(native)) = (begun, login.native)
            && self.frees(native, was).await?
        {
            begun = self.store().begin_login(state.digest(), login, limits).await?;
        }
        match begun {
            Begun::Yes => Ok(true),
            Begun::Used => Ok(false),
            Begun::NativeInUse(_) => Err(LoginError::NativeInUse),
            Begun::TooMany => Err(LoginError::TooMany),
        }
    }

    /// Frees a native token whose login has opened a session that is closed by now.
    async fn frees(&self, native: TokenDigest, was: NativeLogin) -> Result<bool, LoginError> {
        let NativeLogin::Open { user, session } = was else { return Ok(false) };
        if self.store().directory_session(user, session, self.clock().now()).await?.is_some() {
            return Ok(false);
        }
        self.store().delete_native_login(native, was).await?;
        Ok(true)
    }

    /// Ends a login that came to nothing: its state does not count again, nothing is issued any more, and its native
    /// client is told. False if it is no longer as it was.
    async fn fail(&self, state: &TokenValue, mut login: Login) -> Result<bool, LoginError> {
        if !login.recorded && !self.advance(state, &mut login, Stage::Redeeming).await? {
            return Ok(false);
        }
        Ok(self.store().end_login(state.digest(), &login.pending).await?)
    }
}
