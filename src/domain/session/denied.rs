//! Why something was refused.

use crate::domain::named;

named! {
    /// Why something was refused. Callers are told no more than the API says; the log and the metrics tell the causes apart.
    pub enum Denied {
        /// There is no such user.
        NoSuchUser = "no_such_user",
        /// The user is disabled.
        Disabled = "disabled",
        /// The user has no password.
        NoPassword = "no_password",
        /// The password is another.
        WrongPassword = "wrong_password",
        /// The stored password hash cannot be verified.
        UnverifiableHash = "unverifiable_hash",
        /// What was entered as an app password is none of the user's.
        WrongAppPassword = "wrong_app_password",
        /// The app password's time is up.
        AppPasswordExpired = "app_password_expired",
        /// The app password is of somebody who is proven by another service, which has not done so for too long.
        NotVouchedFor = "not_vouched_for",
        /// App passwords are not taken: by the settings, or in this place.
        AppPasswordNotTaken = "app_password_not_taken",
        /// The person has a second factor, so that the password alone counts on the login page only.
        NeedsAppPassword = "needs_app_password",
        /// What was entered is no code of the second factor.
        WrongCode = "wrong_code",
        /// The code of the second factor was used before.
        CodeUsed = "code_used",
        /// The passkey's answer does not hold.
        WrongPasskey = "wrong_passkey",
        /// The passkey counts no higher than when it was last used: a copy of it has signed, or the answer was used
        /// before.
        PasskeyCount = "passkey_count",
        /// The user has no second factor.
        NoSecondFactor = "no_second_factor",
        /// The user has this second factor already, or as many as one may have.
        HasSecondFactor = "has_second_factor",
        /// The old service has another person by this id or address.
        UpstreamConflict = "upstream_conflict",
        /// The person, or so many of their tokens, may not come over from the old service.
        NotToComeOver = "not_to_come_over",
        /// The account has another generation than when the person was proven.
        StaleProof = "stale_proof",
        /// The person was proven longer ago than a login may last.
        ProofTooOld = "proof_too_old",
        /// Nothing came along that could be a token.
        NoToken = "no_token",
        /// The token is none that counts: made up, used, revoked, pushed out, or its session is closed.
        UnknownToken = "unknown_token",
        /// The token, or what would come of it, has expired.
        Expired = "expired",
        /// The remember-me token is another client's.
        WrongClient = "wrong_client",
        /// The bearer is malformed, or too long.
        Malformed = "malformed",
        /// The bearer's signature is wrong.
        WrongSignature = "wrong_signature",
        /// The bearer was issued by another server.
        WrongIssuer = "wrong_issuer",
        /// The bearer is for somebody else.
        WrongAudience = "wrong_audience",
        /// The bearer was issued in the future.
        NotYetIssued = "not_yet_issued",
        /// What the identity provider is said to have signed is no proof; the log says why at the level debug.
        NotProven = "not_proven",
        /// The secret of a back end, a licence server or the administrator did not come along, or is another.
        WrongSecret = "wrong_secret",
        /// The user lacks the right that was asked for.
        MissingRight = "missing_right",
        /// The user has `access:admin`, and whoever asks may not change such users.
        IsOperator = "is_operator",
        /// The user lacks a third-party scope that was asked for.
        MissingScope = "missing_scope",
        /// The person must be asked again, and was not.
        MustBeAsked = "must_be_asked",
        /// The browser is not signed on any more.
        SignedOff = "signed_off",
        /// The session is not open.
        SessionClosed = "session_closed",
        /// The session's time is up.
        SessionOverdue = "session_overdue",
        /// The session is open already.
        AlreadyOpen = "already_open",
        /// The native client has its answer already.
        AlreadyCollected = "already_collected",
        /// The login is not under way any more.
        LoginOver = "login_over",
        /// A list would have too many entries.
        TooManyEntries = "too_many_entries",
        /// The password hash is another by now.
        HashChanged = "hash_changed",
        /// The user is linked to another subject, or the subject to another user.
        LinkedToAnother = "linked_to_another",
        /// Another user, or another group, has the external id.
        ExternalIdTaken = "external_id_taken",
        /// There is no such group.
        NoSuchGroup = "no_such_group",
        /// The group is another than the caller knows.
        GroupChanged = "group_changed",
        /// Another group has the name.
        GroupNameTaken = "group_name_taken",
        /// There are as many groups as there may be.
        TooManyGroups = "too_many_groups",
        /// The user is not linked to such a subject.
        NotLinked = "not_linked",
        /// The user has no such app password.
        NoSuchAppPassword = "no_such_app_password",
        /// The user has as many app passwords as one may have.
        TooManyAppPasswords = "too_many_app_passwords",
        /// Another user has the address.
        EmailTaken = "email_taken",
        /// Who is asked about the password refuses the person, or does not know whom it is asked about.
        RefusedElsewhere = "refused_elsewhere",
    }
}

impl Denied {
    /// Whether what was entered as a second factor is wrong, or was used before.
    #[must_use]
    pub const fn is_of_a_code(self) -> bool {
        matches!(self, Self::WrongCode | Self::CodeUsed | Self::WrongPasskey | Self::PasskeyCount)
    }
}

impl std::error::Error for Denied {}
