//! The cases, by the trait or act they are about.

pub mod accounts;
pub mod changes;
pub mod directory;
pub mod due;
pub mod ending;
pub mod health;
pub mod issuing;
pub mod lapsing;
pub mod licenses;
pub mod logins;
pub mod natives;
pub mod redirects;
pub mod signed_on;
pub mod signing_keys;
pub mod spent;
pub mod swapping;
pub mod throttle;
