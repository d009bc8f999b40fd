//! What operators see: the answers on the socket, and what `--json` prints. Instants are UTC, ISO 8601.

mod account;
mod app_password;
mod arrival;
mod directory;
mod event;
mod session;
mod throttle;
mod token;

use chrono::{DateTime, SecondsFormat};

use crate::domain::Timestamp;

pub use account::{AccountView, ProfileView, SubjectView, TeamView};
pub use app_password::AppPasswordView;
pub use arrival::ArrivalView;
pub use directory::{BorrowView, KeyState, KeyView, SignOnView};
pub use event::{EndView, EventView, ProofView};
pub use session::{SessionKind, SessionView, UserSessionView};
pub use throttle::{EmptyView, StandingView, ThrottleView, ThrottledUserView, ThrottledView};
pub use token::TokenView;

/// `2026-03-01T12:00:00Z`
pub(super) fn iso(at: Timestamp) -> String {
    let instant = i64::try_from(at.millis()).ok().and_then(DateTime::from_timestamp_millis);
    instant.unwrap_or(DateTime::UNIX_EPOCH).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `2026-03-01`
fn day(at: Timestamp) -> String {
    iso(at).split('T').next().unwrap_or_default().to_owned()
}

fn texts(texts: &[Box<str>]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_in_utc() {
        assert_eq!(iso(Timestamp::from_millis(1_772_366_400_999)), "2026-03-01T12:00:00Z");
        assert_eq!(day(Timestamp::from_millis(1_772_366_400_999)), "2026-03-01");
        assert_eq!(iso(Timestamp::MAX), "+10889-08-02T05:31:50Z");
    }
}
