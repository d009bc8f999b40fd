//! The directory session API from outside: the real program, over the wire, every case on both stores.

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod bridge;
mod close;
mod endings;
mod expiry;
mod forged_bearers;
mod heartbeat;
mod licenses;
mod pushed_out;
mod user_info;
mod v2_sessions;
mod versions;
mod wait;
mod waiting_clients;
