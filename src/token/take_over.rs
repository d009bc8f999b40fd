//! Tokens of the old service: each is asked for there once, and from then on stands for a token of ours.
//!
//! The token of ours is issued first: nobody knows its value, so it counts only once the token of the old service is noted
//! to stand for it. Of several servers that are at it at once, one notes; the others end what they have issued. What is noted
//! stays until the old service is not asked any more, whatever becomes of the token of ours. So nothing that was revoked
//! comes back, and a crash leaves at most a token that nobody can use.

use std::time::Duration;

use super::{Checked, Login, LoginClient, LoginContext, TokenService};
use crate::auth::{Activity, GuessedToken, TokenFacts};
use crate::domain::{
    Account, ClientInfo, ClientKey, Denied, ForeignId, Grant, Issue, Network, Revoke, SessionId, SessionKey, TakenOver,
    Timestamp, TokenDigest, TokenOwner, TokenValue,
};
use crate::error::{Elsewhere, ServiceError};

impl TokenService {
    /// Whether a token that is unknown here may be one of an old service.
    #[must_use]
    pub fn has_upstream(&self) -> bool {
        self.identity.upstream().is_some()
    }

    /// Tells about an access token of ours, or of the old service; see [`Self::take_over`].
    ///
    /// # Errors
    /// As [`Self::take_over`].
    pub async fn check_anywhere(
        &self,
        presented: Option<&TokenValue>,
        network: Network,
    ) -> Result<Checked, ServiceError> {
        match (self.check(presented).await, presented) {
            (Err(ServiceError::InvalidToken(Denied::UnknownToken)), Some(token)) => {
                self.take_over(token, network).await
            }
            (checked, _) => checked,
        }
    }

    /// Tells about an access token that is none of ours, if it is one of the old service: takes it over with what remains
    /// of its life, unless it was before.
    ///
    /// # Errors
    /// [`ServiceError::InvalidToken`], [`ServiceError::Throttled`], [`ServiceError::Elsewhere`], [`ServiceError::Store`].
    pub async fn take_over(&self, token: &TokenValue, network: Network) -> Result<Checked, ServiceError> {
        let unknown = || ServiceError::InvalidToken(Denied::UnknownToken);
        let upstream = self.identity.upstream().ok_or_else(unknown)?;
        let (digest, now) = (token.digest(), self.clock.now());
        if upstream.has_refused(digest, now) {
            return Err(unknown());
        }
        if let Some(known) = self.store.taken_over(digest).await? {
            return self.check_stand_in(&known).await;
        }
        let until = self.identity.upstream_until().await?.ok_or_else(unknown)?;
        self.identity.count_unknown(GuessedToken::Upstream, network).await?;
        let outcome = self.ask_and_take_over(token, digest, until).await;
        match &outcome {
            Ok(_) | Err(ServiceError::Elsewhere(Elsewhere { asked: false, .. })) => {
                self.identity.put_back_known(GuessedToken::Upstream, network).await;
            }
            Err(ServiceError::InvalidToken(_)) => upstream.note_refused(digest, now),
            Err(_) => {}
        }
        self.check_stand_in(&outcome?).await
    }

    /// Asks the old service whose token it is, issues the token of ours that it stands for, and notes it.
    async fn ask_and_take_over(
        &self,
        token: &TokenValue,
        digest: TokenDigest,
        until: Timestamp,
    ) -> Result<TakenOver, ServiceError> {
        let unknown = || ServiceError::InvalidToken(Denied::UnknownToken);
        let upstream = self.identity.upstream().ok_or_else(unknown)?;
        let found = upstream.check(token).await.map_err(ServiceError::Elsewhere)?;
        let (person, facts) = found.ok_or_else(unknown)?;
        match self.identity.account_of(&person).await {
            Ok(account) => self.stand_in(digest, &account, &facts, until).await,
            Err(ServiceError::InvalidCredentials(denied)) => Err(ServiceError::InvalidToken(denied)),
            Err(error) => Err(error),
        }
    }

    /// Tells about the token of ours that one of the old service stands for.
    async fn check_stand_in(&self, known: &TakenOver) -> Result<Checked, ServiceError> {
        Ok(Checked { from_upstream: true, ..self.check_digest(known.stands_for).await? })
    }

    /// Issues the token of ours that an access token of the old service stands for, and notes it.
    async fn stand_in(
        &self,
        digest: TokenDigest,
        account: &Account,
        facts: &TokenFacts,
        until: Timestamp,
    ) -> Result<TakenOver, ServiceError> {
        self.identity.count(Activity::Issue, account.id).await?;
        let id = (!facts.audience.is_nil()).then(|| ForeignId::new(facts.audience.to_string())).flatten();
        let client = LoginClient::of(id.as_ref());
        let access = TokenValue::draw_for(account.id)?.digest();
        let issue = Issue {
            grant: Grant::Upstream,
            now: self.clock.now(),
            client: client.key.clone(),
            server_made: client.server_made,
            team: facts.team.clone(),
            project: facts.project.clone(),
            // Another service may have presented it: nobody knows where the client is.
            contact: ClientInfo::default(),
            network: None,
            session: SessionId(uuid::Uuid::new_v4()),
            access: (access, facts.remaining.min(self.settings.access_lifetime)),
            remember_me: None,
            limits: self.directory.limits(),
        };
        let issued = self.store.issue(account.id, &issue).await?.map_err(ServiceError::InvalidToken)?;
        let expires = until.max(issued.access_expires);
        let to = TakenOver { user: account.id, stands_for: access, session: None, expires };
        self.note_taken_over(digest, to, client.key).await
    }

    /// Notes what a token of the old service stands for. If another request was first, what it has noted counts, and the
    /// token issued by this one ends.
    async fn note_taken_over(
        &self,
        digest: TokenDigest,
        to: TakenOver,
        client: ClientKey,
    ) -> Result<TakenOver, ServiceError> {
        let Some(noted) = self.store.take_over(digest, &to).await? else {
            tracing::info!(user = %to.user, "a token has come over from the old service");
            return Ok(to);
        };
        self.store.revoke(to.user, &Revoke { client, token: to.stands_for }).await?;
        Ok(noted)
    }

    /// Where the remember-me token of ours hangs that one of the old service stands for, if it was taken over.
    pub(super) async fn remembered_stand_in(
        &self,
        digest: TokenDigest,
    ) -> Result<Option<(TokenDigest, TokenOwner)>, ServiceError> {
        if !self.has_upstream() {
            return Ok(None);
        }
        let known = self.store.taken_over(digest).await?;
        Ok(known.map(|TakenOver { user, stands_for, session, expires }| {
            (stands_for, TokenOwner { user, session, expires })
        }))
    }

    /// Logs in with a remember-me token that is none of ours, if it is one of the old service, and takes it over. The caller
    /// has counted it as unknown.
    pub(super) async fn silent_take_over(
        &self,
        token: &TokenValue,
        context: LoginContext,
    ) -> Result<Login, ServiceError> {
        let unknown = || ServiceError::InvalidCredentials(Denied::UnknownToken);
        let upstream = self.identity.upstream().ok_or_else(unknown)?;
        let until = self.identity.upstream_until().await?.ok_or_else(unknown)?;
        let id = context.client_id.as_ref().filter(|id| !id.is_nil()).ok_or_else(unknown)?;
        let network = context.network;
        let person = match upstream.log_in_silently(token, id, context.contact.application.as_deref()).await {
            Ok(person) => person.ok_or_else(unknown)?,
            Err(elsewhere) => {
                if !elsewhere.asked {
                    self.identity.put_back_known(GuessedToken::RememberMe, network).await;
                }
                return Err(ServiceError::Elsewhere(elsewhere));
            }
        };
        let user = self.identity.account_of(&person).await?.id;
        self.identity.count(Activity::Issue, user).await?;
        let client = LoginClient::of(Some(id));
        let key = client.key.clone();
        let mut login = self.issue(user, (Grant::Upstream, self.clock.now()), client, true, context.clone()).await?;
        let (stands_for, expires_in) = login.remember_me.take().ok_or_else(unknown)?;
        let ends = self.clock.now().plus(Duration::from_secs(expires_in + 1));
        let session = Some(SessionKey::Client(key.clone()));
        let to = TakenOver { user, stands_for: stands_for.digest(), session, expires: until.max(ends) };
        let mine = to.stands_for;
        let noted = self.note_taken_over(token.digest(), to, key.clone()).await?;
        self.identity.put_back_known(GuessedToken::RememberMe, network).await;
        if noted.stands_for == mine {
            return Ok(login);
        }
        // Another request was first. What has become of its token since decides about this login too.
        self.store.revoke(user, &Revoke { client: key, token: login.access_token.digest() }).await?;
        let TakenOver { user, stands_for, session, expires } = noted;
        self.remembered_login((stands_for, TokenOwner { user, session, expires }), context).await
    }
}
