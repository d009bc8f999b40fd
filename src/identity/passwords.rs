//! Hashing passwords.

/// Hashes and verifies passwords on threads of its own.
pub struct Passwords;
