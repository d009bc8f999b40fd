//! Logins through a browser from outside: the real program, over the wire, every case on both stores.

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

mod cookies;
mod expired;
mod forms;
mod given;
mod jwt;
mod logs;
mod native;
mod own_page;
mod parameters;
mod people;
mod place;
mod provider;
mod provider_gone;
mod redirects;
mod registration;
mod rights;
mod sign_on;
mod states;
