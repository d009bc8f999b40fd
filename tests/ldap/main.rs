//! Logins that a real LDAP server proves, from outside: the real program, over the wire.

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod attacks;
mod lines;
mod outages;
mod people;
mod place;
