//! The body of a login: with a password or, silently, with a remember-me token.

use serde::Deserialize;
use utoipa::openapi::schema::{AnyOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};
use zeroize::Zeroizing;

use crate::domain::{Email, ForeignId, Password, TokenValue};
use crate::http::error::ApiError;
use crate::http::extract::json::{Flag, Object};

/// A login. One with a non-empty password is one with a password, whatever else it has.
pub enum LoginRequest {
    /// With e-mail address and password.
    Password(PasswordLogin),
    /// With a remember-me token.
    Silent(SilentLogin),
}

/// What a login of either kind is read from: a value of the wrong type is refused, also where that kind needs none.
#[derive(Deserialize)]
struct LoginFields {
    application_id: Option<ForeignId>,
    client_id: Option<ForeignId>,
    user_id: Option<String>,
    password: Option<Zeroizing<String>>,
    remember_me: Option<Flag>,
    remember_me_token: Option<Zeroizing<String>>,
    remeber_me_token: Option<Zeroizing<String>>,
}

/// Log in with e-mail address and password.
#[derive(ToSchema)]
pub struct PasswordLogin {
    /// The e-mail address, at most 320 bytes. Surrounding space and format
    /// characters, case, and whether its domain is spelled in ASCII (`xn--`) do not count.
    #[schema(value_type = String, min_length = 1, max_length = 320, example = "test@bimplus.net")]
    user_id: Option<String>,
    /// The password, at most 1,024 bytes of UTF-8; or an app password of the user *(ours)*.
    #[schema(value_type = String, min_length = 1, max_length = 1024, format = Password, example = "test")]
    password: Zeroizing<String>,
    /// Whether a remember-me token is wanted.
    remember_me: Option<Flag>,
    /// The client, at most 128 bytes; echoed as sent. Without one the server makes a random UUID and returns it.
    /// The nil UUID equals absent.
    #[schema(value_type = Option<String>, max_length = 128, example = "0864b512-1776-4a55-8ee5-2b19d7d9b7ea")]
    pub client_id: Option<ForeignId>,
    /// The application, at most 128 bytes; echoed as sent. A server may be set to demand it, and to know only some.
    #[schema(value_type = Option<String>, max_length = 128, example = "0106c8baad467c08e26f026852cb7525")]
    pub application_id: Option<ForeignId>,
}

/// Log in with a remember-me token. Either spelling of the token's field is mandatory.
#[derive(ToSchema)]
pub struct SilentLogin {
    /// Must be true.
    #[schema(value_type = Flag)]
    remember_me: Option<Flag>,
    /// The remember-me token: it works only with the `client_id` it was issued to, and stays valid until its end.
    #[schema(value_type = Option<String>, example = "b930e0179baf4f919caeab28328190a3")]
    remember_me_token: Option<Zeroizing<String>>,
    /// The same, as the published sample spells it. Read where the correctly spelt field is absent.
    #[schema(value_type = Option<String>, example = "b930e0179baf4f919caeab28328190a3")]
    remeber_me_token: Option<Zeroizing<String>>,
    /// The client, at most 128 bytes; must not be the nil UUID.
    #[schema(value_type = String, min_length = 1, max_length = 128, example = "0864b512-1776-4a55-8ee5-2b19d7d9b7ea")]
    pub client_id: Option<ForeignId>,
    /// The application, at most 128 bytes; echoed as sent.
    #[schema(value_type = Option<String>, max_length = 128, example = "0106c8baad467c08e26f026852cb7525")]
    pub application_id: Option<ForeignId>,
}

impl TryFrom<&Object> for LoginRequest {
    type Error = ApiError;

    fn try_from(body: &Object) -> Result<Self, ApiError> {
        let LoginFields {
            application_id,
            client_id,
            user_id,
            password,
            remember_me,
            remember_me_token,
            remeber_me_token,
        } = body.read()?;
        if let Some(password) = password {
            return Ok(Self::Password(PasswordLogin { user_id, password, remember_me, client_id, application_id }));
        }
        if remember_me_token.is_none() && remeber_me_token.is_none() {
            return refuse("Either user_id and password, or remember_me_token and client_id, are mandatory.");
        }
        Ok(Self::Silent(SilentLogin { remember_me, remember_me_token, remeber_me_token, client_id, application_id }))
    }
}

impl PasswordLogin {
    /// Who says that they log in, and their proof.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`] if they cannot be of anybody.
    pub fn credentials(&self) -> Result<(Email, Password), ApiError> {
        let Some(user_id) = self.user_id.as_ref().filter(|text| !text.trim().is_empty()) else {
            return refuse("The field user_id (the e-mail address) is mandatory.");
        };
        let Some(email) = Email::new(user_id) else {
            return refuse("The field user_id must be an e-mail address of at most 320 bytes.");
        };
        let Some(password) = Password::new(&self.password) else {
            return refuse("The field password must be at most 1024 bytes long.");
        };
        Ok((email, password))
    }

    /// Whether a remember-me token is wanted.
    pub fn remember_me(&self) -> bool {
        self.remember_me == Some(Flag(true))
    }
}

impl SilentLogin {
    /// The remember-me token; `None` if what was sent cannot be one.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`] without what must come with it.
    pub fn token(&self) -> Result<Option<TokenValue>, ApiError> {
        if self.remember_me != Some(Flag(true)) {
            return refuse("The field remember_me must be true to log in with a remember_me_token.");
        }
        if self.client_id.as_ref().is_none_or(ForeignId::is_nil) {
            return refuse("The field client_id is mandatory to log in with a remember_me_token.");
        }
        let token = self.remember_me_token.as_ref().or(self.remeber_me_token.as_ref());
        Ok(token.and_then(|token| TokenValue::parse(token.as_bytes())))
    }
}

fn refuse<T>(sentence: &'static str) -> Result<T, ApiError> {
    Err(ApiError::BadRequest(sentence.into()))
}

impl PartialSchema for LoginRequest {
    fn schema() -> RefOr<Schema> {
        AnyOfBuilder::new()
            .item(Ref::from_schema_name("PasswordLogin"))
            .item(Ref::from_schema_name("SilentLogin"))
            .description(Some("A request with a non-empty `password` is a password login, whatever else it has."))
            .into()
    }
}

impl ToSchema for LoginRequest {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("PasswordLogin".into(), PasswordLogin::schema()));
        schemas.push(("SilentLogin".into(), SilentLogin::schema()));
        schemas.push(("Flag".into(), Flag::schema()));
    }
}
