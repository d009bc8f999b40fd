//! A server that gets its certificate from a real ACME server: pebble, of the people who make Let's Encrypt.

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod orders;
mod pebble;
