//! The browser comes back from the provider.

use std::time::Duration;

use super::{BeginsIn, Cookies, Login, LoginService, Next, challenge};
use crate::auth::GuessedToken;
use crate::auth::oidc::{Claimed, OpenId};
use crate::domain::{
    AuthMethod, LoginProof, Network, PendingLogin, Refusal, Refused, Stage, Subject, Timestamp, TokenValue,
};
use crate::error::{NoLogin, ServiceError};
use crate::settings::Secret;

/// The parameters of the callback (RFC 6749, 4.1.2).
#[derive(Debug)]
pub enum AuthorizationResponse {
    /// A code that stands for the person.
    Code(String),
    /// The provider's refusal (RFC 6749, 4.1.2.1): its code word.
    Error(String),
}

/// Where the browser goes next, and what it keeps.
#[derive(Debug)]
pub struct CallbackOutcome {
    /// Where it goes.
    pub step: Next,
    /// The provider's ID token, sealed, for the provider's logout, and for how long.
    pub id_token: Option<(String, Duration)>,
}

impl From<Next> for CallbackOutcome {
    fn from(step: Next) -> Self {
        Self { step, id_token: None }
    }
}

/// The longest sealed ID token that a browser keeps, in characters: a cookie has at most 4,096 bytes with its name and
/// attributes.
const MAX_KEPT: usize = 3_800;

impl LoginService {
    /// Continues a login whose person the provider has proven or refused. A state counts once, in the browser that
    /// began it. If it is used again, elsewhere, or without a proof, the login ends, and so does the session that it
    /// has opened. A callback without a proof is counted against the network in which the login began, or else against
    /// `network`, where it came from.
    ///
    /// # Errors
    /// [`ServiceError`]: nothing is issued, and the login is over, except with [`ServiceError::Throttled`] (too many
    /// callbacks without a proof) and [`ServiceError::Store`].
    pub async fn handle_callback(
        &self,
        state: &TokenValue,
        cookies: Cookies<'_>,
        network: Network,
        response: AuthorizationResponse,
    ) -> Result<CallbackOutcome, ServiceError> {
        let next = self.resume(state, cookies, response).await;
        if let Err(ServiceError::NoLogin(why)) = &next {
            self.replayed_state(state, *why, network).await?;
        }
        next
    }

    async fn resume(
        &self,
        state: &TokenValue,
        cookies: Cookies<'_>,
        response: AuthorizationResponse,
    ) -> Result<CallbackOutcome, ServiceError> {
        // Nobody honest comes back from where nobody is sent.
        let provider = self.provider.as_ref().ok_or(NoLogin::Unknown)?;
        let (mut login, browser) = self.pending_login(state, cookies).await?;
        let has_code = matches!(response, AuthorizationResponse::Code(_));
        if has_code && login.pending.stage != Stage::Started {
            self.fail(state, login).await?;
            return Err(NoLogin::Unknown.into());
        }
        if has_code || !login.recorded {
            // This bounds what is recorded.
            self.identity.count_unknown(GuessedToken::Code, login.pending.network).await?;
            if !self.advance(state, &mut login, Stage::Redeeming).await? {
                return Err(NoLogin::Unknown.into());
            }
        }
        let code = match response {
            AuthorizationResponse::Code(code) => code,
            AuthorizationResponse::Error(word) => {
                let refusal = Refusal::of_provider(&word);
                let refused = Refused { provider_error: Some(word), ..Refused::new(refusal, &login.pending) };
                return self.refuse(state, login, refused).await.map(CallbackOutcome::from);
            }
        };
        match self.prove_by_provider(provider, &login.pending, state, browser, &code).await {
            Ok(Proven::As(proof, id_token)) => {
                let step = self.authorize(state, login, BeginsIn { browser, room: 0 }, proof).await?;
                Ok(CallbackOutcome { step, id_token })
            }
            Ok(Proven::Again(since)) => {
                self.ask_again(state, login.pending, browser, since).await.map(CallbackOutcome::from)
            }
            Ok(Proven::Refused(refused)) => self.refuse(state, login, *refused).await.map(CallbackOutcome::from),
            Err(error) => {
                self.fail(state, login).await?;
                Err(error)
            }
        }
    }

    /// The person of a code, by the provider's word.
    async fn prove_by_provider(
        &self,
        provider: &OpenId,
        login: &PendingLogin,
        state: &TokenValue,
        browser: &TokenValue,
        code: &str,
    ) -> Result<Proven, ServiceError> {
        let (nonce, verifier) = challenge::of_journey(browser, state, login.asks_again);
        let claimed = provider.redeem(code, &nonce, &verifier).await?;
        self.identity.put_back_known(GuessedToken::Code, login.network).await;
        let now = self.clock().now();
        if let (Some(_), Some(why)) = (login.asks_again, not_fresh(&claimed, login, now)) {
            let Subject { issuer, subject, .. } = &claimed.subject;
            if !provider.settings().trust_prompt {
                let subject = subject.escape_debug();
                let what = format!(
                    "the person must be asked again (a session was closed with forceuserconsentonnextlogin=true, or they \
                     want to change something on the account page, or their proof was older than tokens.max_login_age), but {why}; see openid.trust_prompt and `bimgate sso \
                     waive`; issuer {issuer}, subject {subject}"
                );
                return Err(ServiceError::Unproven(what));
            }
            tracing::info!(%issuer, %subject, why, "counts as asked again by openid.trust_prompt");
        }
        let mut proven = claimed.auth_time.unwrap_or(now).min(now);
        if login.asks_again.is_some() {
            // On this very round trip, whatever the provider's clock says.
            proven = proven.max(login.begun);
        }
        let subject = claimed.subject.clone();
        let (id_token, provider_session) = (self.kept(&claimed.id_token), claimed.session);
        let account = match self.known(provider, claimed).await? {
            Ok(account) => account,
            Err(refusal) => {
                let refused = Refused { subject: Some(subject), ..Refused::new(refusal, login) };
                return Ok(Proven::Refused(Box::new(refused)));
            }
        };
        let meets = login.asks_again;
        if let Some(since) = account.profile.reauth_request.filter(|since| meets != Some(*since)) {
            return Ok(Proven::Again(since));
        }
        // The provider has remembered them for longer than anything may last that a proof opens.
        if meets.is_none() && proven.plus(self.directory.limits().login_age) <= now {
            return Ok(Proven::Again(now));
        }
        if let Some(session) = provider_session {
            self.note_provider_session(session, account.id, provider).await?;
        }
        let (user, generation, logouts) = (account.id, account.generation, account.profile.logouts);
        let how = AuthMethod::Oidc;
        let proof = LoginProof { user, generation, proven, how, sign_on: None, meets, provider_session, logouts };
        Ok(Proven::As(proof, id_token))
    }

    /// An ID token as a browser keeps it while it is signed on.
    fn kept(&self, id_token: &Secret) -> Option<(String, Duration)> {
        let lifetime = self.directory.settings().single_sign_on;
        if lifetime.is_zero() {
            return None;
        }
        let sealed = self.bearers.seal_id_token(id_token).filter(|sealed| sealed.len() <= MAX_KEPT);
        if sealed.is_none() {
            let bytes = id_token.reveal().len();
            tracing::info!(bytes, "the ID token is too long to be kept for the provider's logout");
        }
        sealed.map(|sealed| (sealed, lifetime))
    }

    /// Sends the person to the provider once more, to be asked again.
    async fn ask_again(
        &self,
        state: &TokenValue,
        login: PendingLogin,
        browser: &TokenValue,
        since: Timestamp,
    ) -> Result<Next, ServiceError> {
        let begun = self.clock().now();
        let again = PendingLogin { asks_again: Some(since), begun, stage: Stage::Started, ..login.clone() };
        if !self.store().advance_login(state.digest(), &login, &again).await? {
            return Err(NoLogin::Unknown.into());
        }
        let step = self.ask(state, &again, browser).await;
        if step.is_err() {
            self.fail(state, Login { pending: again, recorded: true }).await?;
        }
        step
    }
}

/// What follows from a provider's proof.
enum Proven {
    /// And the ID token, to be kept.
    As(LoginProof, Option<(String, Duration)>),
    /// The person must be asked again, even if the provider remembers them: since when.
    Again(Timestamp),
    /// The provider knows the person, but no account here does.
    Refused(Box<Refused>),
}

/// Why the person may not have proven themselves on this very round trip. The age of the proof is measured by the
/// provider's clock alone, the round trip by ours, so it does not matter how the two clocks differ.
fn not_fresh(claimed: &Claimed, login: &PendingLogin, now: Timestamp) -> Option<&'static str> {
    match (claimed.auth_time, claimed.issued) {
        (None, _) => Some("the ID token has no auth_time"),
        (_, None) => Some("the ID token has no iat"),
        (Some(proven), Some(issued)) => (issued.since(proven) > now.since(login.begun) + OpenId::JUST_NOW)
            .then_some("auth_time in the ID token is from before they were sent to the provider"),
    }
}
