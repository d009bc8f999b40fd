//! The BimPlus v2 authorization service, one file a path.

pub mod auth_forgot;
pub mod authorize;
pub mod cross_authorize;
pub mod cross_token;
mod login;
pub mod login_request;
pub mod openid_configuration;
pub mod user;

/// What `token_type` says.
pub(super) const TOKEN_TYPE: &str = "BimPlus";
