//! The cases, by the trait or act they are about.

pub mod accounts;
pub mod issuing;
