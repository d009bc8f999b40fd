//! The service with a real identity provider beside it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::steps::redirect;
use crate::support::app::{App, Kind, ROOMY, User};
use crate::support::openid_provider::OpenIdProvider;
use crate::support::shared::shared;
use crate::support::visitor::Visitor;

/// A server, and the provider it asks.
pub struct Place {
    pub app: App,
    provider: Mutex<OpenIdProvider>,
}

/// As the servers that [`App::shared`] gives.
static SHARED: [Mutex<Weak<Place>>; 2] = [const { Mutex::new(Weak::new()) }; 2];

impl Place {
    /// A place of this case's own.
    pub fn start(kind: Kind, settings: &[(&str, &str)]) -> Self {
        Self::with(kind, settings, |_| ())
    }

    /// As [`Self::start`], when this has happened to the provider before the server starts.
    pub fn with(kind: Kind, settings: &[(&str, &str)], happens: impl FnOnce(&mut OpenIdProvider)) -> Self {
        let (mut provider, own) = OpenIdProvider::for_a_server(&json!({}));
        happens(&mut provider);
        let own = own.each_ref().map(|(key, value)| (*key, value.as_str()));
        let app = App::start(kind, &[&ROOMY[..], &own, settings].concat());
        Self { app, provider: Mutex::new(provider) }
    }

    /// One that other cases use at the same time, where nobody gets an account who has none.
    pub fn shared(kind: Kind) -> Arc<Self> {
        shared(&SHARED[kind as usize], || Self::start(kind, &[]))
    }

    pub fn provider(&self) -> MutexGuard<'_, OpenIdProvider> {
        self.provider.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the provider say this of somebody that only it knows, so far; the name.
    pub fn person(&self, claims: &Value) -> String {
        let name = Uuid::new_v4().simple().to_string();
        self.says(&name, claims);
        name
    }

    /// Has the provider say this of somebody from now on.
    pub fn says(&self, name: &str, claims: &Value) {
        self.provider().add_accounts(&json!({name: claims}));
    }

    /// A local user without a password, and the name of the same person at the provider, who has verified the address.
    pub fn known_person(&self) -> (User, String) {
        let user = self.app.user();
        let name = self.person(&json!({"email": user.email, "email_verified": true}));
        (user, name)
    }

    /// Where an application sends the browser.
    pub fn start_url(&self, more: &str) -> Url {
        self.app.authenticate("access:client", more)
    }

    /// Where the server sends the browser: to the provider.
    #[track_caller]
    pub fn to_the_provider(&self, visitor: &mut Visitor, start: &Url) -> Url {
        let url = redirect(start, &visitor.get(start));
        assert!(url.as_str().starts_with(self.provider().issuer()), "{url}");
        url
    }

    /// Logs in at the provider as this person: where the browser comes back, not opened.
    #[track_caller]
    pub fn prove(&self, visitor: &mut Visitor, start: &Url, name: &str) -> Url {
        let asked = self.to_the_provider(visitor, start);
        visitor.log_in_at(&asked, name)
    }

    /// A whole login of this person: where the application is told.
    #[track_caller]
    pub fn log_in(&self, visitor: &mut Visitor, more: &str, name: &str) -> Url {
        let back = self.prove(visitor, &self.start_url(more), name);
        crate::steps::come_back(visitor, &back)
    }
}
