//! What has ended by itself is removed.

use crate::domain::{Command, DirectorySession, Effects, Expire, SessionKey, Stop, Timestamp, UserState, Wanted};

impl Command for Expire {
    /// When to look at the session again; `None`: it is not open any more.
    type Answer = Option<Timestamp>;

    fn wants(&self) -> Wanted {
        Wanted::sessions(self.session.clone())
    }

    fn rule(&self, state: &mut UserState, store_now: Timestamp) -> Result<(Option<Timestamp>, Effects), Stop> {
        let mut effects = Effects::default();
        state.prune(store_now, &mut effects);
        let next = match &self.session {
            Some(SessionKey::Client(client)) => state.clients.get(client).map(|session| session.ends),
            Some(key @ SessionKey::Directory(id)) => {
                let session = state.directory.get(id);
                let (why, next) =
                    (session.and_then(|session| session.overdue(store_now)), session.map(DirectorySession::deadline));
                match why {
                    Some(why) => {
                        state.close(key, why, &mut effects);
                        None
                    }
                    None => next,
                }
            }
            None => None,
        };
        Ok((next, effects))
    }
}
