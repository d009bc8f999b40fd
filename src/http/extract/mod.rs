//! What handlers take out of a request: who asks, from where, in which browser, and with which values.

pub mod address;
pub mod administrator;
pub mod basic;
pub mod bearer;
pub mod body;
pub mod browser;
pub mod client_info;
pub mod json;
pub mod query;
