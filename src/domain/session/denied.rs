//! Why something was refused.

use std::fmt;

/// Why something was refused. Callers are told no more than the API says; the log and the metrics tell the causes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Denied {
    /// There is no such user.
    NoSuchUser,
    /// The user is disabled.
    Disabled,
    /// The user has no password.
    NoPassword,
    /// The password is another.
    WrongPassword,
    /// The stored password hash cannot be verified.
    UnverifiableHash,
    /// The account has another generation than when the person was proven.
    StaleProof,
    /// The person was proven longer ago than a login may last.
    ProofTooOld,
    /// Nothing came along that could be a token.
    NoToken,
    /// The token is none that counts: made up, used, revoked, pushed out, or its session is closed.
    UnknownToken,
    /// The token, or what would come of it, has expired.
    Expired,
    /// The remember-me token is another client's.
    WrongClient,
    /// The bearer is malformed, or too long.
    Malformed,
    /// The bearer's signature is wrong.
    WrongSignature,
    /// The bearer was issued by another server.
    WrongIssuer,
    /// The bearer is for somebody else.
    WrongAudience,
    /// The bearer was issued in the future.
    NotYetIssued,
    /// The internal secret did not come along, or is another.
    WrongSecret,
    /// The user lacks the right that was asked for.
    MissingRight,
    /// The user lacks a third-party scope that was asked for.
    MissingScope,
    /// The person must be asked again, and was not.
    MustBeAsked,
    /// The browser is not signed on any more.
    SignedOff,
    /// The session is not open.
    SessionClosed,
    /// The session's time is up.
    SessionOverdue,
    /// The session is open already.
    AlreadyOpen,
    /// The native client has its answer already.
    AlreadyCollected,
    /// The login is not under way any more.
    LoginOver,
    /// A list would have too many entries.
    TooManyEntries,
    /// The password hash is another by now.
    HashChanged,
    /// The user is linked to another subject, or the subject to another user.
    LinkedToAnother,
    /// The user is not linked to such a subject.
    NotLinked,
}

impl Denied {
    /// The reason as the log and the metrics name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoSuchUser => "no_such_user",
            Self::Disabled => "disabled",
            Self::NoPassword => "no_password",
            Self::WrongPassword => "wrong_password",
            Self::UnverifiableHash => "unverifiable_hash",
            Self::StaleProof => "stale_proof",
            Self::ProofTooOld => "proof_too_old",
            Self::NoToken => "no_token",
            Self::UnknownToken => "unknown_token",
            Self::Expired => "expired",
            Self::WrongClient => "wrong_client",
            Self::Malformed => "malformed",
            Self::WrongSignature => "wrong_signature",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::NotYetIssued => "not_yet_issued",
            Self::WrongSecret => "wrong_secret",
            Self::MissingRight => "missing_right",
            Self::MissingScope => "missing_scope",
            Self::MustBeAsked => "must_be_asked",
            Self::SignedOff => "signed_off",
            Self::SessionClosed => "session_closed",
            Self::SessionOverdue => "session_overdue",
            Self::AlreadyOpen => "already_open",
            Self::AlreadyCollected => "already_collected",
            Self::LoginOver => "login_over",
            Self::TooManyEntries => "too_many_entries",
            Self::HashChanged => "hash_changed",
            Self::LinkedToAnother => "linked_to_another",
            Self::NotLinked => "not_linked",
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::error::Error for Denied {}
