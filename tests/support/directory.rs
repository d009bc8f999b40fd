//! Verbs of the directory session API.

use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::app::{App, User};
use super::client::{Reply, Request};
use super::visitor::Visitor;

/// What a session's client holds.
#[derive(Clone, Debug)]
pub struct Session {
    pub directory: String,
    pub http: String,
    pub heartbeat_before: u64,
    pub end_of_life: u64,
}

/// The path of a call of the session API.
pub fn path(call: &str) -> String {
    format!("/directory/api/directorysession/{call}")
}

/// A native token that no other test has.
pub fn native_token() -> String {
    Uuid::new_v4().simple().to_string()
}

impl App {
    /// The page that is always registered as a redirect URL.
    pub fn done_page(&self) -> String {
        self.url("/directory/api/static/onauthenticationdone.html").into()
    }

    /// The URL that an application opens in a browser to have somebody log in; `more` begins with `&` if anything.
    pub fn authenticate(&self, claims: &str, more: &str) -> Url {
        self.authenticate_to(&self.done_page(), claims, more)
    }

    /// As [`Self::authenticate`], for an application that wants the browser back at `redirect`.
    pub fn authenticate_to(&self, redirect: &str, claims: &str, more: &str) -> Url {
        let mut url = self.url(&path("authenticate"));
        url.query_pairs_mut().append_pair("claims", claims).append_pair("redirecturl", redirect);
        Url::parse(&format!("{url}{more}")).expect("a URL")
    }

    /// As [`Self::authenticate`], for the native client that waits with this token.
    pub fn authenticate_native(&self, native: &str) -> Url {
        self.authenticate("access:client", &format!("&nativetoken={native}"))
    }

    /// Logs somebody in through a browser of their own.
    #[track_caller]
    pub fn open_session(&self, user: &User) -> Session {
        let end = Visitor::default().log_in(&self.authenticate("access:client", ""), user);
        Session::of_fragment(&end)
    }

    /// As [`Self::open_session`], for the native client that waits with this token.
    #[track_caller]
    pub fn open_native(&self, user: &User, native: &str) {
        let end = Visitor::default().log_in(&self.authenticate_native(native), user);
        assert!(!end.fragment().unwrap_or_default().contains("token"), "{end}");
    }

    /// A call of the session API with this in `x-infinite-bearer`.
    pub fn call(&self, method: &str, call: &str, bearer: &str) -> Request {
        self.request(method, &path(call)).header("x-infinite-bearer", bearer)
    }

    pub fn heartbeat(&self, bearer: &str) -> Reply {
        self.call("POST", "heartbeat", bearer).send()
    }

    pub fn user_info(&self, bearer: &str) -> Reply {
        self.call("GET", "userinfo", bearer).send()
    }

    pub fn close(&self, bearer: &str, ask_again: &str) -> Reply {
        self.call("POST", &format!("close?forceuserconsentonnextlogin={ask_again}"), bearer).send()
    }

    pub fn wait(&self, native: &str, seconds: u64) -> Reply {
        self.call("GET", &format!("waitforauthentication?timeoutsec={seconds}"), native).send()
    }

    /// Mints a cross token from a bearer.
    pub fn call_v2_cross(&self, bearer: &str) -> Reply {
        self.request("POST", "/v2/cross-token").header("x-infinite-bearer", bearer).send()
    }

    pub fn license(&self, native: &str, action: &str) -> Reply {
        self.request("POST", &path(&format!("borrowlicense?action={action}&nativetoken={native}"))).send()
    }
}

impl Session {
    #[track_caller]
    pub fn of_fragment(url: &Url) -> Self {
        let pairs: Vec<_> = url::form_urlencoded::parse(url.fragment().unwrap_or_default().as_bytes()).collect();
        let get = |name: &str| {
            let found = pairs.iter().find(|(known, _)| known == name);
            found.unwrap_or_else(|| panic!("no {name} in {url}")).1.to_string()
        };
        let seconds = |name: &str| get(name).parse().expect("seconds");
        Self {
            directory: get("directory_access_token"),
            http: get("http_access_token"),
            heartbeat_before: seconds("heartbeat_before"),
            end_of_life: seconds("session_eol"),
        }
    }

    /// Of what `/heartbeat` or `/waitforauthentication` answered.
    #[track_caller]
    pub fn of_body(body: &Value) -> Self {
        let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("no {name} in {body}")).to_owned();
        let number = |name: &str| body[name].as_u64().unwrap_or_else(|| panic!("no {name} in {body}"));
        Self {
            directory: text("directory_access_token"),
            http: text("http_access_token"),
            heartbeat_before: number("heartbeat_before"),
            end_of_life: number("session_eol"),
        }
    }
}
