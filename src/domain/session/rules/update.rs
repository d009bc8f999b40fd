//! A directory session opens, is kept alive, or is collected by its native client.

use crate::domain::{
    Command, Denied, DirectorySession, Effects, Ruling, SessionCommand, SessionId, SessionKey, SessionWithAccount,
    Stop, Timestamp, UserState, Wanted,
};

impl Command for SessionCommand {
    type Answer = SessionWithAccount;

    fn wants(&self) -> Wanted {
        Wanted::sessions([SessionKey::Directory(self.session())])
    }

    fn rule(&self, state: &mut UserState, store_now: Timestamp) -> Result<(SessionWithAccount, Effects), Stop> {
        let mut effects = Effects::default();
        let session = match self {
            Self::Open(open) if open.account.is_some() => {
                let session = state.open(open, &mut effects)?;
                return Ok((SessionWithAccount { account: state.account.clone(), session }, effects));
            }
            Self::Open(open) => state.open(open, &mut effects)?,
            Self::Heartbeat { session, now, before } => {
                let session = state.live(*session, *now, store_now)?;
                session.last_contact = session.last_contact.max(*now);
                session.heartbeat_before = session.heartbeat_before.max(*before).min(session.end_of_life);
                session.beaten = true;
                session.clone()
            }
            Self::Collect { session, now, again } => {
                let session = state.live(*session, *now, store_now)?;
                let first = session.collected.unwrap_or(*now);
                if session.beaten || *now > first.plus(*again) {
                    return Err(Denied::AlreadyCollected.into());
                }
                session.collected = Some(first);
                session.clone()
            }
        };
        effects.store(SessionKey::Directory(session.id));
        Ok((SessionWithAccount { account: state.account.clone(), session }, effects))
    }
}

impl SessionCommand {
    const fn session(&self) -> SessionId {
        match self {
            Self::Open(open) => open.session,
            Self::Heartbeat { session, .. } | Self::Collect { session, .. } => *session,
        }
    }
}

impl UserState {
    /// A session that neither clock says has ended.
    fn live(&mut self, id: SessionId, now: Timestamp, store_now: Timestamp) -> Ruling<&mut DirectorySession> {
        if !self.account.enabled {
            return Err(Denied::Disabled);
        }
        let session = self.directory.get_mut(&id).ok_or(Denied::SessionClosed)?;
        if session.overdue(now.max(store_now)).is_some() { Err(Denied::SessionOverdue) } else { Ok(session) }
    }
}
