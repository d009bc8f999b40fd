//! A login for the account page: the browser is signed on, and no session opens.

use super::{BeginsIn, LoginRequest, LoginService, Next};
use crate::domain::{AccountLogin, ClientInfo, Network, PendingLogin, RedirectUrl, Right, TokenDigest};
use crate::error::ServiceError;

/// The account page.
pub const ACCOUNT_PAGE: &str = "/account";
/// Where a login for the account page begins that asks the person, whoever remembers them.
pub const ACCOUNT_LOGIN: &str = "/account/login";

impl LoginService {
    /// Whether a browser can be signed on, as the account page needs it.
    #[must_use]
    pub fn signs_on(&self) -> bool {
        !self.directory.settings().single_sign_on.is_zero()
    }

    /// Begins that login. `replaces` is the cookie by which the browser is signed on, if it is. `asks`: the provider must ask
    /// the person, as the built-in page always does.
    ///
    /// # Errors
    /// [`ServiceError`]: no login has begun.
    pub async fn begin_for_account(
        &self,
        whose: BeginsIn<'_>,
        contact: ClientInfo,
        network: Network,
        replaces: Option<TokenDigest>,
        asks: bool,
    ) -> Result<Next, ServiceError> {
        let redirect_url = RedirectUrl::parse(&self.base.at(ACCOUNT_PAGE))
            .map_err(|_| ServiceError::Bug("the account page's own URL is none"))?;
        let order = Self::order_of_account(Right::Client, redirect_url, contact, network);
        let (state, login) = self.pending(order, whose.browser, false, asks.then_some(PendingLogin::FOR_NO_DEMAND))?;
        let login = PendingLogin { account: Some(AccountLogin { replaces, console: None }), ..login };
        self.ask_first(&state, login, whose).await
    }

    /// What a login asks for that opens no session, for whoever has this right.
    pub(super) fn order_of_account(
        right: Right,
        redirect_url: RedirectUrl,
        contact: ClientInfo,
        network: Network,
    ) -> LoginRequest {
        let (native, app_claims, extended, app_data) = (None, Vec::new(), false, None);
        LoginRequest { right, redirect_url, native, app_claims, extended, app_data, contact, network }
    }
}
