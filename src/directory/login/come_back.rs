//! The browser comes back from the provider, or from our own login page.

use super::{BeginsIn, Cookies, Login, LoginError, Logins, NoLogin, Refusal, Refused, Step, challenge};
use crate::domain::{How, LoginProof, Network, PendingLogin, Stage, Timestamp, TokenValue};
use crate::identity::GuessedToken;
use crate::identity::openid::{Claimed, OpenId};

/// What the browser brings (RFC 6749, 4.1.2).
#[derive(Debug)]
pub enum AuthorizationResponse {
    /// A code that stands for the person.
    Code(String),
    /// The provider's refusal (RFC 6749, 4.1.2.1): its code word.
    Error(String),
}

/// How many seconds of the provider's own clock a login may seem older than the journey to it: both ends are rounded.
const ROUNDING: std::time::Duration = std::time::Duration::from_secs(5);

impl Logins {
    /// Goes on with a login whose person is proven or refused. The state counts once, in the browser that began it; used
    /// again, elsewhere, or with what is no proof, the login ends, and so does the session that it has opened by then. What
    /// comes back unproven is counted against the network in which the login was begun, or else `network`, from which it
    /// came.
    ///
    /// # Errors
    /// [`LoginError`]: nothing is issued, and the login is over, but for [`LoginError::Password`] (too many came back
    /// unproven) and [`LoginError::Store`].
    pub async fn come_back(
        &self,
        state: &TokenValue,
        cookies: Cookies<'_>,
        network: Network,
        response: AuthorizationResponse,
    ) -> Result<Step, LoginError> {
        let step = self.go_on(state, cookies, response).await;
        if let Err(LoginError::NoLogin(why)) = &step {
            self.used_again(state, *why, network).await?;
        }
        step
    }

    async fn go_on(
        &self,
        state: &TokenValue,
        cookies: Cookies<'_>,
        response: AuthorizationResponse,
    ) -> Result<Step, LoginError> {
        let (mut login, browser) = self.under_way(state, cookies).await?;
        let asks_provider = matches!((&response, &self.provider), (AuthorizationResponse::Code(_), Some(_)));
        if asks_provider && login.pending.stage != Stage::Started {
            self.fail(state, login).await?;
            return Err(NoLogin::Unknown.into());
        }
        // Whatever is recorded below is bounded by this.
        if asks_provider || !login.recorded {
            self.identity.count_unknown(GuessedToken::Code, login.pending.network).await?;
        }
        if (asks_provider || !login.recorded) && !self.advance(state, &mut login, Stage::Redeeming).await? {
            return Err(NoLogin::Unknown.into());
        }
        let proven = match (response, &self.provider) {
            (AuthorizationResponse::Error(word), _) => {
                let refusal = Refusal::of_provider(&word);
                let refused = Refused { provider_error: Some(word), ..Refused::new(refusal, &login.pending) };
                return self.refuse(state, login, refused).await;
            }
            (AuthorizationResponse::Code(code), None) => prove_by_code(&login.pending, &code),
            (AuthorizationResponse::Code(code), Some(provider)) => {
                match self.prove_by_provider(provider, &login.pending, state, browser, &code).await {
                    Ok(Proven::Again(since)) => return self.ask_again(state, login.pending, browser, since).await,
                    Ok(Proven::As(proof)) => Ok(proof),
                    Ok(Proven::Refused(refused)) => return self.refuse(state, login, *refused).await,
                    Err(error) => Err(error),
                }
            }
        };
        match proven {
            Ok(proof) => self.judge(state, login, BeginsIn { browser, room: 0 }, proof).await,
            Err(error) => {
                self.fail(state, login).await?;
                Err(error)
            }
        }
    }

    /// Whose code it is, by the provider's word.
    async fn prove_by_provider(
        &self,
        provider: &OpenId,
        login: &PendingLogin,
        state: &TokenValue,
        browser: &TokenValue,
        code: &str,
    ) -> Result<Proven, LoginError> {
        let (nonce, verifier) = challenge::of_journey(browser, state, login.asks_again);
        let claimed = provider.redeem(code, &nonce, &verifier).await?;
        self.identity.put_back_known(GuessedToken::Code, login.network).await;
        let now = self.clock().now();
        let fresh = is_fresh(&claimed, login, now);
        if login.asks_again.is_some() && !fresh {
            return Err(LoginError::Unproven("the person was not asked again (auth_time)".into()));
        }
        let proven = claimed.auth_time.unwrap_or(now).min(now);
        let subject = claimed.subject.clone();
        let account = match self.known(claimed).await? {
            Ok(account) => account,
            Err(refusal) => {
                let refused = Refused { subject: Some(subject), ..Refused::new(refusal, login) };
                return Ok(Proven::Refused(Box::new(refused)));
            }
        };
        let meets = login.asks_again;
        if let Some(since) = account.profile.consent_since.filter(|since| meets != Some(*since)) {
            return Ok(Proven::Again(since));
        }
        let (user, generation) = (account.id, account.generation);
        Ok(Proven::As(LoginProof { user, generation, proven, how: How::Oidc, sign_on: None, meets }))
    }

    /// Sends the person to the provider once more, to be asked.
    async fn ask_again(
        &self,
        state: &TokenValue,
        login: PendingLogin,
        browser: &TokenValue,
        since: Timestamp,
    ) -> Result<Step, LoginError> {
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

/// What a provider's proof comes to.
enum Proven {
    As(LoginProof),
    /// The person must be asked, whatever the provider remembers: since when.
    Again(Timestamp),
    /// The provider knows them, but nobody here is meant.
    Refused(Box<Refused>),
}

/// Whose code it is, by our own login page's.
fn prove_by_code(login: &PendingLogin, code: &str) -> Result<LoginProof, LoginError> {
    let sent = TokenValue::parse(code.as_bytes()).ok_or(NoLogin::Unknown)?.digest();
    match &login.stage {
        Stage::Coded { code, proof } if *code == sent => Ok(*proof),
        _ => Err(NoLogin::Unknown.into()),
    }
}

/// Whether the person proved who they are on this very journey. How long ago that was is told by the provider's clock
/// alone, how long the journey took by ours: so it does not matter how they differ.
fn is_fresh(claimed: &Claimed, login: &PendingLogin, now: Timestamp) -> bool {
    claimed.auth_time.is_some_and(|proven| claimed.issued.since(proven) <= now.since(login.begun) + ROUNDING)
}
