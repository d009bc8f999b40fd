//! Who asks, and what they may.

use std::rc::Rc;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::Management;
use crate::admin::{Answer, Operator, Request, execute};
use crate::http::connection::PeerUid;
use crate::http::error::ApiError;
use crate::http::extract::{admitted, shared};

/// An operator: nobody else's request comes to a handler that takes one. At the Unix socket that is whoever the listener has
/// let in.
pub struct Manager {
    /// What the handlers work with.
    pub management: Data<Management>,
    operator: Rc<Operator>,
}

impl Manager {
    async fn admit(request: HttpRequest) -> Result<Self, ApiError> {
        let management = shared::<Management>(&request)?;
        let Some(PeerUid(uid)) = request.conn_data::<PeerUid>() else { return Err(ApiError::NoOperator) };
        Ok(Self { management, operator: Rc::new(Operator::Uid(*uid)) })
    }

    /// Has a request executed.
    ///
    /// # Errors
    /// [`ApiError::Admin`].
    pub async fn execute(&self, request: Request) -> Result<Answer, ApiError> {
        let Management { store, clock, keys, .. } = &**self.management;
        Ok(execute(&**store, &**clock, keys, &self.operator, request).await?)
    }

    /// Has a request executed, and tells what came of it.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub async fn answer(&self, request: Request) -> Result<HttpResponse, ApiError> {
        Ok(HttpResponse::Ok().json(self.execute(request).await?))
    }
}

admitted!(Manager);
