//! What is wrong with a stored password hash.

/// Why a hash cannot be verified. Never shows the hash: a mixed-up column may hold passwords in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashProblem {
    /// Neither of a known form, nor short enough for [`crate::domain::PasswordHash::MAX_BYTES`].
    #[error(
        "the password hash is of no known kind (argon2, bcrypt, PBKDF2, scrypt, sha-crypt, ASP.NET Identity, or SHA as \
         LDAP has it)"
    )]
    Unknown,
    /// It begins as one of this kind, and does not go on so.
    #[error("the password hash begins as one of {0}, but is not whole")]
    Malformed(&'static str),
    /// A parameter is missing, unknown or out of range.
    #[error("the password hash has wrong parameters")]
    Parameters,
    /// It takes longer to verify, or needs more memory, than one of its kind may; the text says how much is allowed.
    #[error("verifying the password hash would take too long; allowed is {0}")]
    TooExpensive(&'static str),
}
