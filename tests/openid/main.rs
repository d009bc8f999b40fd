//! The OpenID Connect client: against a real, certified provider, and against one that lies.

mod attacks;
mod claims;
mod flow;
mod forge;
mod given;
mod junk_codes;
mod keys;
mod liar;
mod outages;
#[path = "../support/mod.rs"]
mod support;
mod time;

/// What a test ends in: `Err` is a test that could not be carried out.
pub type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;
