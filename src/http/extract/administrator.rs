//! The administrator, by Basic authentication.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::basic::Credentials;
use super::client::Client;
use super::{PerRequest, admitted, browser, shared};
use crate::auth::Identity;
use crate::error::ServiceError;
use crate::http::HttpSettings;
use crate::http::error::ApiError;

/// The administrator: nobody else's request comes to a handler that takes one. A wrong password costs an attempt: of this
/// browser alone if the administrator has used it, so that nobody else can lock them out.
pub struct Administrator {
    /// From where they ask.
    pub client: Client,
    /// The cookie of a browser that they use for the first time.
    fresh: Option<String>,
    settings: Data<HttpSettings>,
}

impl Administrator {
    async fn admit(request: HttpRequest) -> Result<Self, ApiError> {
        let (settings, identity) = (shared::<HttpSettings>(&request)?, PerRequest::<Identity>::of(&request)?);
        let Some((name, password)) = settings.admin.credentials() else {
            return Err(ApiError::NotAuthenticated(
                "This server has no administrator. Whoever runs it can set admin.username and admin.password.",
            ));
        };
        let refused =
            ApiError::NotAuthenticated("This page is the administrator's. Please give their name and password.");
        let Some(given) = Credentials::of(request.headers()) else { return Err(refused) };
        let password = password.reveal();
        let right = given.are(name, password);
        let cookie = browser::administrator(request.headers(), &settings.base);
        let known = cookie.and_then(|cookie| identity.administrator_browser(cookie, password));
        let client = Client::of(&request)?;
        identity.judge_administrator(client.network(), known.as_ref(), right).await?;
        if !right {
            return Err(refused);
        }
        let fresh = known.is_none().then(|| identity.new_administrator_browser(password));
        Ok(Self { client, fresh: fresh.transpose().map_err(ServiceError::from)?, settings })
    }

    /// Has the browser keep that the administrator has used it.
    pub fn remember(&self, response: &mut HttpResponse) {
        if let Some(cookie) = &self.fresh {
            browser::administrator_was_here(&self.settings.base, cookie, response.headers_mut());
        }
    }
}

admitted!(Administrator);
