//! What the services of every worker share.

use std::sync::Arc;

use super::reload::LiveSettings;
use crate::account::{AccountService, Forgotten};
use crate::auth::ldap::Ldap;
use crate::auth::oidc::OpenId;
use crate::auth::{DigestKey, FactorKey, Identity, PasswordMetrics, Passwords, RelyingParty, Upstream};
use crate::bearer::Bearers;
use crate::clock::Clock;
use crate::events::Recorder;
use crate::http::middleware::Middleware;
use crate::http::openapi::Document;
use crate::http::trace::Spans;
use crate::http::{self, AppState, HttpSettings, Metrics, Services};
use crate::login::{LoginSealer, LoginService};
use crate::mail::Mailer;
use crate::session::{PublicUrl, SessionService, Waiters};
use crate::settings::Settings;
use crate::store::Store;
use crate::telemetry::Tracer;
use crate::token::TokenService;

/// Shared by all workers. Each makes its own services of it.
#[derive(Clone)]
pub(super) struct Dependencies {
    pub(super) settings: Settings,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) passwords: Arc<Passwords>,
    pub(super) metrics: Metrics,
    pub(super) events: Recorder,
    pub(super) bearers: Arc<Bearers>,
    pub(super) digests: DigestKey,
    pub(super) factors: FactorKey,
    pub(super) login_sealer: LoginSealer,
    pub(super) waiting: Arc<Waiters>,
    pub(super) provider: Option<Arc<OpenId>>,
    pub(super) upstream: Option<Arc<Upstream>>,
    pub(super) ldap: Option<Arc<Ldap>>,
    pub(super) base: PublicUrl,
    pub(super) mailer: Option<Arc<Mailer>>,
    pub(super) forgotten: Option<Forgotten>,
    pub(super) password_metrics: PasswordMetrics,
    pub(super) live: LiveSettings,
    /// What takes the spans of requests, if they are recorded.
    pub(super) tracer: Option<Tracer>,
}

impl Dependencies {
    pub(super) fn middleware(&self) -> Middleware {
        Middleware {
            cors: self.live.cors.clone(),
            metrics: self.metrics.clone(),
            events: self.events.clone(),
            https_only: self.base.is_secure(),
            base: self.base.clone(),
            spans: self.spans(),
        }
    }

    fn spans(&self) -> Option<Spans> {
        let is_encrypted = self.base.is_secure() || self.settings.tls.files().is_some();
        let scheme = if is_encrypted { "https" } else { "http" };
        let tracer = self.tracer.clone()?;
        Some(Spans { tracer, scheme, host: self.base.host().into() })
    }

    /// Must be called on the worker's own thread: its connection to the store lives there.
    pub(super) fn state(&self) -> AppState {
        let Self { settings, clock, metrics, bearers, provider, base, .. } = self;
        let store = self.store.for_worker();
        let throttle = settings.throttle.clone();
        let (passwords, keys) = (Arc::clone(&self.passwords), (self.digests.clone(), self.factors.clone()));
        let identity = Identity::new(
            Arc::clone(&store),
            passwords,
            throttle,
            keys,
            &settings.passwords,
            self.upstream.clone(),
            Arc::clone(clock),
        );
        let relying_party = RelyingParty::of(settings.server.public_url.as_deref());
        let identity = identity
            .with_ldap(self.ldap.clone())
            .with_metrics(self.password_metrics.clone())
            .with_relying_party(relying_party);
        let identity = Arc::new(identity);
        let clock = Arc::clone(clock);
        let sessions = Arc::new(SessionService::new(
            Arc::clone(&store),
            Arc::clone(&identity),
            Arc::clone(bearers),
            Arc::clone(&self.waiting),
            settings,
            self.live.applications.clone(),
            Arc::clone(&clock),
        ));
        let logins = LoginService::new(
            Arc::clone(&sessions),
            Arc::clone(&identity),
            provider.clone(),
            Arc::clone(bearers),
            self.login_sealer.clone(),
            base.clone(),
        );
        let logins = Arc::new(logins.with_console(settings.manage.public_url.as_deref()));
        let accounts = AccountService::new(
            Arc::clone(&store),
            Arc::clone(&identity),
            Arc::clone(&logins),
            Arc::new(settings.passwords.clone()),
            Arc::clone(&clock),
            self.forgotten.clone(),
        );
        let tokens = TokenService::new(
            Arc::clone(&store),
            Arc::clone(&sessions),
            Arc::clone(&identity),
            provider.clone(),
            settings.tokens.clone(),
            clock,
        );
        AppState {
            services: Services {
                store,
                tokens: Arc::new(tokens),
                sessions,
                logins,
                accounts: Arc::new(accounts),
                identity,
            },
            bearers: Arc::clone(bearers),
            metrics: metrics.clone(),
            document: Document::new(settings.server.public_url.clone()),
            settings: HttpSettings {
                admin: settings.admin.clone(),
                introspection: Arc::clone(&self.live.introspection),
                scim: settings.scim.clone(),
                provider_document: settings.openid.discovery_url(),
                base: base.clone(),
                browser_lifetime: settings.directory.time_to_authenticate + http::KEPT_LONGER,
                trusted_proxies: settings.server.trusted_proxies.clone(),
                client_address: settings.log.client_address,
            },
            brand: Arc::clone(&self.live.brand),
        }
    }
}
