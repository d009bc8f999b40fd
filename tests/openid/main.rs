//! The OpenID Connect client: against a real, certified provider, and against one that lies.

mod flow;
mod given;
#[path = "../support/mod.rs"]
mod support;

/// What a test ends in: `Err` is a test that could not be carried out.
pub type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;
