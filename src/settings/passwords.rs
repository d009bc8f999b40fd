//! `[passwords]`

use serde::Deserialize;

/// How passwords are hashed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordSettings {
    /// argon2id's memory, in KiB.
    pub memory_kib: u32,
    /// argon2id's passes over it.
    pub iterations: u32,
    /// argon2id's lanes.
    pub parallelism: u32,
    /// Hashing threads, each keeping `memory_kib` for itself; 0: one a core.
    pub threads: usize,
    /// How many logins may wait for a hashing thread; one more is answered 503 at once.
    pub queue: usize,
}
