//! What only the Redis store has: outages, crashes between its steps, and the ways to find a server.

#[allow(dead_code, reason = "the contract suite uses the rest")]
#[path = "../store_contract/backend.rs"]
mod backend;
mod crashes;
mod cut_line;
mod directory_crashes;
mod directory_twice;
mod failover;
mod finding;
mod fixture;
#[allow(dead_code, reason = "the contract suite uses the rest")]
#[path = "../store_contract/given.rs"]
mod given;
#[allow(dead_code, reason = "the contract suite uses the rest")]
#[path = "../store_contract/given_directory.rs"]
mod given_directory;
mod group_crashes;
mod hearing;
mod outages;
mod rights;
mod scripts;
mod set_back;
#[path = "../support/mod.rs"]
mod support;
mod twice;
mod weights;

/// What a test ends in: `Err` is a test that could not be carried out.
pub type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;
