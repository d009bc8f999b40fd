//! bimgate: a drop-in server for the BimPlus v2 authorization API, on modern directory sessions.

pub mod admin;
pub mod app;
pub mod cli;
pub mod clock;
pub mod directory;
pub mod domain;
pub mod http;
pub mod identity;
pub mod settings;
pub mod store;
pub mod telemetry;
pub mod tokens;
