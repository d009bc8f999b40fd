//! Who may provision.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use subtle::ConstantTimeEq as _;

use super::error::ScimError;
use crate::auth::{GuessedToken, Identity};
use crate::http::HttpSettings;
use crate::http::error::ApiError;
use crate::http::extract::{Client, PerRequest, admitted, bearer, shared};

/// A provisioning client, by the token of the configuration: nobody else's request comes to a handler that takes one.
/// Without such a token there is nothing here for anybody. The token is too long to be guessed, so what is wrong is counted,
/// and what is right costs nothing.
pub struct Provisioner;

impl Provisioner {
    async fn admit(request: HttpRequest) -> Result<Self, ApiError> {
        let settings = shared::<HttpSettings>(&request)?;
        let Some(token) = &settings.scim.token else { return Err(ApiError::Missing) };
        let sent = request.headers().get(AUTHORIZATION).and_then(|value| bearer::after_scheme(value.as_bytes()));
        // How long the token is may be seen; what it is, not.
        if sent.is_some_and(|sent| token.reveal().as_bytes().ct_eq(sent).into()) {
            return Ok(Self);
        }
        let network = Client::of(&request)?.network();
        PerRequest::<Identity>::of(&request)?.count_unknown(GuessedToken::Provisioning, network).await?;
        let detail = "The token is missing or wrong. It must be that of scim.token, sent as Authorization: Bearer.";
        Err(ScimError::unauthorized(detail).into())
    }
}

admitted!(Provisioner);
