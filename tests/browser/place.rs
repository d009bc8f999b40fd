//! Where people log in: the service, a front end that sends them there, and perhaps a provider that knows them.

use serde_json::json;
use url::Url;

use crate::browser::Browser;
use crate::front_end::FrontEnd;
use crate::support::app::{App, Kind, User};
use crate::support::directory::{Session, native_token};
use crate::support::openid_provider::OpenIdProvider;
use crate::support::visitor::Visitor;

/// Whom the provider knows.
pub const ADA: &str = "ada@example.org";

/// The service, a front end that it knows, and the provider that it asks, if any.
pub struct Place {
    pub app: App,
    pub front_end: FrontEnd,
    provider: Option<OpenIdProvider>,
}

impl Place {
    /// One with the built-in login page.
    pub fn new(settings: &[(&str, &str)]) -> Self {
        let front_end = FrontEnd::start();
        let (url, origin) = (front_end.url(), front_end.origin());
        let own = [("directory.redirect_urls", url.as_str()), ("server.allowed_origins", &origin)];
        Self { app: App::start(Kind::Embedded, &[&own, settings].concat()), front_end, provider: None }
    }

    /// One that asks a provider, which knows Ada.
    pub fn with_provider() -> Self {
        let accounts = json!({"ada": {"name": "Ada", "email": ADA, "email_verified": true}});
        let (provider, settings) = OpenIdProvider::for_a_server(&accounts);
        let settings = settings.each_ref().map(|(key, value)| (*key, value.as_str()));
        let place = Self::new(&[&settings[..], &[("openid.provision", "true")]].concat());
        Self { provider: Some(provider), ..place }
    }

    /// Waits until the browser shows the provider's login; where.
    #[track_caller]
    pub fn at_the_provider(&self, browser: &Browser) -> Url {
        let issuer = self.provider.as_ref().expect("it has one").issuer();
        browser.arrives("the provider", |url| url.as_str().starts_with(issuer) && url.path().starts_with("/login/"))
    }

    /// Says at the provider that one is Ada.
    #[track_caller]
    pub fn give_name_to_the_provider(&self, browser: &Browser) {
        self.at_the_provider(browser);
        browser.fill("Account", "ada");
        browser.press("Log in");
    }

    /// Logs in at the provider, and is greeted by the front end, which gets this bearer.
    #[track_caller]
    pub fn log_in_at_the_provider(&self, browser: &Browser) -> String {
        browser.open(self.login());
        self.give_name_to_the_provider(browser);
        browser.is_greeted(ADA)
    }

    /// Where the front end sends people.
    pub fn login(&self) -> Url {
        let more = format!("&appdata=http://{}", self.app.address());
        self.app.authenticate_to(&self.front_end.url(), "access:client", &more)
    }

    /// Gives the right password in a login that a native program has begun; the token that the program waits with.
    #[track_caller]
    pub fn give_password_for_a_program(&self, browser: &Browser, user: &User) -> String {
        let token = native_token();
        browser.open(self.app.authenticate_native(&token));
        browser.give_password(user);
        token
    }

    /// Whether logins may end at this front end.
    pub fn may_send_to(&self, front_end: &FrontEnd) -> bool {
        match Visitor::default().get(&self.app.authenticate_to(&front_end.url(), "access:client", "")) {
            reply if reply.status == 403 => false,
            reply => {
                assert_eq!(reply.status, 302, "{}", reply.text());
                true
            }
        }
    }

    /// Logs in on the login page, and is greeted by the front end, which gets this bearer.
    #[track_caller]
    pub fn log_in(&self, browser: &Browser, user: &User) -> String {
        browser.open(self.login());
        browser.give_password(user);
        browser.is_greeted(&user.email)
    }
}

impl Browser {
    /// Gives the right password on the login page.
    #[track_caller]
    pub fn give_password(&self, user: &User) {
        self.sees("Log in");
        self.fill("E-mail address", &user.email);
        self.fill("Password", &user.password);
        self.press("Log in");
    }

    /// Waits until the front end greets whom it asked the server about; its bearer.
    #[track_caller]
    pub fn is_greeted(&self, email: &str) -> String {
        self.sees(&format!("Hello {email}"));
        Session::of_fragment(&self.url()).directory
    }
}
