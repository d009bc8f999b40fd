//! The rules: one file for each command.

mod app_password;
mod change_account;
mod close;
mod expire;
mod issue;
mod mint_cross;
mod open;
mod push_out;
mod revoke;
mod update;

use crate::domain::{Denied, Effects, Timestamp, UserState, Wanted};

/// What is asked of one person's account and sessions.
///
/// ```
/// use bimgate::domain::{Account, AccountChange, Command, Email, SessionIndex, Stop, Timestamp, UserId, UserState};
///
/// # fn main() -> Result<(), Stop> {
/// let now = Timestamp::from_millis(1_700_000_000_000);
/// let Some(email) = Email::new("someone@example.org") else { panic!("an address") };
/// let account = Account {
///     name: "Someone".into(),
///     ..Account::new(UserId(uuid::Uuid::nil()), email, 7, now)
/// };
/// let mut state = UserState::new(account, SessionIndex::default());
/// // A new generation: logins that were proven before come to nothing.
/// let (disabled, _effects) = AccountChange::Disable.rule(&mut state, now)?;
/// assert_eq!((disabled.enabled, disabled.generation), (false, 8));
/// # Ok(())
/// # }
/// ```
pub trait Command {
    /// What the person who asked is told.
    type Answer;

    /// What must be loaded for it.
    fn wants(&self) -> Wanted;

    /// Decides, changes `state`, and says what the store must make true.
    ///
    /// # Errors
    /// [`Stop::Denied`]: it does not count, and `state` is as it was. [`Stop::LoadMore`]: `state` is worth nothing any more;
    /// load it again with [`Wanted::widen`].
    fn rule(&self, state: &mut UserState, store_now: Timestamp) -> Result<(Self::Answer, Effects), Stop>;
}

/// What a command was answered.
pub type Ruling<T> = Result<T, Denied>;

/// Why a rule did not decide, or decided against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It does not count.
    Denied(Denied),
    /// More sessions must be loaded.
    LoadMore,
}

impl From<Denied> for Stop {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

#[cfg(test)]
mod tests;
