//! A login: opens the session of (user, client) or finds it open, and hangs the new tokens on it.

use crate::domain::event::Opening;
use crate::domain::{
    AccessHandle, AccessToken, AppPasswordId, AuthMethod, ClientInfo, Command, CrossGrant, CrossHandle, Denied,
    Effects, Grant, Happened, Issue, Issued, Limits, OpenedSession, RememberMeHandle, Right, Ruling, Session,
    SessionId, SessionKey, Stop, Timestamp, TokenDigest, TokenKind, TokenOwner, UpstreamMark, UserId, UserState,
    Wanted,
};

/// What a login inherits from what entitles it.
struct Entitlement {
    how: AuthMethod,
    /// When the person last proved who they are.
    proven: Timestamp,
    /// As [`AccessToken::not_after`].
    not_after: Option<Timestamp>,
    /// By which app password, if it was one.
    app_password: Option<AppPasswordId>,
}

impl Command for Issue {
    type Answer = Issued;

    fn wants(&self) -> Wanted {
        let minted_by = match &self.grant {
            Grant::Cross(grant) => Some(grant.minted_by.clone()),
            Grant::Proof { .. } | Grant::AppPassword { .. } | Grant::RememberMe(_) | Grant::Upstream => None,
        };
        Wanted::sessions([self.key()].into_iter().chain(minted_by))
    }

    fn rule(&self, state: &mut UserState, store_now: Timestamp) -> Result<(Issued, Effects), Stop> {
        let Entitlement { how, proven, not_after, app_password } = state.entitlement(self)?;
        let oldest = proven.plus(self.limits.login_age).min(not_after.unwrap_or(Timestamp::MAX));
        let remember_me = self.remember_me.map(|(digest, lifetime)| (digest, self.now.plus(lifetime).min(oldest)));
        let not_after = remember_me.map(|(_, expires)| expires).or(not_after);
        let access_expires = self.now.plus(self.access.1).min(not_after.unwrap_or(oldest)).min(oldest);
        if access_expires <= self.now {
            return Err(if oldest <= self.now { Denied::ProofTooOld } else { Denied::Expired }.into());
        }
        let mut effects = Effects::default();
        if let Grant::Cross(grant) = &self.grant {
            state.spend(grant, &mut effects);
        }
        if matches!(self.grant, Grant::Upstream) {
            let mark = state.account.upstream.map(|mark| mark.arrived(self.now));
            state.account.upstream = mark.map(|mark| UpstreamMark { tokens: mark.tokens.saturating_add(1), ..mark });
            effects.change_account();
        }
        // Proven by a password that is not here: by an LDAP server.
        if matches!(self.grant, Grant::Proof { .. })
            && state.account.is_proven_elsewhere()
            && state.account.note_vouched(self.now)
        {
            effects.change_account();
        }
        if let Grant::AppPassword { id, .. } = &self.grant {
            state.use_app_password(*id, self, &mut effects);
        }
        state.prune(store_now, &mut effects);
        if let Some(network) = self.network
            && state.account.note_network(network, self.now)
        {
            effects.change_account();
        }

        let (user, key) = (state.account.id, self.key());
        let opens = !state.has(&key);
        let session = state.open_or_find(self, how, proven);
        session.access.push(AccessHandle { digest: self.access.0, expires: access_expires });
        session.live_until(access_expires);
        if let Some((digest, expires)) = remember_me {
            session.remember_me.push(RememberMeHandle { digest, expires, proven });
            session.live_until(expires);
            effects.issued.push((
                TokenKind::RememberMe,
                digest,
                TokenOwner { user, session: Some(key.clone()), expires },
            ));
        }
        session.push_out(&self.limits, &mut effects);
        if let Some(app_password) = app_password {
            let remember_me = remember_me.map(|(digest, _)| digest);
            session.note_app_password(app_password, [self.access.0].into_iter().chain(remember_me));
        }
        let (session, ends) = (session.id, session.ends);
        if opens {
            effects.open(key.clone(), ends);
            effects.happened.push(Happened::Opened(Box::new(self.opened(user, session, how))));
        } else {
            effects.store(key.clone());
        }
        effects.access = Some((
            self.access.0,
            AccessToken {
                user,
                client: self.client.clone(),
                server_made: self.server_made,
                expires: access_expires,
                proven,
                not_after,
                team: self.team.clone(),
                project: self.project.clone(),
            },
        ));
        state.push_out(&key, &self.limits, &mut effects)?;
        let remember_me_expires = remember_me.map(|(_, expires)| expires);
        Ok((Issued { email: state.account.email.clone(), session, access_expires, remember_me_expires }, effects))
    }
}

impl Issue {
    fn key(&self) -> SessionKey {
        SessionKey::Client(self.client.clone())
    }

    /// What is reported of a session that opens.
    fn opened(&self, user: UserId, session: SessionId, how: AuthMethod) -> OpenedSession {
        let opening = Opening {
            how,
            right: Right::Client,
            directory: false,
            native: false,
            registered: false,
            redirect_url: None,
            subject: None,
        };
        let (client, contact) = (Some(self.client.clone()), self.contact.clone());
        OpenedSession { session, user, client, contact, opening }
    }
}

impl UserState {
    /// What the grant carries along, if it counts.
    fn entitlement(&self, login: &Issue) -> Ruling<Entitlement> {
        if !self.account.enabled {
            return Err(Denied::Disabled);
        }
        match &login.grant {
            Grant::Proof { generation, .. } | Grant::AppPassword { generation, .. }
                if *generation != self.account.generation =>
            {
                Err(Denied::StaleProof)
            }
            Grant::Proof { proven, .. } => {
                Ok(Entitlement { how: AuthMethod::Password, proven: *proven, not_after: None, app_password: None })
            }
            Grant::AppPassword { id, proven, .. } => {
                let held = self.account.app_password(*id).ok_or(Denied::WrongAppPassword)?;
                if held.has_ended(login.now) {
                    return Err(Denied::AppPasswordExpired);
                }
                // To be told from a password by what the session notes of its tokens.
                let how = AuthMethod::Password;
                Ok(Entitlement { how, proven: *proven, not_after: held.expires, app_password: Some(*id) })
            }
            Grant::RememberMe(digest) => {
                let session = self.clients.get(&login.client).ok_or(Denied::UnknownToken)?;
                let token = session.remember_me.iter().find(|token| token.digest == *digest);
                let token = token.ok_or(Denied::UnknownToken)?;
                if token.expires <= login.now {
                    return Err(Denied::Expired);
                }
                Ok(Entitlement {
                    how: AuthMethod::RememberMe,
                    proven: token.proven,
                    not_after: Some(token.expires),
                    app_password: session.app_password_of(*digest),
                })
            }
            Grant::Cross(grant) => {
                let token = self.cross_token(grant, login.now)?;
                if token.expires <= login.now {
                    return Err(Denied::Expired);
                }
                let app_password = match (&grant.minted_by, token.parent) {
                    (SessionKey::Client(client), Some(parent)) => {
                        self.clients.get(client).and_then(|session| session.app_password_of(parent))
                    }
                    _ => None,
                };
                let CrossHandle { proven, not_after, .. } = *token;
                Ok(Entitlement { how: AuthMethod::Cross, proven, not_after, app_password })
            }
            Grant::Upstream => {
                let counts = |mark: &UpstreamMark| {
                    mark.generation == self.account.generation && mark.tokens < UpstreamMark::MAX_TOKENS
                };
                self.account.upstream.filter(counts).ok_or(Denied::NotToComeOver)?;
                // Nobody knows when the person proved who they are, so nothing of it outlives the token itself.
                let not_after = Some(login.now.plus(login.access.1));
                Ok(Entitlement { how: AuthMethod::Upstream, proven: login.now, not_after, app_password: None })
            }
        }
    }

    /// A cross token of a session that is open.
    fn cross_token(&self, grant: &CrossGrant, now: Timestamp) -> Ruling<&CrossHandle> {
        let held = match &grant.minted_by {
            SessionKey::Client(client) => self.clients.get(client).map(|session| &session.cross),
            SessionKey::Directory(id) => {
                let session = self.directory.get(id);
                if session.is_some_and(|session| session.overdue(now).is_some()) {
                    return Err(Denied::SessionOverdue);
                }
                session.map(|session| &session.cross)
            }
        };
        let held = held.ok_or(Denied::SessionClosed)?;
        held.iter().find(|token| token.digest == grant.digest).ok_or(Denied::UnknownToken)
    }

    /// Notes that an app password is used. The account is written at the first use in a session too: a revocation that has
    /// not seen this login then begins again.
    fn use_app_password(&mut self, id: AppPasswordId, login: &Issue, effects: &mut Effects) {
        let session = self.clients.get(&login.client);
        let first = session.is_some_and(|session| session.by_app_password.iter().all(|by| by.app_password != id));
        let held = self.account.app_passwords.iter_mut().find(|held| held.id == id);
        let noted = held.zip(login.network).is_some_and(|(held, network)| held.note_use(network, login.now));
        if first || noted {
            effects.change_account();
        }
    }

    fn spend(&mut self, grant: &CrossGrant, effects: &mut Effects) {
        if let Some(held) = self.cross_tokens_mut(&grant.minted_by) {
            held.retain(|token| token.digest != grant.digest);
            effects.revoke(TokenKind::Cross, [grant.digest]);
            effects.store(grant.minted_by.clone());
        }
    }

    /// The outstanding cross tokens of a session.
    pub(super) fn cross_tokens_mut(&mut self, key: &SessionKey) -> Option<&mut Vec<CrossHandle>> {
        match key {
            SessionKey::Client(client) => self.clients.get_mut(client).map(|session| &mut session.cross),
            SessionKey::Directory(id) => self.directory.get_mut(id).map(|session| &mut session.cross),
        }
    }

    fn open_or_find(&mut self, login: &Issue, how: AuthMethod, proven: Timestamp) -> &mut Session {
        let session = self.clients.entry(login.client.clone()).or_insert_with(|| Session {
            id: login.session,
            server_made: login.server_made,
            how,
            opened: login.now,
            authenticated: proven,
            last_contact: login.now,
            ends: login.now,
            contact: ClientInfo::default(),
            access: Vec::new(),
            remember_me: Vec::new(),
            cross: Vec::new(),
            by_app_password: Vec::new(),
        });
        session.server_made &= login.server_made;
        session.how = how;
        session.authenticated = session.authenticated.max(proven);
        session.last_contact = session.last_contact.max(login.now);
        session.contact = login.contact.clone();
        session
    }
}

impl Session {
    /// Pushes out the oldest tokens beyond the limits of one session.
    fn push_out(&mut self, limits: &Limits, effects: &mut Effects) {
        let surplus = |held: usize, limit: usize| held.saturating_sub(limit.max(1));
        let access: Vec<_> = self.access.drain(..surplus(self.access.len(), limits.tokens_per_client)).collect();
        for token in access {
            effects.revoke(TokenKind::Access, [token.digest]);
            self.drop_minted_by(token.digest, effects);
        }
        let remember_me = surplus(self.remember_me.len(), limits.remember_me_per_client);
        effects.revoke(TokenKind::RememberMe, self.remember_me.drain(..remember_me).map(|token| token.digest));
    }

    /// Ends the cross tokens that an access token minted.
    pub(super) fn drop_minted_by(&mut self, parent: TokenDigest, effects: &mut Effects) {
        let gone = self.cross.extract_if(.., |token| token.parent == Some(parent));
        effects.revoke(TokenKind::Cross, gone.map(|token| token.digest));
    }
}
