//! The access token in the `Authorization` header.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

use crate::domain::TokenValue;

/// The presented access token: after the scheme `BimPlus` or `Bearer`, in any case, and any run of spaces. `None` if
/// there is no such header, or what it holds cannot be a token.
#[must_use]
pub fn presented(headers: &HeaderMap) -> Option<TokenValue> {
    parse(headers.get(AUTHORIZATION)?.as_bytes())
}

fn parse(value: &[u8]) -> Option<TokenValue> {
    let value = value.trim_ascii();
    let (scheme, rest) = value.split_at(value.iter().position(|&byte| byte == b' ')?);
    let known = scheme.eq_ignore_ascii_case(b"BimPlus") || scheme.eq_ignore_ascii_case(b"Bearer");
    if known { TokenValue::parse(rest.trim_ascii_start()) } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn schemes_in_any_case_and_any_run_of_spaces() {
        let token = "9c1874a62c974dcfa75e0132c423a088";
        for header in [
            format!("BimPlus {token}"),
            format!("bimplus    {token}"),
            format!("BEARER {token}"),
            format!(" Bearer  {token}  "),
        ] {
            assert!(parse(header.as_bytes()).is_some(), "{header}");
        }
        for header in ["", "BimPlus", "BimPlus ", token, &format!("Basic {token}"), &format!("BimPlus{token}")] {
            assert!(parse(header.as_bytes()).is_none(), "{header}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(header in proptest::collection::vec(any::<u8>(), 0..128)) {
            let _ = parse(&header);
        }
    }
}
