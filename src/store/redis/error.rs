//! Errors of Redis as sentences for the log.

use redis::{ErrorKind, RedisError};

pub(super) const LATE: &str = "Redis did not answer in time";

/// What went wrong, without any part of what was sent.
pub(super) fn sentence(error: &RedisError) -> String {
    if error.is_timeout() {
        return LATE.into();
    }
    match error.kind() {
        ErrorKind::Io if error.is_connection_refusal() => "Redis refused the connection".into(),
        ErrorKind::Io => "the connection to Redis broke".into(),
        ErrorKind::AuthenticationFailed => "Redis refused the user name or the password".into(),
        _ => match error.code() {
            Some(code) => answered(code, error.detail().unwrap_or_default()),
            None => format!("Redis could not be asked ({})", error.category()),
        },
    }
}

/// The error that Redis answered, and, if the ACL user lacks a right, which one.
fn answered(code: &str, said: &str) -> String {
    /// How many characters are shown.
    const MOST: usize = 200;
    // What follows are the arguments of an unknown command, or the place in a script.
    let end = [", with args", ", on @user_script"].iter().filter_map(|mark| said.find(mark)).min();
    let said = &said[..end.unwrap_or(said.len())];
    let by_digest = said.rsplit_once(" script: ").filter(|(_, id)| id.bytes().all(|c| c.is_ascii_hexdigit()));
    let said: String =
        by_digest.map_or(said, |(said, _)| said).chars().filter(|c| !c.is_control()).take(MOST).collect();
    let said = said.trim_end();
    let lacks = said.split_once("permissions to run the '").and_then(|(_, rest)| rest.split_once('\''));
    let advice = match lacks {
        Some((command, _)) => format!("; its ACL user needs +{command}, see config/redis.toml"),
        // Redis 7.0 does not say which one.
        None if said.contains("user executing the script") => {
            "; its ACL user needs the rights in config/redis.toml, +time among them".to_owned()
        }
        None if code == "NOPERM" || said.contains("permission") => {
            "; its ACL user needs the rights in config/redis.toml".to_owned()
        }
        None => String::new(),
    };
    let colon = if said.is_empty() { "" } else { ": " };
    format!("Redis answered {code}{colon}{said}{advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_redis_said_is_told_but_nothing_that_was_sent() {
        for (code, said, told) in [
            ("ERR", "DB index is out of range", "Redis answered ERR: DB index is out of range"),
            (
                "ERR",
                "unknown command 'X', with args beginning with: 'hunter2'",
                "Redis answered ERR: unknown command 'X'",
            ),
            ("OOM", "", "Redis answered OOM"),
            (
                "ERR",
                "ACL failure in script: User b has no permissions to run the 'time' command script: 4f, on @user_script:2.",
                "Redis answered ERR: ACL failure in script: User b has no permissions to run the 'time' command; \
                 its ACL user needs +time, see config/redis.toml",
            ),
            (
                "ERR",
                "The user executing the script can't run this command or subcommand script: bd31, on @user_script:1.",
                "Redis answered ERR: The user executing the script can't run this command or subcommand; \
                 its ACL user needs the rights in config/redis.toml, +time among them",
            ),
            (
                "NOPERM",
                "this user has no permissions to access one of the keys used as arguments",
                "Redis answered NOPERM: this user has no permissions to access one of the keys used as arguments; \
                 its ACL user needs the rights in config/redis.toml",
            ),
        ] {
            assert_eq!(answered(code, said), told);
        }
    }
}
