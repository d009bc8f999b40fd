//! Where people log in: the service, a front end that sends them there, and perhaps a provider that knows them.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::parse;
use uuid::Uuid;

use crate::browser::Browser;
use crate::front_end::FrontEnd;
use crate::support::app::{App, Kind, User};
use crate::support::client::Reply;
use crate::support::openid_provider::{CLIENT, OpenIdProvider, SECRET};

const API: &str = "/directory/api/directorysession";

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
        let address = address_of_its_own();
        let url = format!("http://{address}");
        let accounts = json!({"ada": {"name": "Ada", "email": "ada@example.org", "email_verified": true}});
        let client = json!({
            "client_id": CLIENT,
            "client_secret": SECRET,
            "redirect_uris": [format!("{url}{API}/onauthenticated")],
            "post_logout_redirect_uris": [format!("{url}/directory/api/signout")],
        });
        let provider = OpenIdProvider::start_with(&json!({"clients": [client], "accounts": accounts}));
        let place = Self::new(&[
            ("server.listen", &address.to_string()),
            ("server.public_url", &url),
            ("openid.issuer", provider.issuer()),
            ("openid.client_id", CLIENT),
            ("openid.client_secret", SECRET),
            ("openid.provision", "true"),
        ]);
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

    /// A URL of the service.
    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.app.address())).expect("a URL")
    }

    /// Where the front end sends people.
    pub fn login(&self) -> Url {
        let mut url = self.url(&format!("{API}/authenticate"));
        url.query_pairs_mut()
            .append_pair("claims", "access:client")
            .append_pair("redirecturl", &self.front_end.url())
            .append_pair("appdata", &format!("http://{}", self.app.address()));
        url
    }

    /// Where a native program sends people, itself waiting with this token.
    pub fn native_login(&self, token: &str) -> Url {
        let mut url = self.url(&format!("{API}/authenticate"));
        url.query_pairs_mut()
            .append_pair("claims", "access:client")
            .append_pair("redirecturl", self.done().as_str())
            .append_pair("nativetoken", token);
        url
    }

    /// The page that says that the login is done.
    pub fn done(&self) -> Url {
        self.url("/directory/api/static/onauthenticationdone.html")
    }

    /// What a native program gets that waits so long.
    pub fn wait(&self, token: &str, seconds: u32) -> Reply {
        let target = format!("{API}/waitforauthentication?timeoutsec={seconds}");
        self.app.request("GET", &target).header("x-infinite-bearer", token).send()
    }

    /// Ends the session of a bearer; whether the person must be asked at the next login.
    #[track_caller]
    pub fn close(&self, bearer: &str, asks_again: bool) {
        let target = format!("{API}/close?forceuserconsentonnextlogin={asks_again}");
        self.app.request("POST", &target).header("x-infinite-bearer", bearer).send().ok();
    }

    /// What the server says of whose bearer this is.
    #[track_caller]
    pub fn who(&self, bearer: &str) -> Value {
        self.app.request("GET", &format!("{API}/userinfo")).header("x-infinite-bearer", bearer).send().ok()
    }

    /// Whether logins may end at this front end.
    pub fn may_send_to(&self, front_end: &FrontEnd) -> bool {
        let query = format!("claims=access:client&redirecturl={}", front_end.url());
        match self.app.request("GET", &format!("{API}/authenticate?{query}")).send() {
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
        answer(&self.url(), "directory_access_token")
    }
}

/// A free port of a loopback address that nobody else uses, and so does not take meanwhile. Also another site than the
/// front end's, as in life: to a browser, that decides which cookies go along.
fn address_of_its_own() -> SocketAddr {
    let [a, b, c, ..] = *Uuid::new_v4().as_bytes();
    let listener = TcpListener::bind((Ipv4Addr::new(127, a | 1, b, c | 1), 0)).expect("a port");
    listener.local_addr().expect("bound")
}

/// A member of the answer to a login, in the fragment of where the browser was sent.
#[track_caller]
pub fn answer(url: &Url, member: &str) -> String {
    let fragment = url.fragment().unwrap_or_default();
    let found = parse(fragment.as_bytes()).find(|(name, _)| name == member);
    found.unwrap_or_else(|| panic!("no {member} in {url}")).1.into_owned()
}

/// A native token that nobody else uses.
pub fn native_token() -> String {
    format!("native-{}", Uuid::new_v4())
}
