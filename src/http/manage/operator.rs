//! Who asks, and what they may.

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::Management;
use crate::admin::{Answer, Operator, Request, execute};
use crate::auth::{GuessedToken, Identity};
use crate::domain::{ApiTokenValue, Scope, Scopes};
use crate::error::ServiceError;
use crate::http::connection::PeerUid;
use crate::http::error::ApiError;
use crate::http::extract::{Client, PerRequest, admitted, bearer, shared};

/// An operator: nobody else's request comes to a handler that takes one. At the Unix socket that is whoever the
/// listener has let in, elsewhere a program with an API token. A token is too long to be guessed, so what is wrong is
/// counted, and what is right costs nothing.
pub struct Manager {
    /// What the handlers work with.
    pub management: Data<Management>,
    operator: Operator,
    scopes: Scopes,
}

impl Manager {
    async fn admit(request: HttpRequest) -> Result<Self, ApiError> {
        let management = shared::<Management>(&request)?;
        if let Some(PeerUid(uid)) = request.conn_data::<PeerUid>() {
            let (operator, scopes) = (Operator::Uid(*uid), Scopes::of(&[Scope::Everything]));
            return Ok(Self { management, operator, scopes });
        }
        let sent = request.headers().get(AUTHORIZATION).and_then(|value| bearer::after_scheme(value.as_bytes()));
        if let Some(value) = sent.and_then(ApiTokenValue::parse) {
            let (digest, now) = (value.digest(), management.clock.now());
            let directory = management.store.api_tokens().await.map_err(ServiceError::from)?;
            if let Some(token) = directory.token(digest).filter(|token| !token.has_ended(now)) {
                if token.is_use_due(now) {
                    // Where others wait already, the next request tells it.
                    let _ = management.uses.try_send(digest);
                }
                let (operator, scopes) = (Operator::Token(token.name.clone()), token.scopes);
                return Ok(Self { management, operator, scopes });
            }
        }
        let network = Client::of(&request)?.network();
        PerRequest::<Identity>::of(&request)?.count_unknown(GuessedToken::Management, network).await?;
        Err(ApiError::NoOperator)
    }

    /// Refuses an operator who may not do this.
    ///
    /// # Errors
    /// [`ApiError::Forbidden`].
    pub fn must(&self, scope: Scope) -> Result<(), ApiError> {
        let sentence = match scope {
            Scope::Read => "The API token has no scope.",
            Scope::Users => "The API token must have the scope users, or everything.",
            Scope::Sessions => "The API token must have the scope sessions, or everything.",
            Scope::Everything => "The API token must have the scope everything.",
        };
        if self.scopes.allow(scope) { Ok(()) } else { Err(ApiError::Forbidden(sentence)) }
    }

    /// Has a request executed.
    ///
    /// # Errors
    /// [`ApiError::Forbidden`], [`ApiError::Admin`].
    pub async fn execute(&self, request: Request) -> Result<Answer, ApiError> {
        self.must(request.scope())?;
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
