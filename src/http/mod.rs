//! HTTP: every route, and the only place where an error becomes a response.

mod metrics;
mod route;

pub use metrics::{LoginMethod, LoginOutcome, Metrics};
pub use route::Route;
