//! What the test programs share.
#![allow(dead_code, unused_macros, reason = "each test program uses its part")]

#[macro_use]
pub mod app;
pub mod authenticator;
pub mod client;
pub mod collector;
pub mod connection;
pub mod directory;
pub mod fake_clock;
pub mod given;
pub mod http2;
pub mod liar;
pub mod lines;
pub mod mail_server;
pub mod openid_provider;
pub mod passkey;
pub mod proxy;
pub mod redis_cluster;
pub mod redis_sentinel;
pub mod redis_server;
pub mod server;
pub mod shared;
pub mod slapd;
pub mod visitor;
pub mod wait;
