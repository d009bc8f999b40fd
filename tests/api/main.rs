//! The whole service from outside: the real program, over the wire, every case on both stores.

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

mod authorize;
mod cors;
mod cross_authorize;
mod cross_token;
mod errors;
mod introspect;
mod limits;
mod logs;
mod ops;
mod public_keys;
mod remember_me;
mod revoke;
mod samples;
mod throttle;
mod token_info;
