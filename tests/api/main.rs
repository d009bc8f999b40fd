//! The whole service from outside: the real program, over the wire, every case on both stores.

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod app_passwords;
mod authorize;
mod branding;
mod browser_rules;
mod clients;
mod console;
mod console_events;
mod console_people;
mod console_sessions;
mod cors;
mod cross_authorize;
mod cross_token;
mod errors;
mod events;
mod heads;
mod http2;
mod http2_attacks;
mod imported_hashes;
mod introspect;
mod limits;
mod logs;
mod operators;
mod ops;
mod paths;
mod per_person;
mod public_keys;
mod reload;
mod remember_me;
mod revoke;
mod samples;
mod scim;
mod sinks;
mod throttle;
mod tls;
mod token_info;
mod token_spellings;
mod traces;
mod user;
mod watching;
