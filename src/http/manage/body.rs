//! Bodies of the management API: JSON, read strictly.

use actix_web::web::Payload;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::http::error::ApiError;
use crate::http::extract::body::read_up_to;

/// The largest body of a request about one thing, in bytes: a person's lists of scopes, teams and tags are not half of
/// it.
pub const MAX_BYTES: usize = 256 * 1024;
/// The largest body of a request about many accounts, in bytes.
pub const MAX_BATCH_BYTES: usize = 4 << 20;

/// Reads a body of at most so many bytes. Unknown members are refused: what is misspelt must not be ignored.
///
/// # Errors
/// [`ApiError::TooLarge`], [`ApiError::BadRequest`], which quotes no value: one may be the hash of a password.
pub async fn read<T: DeserializeOwned>(most: usize, payload: Payload) -> Result<T, ApiError> {
    let body = read_up_to(most, payload.into_inner()).await?;
    serde_json::from_slice(&body).map_err(|error| ApiError::BadRequest(sentence(&error).into()))
}

fn sentence(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let what = error.to_string();
    let what = what.split(" at line ").next().unwrap_or_default();
    // Our own words, and names of members. Serde's words about values quote them.
    let quotes = ["invalid type", "invalid value", "invalid length"].iter().any(|words| what.starts_with(words));
    match error.classify() {
        Category::Data if quotes => {
            format!("A member of the body has a value of the wrong kind (line {line}, column {column}).")
        }
        Category::Data => format!("The body is refused: {what} (line {line}, column {column})."),
        Category::Syntax | Category::Eof | Category::Io => {
            format!("The body is not JSON as it is expected here (line {line}, column {column}).")
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::admin::{Change, NewAccount};

    fn refused<T: serde::de::DeserializeOwned>(body: &str) -> String {
        serde_json::from_str::<T>(body).err().map(|error| super::sentence(&error)).unwrap_or_default()
    }

    #[test]
    fn what_is_wrong_is_said_and_no_value_is_quoted() {
        for (body, words) in [
            (r#"{"enabled":"hunter2"}"#, "wrong kind (line 1"),
            (r#"{"password_hash":"hunter2"}"#, "of no known kind"),
            (r#"{"password":"x"}"#, "unknown variant `password`"),
            (r#"{"enabled":true,"name":"x"}"#, "not JSON as it is expected"),
            (r#"{"tags":{"add":["hunter2"],"more":[]}}"#, "unknown field `more`"),
            (r#"{"rights":{"grant":["hunter2"]}}"#, "no right"),
            ("{}", "not JSON as it is expected"),
            ("{", "not JSON"),
        ] {
            let said = refused::<Change>(body);
            assert!(said.contains(words) && !said.contains("hunter2"), "{body}: {said}");
        }
        let said = refused::<NewAccount>(r#"{"email":"a@b.example","passwordhash":"hunter2"}"#);
        assert!(said.contains("unknown field `passwordhash`") && !said.contains("hunter2"), "{said}");
    }
}
