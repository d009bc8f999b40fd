//! Log in with e-mail address and password.

use super::{Login, LoginClient, LoginContext, TokenService};
use crate::domain::{Email, Grant, Password};
use crate::error::ServiceError;

impl TokenService {
    /// Logs in with a password; with `remember_me` also for silent logins from now on.
    ///
    /// # Errors
    /// [`ServiceError`]; never [`ServiceError::InvalidToken`].
    pub async fn password_login(
        &self,
        email: &Email,
        password: Password,
        remember_me: bool,
        context: LoginContext,
    ) -> Result<Login, ServiceError> {
        if self.settings.require_application_id && context.contact.application.is_none() {
            return Err(ServiceError::ApplicationMissing);
        }
        self.admit_application(&context)?;
        let client = LoginClient::of(context.client_id.as_ref());
        let proof = self.identity.prove(email, password, &client.origin(context.network, remember_me)).await?;
        let grant = Grant::Proof { generation: proof.generation, proven: proof.proven };
        self.issue(proof.user, (grant, proof.proven), client, remember_me, context).await
    }
}
