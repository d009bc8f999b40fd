//! The API description against the published samples, and against the real server: neither says what the other does not.

mod described;
mod generated_clients;
mod pages;
mod routes;
mod samples;

#[path = "../support/mod.rs"]
mod support;
