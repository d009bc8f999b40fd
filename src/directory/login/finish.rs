//! The end of a login: the person is judged, the session opens, the browser goes back to the application.

use std::time::Duration;

use super::{LoginError, Logins, Step};
use crate::domain::{
    DirectoryAct, Held, How, LoginProof, NativeLogin, OpenSession, PendingLogin, RedirectUrl, Stage, TokenValue,
};
use crate::store::StoreError;

/// Why the application gets no session: an error code of OAuth 2.0 (RFC 6749, 4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The person, the provider or an operator says no.
    AccessDenied,
    /// The person lacks a third-party scope that was asked for.
    InvalidScope,
    /// Something went wrong on our side.
    ServerError,
    /// The provider cannot do it at this moment.
    TemporarilyUnavailable,
}

impl Refusal {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::InvalidScope => "invalid_scope",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::AccessDenied => "The person may not log in here, or did not want to.",
            Self::InvalidScope => "The person has not all the third-party scopes that were asked for.",
            Self::ServerError => "Something went wrong. Please try again.",
            Self::TemporarilyUnavailable => "Logging in is not possible at this moment. Please try again later.",
        }
    }

    /// What a provider's error comes to for the application.
    pub(super) fn of_provider(word: &str) -> Self {
        match word {
            "temporarily_unavailable" => Self::TemporarilyUnavailable,
            "server_error"
            | "invalid_request"
            | "invalid_scope"
            | "unauthorized_client"
            | "unsupported_response_type" => Self::ServerError,
            _ => Self::AccessDenied,
        }
    }
}

impl Logins {
    /// Judges a proven person: they go on to the session, to the confirmation, or back with a refusal.
    pub(super) async fn judge(
        &self,
        state: &TokenValue,
        login: PendingLogin,
        proof: LoginProof,
    ) -> Result<Step, LoginError> {
        let Some(account) = self.store().account(proof.user).await?.filter(|account| account.enabled) else {
            return self.refuse(state, login, Refusal::AccessDenied).await;
        };
        if !login.registers && !account.profile.rights.include(login.right) {
            return self.refuse(state, login, Refusal::AccessDenied).await;
        }
        if !login.app_claims.iter().all(|claim| account.profile.scopes.contains(claim)) {
            return self.refuse(state, login, Refusal::InvalidScope).await;
        }
        if login.native.is_none() {
            return self.open(state, login, proof).await;
        }
        let mut next = login.clone();
        next.stage = Stage::Confirming(proof);
        if !self.store().advance_login(state.digest(), &login, &next).await? {
            return Err(LoginError::NoLogin);
        }
        Ok(Step::Go(self.base.page("confirm", state)))
    }

    /// Opens the session and sends the browser to the application. Whoever ends the login first does that.
    pub(super) async fn open(
        &self,
        state: &TokenValue,
        login: PendingLogin,
        proof: LoginProof,
    ) -> Result<Step, LoginError> {
        // Before the login is spent: without keys to sign with it can go on later.
        self.bearers.published()?;
        let ended = if login.stage == Stage::Started {
            // Of a browser that is still signed on: nobody has been told the state, so nobody can come back with it.
            self.store().end_login(state.digest(), &login).await?
        } else {
            self.store().spend_login(state.digest(), &login, proof.user).await?
        };
        if !ended {
            return Err(LoginError::NoLogin);
        }
        let opened = self.open_session(&login, proof).await;
        if !matches!(opened, Ok(Some(_)))
            && let Some(native) = login.native
        {
            self.store().decide_native(native, NativeLogin::Failed, NativeLogin::FAILURE_KEPT).await?;
        }
        let Some((held, sign_on)) = opened? else { return self.back(&login, Err(Refusal::AccessDenied)) };
        let user = held.account.id;
        if let Some(native) = login.native {
            let outcome = NativeLogin::Open { user, session: login.session };
            let lives = held.session.end_of_life.since(self.clock().now());
            self.store().decide_native(native, outcome, lives).await?;
        }
        let how = proof.how.as_str();
        tracing::info!(session = %login.session, %user, how, native = login.native.is_some(), "session opened");
        self.directory.tell_pushed_out(user, &held.pushed_out);
        let step = self.answer(&login, &held)?;
        Ok(match step {
            Step::Done { location, .. } => Step::Done { location, sign_on },
            step @ Step::Go(_) => step,
        })
    }

    async fn open_session(
        &self,
        login: &PendingLogin,
        proof: LoginProof,
    ) -> Result<Option<(Held, Option<(TokenValue, Duration)>)>, LoginError> {
        let now = self.clock().now();
        let settings = &self.directory.settings;
        // A browser that was signed on stays signed on as it was: only a proof renews that.
        let renews = proof.how != How::SingleSignOn && !settings.single_sign_on.is_zero();
        let cookie = renews.then(TokenValue::generate).transpose()?;
        let act = DirectoryAct::Open(Box::new(OpenSession {
            session: login.session,
            proof,
            now,
            right: login.right,
            registers: login.registers,
            app_claims: login.app_claims.clone(),
            extended: login.extended,
            native: login.native,
            heartbeat_before: now.plus(settings.time_to_heartbeat),
            end_of_life: now.plus(settings.session_lifetime),
            contact: login.contact.clone(),
            network: (proof.how == How::Password).then_some(login.network),
            redirect_url: login.redirect_url.clone(),
            sign_on: cookie.as_ref().map(|cookie| (cookie.digest(), settings.single_sign_on)),
            limits: self.directory.limits(),
        }));
        let held = self.store().direct(proof.user, &act).await?;
        // Last, so that a login that is refused registers nothing.
        if login.registers && held.is_some() && !self.register_redirect(login).await? {
            let close = DirectoryAct::Close { session: login.session, ask_again: false };
            self.store().direct(proof.user, &close).await?;
            return Ok(None);
        }
        Ok(held.map(|held| (held, cookie.map(|cookie| (cookie, settings.single_sign_on)))))
    }

    /// The answer to the application: bearers, but for a native client, which collects them itself.
    fn answer(&self, login: &PendingLogin, held: &Held) -> Result<Step, LoginError> {
        if login.native.is_some() {
            return self.back(login, Ok(Vec::new()));
        }
        let signed = self.bearers.sign(held, self.clock().now())?;
        self.back(
            login,
            Ok(vec![
                ("directory_access_token", signed.directory),
                ("http_access_token", signed.http),
                ("heartbeat_before", held.session.heartbeat_before.seconds().to_string()),
                ("session_eol", held.session.end_of_life.seconds().to_string()),
            ]),
        )
    }

    /// Ends a login, and tells the application why.
    pub(super) async fn refuse(
        &self,
        state: &TokenValue,
        login: PendingLogin,
        refusal: Refusal,
    ) -> Result<Step, LoginError> {
        self.fail(state, &login).await?;
        self.back(&login, Err(refusal))
    }

    /// Back to the application, with what it is told in the fragment. To one that is not registered yet nobody is sent
    /// with bad news.
    fn back(&self, login: &PendingLogin, answer: Result<Vec<(&str, String)>, Refusal>) -> Result<Step, LoginError> {
        let parse = |url: &str| {
            RedirectUrl::parse(url).map_err(|error| LoginError::Store(StoreError::Unreadable(error.to_string())))
        };
        let mut url = parse(&login.redirect_url)?;
        let mut pairs = match answer {
            Ok(pairs) => pairs,
            Err(refusal) if login.registers => return Err(LoginError::Refused(refusal)),
            Err(refusal) => {
                // A fragment reaches no server: our own page, which says that the login is done, would say so then too.
                if self.base.is_done_page(&url, &url.host()) {
                    url = parse(&format!("{}?error={}", url.target(), refusal.code()))?;
                }
                vec![("error", refusal.code().to_owned()), ("error_description", refusal.description().to_owned())]
            }
        };
        pairs.extend(login.app_data.as_ref().map(|data| ("appdata", data.to_string())));
        let location = url.with_fragment(pairs.iter().map(|(name, value)| (*name, value.as_str())));
        Ok(Step::Done { location, sign_on: None })
    }
}
