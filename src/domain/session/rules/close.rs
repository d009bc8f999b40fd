//! A session is closed.

use crate::domain::{CloseSession, Command, Denied, Effects, Stop, Timestamp, UserState, Wanted};

impl Command for CloseSession {
    type Answer = ();

    fn wants(&self) -> Wanted {
        Wanted::sessions([self.session.clone()])
    }

    fn rule(&self, state: &mut UserState, store_now: Timestamp) -> Result<((), Effects), Stop> {
        let mut effects = Effects::default();
        if !state.close(&self.session, self.why, &mut effects) {
            return Err(Denied::SessionClosed.into());
        }
        if self.ask_again {
            state.account.profile.ask_again(store_now);
            effects.change_account();
        }
        Ok(((), effects))
    }
}
