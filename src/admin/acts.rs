//! The requests that change something, and the log line that each leaves: who did what, and to whom.

use super::accounts::id_of;
use super::bodies::Hold;
use super::{Answer, Change, ImportStatus, Operator, Request};
use crate::domain::event::OperatorAct;
use crate::domain::{Happened, LinkPurpose, UserId};
use crate::store::Store;

/// A change, before it is made.
pub(super) struct Act {
    name: &'static str,
    user: Option<UserId>,
}

impl Act {
    /// The change that a request asks for; `None` if it only reads. A user named by address is looked up, because the
    /// log names people by id.
    pub(super) async fn of(store: &dyn Store, request: &Request) -> Option<Self> {
        let (name, who) = match request {
            Request::Add(_) => ("add user", None),
            Request::Create(_) => ("import users", None),
            Request::Change(who, change) => (name_of(change), Some(who)),
            Request::AddLink { purpose: LinkPurpose::Invitation, .. } => ("make invitation link", None),
            Request::AddLink { purpose: LinkPurpose::Reset, .. } => ("make reset link", None),
            Request::Delete(who) => ("delete user", Some(who)),
            Request::Close(who, _) => ("close sessions", Some(who)),
            Request::Unlink { .. } => ("unlink users of an issuer", None),
            Request::Waive(who) => ("waive forced consent", Some(who)),
            Request::SignOff(who) => ("end single sign-on", Some(who)),
            Request::Lift(who, _) => ("lift throttle", Some(who)),
            Request::LiftNetwork(_) => ("lift throttle of a network", None),
            Request::AddRedirect(_) => ("add redirect URL", None),
            Request::RemoveRedirect(_) => ("remove redirect URL", None),
            Request::RotateKey => ("rotate signing keys", None),
            Request::ResetKeys => ("reset signing keys", None),
            Request::Hold(Hold::Begin { .. }) => ("hold changes", None),
            Request::Hold(Hold::Keep { .. }) => ("move to another store", None),
            Request::Hold(Hold::Lift { .. } | Hold::Undo {}) => ("hold changes no more", None),
            Request::AddToken(_) => ("add API token", None),
            Request::RemoveToken(_) => ("remove API token", None),
            Request::Show(_)
            | Request::List { .. }
            | Request::Check(_)
            | Request::AppPasswords(_)
            | Request::Sessions(_)
            | Request::AllSessions { .. }
            | Request::SignOns(_)
            | Request::Redirects { .. }
            | Request::Licenses
            | Request::Arrivals { .. }
            | Request::UpstreamUntil
            | Request::Events(_)
            | Request::Throttle(..)
            | Request::NetworkThrottle(_)
            | Request::Throttled
            | Request::Keys
            | Request::Hold(Hold::Renew { .. })
            | Request::Tokens => return None,
        };
        let user = match who {
            // If there is no such user, the change fails and is not logged.
            Some(who) => id_of(store, who).await.ok(),
            None => None,
        };
        Some(Self { name, user })
    }

    /// Whom it was done to, or what.
    fn object(&self, answer: &Answer) -> (Option<UserId>, Option<String>) {
        match (answer, self.user) {
            (Answer::Account(account), _) => (Some(account.id), None),
            (_, Some(user)) => (Some(user), None),
            (Answer::Standings(standings), None) => {
                let users = standings.iter().filter(|standing| **standing == ImportStatus::New).count();
                (None, Some(format!("{users} users")))
            }
            (Answer::Redirect { url, .. }, None) => (None, Some(url.clone())),
            (Answer::Key(key), None) => (None, Some(key.kid.clone())),
            (Answer::Lifted { network, .. }, None) => (None, network.clone()),
            (_, None) => (None, None),
        }
    }

    /// Logs, and has an event tell, that this operator made it.
    pub(super) fn log(self, store: &dyn Store, by: &Operator, answer: &Answer) {
        let (uid, token, act) = (by.uid(), by.token(), self.name);
        let person = by.person().map(|person| person.to_string());
        let (user, target) = self.object(answer);
        let (token_name, target) = (token.map(Into::into), target.map(Into::into));
        let told = OperatorAct { uid, token: token_name, act: act.into(), target, person: by.person() };
        store.events().report([Happened::Operator(told, user)]);
        match (answer, self.user) {
            (Answer::Account(account), _) => tracing::info!(uid, token, person, act, user = %account.id, "operator"),
            (_, Some(user)) => tracing::info!(uid, token, person, act, %user, "operator"),
            (Answer::Standings(standings), None) => {
                let users = standings.iter().filter(|standing| **standing == ImportStatus::New).count();
                tracing::info!(uid, token, person, act, users, "operator");
            }
            (Answer::Redirect { url, .. }, None) => tracing::info!(uid, token, person, act, url, "operator"),
            (Answer::Key(key), None) => tracing::info!(uid, token, person, act, key = key.kid, "operator"),
            (Answer::Lifted { network, .. }, None) => tracing::info!(uid, token, person, act, network, "operator"),
            (_, None) => tracing::info!(uid, token, person, act, "operator"),
        }
    }
}

const fn name_of(change: &Change) -> &'static str {
    match change {
        Change::Password(_) => "set password",
        Change::Email(_) => "set e-mail address",
        Change::Name(_) => "set name",
        Change::Enabled(true) => "enable user",
        Change::Enabled(false) => "disable user",
        Change::Unlink => "unlink user",
        Change::Rights { .. } => "change rights",
        Change::Scopes { .. } => "change scopes",
        Change::Teams { .. } => "change teams",
        Change::Tags { .. } => "change tags",
        Change::ResetFactor => "reset second factor",
        Change::AddAppPassword(_) => "add app password",
        Change::RevokeAppPasswords(_) => "revoke app passwords",
    }
}
