//! Who asks, and what they may.

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::Management;
use crate::admin::{Answer, Operator, Request, execute};
use crate::auth::{GuessedToken, Identity};
use crate::domain::{ApiTokenValue, Right, Scope, Scopes, SessionWithAccount, UserId};
use crate::error::ServiceError;
use crate::http::connection::PeerUid;
use crate::http::error::ApiError;
use crate::http::extract::{Client, PerRequest, admitted, bearer, shared};
use crate::session::{ActiveSession, Credential, SessionService};

/// An operator: nobody else's request comes to a handler that takes one. At the Unix socket that is whoever the
/// listener has let in, elsewhere a program with an API token, or a person by the bearer of a session that was opened
/// for `access:admin`. A token is too long to be guessed, so what is wrong is counted, and what is right costs nothing.
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
        if let Some(Credential::Bearer(text)) = sent.and_then(bearer::token_or_bearer)
            && let Some(user) = person(&request, text).await?
        {
            let (operator, scopes) = (Operator::Person(user), Scopes::of(&[Scope::Everything]));
            return Ok(Self { management, operator, scopes });
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
        Ok(execute(&**store, &**clock, keys, &self.operator, self.scopes, request).await?)
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

/// Who acts by this bearer: a person whose session is open at this moment, and was opened for what they may do. `None`
/// if the bearer names no such session.
///
/// No other session will do, although its person is the same: every application that a person logs in to has a bearer
/// of theirs, and must not become an operator by it.
async fn person(request: &HttpRequest, text: String) -> Result<Option<UserId>, ApiError> {
    let sessions = PerRequest::<SessionService>::of(request)?;
    match sessions.live(Credential::Bearer(text)).await {
        Ok(ActiveSession { held, .. }) if held.session.right != Right::Admin => Err(ApiError::Forbidden(
            "This bearer is of a session that was opened for something else. Log in for access:admin, or use an API \
             token.",
        )),
        Ok(ActiveSession { held: SessionWithAccount { account, .. }, .. }) => {
            Ok(account.profile.rights.admin.then_some(account.id))
        }
        Err(ServiceError::NoSession(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
