//! JSON bodies, read leniently: what the published samples show is accepted, and nothing else of JSON5.

use std::fmt;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::de::{self, DeserializeOwned, Deserializer, Unexpected, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::{Map, Value};
use utoipa::openapi::schema::{AnyOfBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};
use zeroize::{Zeroize as _, Zeroizing};

use super::body;
use super::fields::{self, Malformed};
use crate::http::error::ApiError;

/// A body that is a JSON object, whatever its content type says, as a type that also describes it.
pub struct Json<T>(pub T);

impl<T: for<'a> TryFrom<&'a Object, Error = ApiError>> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = payload.take();
        Box::pin(async move { T::try_from(&Object::parse(&body::read(payload).await?)?).map(Self) })
    }
}

/// The members of a JSON object. Unknown ones are ignored, of duplicates the last wins, `null` and `""` equal absent.
/// Wiped when dropped: one may be a password.
pub struct Object(Map<String, Value>);

impl Object {
    /// Reads a body: a JSON object in UTF-8, in which a comma may trail. A byte order mark before it is ignored (RFC 8259,
    /// 8.1: some text writers put one), and white space and NUL bytes after it: C programs send the end of their strings.
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        if without_padding(body).is_empty() {
            return Err(ApiError::BadRequest("The body is empty: it must be a JSON object.".into()));
        }
        match serde_json::from_slice(&without_trailing_commas(without_padding(body))) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(ApiError::BadRequest("The body must be a JSON object.".into())),
            // Only line and column: the parser's own words may quote the body.
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                Err(ApiError::BadRequest(format!("The body is not JSON (line {line}, column {column}).").into()))
            }
        }
    }

    /// Reads a type from the members.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`], which names the member.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let present = self.0.iter().filter(|(_, value)| is_present(value));
        fields::read("field", present.map(|(name, value)| (name.as_str(), Member(value))))
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        for value in self.0.values_mut() {
            if let Value::String(text) = value {
                text.zeroize();
            }
        }
    }
}

fn is_present(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

/// A member's value. Numbers, arrays and objects are of the wrong type for every field that there is.
struct Member<'a>(&'a Value);

impl<'de> Deserializer<'de> for Member<'de> {
    type Error = Malformed;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        match self.0 {
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Bool(flag) => visitor.visit_bool(*flag),
            _ => visitor.visit_unit(),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A boolean, also as one of the strings `true`, `True`, `false`, `False`, which real clients send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlagVisitor)
    }
}

struct FlagVisitor;

impl Visitor<'_> for FlagVisitor {
    type Value = Flag;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Flag, E> {
        Ok(Flag(flag))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Flag, E> {
        match text {
            "true" | "True" => Ok(Flag(true)),
            "false" | "False" => Ok(Flag(false)),
            _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}

impl PartialSchema for Flag {
    fn schema() -> RefOr<Schema> {
        // No enumeration: generators drop one whose values are of several types, and with it the whole request.
        let text =
            ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).pattern(Some("^([Tt]rue|[Ff]alse)?$"));
        AnyOfBuilder::new()
            .item(ObjectBuilder::new().schema_type(SchemaType::Type(Type::Boolean)))
            .item(text)
            .item(ObjectBuilder::new().schema_type(SchemaType::Type(Type::Null)))
            .description(Some("A boolean, which real clients also send as a string. `null` and `\"\"` equal absent."))
            .into()
    }
}

impl ToSchema for Flag {}

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
            assert!(Object::parse(body.as_bytes()).is_ok(), "{body}");
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
            assert!(Object::parse(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Members {
        a: String,
        b: Option<String>,
        c: Option<String>,
        d: Option<Flag>,
        e: Option<String>,
    }

    fn members(body: &str) -> Result<Members, String> {
        Object::parse(body.as_bytes()).and_then(|object| object.read()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_last_of_duplicates_wins_and_null_equals_absent() {
        let (b, c) = (None, None);
        let expected = Members { a: "2".to_owned(), b, c, d: Some(Flag(true)), e: Some(",}".to_owned()) };
        assert_eq!(
            members(r#"{"a":"1","a":"2","b":null,"c":"","d":"True","e":"\u002c}","x":[{}],"y":"1"}"#),
            Ok(expected)
        );
    }

    #[test]
    fn what_is_wrong_is_named_and_not_quoted() {
        for (body, wrong) in [
            (r#"{"b":"1"}"#, "The field a is mandatory."),
            (r#"{"a":""}"#, "The field a is mandatory."),
            (r#"{"a":"1","e":7}"#, "The field e must be a string."),
            (r#"{"a":"1","e":{"a":"1"}}"#, "The field e must be a string."),
            (r#"{"a":"1","e":true}"#, "The field e must be a string."),
            (r#"{"a":"1","d":"yes"}"#, "The field d must be true or false."),
            (r#"{"a":"1","d":1}"#, "The field d must be true or false."),
            (r#"{"a":"1","d":"TRUE"}"#, "The field d must be true or false."),
        ] {
            assert_eq!(members(body), Err(format!("malformed request: {wrong}")), "{body}");
        }
    }

    #[test]
    fn padding_around_the_object_is_ignored() {
        for body in ["\u{feff}{}", "{}\0", "{}\r\n\0\0 \n", "\u{feff} {\"a\":1,}\0", " {}\x0c"] {
            assert!(Object::parse(body.as_bytes()).is_ok(), "{body:?}");
        }
        for body in ["\0{}", "\u{feff}", "\0", "\u{feff}\u{feff}{}", " \u{feff}{}", "{\0}", "{}\0x", "{}\u{feff}"] {
            assert!(Object::parse(body.as_bytes()).is_err(), "{body:?}");
        }
    }

    #[test]
    fn absurd_nesting_is_refused() {
        let body = format!("{{\"a\":{}", "[".repeat(16_000));
        assert!(Object::parse(body.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = Object::parse(&body);
        }

        #[test]
        fn json_means_what_it_meant(text in "[{},\\[\\]:\"\\\\a1 \n]{0,64}") {
            if let Ok(Value::Object(strict)) = serde_json::from_str(&text) {
                prop_assert_eq!(Object::parse(text.as_bytes()).ok().map(|fields| fields.0.clone()), Some(strict));
            }
        }

        #[test]
        fn any_object_survives(fields in proptest::collection::hash_map(".*", ".*", 0..6)) {
            let body = serde_json::to_vec(&fields)?;
            let parsed = Object::parse(&body).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(parsed.0.len(), fields.len());
            for (name, value) in fields {
                prop_assert_eq!(parsed.0.get(&name).and_then(Value::as_str), Some(value.as_str()));
            }
        }
    }
}
