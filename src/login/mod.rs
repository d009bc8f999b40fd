//! A login through a browser: begun, proven by the identity provider or on our own page, completed.
//!
//! One pipeline for both ways: [`begin`](LoginService::begin) makes a pending login and says where to send the browser.
//! The person is known when the browser comes back from the provider with a code
//! ([`handle_callback`](LoginService::handle_callback)), or brings the right password
//! ([`enter`](LoginService::enter)) and, with a second factor, a code ([`enter_code`](LoginService::enter_code)); then the
//! login is authorized. The person [confirms](LoginService::confirm) a
//! native client's login before its session opens, because an attacker may have sent them the link.
//!
//! A login belongs to the browser that began it. The challenges for the provider and the pages are derived from that
//! browser's cookie and the state in the URL, and stored nowhere (see [`mod@challenge`]). A browser can have several such
//! cookies, one for each of the tabs that it opened before it had any; each login is bound to one of them.
//!
//! The browser also keeps the login itself, sealed (see [`sealed`]), until somebody offers a proof. The proof records
//! it in the store, which takes each state once. From then on the stored login counts.

use std::sync::Arc;
use std::time::Duration;

use crate::auth::Identity;
use crate::auth::oidc::OpenId;
use crate::bearer::Bearers;
use crate::clock::Clock;
use crate::domain::{
    Begun, NativeLogin, PendingLimits, PendingLogin, RedirectUrl, Refused, Stage, TokenDigest, TokenValue,
};
use crate::error::{NoLogin, ServiceError};
use crate::session::{PublicUrl, SessionService};
use crate::store::Store;

mod account;
mod begin;
mod begin_again;
mod callback;
mod challenge;
mod confirm;
mod console;
mod finish;
mod logged_out;
mod own_page;
mod register;
mod replay;
mod resolve_account;
mod resubmission;
mod sealed;
mod second_factor;
mod sign_out;

pub use account::{ACCOUNT_LOGIN, ACCOUNT_PAGE};
pub use begin::LoginRequest;
pub use callback::{AuthorizationResponse, CallbackOutcome};
pub use challenge::Form;
pub use confirm::Question;
pub use console::{Arrival, CONSOLE_ARRIVAL, CONSOLE_LOGIN, challenge, challenge_of};
pub use own_page::{LoginForm, LoginStep};
pub use sealed::{BeginsIn, Cookies, KeptLogin, LoginSealer};
pub use second_factor::CodeForm;
pub use sign_out::{SIGN_OUT_PAGE, SignOutQuestion};

/// Logs people in through their browsers.
#[derive(Clone)]
pub struct LoginService {
    directory: Arc<SessionService>,
    identity: Arc<Identity>,
    provider: Option<Arc<OpenId>>,
    bearers: Arc<Bearers>,
    sealer: LoginSealer,
    base: PublicUrl,
    /// Where a browser arrives at the console, if people enter it as themselves.
    console: Option<RedirectUrl>,
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
    /// By a path to the second step of our own page: the person has proven the first alone.
    AskCode(String),
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

impl LoginService {
    /// The service on the handle of the store that `directory` and `identity` have. Without a provider people log in on
    /// our own page.
    #[must_use]
    pub const fn new(
        directory: Arc<SessionService>,
        identity: Arc<Identity>,
        provider: Option<Arc<OpenId>>,
        bearers: Arc<Bearers>,
        sealer: LoginSealer,
        base: PublicUrl,
    ) -> Self {
        Self { directory, identity, provider, bearers, sealer, base, console: None }
    }

    /// The same, by which people enter the console that is at this URL.
    #[must_use]
    pub fn with_console(self, public_url: Option<&str>) -> Self {
        let console = public_url.and_then(|url| RedirectUrl::parse(&format!("{url}{CONSOLE_ARRIVAL}")).ok());
        Self { console, ..self }
    }

    /// The same with services that have another handle of the store.
    #[must_use]
    pub fn with_store(&self, directory: Arc<SessionService>, identity: Arc<Identity>) -> Self {
        Self { directory, identity, ..self.clone() }
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
    ) -> Result<(Login, &'a TokenValue), ServiceError> {
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
    async fn advance(&self, state: &TokenValue, login: &mut Login, to: Stage) -> Result<bool, ServiceError> {
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
    ) -> Result<bool, ServiceError> {
        let mut begun = self.store().begin_login(state.digest(), login, limits).await?;
        if let (Begun::NativeInUse(was), Some(native)) = (begun, login.native)
            && self.frees(native, was).await?
        {
            begun = self.store().begin_login(state.digest(), login, limits).await?;
        }
        match begun {
            Begun::Yes => Ok(true),
            Begun::Used => Ok(false),
            Begun::NativeInUse(_) => Err(ServiceError::NativeInUse),
            Begun::TooMany => Err(ServiceError::TooManyLogins),
        }
    }

    /// Frees a native token whose login has opened a session that is closed by now.
    async fn frees(&self, native: TokenDigest, was: NativeLogin) -> Result<bool, ServiceError> {
        let NativeLogin::Open { user, session } = was else { return Ok(false) };
        if self.store().directory_session(user, session, self.clock().now()).await?.is_some() {
            return Ok(false);
        }
        self.store().delete_native_login(native, was).await?;
        Ok(true)
    }

    /// Ends a login that came to nothing: its state does not count again, nothing is issued any more, and its native
    /// client is told. False if it is no longer as it was.
    async fn fail(&self, state: &TokenValue, mut login: Login) -> Result<bool, ServiceError> {
        if !login.recorded && !self.advance(state, &mut login, Stage::Redeeming).await? {
            return Ok(false);
        }
        Ok(self.store().end_login(state.digest(), &login.pending).await?)
    }
}
