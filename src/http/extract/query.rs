//! Parameters of query strings and fields of forms, read strictly into types that also describe them.

use std::collections::BTreeMap;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{LocalBoxFuture, Ready, ready};
use percent_encoding::percent_decode;
use serde::de::value::SeqDeserializer;
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use super::body;
use super::fields::{self, Malformed};
use crate::http::error::ApiError;

/// The parameters of the query string. Their names are in any case, as the vendor's clients write `redirectUrl`; unknown
/// ones are ignored; one that counts once is refused when it is there twice, in whichever spelling.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> Query<T> {
    /// Reads a query string (WHATWG URL, 5.1).
    ///
    /// # Errors
    /// [`ApiError::BadRequest`], which names the parameter.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        Parameters::parse(text).read(false).map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request.query_string()))
    }
}

/// The fields of a form, which is the body; read as parameters are, but that a person may leave any of them empty.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned> Form<T> {
    /// Reads a body.
    pub async fn read(payload: Payload) -> Result<Self, ApiError> {
        let body = body::read(payload).await?;
        let text = str::from_utf8(&body).map_err(|_| ApiError::BadRequest("The form is not UTF-8.".into()))?;
        Parameters::parse(text).read(true).map(Self)
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        Box::pin(Self::read(payload.take()))
    }
}

/// A form that holds nothing but what proves that this server showed it to this browser.
#[derive(Deserialize)]
pub struct CsrfForm {
    /// The hidden field; empty if it is absent.
    #[serde(default)]
    pub csrf: String,
}

/// Every value of each parameter, by its name in lower case.
struct Parameters(BTreeMap<String, Vec<Vec<u8>>>);

impl Parameters {
    /// A value that is no UTF-8 is kept as it is, so that no two values become one.
    fn parse(text: &str) -> Self {
        let decode = |part: &str| -> Vec<u8> { percent_decode(part.replace('+', " ").as_bytes()).collect() };
        let mut parameters = BTreeMap::<_, Vec<_>>::new();
        for pair in text.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if let Ok(name) = String::from_utf8(decode(name)) {
                parameters.entry(name.to_ascii_lowercase()).or_default().push(decode(value));
            }
        }
        Self(parameters)
    }

    fn read<T: DeserializeOwned>(&self, may_be_empty: bool) -> Result<T, ApiError> {
        let values = self.0.iter().map(|(name, values)| (name.as_str(), Parameter { values, may_be_empty }));
        fields::read("parameter", values)
    }
}

/// The values of one parameter.
struct Parameter<'a> {
    values: &'a [Vec<u8>],
    /// Else an empty one is none where one must be there.
    may_be_empty: bool,
}

impl<'de> Deserializer<'de> for Parameter<'de> {
    type Error = Malformed;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        let malformed = <Malformed as de::Error>::custom::<&str>;
        let [value] = self.values else { return Err(malformed("is there twice")) };
        match str::from_utf8(value) {
            Ok("") if !self.may_be_empty => Err(malformed("is mandatory")),
            Ok(text) => visitor.visit_borrowed_str(text),
            Err(_) => Err(malformed("is no UTF-8")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        visitor.visit_some(Self { may_be_empty: true, ..self })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        let each = self.values.chunks(1).map(|values| Self { values, may_be_empty: true });
        visitor.visit_seq(SeqDeserializer::new(each))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct
        tuple tuple_struct map struct enum identifier
    }
}

impl<'de> IntoDeserializer<'de, Malformed> for Parameter<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// A parameter that is `true` or `false`, in any case; `None` if it is absent or empty.
///
/// # Errors
/// If it is something else.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Option::<&str>::deserialize(deserializer)? {
        None | Some("") => Ok(None),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(_) => Err(de::Error::custom("must be true or false")),
    }
}

/// A parameter that is a whole number; `None` if it is absent or empty.
///
/// # Errors
/// If it is something else.
pub fn number<'de, D: Deserializer<'de>, N: FromStr>(deserializer: D) -> Result<Option<N>, D::Error> {
    match Option::<&str>::deserialize(deserializer)? {
        None | Some("") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| de::Error::custom("must be a whole number")),
    }
}

/// A parameter that is a text; `None` if it is absent or empty.
///
/// # Errors
/// If it is no text.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Eq, Deserialize)]
    #[serde(default)]
    struct Asked {
        a: Vec<String>,
        b: Option<String>,
        c: Option<String>,
        d: Option<String>,
        #[serde(deserialize_with = "flag")]
        e: Option<bool>,
    }

    #[derive(Debug, Deserialize)]
    struct Required {
        state: String,
    }

    fn asked(text: &str) -> Result<Asked, String> {
        Query::parse(text).map(|Query(asked)| asked).map_err(|error| error.to_string())
    }

    #[test]
    fn pairs_are_read_as_they_were_sent() {
        let text = |text: &str| Some(text.to_owned());
        let expected = Asked {
            a: vec!["1 2+".to_owned(), String::new(), "3".to_owned()],
            b: text(""),
            c: text("\u{e4}="),
            d: None,
            e: Some(true),
        };
        assert_eq!(asked("a=1+2%2B&&b&c=%C3%A4=&A&a=3&x=%ff&x&%65=tRue"), Ok(expected));
        assert_eq!(asked(""), Ok(Asked::default()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, wrong) in [
            ("b=1&B=1", "The parameter b is there twice."),
            ("d=%ff", "The parameter d is no UTF-8."),
            ("a=1&a=%ff", "The parameter a is no UTF-8."),
            ("e=1", "The parameter e must be true or false."),
        ] {
            assert_eq!(asked(query), Err(format!("malformed request: {wrong}")), "{query}");
        }
        for query in ["", "state=", "redirectUrl=x"] {
            let error = Query::<Required>::parse(query).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), Some("malformed request: The parameter state is mandatory."), "{query}");
        }
        assert!(Query::<Required>::parse("STATE=1").is_ok_and(|Query(required)| required.state == "1"));
        // In a form, a person may leave a field empty.
        assert!(Parameters::parse("state=").read::<Required>(true).is_ok_and(|required| required.state.is_empty()));
    }
}
