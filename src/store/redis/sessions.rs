//! Sessions, and the tokens that hang on them.

use std::time::Instant;

use async_trait::async_trait;
use futures_util::future::Either;

use super::RedisStore;
use super::codec::{KeyedSession, decode_keyed_session, decode_user};
use super::user::{Room, Selection};
use crate::domain::{
    Account, ClientKey, CloseSession, Issue, Issued, MintCross, Minted, ProviderSession, Revoke, Ruling, Session,
    SessionCommand, SessionId, SessionKey, SessionWithAccount, Timestamp, TokenDigest, TokenKind, TokenOwner, UserId,
    UserState,
};
use crate::store::codec::{decode, encode};
use crate::store::metrics::Op;
use crate::store::{Lookup, Result, Sessions, Tokens, Upkeep};

#[async_trait]
impl Tokens for RedisStore {
    fn access_token(&self, digest: TokenDigest) -> Lookup<'_> {
        Either::Right(Box::pin(self.act(Op::Check, async move {
            let mut get = redis::Cmd::with_capacity(2, 64);
            get.arg("GET").arg(self.keys.token(TokenKind::Access, digest));
            let record: Option<Vec<u8>> = self.client.command(&get).await?;
            record.map(|record| decode(&record)).transpose()
        })))
    }

    async fn issue(&self, user: UserId, login: &Issue) -> Result<Ruling<Issued>> {
        self.act(Op::Issue, self.run(user, login, Room::for_client(&login.limits))).await
    }

    async fn cross_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.find(self.keys.token(TokenKind::Cross, digest)).await
    }

    async fn remember_me_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.find(self.keys.token(TokenKind::RememberMe, digest)).await
    }

    async fn mint_cross(&self, user: UserId, mint: &MintCross) -> Result<Ruling<Minted>> {
        self.act(Op::MintCross, self.run(user, mint, Room::ANY)).await
    }

    async fn revoke(&self, user: UserId, revoke: &Revoke) -> Result<()> {
        // If there is no such user, there is no such token.
        self.act(Op::Revoke, self.run(user, revoke, Room::ANY)).await.map(drop)
    }
}

#[async_trait]
impl Sessions for RedisStore {
    async fn close_session(&self, user: UserId, close: &CloseSession) -> Result<Ruling<()>> {
        self.act(Op::Revoke, self.run(user, close, Room::ANY)).await
    }

    async fn client_session(&self, user: UserId, client: &ClientKey) -> Result<Option<(Account, Session)>> {
        let found = self.act(Op::Find, self.account_and_session(user, SessionKey::Client(client.clone()))).await?;
        Ok(found.and_then(|(account, session)| match session {
            KeyedSession::Client(_, session) => Some((account, session)),
            KeyedSession::Directory(_) => None,
        }))
    }

    async fn user_state(&self, user: UserId) -> Result<Option<UserState>> {
        self.act(Op::Find, async {
            let (now, loaded) = self.load(user, &Selection::EVERYTHING, Room::ANY).await?;
            Ok(loaded.map(|loaded| loaded.state.open_at(now)))
        })
        .await
    }

    async fn directory_session(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<SessionWithAccount>> {
        let found = self.act(Op::Find, self.account_and_session(user, SessionKey::Directory(session))).await?;
        Ok(found.and_then(|(account, session)| match session {
            KeyedSession::Directory(session) if session.overdue(now).is_none() => {
                Some(SessionWithAccount { account, session })
            }
            _ => None,
        }))
    }

    async fn update_session(&self, user: UserId, command: &SessionCommand) -> Result<Ruling<SessionWithAccount>> {
        let room = match command {
            SessionCommand::Open(open) => Room::for_directory(&open.limits),
            SessionCommand::Heartbeat { .. } | SessionCommand::Collect { .. } => Room::ANY,
        };
        self.act(Op::Session, self.run(user, command, room)).await
    }

    async fn sign_on(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.find(self.keys.token(TokenKind::SignOn, digest)).await
    }

    async fn note_provider_session(&self, session: ProviderSession, owner: &TokenOwner) -> Result<()> {
        let mut set = redis::cmd("SET");
        set.arg(self.keys.provider_session(session)).arg(encode(owner)).arg("PXAT").arg(owner.expires.millis());
        self.act(Op::Login, self.unless_held(self.client.command(&set))).await
    }

    async fn provider_session(&self, session: ProviderSession) -> Result<Option<TokenOwner>> {
        self.find(self.keys.provider_session(session)).await
    }
}

#[async_trait]
impl Upkeep for RedisStore {
    /// Goes on for a quarter of the deadline if there is much to end.
    async fn close_due(&self) -> Result<()> {
        self.act(Op::Sweep, async {
            let began = Instant::now();
            loop {
                // If one fails, the other goes on.
                let (sessions, logins) = (self.expire_due().await, self.give_up_some().await);
                if !(sessions? | logins?) || began.elapsed() >= self.shared.limit / 4 {
                    return Ok(());
                }
            }
        })
        .await
    }

    async fn sweep(&self) -> Result<()> {
        self.act(Op::Sweep, self.sweep_some()).await
    }
}

impl RedisStore {
    async fn account_and_session(&self, user: UserId, session: SessionKey) -> Result<Option<(Account, KeyedSession)>> {
        let mut get = redis::cmd("MGET");
        get.arg(self.keys.user(user)).arg(self.keys.session(user, &session));
        let (account, session): (Option<Vec<u8>>, Option<Vec<u8>>) = self.client.command(&get).await?;
        let (Some(account), Some(session)) = (account, session) else { return Ok(None) };
        Ok(Some((decode_user(&account)?.account, decode_keyed_session(&session)?)))
    }
}
