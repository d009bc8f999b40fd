//! The OpenID Connect client: against a real, certified provider, and against one that lies.

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod asked_again;
mod attacks;
mod checks;
mod claims;
mod fixtures;
mod flow;
mod forge;
mod junk_codes;
mod keys;
mod liar;
mod logouts;
mod moved;
mod odd;
mod outages;
mod site;
mod time;

/// What a test ends in: `Err` is a test that could not be carried out.
pub type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;
