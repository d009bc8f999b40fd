//! One suite, every backend: each case is named after the promise in `src/store` that it holds a store to.

/// Defines a case, which is given a backend of its own, and makes a test of it for each backend.
macro_rules! on_every_backend {
    ($case:ident, |$backend:ident| $body:block) => {
        async fn $case($backend: &dyn $crate::backend::Backend) -> $crate::Outcome $body

        mod $case {
            use crate::{Outcome, backend, embedded, redis, redis_cluster};

            #[test]
            fn embedded() -> Outcome {
                backend::run(async { super::$case(&embedded::start()?).await })
            }

            #[test]
            fn redis() -> Outcome {
                backend::run(async { super::$case(&redis::start()?).await })
            }

            #[test]
            fn redis_cluster() -> Outcome {
                backend::run(async { super::$case(&redis_cluster::start()?).await })
            }
        }
    };
}

mod backend;
mod cases;
mod embedded;
mod given;
mod given_directory;
mod redis;
mod redis_cluster;
#[path = "../support/mod.rs"]
mod support;

/// What a case ends in: `Err` is a test that could not be carried out.
pub type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;
