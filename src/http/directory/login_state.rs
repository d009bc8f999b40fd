//! Which login a page is about.

use actix_web::HttpRequest;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::TokenValue;
use crate::error::{NoLogin, ServiceError};
use crate::http::error::ApiError;
use crate::http::extract::{Query, from_head};

/// What names the login.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StateQuery {
    /// The login's state.
    state: String,
}

/// The state of the login. One that is not ours is one that is not known.
pub struct LoginState(pub TokenValue);

impl LoginState {
    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let Query(StateQuery { state }) = Query::parse(request.query_string())?;
        Ok(Self(TokenValue::parse(state.as_bytes()).ok_or(ServiceError::from(NoLogin::Unknown))?))
    }
}

from_head!(try LoginState);
