//! People and tokens that come over from an old service: the real program twice, one of which plays the old service, over
//! the wire; and services that lie.

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod commands;
mod order;
mod outages;
mod passwords;
mod place;
mod races;
mod secrets;
mod tokens;
mod traces;
