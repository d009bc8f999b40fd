//! Log in with e-mail address and password.

use super::{Login, LoginClient, LoginContext, TokenService};
use crate::auth::{Accepts, Proof};
use crate::domain::{Email, Grant, Password};
use crate::error::ServiceError;

impl TokenService {
    /// Logs in with a password, the person's own or an app password; with `remember_me` also for silent logins from now on.
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
        let origin = client.origin(context.network, remember_me);
        let proof = self.identity.prove(email, password, Accepts::AppPasswordToo, &origin).await?;
        let Proof { user, generation, proven, app_password, way, .. } = proof;
        let grant = match app_password {
            Some(id) => Grant::AppPassword { id, generation, proven },
            None => Grant::Proof { generation, proven },
        };
        let login = self.issue(user, (grant, proven), client, remember_me, context).await?;
        Ok(Login { way, ..login })
    }
}
