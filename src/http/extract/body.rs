//! Reading a body: bounded in size and in time.

use std::time::Duration;

use actix_web::dev::Payload;
use futures_util::StreamExt as _;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::http::error::ApiError;

/// The largest body read where nothing else is said, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;
/// How long a client may take to send its body: one so small arrives at once.
const DEADLINE: Duration = Duration::from_secs(10);

/// The whole body, wiped when dropped: it may hold a password.
///
/// # Errors
/// [`ApiError::TooLarge`], or [`ApiError::BadRequest`] if it breaks off or does not arrive in time.
pub async fn read(payload: Payload) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    read_up_to(MAX_BYTES, payload).await
}

/// The same of a body that may be larger, of at most so many bytes.
///
/// # Errors
/// As [`read`].
pub async fn read_up_to(most: usize, payload: Payload) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    let late = |_| ApiError::BadRequest("The body did not arrive in time.".into());
    timeout(DEADLINE, collect(most, payload)).await.map_err(late)?
}

async fn collect(most: usize, mut payload: Payload) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    // As large as it may become: growing would leave copies behind that are not wiped.
    let mut body = Zeroizing::new(Vec::with_capacity(most));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| ApiError::BadRequest("The body broke off.".into()))?;
        if body.len() + chunk.len() > most {
            return Err(ApiError::TooLarge(most));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
