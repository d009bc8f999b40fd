//! `[passwords]`

use std::time::Duration;

use serde::Deserialize;

use super::engine::Checks;
use crate::domain::{Account, PasswordHash};

/// Which passwords there may be, and how they are hashed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordSettings {
    /// The fewest characters of a new password.
    pub min_length: usize,
    /// Whether the commonest passwords are refused as new ones.
    pub refuse_common: bool,
    /// Whether a person who has no password here may set one on the account page.
    pub beside_provider: bool,
    /// argon2id's memory, in KiB.
    pub memory_kib: u32,
    /// argon2id's passes over its memory.
    pub iterations: u32,
    /// argon2id's lanes.
    pub parallelism: u32,
    /// Hashing threads, each keeping `memory_kib` for itself; 0: one a core.
    pub threads: usize,
    /// How many logins may wait for a hashing thread; one more is answered 503 at once.
    pub queue: usize,
    /// How many app passwords a person may have; 0: none counts.
    pub app_passwords: usize,
    /// How long app passwords of a person who is proven elsewhere count without such a proof; zero: however long.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub app_passwords_without_login: Duration,
    /// Whether the password alone of somebody with a second factor counts at `/v2/authorize`.
    pub skip_second_factor: bool,
}

impl PasswordSettings {
    /// Two days, in seconds: a login is noted once a day.
    const MIN_WITHOUT_LOGIN: u64 = 172_800;
    /// Ten years, in seconds. Longer values are typing errors.
    const MAX_WITHOUT_LOGIN: u64 = 315_360_000;

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.range("passwords.min_length", self.min_length, 1..=128);
        checks.range("passwords.memory_kib", self.memory_kib, 8..=PasswordHash::MAX_MEMORY_KIB);
        checks.range("passwords.iterations", self.iterations, 1..=100);
        checks.range("passwords.parallelism", self.parallelism, 1..=64);
        // RFC 9106, section 3.1: at least 8 KiB a lane.
        let least = self.parallelism.saturating_mul(8);
        checks.agree(
            self.parallelism > 64 || self.memory_kib >= least,
            "passwords.memory_kib",
            "passwords.parallelism",
            format_args!("must be at least 8 times passwords.parallelism, {least}"),
        );
        let work = u64::from(self.memory_kib) * u64::from(self.iterations);
        checks.agree(
            self.memory_kib > PasswordHash::MAX_MEMORY_KIB || work <= PasswordHash::MAX_WORK_KIB,
            "passwords.memory_kib",
            "passwords.iterations",
            format_args!("times passwords.iterations must not be more than {}, 1 GiB", PasswordHash::MAX_WORK_KIB),
        );
        checks.range("passwords.threads", self.threads, 0..=1024);
        checks.range("passwords.queue", self.queue, 1..=10_000);
        checks.range("passwords.app_passwords", self.app_passwords, 0..=Account::MAX_APP_PASSWORDS);
        if !self.app_passwords_without_login.is_zero() {
            let range = Self::MIN_WITHOUT_LOGIN..=Self::MAX_WITHOUT_LOGIN;
            checks.seconds("passwords.app_passwords_without_login", self.app_passwords_without_login, range);
        }
    }
}
