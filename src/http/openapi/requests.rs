//! The bodies that clients send, as the document describes them.
//!
//! [`crate::http::extract::json`] reads them field by field, more leniently than any type could say; these types are that
//! reading put down for the reader, and the samples are held against them.

use utoipa::openapi::schema::{AnyOfBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// A login: with a password or, silently, with a remember-me token. One with a non-empty password is the former,
/// whatever else it has.
pub struct LoginRequest;

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

/// Log in with e-mail address and password.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes; nothing is read into it")]
struct PasswordLogin {
    /// The e-mail address, at most 320 bytes. Surrounding space and format
    /// characters, case, and whether its domain is spelled in ASCII (`xn--`) do not count.
    #[schema(min_length = 1, max_length = 320, example = "test@bimplus.net")]
    user_id: String,
    /// The password, at most 1,024 bytes of UTF-8.
    #[schema(min_length = 1, max_length = 1024, format = Password, example = "test")]
    password: String,
    /// Whether a remember-me token is wanted.
    remember_me: Option<Flag>,
    /// The client, at most 128 bytes; echoed as sent. Without one the server makes a random UUID and returns it.
    /// The nil UUID equals absent.
    #[schema(max_length = 128, example = "0864b512-1776-4a55-8ee5-2b19d7d9b7ea")]
    client_id: Option<String>,
    /// The application, at most 128 bytes; echoed as sent. A server may be set to demand it, and to know only some.
    #[schema(max_length = 128, example = "0106c8baad467c08e26f026852cb7525")]
    application_id: Option<String>,
}

/// Log in with a remember-me token. Either spelling of the token's field is mandatory.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes; nothing is read into it")]
struct SilentLogin {
    /// Must be true.
    remember_me: Flag,
    /// The remember-me token: it works only with the `client_id` it was issued to, and stays valid until its end.
    #[schema(example = "b930e0179baf4f919caeab28328190a3")]
    remember_me_token: Option<String>,
    /// The same, as the published sample spells it. Read where the correctly spelt field is absent.
    #[schema(example = "b930e0179baf4f919caeab28328190a3")]
    remeber_me_token: Option<String>,
    /// The client, at most 128 bytes; must not be the nil UUID.
    #[schema(min_length = 1, max_length = 128, example = "0864b512-1776-4a55-8ee5-2b19d7d9b7ea")]
    client_id: String,
    /// The application, at most 128 bytes; echoed as sent.
    #[schema(max_length = 128, example = "0106c8baad467c08e26f026852cb7525")]
    application_id: Option<String>,
}

/// Swap a cross token for an access token.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes; nothing is read into it")]
pub struct SwapRequest {
    /// The cross token. It is spent by the swap; a request that is refused as malformed does not spend it.
    #[schema(min_length = 1, example = "b392cee4d0044ef681fa911772668cf9")]
    cross_token: String,
    /// The client that logs in, at most 128 bytes; echoed as sent. Without one the server makes a random UUID.
    #[schema(max_length = 128)]
    client_id: Option<String>,
    /// The team that the new token is for, at most 128 bytes; echoed as sent.
    #[schema(max_length = 128)]
    team_id: Option<String>,
    /// The project that the new token is for, at most 128 bytes; echoed as sent.
    #[schema(max_length = 128)]
    project_id: Option<String>,
    /// The application, at most 128 bytes; echoed as sent.
    #[schema(max_length = 128)]
    application_id: Option<String>,
}

/// A boolean, which real clients also send as a string.
pub struct Flag;

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
