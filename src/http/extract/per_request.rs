//! The services of one request.

use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use futures_util::future::{Ready, ready};

use super::shared;
use crate::account::AccountService;
use crate::auth::Identity;
use crate::http::Services;
use crate::http::error::ApiError;
use crate::login::LoginService;
use crate::session::SessionService;
use crate::token::TokenService;

/// A service whose calls of the store share one deadline with all others of its request, whichever of its extractors
/// makes them. A handler that calls the store once, or for longer than that, takes the worker's own service as `Data`.
pub struct PerRequest<T>(Arc<T>);

impl<T> PerRequest<T>
where
    Services: AsRef<Arc<T>>,
{
    pub(in crate::http) fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let made = request.extensions().get::<Rc<Services>>().cloned();
        let services = if let Some(services) = made {
            services
        } else {
            let services = Rc::new(shared::<Services>(request)?.for_request());
            request.extensions_mut().insert(Rc::clone(&services));
            services
        };
        Ok(Self(Arc::clone((*services).as_ref())))
    }
}

impl<T> Deref for PerRequest<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> FromRequest for PerRequest<T>
where
    Services: AsRef<Arc<T>>,
{
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

macro_rules! holds {
    ($($field:ident: $service:ty;)+) => {$(
        impl AsRef<Arc<$service>> for Services {
            fn as_ref(&self) -> &Arc<$service> {
                &self.$field
            }
        }
    )+};
}

holds! {
    tokens: TokenService;
    sessions: SessionService;
    logins: LoginService;
    accounts: AccountService;
    identity: Identity;
}
