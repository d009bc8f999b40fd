//! The directory session API from outside: the real program, over the wire, every case on both stores.

/// Runs each case on both stores: a case is a function of the [`support::app::Kind`] to run on.
macro_rules! on_both_stores {
    ($($case:ident),+ $(,)?) => {
        mod embedded {
            $(#[test] fn $case() { super::$case($crate::support::app::Kind::Embedded); })+
        }
        mod redis {
            $(#[test] fn $case() { super::$case($crate::support::app::Kind::Redis); })+
        }
    };
}

#[path = "../support/mod.rs"]
mod support;

mod bridge;
mod close;
mod expiry;
mod forged_bearers;
mod heartbeat;
mod licenses;
mod user_info;
mod v2_sessions;
mod wait;
mod waiting_clients;
