//! Query strings and forms, read strictly: a parameter that counts once is refused when it is there twice.

use actix_web::web::Query;

use crate::http::error::ApiError;

/// The pairs of a query string, or of a form.
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Reads them.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`].
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let pairs = Query::<Vec<(String, String)>>::from_query(text).map(Query::into_inner);
        pairs.map(Self).map_err(|_| ApiError::BadRequest("The query string is malformed.".into()))
    }

    /// Every value of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter, if it is there.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`] if it is there twice.
    pub fn one<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, ApiError> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            None => Ok(first),
            Some(_) => Err(ApiError::BadRequest(format!("The parameter {name} is there twice.").into())),
        }
    }

    /// The value of a parameter that must be there and not be empty.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`].
    pub fn mandatory<'a>(&'a self, name: &'a str) -> Result<&'a str, ApiError> {
        let value = self.one(name)?.filter(|value| !value.is_empty());
        value.ok_or_else(|| ApiError::BadRequest(format!("The parameter {name} is mandatory.").into()))
    }

    /// Whether a parameter is true; `None` if it is absent or empty.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`] if it is neither `true` nor `false`, in any case.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.one(name)? {
            None | Some("") => Ok(None),
            Some(value) if value.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(value) if value.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(ApiError::BadRequest(format!("The parameter {name} must be true or false.").into())),
        }
    }
}
