//! Lenient JSON: what the published samples show is accepted, and nothing else of JSON5.

use serde_json::{Map, Value};
use zeroize::{Zeroize as _, Zeroizing};

use crate::domain::ForeignId;
use crate::http::error::ApiError;

/// A body's fields. Unknown ones are ignored, of duplicates the last wins, `null` and `""` equal absent. Wiped when
/// dropped: one may be a password.
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body: a JSON object in UTF-8, in which a comma may trail. A byte order mark before it is ignored (RFC 8259,
    /// 8.1: some text writers put one), and white space and NUL bytes after it: C programs send the end of their strings.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`].
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        if without_padding(body).is_empty() {
            return Err(ApiError::BadRequest("The body is empty: it must be a JSON object.".into()));
        }
        match serde_json::from_slice(&without_trailing_commas(without_padding(body))) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(ApiError::BadRequest("The body must be a JSON object.".into())),
            // Line and column are all that is told: the parser's own words may quote the body.
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                Err(ApiError::BadRequest(format!("The body is not JSON (line {line}, column {column}).").into()))
            }
        }
    }

    /// A string; absent if missing, `null` or empty.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`] if it is something else.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, ApiError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok((!text.is_empty()).then_some(text)),
            Some(_) => Err(ApiError::BadRequest(format!("The field {name} must be a string.").into())),
        }
    }

    /// A boolean, also as one of the strings `true`, `True`, `false`, `False`; false if absent.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`] if it is something else.
    pub fn flag(&self, name: &'static str) -> Result<bool, ApiError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) => match text.as_str() {
                "true" | "True" => Ok(true),
                "false" | "False" | "" => Ok(false),
                _ => Err(not_boolean(name)),
            },
            Some(_) => Err(not_boolean(name)),
        }
    }

    /// An id the client brings along.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`] if it is no string, or too long.
    pub fn id(&self, name: &'static str) -> Result<Option<ForeignId>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let too_long = || format!("The field {name} must be at most {} bytes long.", ForeignId::MAX_BYTES);
        ForeignId::new(text.to_owned()).map(Some).ok_or_else(|| ApiError::BadRequest(too_long().into()))
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        for value in self.0.values_mut() {
            if let Value::String(text) = value {
                text.zeroize();
            }
        }
    }
}

fn not_boolean(name: &str) -> ApiError {
    ApiError::BadRequest(format!("The field {name} must be true or false.").into())
}

/// The body without the byte order mark before it, and the white space and NUL bytes after it.
fn without_padding(body: &[u8]) -> &[u8] {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let end = body.iter().rposition(|byte| *byte != 0 && !byte.is_ascii_whitespace());
    &body[..end.map_or(0, |last| last + 1)]
}

/// The body without commas that stand between a value and the end of its object or array.
fn without_trailing_commas(body: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(body.len()));
    // The position in `out` of a comma that follows a value, while only white space has come after it.
    let mut comma = None;
    let (mut in_string, mut escaped, mut after_value) = (false, false, false);
    for &byte in body {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
        } else {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                b',' => comma = after_value.then_some(out.len()),
                b'}' | b']' => {
                    if let Some(at) = comma.take() {
                        out[at] = b' ';
                    }
                }
                _ => {
                    comma = None;
                    in_string = byte == b'"';
                }
            }
            if !byte.is_ascii_whitespace() {
                after_value = !matches!(byte, b',' | b':' | b'{' | b'[');
            }
        }
        out.push(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_trailing_comma_is_all_of_json5() {
        for body in ["{}", r#"{"a":1,}"#, r#"{"a":[1,2 , ],}"#, "{\"a\":{\"b\":\"},\"\n,\t}}", r#"{"a":1,"a":2}"#] {
            assert!(Fields::parse(body.as_bytes()).is_ok(), "{body}");
        }
        for body in [
            "{,}",
            "{\"a\":,}",
            "[1,]",
            "{\"a\":[,]}",
            "{\"a\":1,,}",
            "{a:1}",
            "{'a':1}",
            "{\"a\":1}//",
            "{\"a\":+1}",
            "",
            "null",
            "{\"a\":1",
            "\u{feff}{}x",
            "{\"a\":[1,,]}",
            "{\"a\":01}",
            "{\"a\":\"\n\"}",
        ] {
            assert!(Fields::parse(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn the_last_of_duplicates_wins_and_null_equals_absent() -> Result<(), ApiError> {
        let fields = Fields::parse(br#"{"a":"1","a":"2","b":null,"c":"","d":"True","e":"\u002c}"}"#)?;
        assert_eq!(fields.text("a")?, Some("2"));
        assert_eq!(fields.text("b")?, None);
        assert_eq!(fields.text("c")?, None);
        assert!(fields.flag("d")? && !fields.flag("b")? && !fields.flag("c")?);
        assert_eq!(fields.text("e")?, Some(",}"));
        assert!(fields.flag("a").is_err());
        Ok(())
    }

    #[test]
    fn padding_around_the_object_is_ignored() {
        for body in ["\u{feff}{}", "{}\0", "{}\r\n\0\0 \n", "\u{feff} {\"a\":1,}\0", " {}\x0c"] {
            assert!(Fields::parse(body.as_bytes()).is_ok(), "{body:?}");
        }
        for body in ["\0{}", "\u{feff}", "\0", "\u{feff}\u{feff}{}", " \u{feff}{}", "{\0}", "{}\0x", "{}\u{feff}"] {
            assert!(Fields::parse(body.as_bytes()).is_err(), "{body:?}");
        }
    }

    #[test]
    fn absurd_nesting_is_refused() {
        let body = format!("{{\"a\":{}", "[".repeat(16_000));
        assert!(Fields::parse(body.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = Fields::parse(&body);
        }

        #[test]
        fn json_means_what_it_meant(text in "[{},\\[\\]:\"\\\\a1 \n]{0,64}") {
            if let Ok(Value::Object(strict)) = serde_json::from_str(&text) {
                prop_assert_eq!(Fields::parse(text.as_bytes()).ok().map(|fields| fields.0.clone()), Some(strict));
            }
        }

        #[test]
        fn any_object_survives(fields in proptest::collection::hash_map(".*", ".*", 0..6)) {
            let body = serde_json::to_vec(&fields)?;
            let parsed = Fields::parse(&body).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(parsed.0.len(), fields.len());
            for (name, value) in fields {
                prop_assert_eq!(parsed.0.get(&name).and_then(Value::as_str), Some(value.as_str()));
            }
        }
    }
}
