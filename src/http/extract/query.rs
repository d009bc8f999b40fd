//! Parameters of query strings and forms, read strictly: one that counts once is refused when it is there twice.

use actix_web::web::Payload;
use percent_encoding::percent_decode;

use crate::domain::{NativeToken, RedirectUrl, TokenValue};
use crate::http::error::ApiError;
use crate::http::extract::body;
use crate::login::{LoginError, NoLogin};

/// The parameters of a query string, or the fields of a form.
pub struct Parameters(Vec<(Vec<u8>, Vec<u8>)>);

impl Parameters {
    /// Reads those of a query string (WHATWG URL, 5.1), but for what is no UTF-8: that is kept as it is, so that no two
    /// values become one.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let decode = |part: &str| percent_decode(part.replace('+', " ").as_bytes()).collect();
        let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        Self(pairs.map(|(name, value)| (decode(name), decode(value))).collect())
    }

    /// Reads the fields of a form, which is the body.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`], [`ApiError::TooLarge`].
    pub async fn of_form(payload: Payload) -> Result<Self, ApiError> {
        let body = body::read(payload).await?;
        let text = str::from_utf8(&body).map_err(|_| ApiError::BadRequest("The form is not UTF-8.".into()))?;
        Ok(Self::of(text))
    }

    /// Every value of a parameter. Its name is in any case, as the vendor's clients write `redirectUrl`: two spellings of
    /// one name are the same parameter twice.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`] for one that is no UTF-8.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Result<&'a str, ApiError>> {
        self.0.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name.as_bytes())).map(move |(_, value)| {
            let wrong = || ApiError::BadRequest(format!("The parameter {name} is no UTF-8.").into());
            std::str::from_utf8(value).map_err(|_| wrong())
        })
    }

    /// The value of a parameter, if it is there.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`] if it is there twice, or no UTF-8.
    pub fn one<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, ApiError> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            None => first.transpose(),
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

    /// The state of a login. One that is not ours is one that is not known.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`], [`ApiError::Login`].
    pub fn state(&self) -> Result<TokenValue, ApiError> {
        Ok(TokenValue::parse(self.mandatory("state")?.as_bytes()).ok_or(LoginError::from(NoLogin::Unknown))?)
    }

    /// Where the browser goes at the end of a login.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`].
    pub fn redirect_url(&self) -> Result<RedirectUrl, ApiError> {
        let refuse = |error| ApiError::BadRequest(format!("The parameter redirecturl {error}.").into());
        RedirectUrl::parse(self.mandatory("redirecturl")?).map_err(refuse)
    }

    /// The hidden field of a form; empty if it is absent.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`] if it is there twice.
    pub fn csrf(&self) -> Result<&str, ApiError> {
        Ok(self.one("csrf")?.unwrap_or_default())
    }
}

/// The native token that was sent as a parameter.
///
/// # Errors
/// [`ApiError::BadRequest`] if it is too short or too long.
pub fn native_token(sent: &str) -> Result<NativeToken, ApiError> {
    let refused = ApiError::BadRequest("The parameter nativetoken must be 16 to 256 bytes long.".into());
    NativeToken::parse(sent.as_bytes()).ok_or(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_as_they_were_sent() {
        let parameters = Parameters::of("a=1+2%2B&&b&c=%C3%A4=&d=%ff&a=3&%65=x");
        let all = |name| parameters.all(name).map(Result::ok).collect::<Vec<_>>();
        assert_eq!(all("a"), [Some("1 2+"), Some("3")]);
        assert_eq!(all("b"), [Some("")]);
        assert_eq!(all("c"), [Some("\u{e4}=")]);
        assert_eq!(all("d"), [None]);
        assert_eq!(all("e"), [Some("x")]);
        assert!(parameters.one("a").is_err() && parameters.one("d").is_err());
        let parameters = Parameters::of("redirectUrl=x&STATE=1&state=2");
        assert!(matches!(parameters.one("redirecturl"), Ok(Some("x"))) && parameters.one("state").is_err());
    }
}
