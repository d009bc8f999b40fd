//! Named values into a type: the members of a JSON object, the parameters of a query string, the fields of a form.
//!
//! A type says by `serde` what it is read from; this module says, in a sentence, which value does not do.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, Expected, MapAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use crate::domain::{ForeignId, NativeToken, RedirectUrl, Right};
use crate::http::error::ApiError;

/// Why a value does not do. Never quotes it: it may be a secret.
#[derive(Debug)]
pub(super) struct Malformed {
    name: String,
    why: String,
}

/// Reads a type from named values. `kind` is what its caller knows them as: a field or a parameter.
///
/// # Errors
/// [`ApiError::BadRequest`], which names the value.
pub(super) fn read<'de, T, V>(kind: &str, values: impl Iterator<Item = (&'de str, V)>) -> Result<T, ApiError>
where
    T: Deserialize<'de>,
    V: Deserializer<'de, Error = Malformed>,
{
    let read = T::deserialize(Named(values));
    read.map_err(|Malformed { name, why }| ApiError::BadRequest(format!("The {kind} {name} {why}.").into()))
}

/// Values in any order. A type's own order decides which of several wrong ones is named.
struct Named<I>(I);

impl<'de, I, D> Deserializer<'de> for Named<I>
where
    I: Iterator<Item = (&'de str, D)>,
    D: Deserializer<'de, Error = Malformed>,
{
    type Error = Malformed;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        visitor.visit_map(Values { rest: self.0, current: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        let place = |wanted| fields.iter().position(|field| *field == wanted);
        let mut known: Vec<_> = self.0.filter_map(|(name, value)| Some((place(name)?, name, value))).collect();
        known.sort_by_key(|(place, ..)| *place);
        let rest = known.into_iter().map(|(_, name, value)| (name, value));
        visitor.visit_map(Values { rest, current: None })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Values<'de, I, V> {
    rest: I,
    current: Option<(&'de str, V)>,
}

impl<'de, I, V> MapAccess<'de> for Values<'de, I, V>
where
    I: Iterator<Item = (&'de str, V)>,
    V: Deserializer<'de, Error = Malformed>,
{
    type Error = Malformed;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Malformed> {
        self.current = self.rest.next();
        let Some((name, _)) = &self.current else { return Ok(None) };
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Malformed> {
        let (name, value) = self.current.take().ok_or_else(|| <Malformed as de::Error>::custom("has no value"))?;
        seed.deserialize(value).map_err(|error| Malformed { name: name.to_owned(), ..error })
    }
}

impl de::Error for Malformed {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self { name: String::new(), why: why.to_string() }
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("must be {expected}"))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn missing_field(name: &'static str) -> Self {
        Self { name: name.to_owned(), why: "is mandatory".to_owned() }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.why)
    }
}

impl std::error::Error for Malformed {}

/// How values of the domain are written, and what to say of others.
macro_rules! written {
    ($($type:ty: $parse:expr;)+) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let parse = $parse;
                parse(<&str>::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    )+};
}

written! {
    ForeignId: |sent: &str| ForeignId::new(sent.to_owned()).ok_or("must be at most 128 bytes long");
    NativeToken: |sent: &str| NativeToken::parse(sent.as_bytes()).ok_or("must be 16 to 256 bytes long");
    RedirectUrl: RedirectUrl::parse;
    Right: |sent: &str| Right::parse(sent)
        .ok_or("must be access:client, access:frontend, access:client-dev or access:admin");
}
