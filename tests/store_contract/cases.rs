//! The cases, by the trait or act they are about.

pub mod accounts;
pub mod changes;
pub mod ending;
pub mod health;
pub mod issuing;
pub mod lapsing;
pub mod swapping;
pub mod throttle;
