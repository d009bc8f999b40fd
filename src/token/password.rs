//! Log in with e-mail address and password.

use super::{Login, LoginContext, LoginRequest, TokenError, TokenService, origin};
use crate::domain::{Email, Grant, Password};

/// A login with a password.
#[derive(Debug)]
pub struct PasswordLogin {
    /// Who says they are logging in.
    pub email: Email,
    /// Their proof.
    pub password: Password,
    /// Whether they want to log in silently from now on.
    pub remember_me: bool,
    /// What every login says.
    pub context: LoginContext,
}

impl TokenService {
    /// Logs in with a password.
    ///
    /// # Errors
    /// [`TokenError`]; never [`TokenError::InvalidToken`].
    pub async fn password_login(&self, login: PasswordLogin) -> Result<Login, TokenError> {
        let PasswordLogin { email, password, remember_me, context } = login;
        if self.settings.require_application_id && context.application_id.is_none() {
            return Err(TokenError::ApplicationMissing);
        }
        self.admit_application(context.application_id.as_ref())?;
        let opening = self.directory.opening(context.client_id.as_ref());
        let origin = origin(context.network, &opening, remember_me);
        let proof = self.identity.prove(&email, password, &origin).await?;
        let order = LoginRequest {
            grant: Grant::Proof { generation: proof.generation, proven: proof.proven },
            now: proof.proven,
            opening,
            contact: context.contact,
            network: Some(context.network),
            remember_me,
            team: None,
            project: None,
        };
        self.issue(proof.user, order).await
    }
}
