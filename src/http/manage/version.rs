//! The version of an account, against lost updates: a client that changes what it has read says which version that was.

use actix_web::HttpRequest;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::admin::AccountView;
use crate::http::error::ApiError;
use crate::http::extract::versions;

/// What changes without anybody's changing the account, or is not told of it everywhere.
const NO_PART: [&str; 4] = ["sessions", "known_networks", "sign_ons", "weak_hash"];

/// The version of an account: another one once what this API changes of it is another.
///
/// # Errors
/// `serde_json`'s, as a bug.
pub fn of(account: &AccountView) -> Result<String, ApiError> {
    let bug = |error: serde_json::Error| ApiError::Unknown(error.to_string());
    let mut shown = serde_json::to_value(account).map_err(bug)?;
    if let Value::Object(members) = &mut shown {
        members.retain(|name, _| !NO_PART.contains(&name.as_str()));
    }
    let digest = Sha256::digest(shown.to_string());
    let mut half = [0; 8];
    half.copy_from_slice(&digest[..8]);
    Ok(format!("\"{:016x}\"", u64::from_be_bytes(half)))
}

/// Refuses a change of a version that the account does not have any more.
///
/// # Errors
/// [`ApiError::Changed`].
pub fn must_match(request: &HttpRequest, account: &AccountView) -> Result<(), ApiError> {
    if versions::matches(request, &of(account)?) { Ok(()) } else { Err(ApiError::Changed) }
}
