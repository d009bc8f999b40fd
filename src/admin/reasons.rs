//! Why somebody does not get in, in plain words, and what to do next.

/// What a reason means, and what to do about it.
pub struct Explained {
    /// What happened, after "because".
    pub why: &'static str,
    /// What the operator does next.
    pub next: &'static str,
}

/// Explains a refusal by its outcome and its reason, as events name them. One that needs no person has no advice.
#[must_use]
#[expect(clippy::too_many_lines, reason = "one arm a reason")]
pub fn explain(outcome: &str, reason: Option<&str>) -> Explained {
    let (why, next) = match (outcome, reason.unwrap_or_default()) {
        ("throttled", _) => (
            "there were too many attempts",
            "it passes within minutes to hours; a login from a device or network that the account knows is let in before; \
             look with `bimgate events --user` whether somebody guesses; `bimgate throttle lift` lets them try at once",
        ),
        ("busy", _) => {
            ("too many people were logging in at that moment", "try again; if it lasts, see `passwords.threads`")
        }
        (_, "disabled") => ("the account is disabled", "`bimgate user enable` lets them in again"),
        (_, "no_such_user") => ("the account was deleted", "`bimgate user add` makes one"),
        (_, "no_password") => (
            "the account has no password here",
            "`bimgate user invite` makes a link to set one, unless they log in with an identity provider",
        ),
        (_, "wrong_password") => ("the password was wrong", "`bimgate user reset-link` makes a link to set another"),
        (_, "unverifiable_hash") => (
            "the stored password hash cannot be verified",
            "`bimgate user set-password` sets another; the log says what is wrong with the hash",
        ),
        (_, "wrong_app_password") => (
            "what was entered as an app password is none of theirs",
            "`bimgate user app-password list` shows those there are; make another",
        ),
        (_, "app_password_expired") => {
            ("the app password's time is up", "`bimgate user app-password add` makes another")
        }
        (_, "not_vouched_for") => (
            "the app password counts only for people who were proven by the identity provider or LDAP lately",
            "they log in once through the browser or with their own password",
        ),
        (_, "app_password_not_taken") => (
            "app passwords are not taken there",
            "they use their own password there; `passwords.app_passwords` says whether any are taken",
        ),
        (_, "needs_app_password") => (
            "they have a second factor, and this program can ask for no code",
            "they make an app password for it on the account page, or `bimgate user app-password add` does",
        ),
        (_, "wrong_code") => (
            "the code of the second factor was wrong",
            "the clock of their phone may be wrong; a recovery code helps, or `bimgate user reset-factor`",
        ),
        (_, "code_used") => ("the code of the second factor had been used before", "they wait for the next code"),
        (_, "wrong_passkey") => (
            "the passkey's answer did not hold",
            "they try again; `server.public_url` must be the address that they see; a recovery code helps, or \
             `bimgate user reset-factor`",
        ),
        (_, "passkey_count") => (
            "the passkey counted no higher than at the last login: it may have been copied",
            "they log in with a recovery code and set up another passkey; or `bimgate user reset-factor`",
        ),
        (_, "upstream_conflict") => (
            "the old service knows another person by this id or address",
            "`bimgate upstream` and the log of that time say whom",
        ),
        (_, "not_to_come_over") => {
            ("they may not come over from the old service", "`bimgate user reset-link` makes a link")
        }
        (_, "stale_proof" | "changed") => ("the account was changed while they logged in", "they try again"),
        (_, "proof_too_old" | "expired" | "unknown_token" | "session_closed" | "session_overdue") => {
            ("the token or session that they came with had ended", "they log in again with their password")
        }
        (_, "wrong_client") => ("the remember-me token is of another client", "they log in with their password there"),
        (_, "missing_right" | "lacks_right") => {
            ("they lack the right that the application asks for", "`bimgate user rights --grant` grants it")
        }
        (_, "missing_scope" | "lacks_scope") => {
            ("they lack a third-party scope that the application asks for", "`bimgate user scopes --add` adds it")
        }
        (_, "must_be_asked") => (
            "they have to prove who they are anew, and the identity provider did not ask them",
            "they log in once more; `bimgate sso waive` lets them in without",
        ),
        (_, "signed_off") => ("the browser was not signed on any more", "they log in again"),
        (_, "linked_to_another") => (
            "the account is linked to another person of the identity provider",
            "`bimgate user show` says to whom; `bimgate user unlink` unlinks it",
        ),
        (_, "no_account") => (
            "the identity provider has proven a person who has no account here",
            "`bimgate user add` makes one, or `openid.provision` does at the login",
        ),
        (_, "refused_elsewhere") => {
            ("the LDAP server, or the old service, does not let them in", "the log of that time says what it answered")
        }
        (_, "declined") => ("they said no to the native client", "they try again and say yes, if it is theirs"),
        (_, "denied_by_provider") => {
            ("the identity provider did not let them in, or they cancelled there", "the provider's own log says why")
        }
        (_, "provider_failed" | "provider_busy" | "provider_unavailable" | "not_proven") => {
            ("the identity provider failed", "the log of that time says how; see `docs/providers.md`")
        }
        (_, "ldap_unavailable") => ("the LDAP server did not answer", "the log of that time says why"),
        (_, "old_service_unavailable") => ("the old service did not answer", "the log of that time says why"),
        (_, "store_unavailable") => ("the store did not answer", "see `/readyz` and the log of that time"),
        (_, "unknown_application") => {
            ("the application may not log in here", "`tokens.applications` lists those that may")
        }
        _ => ("of a reason that the log of that time tells", "look for the request's id in the log"),
    };
    Explained { why, next }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Denied, Refusal};

    /// What no login is refused for.
    const NEVER: [Denied; 24] = [
        Denied::IsOperator,
        Denied::NoSecondFactor,
        Denied::HasSecondFactor,
        Denied::NoToken,
        Denied::Malformed,
        Denied::WrongSignature,
        Denied::WrongIssuer,
        Denied::WrongAudience,
        Denied::NotYetIssued,
        Denied::WrongSecret,
        Denied::AlreadyOpen,
        Denied::AlreadyCollected,
        Denied::LoginOver,
        Denied::TooManyEntries,
        Denied::HashChanged,
        Denied::ExternalIdTaken,
        Denied::NoSuchGroup,
        Denied::GroupChanged,
        Denied::GroupNameTaken,
        Denied::TooManyGroups,
        Denied::NotLinked,
        Denied::NoSuchAppPassword,
        Denied::TooManyAppPasswords,
        Denied::EmailTaken,
    ];

    #[test]
    fn every_reason_that_refuses_a_login_is_explained() {
        let unknown = explain("refused", Some("of no release")).why;
        let reasons = Denied::ALL.iter().filter(|denied| !NEVER.contains(denied)).map(|denied| denied.as_str());
        for reason in reasons.chain(Refusal::ALL.map(Refusal::as_str)) {
            assert_ne!(explain("refused", Some(reason)).why, unknown, "{reason}");
        }
        assert_ne!(explain("throttled", None).why, unknown);
    }
}
