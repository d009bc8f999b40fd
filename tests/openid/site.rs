//! The real program with the lying provider beside it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use bimgate::clock::{Clock as _, SystemClock};
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value, json};
use url::Url;

use crate::forge::{KEYS, signed};
use crate::liar::{Answer, Liar, header};
use crate::support::app::{App, Kind, ROOMY, User};
use crate::support::client::Reply;
use crate::support::openid_provider::{CLIENT, SECRET, address_for_a_server};
use crate::support::visitor::{Visitor, parameter};
use crate::support::wait::until;

/// A server and its provider.
pub struct Site {
    pub app: App,
    pub liar: Liar,
    /// How much of the log has been looked at.
    read: Cell<usize>,
}

impl Site {
    pub fn start(kind: Kind, settings: &[(&str, &str)]) -> Self {
        let liar = Liar::start(now());
        let address = address_for_a_server().to_string();
        let url = format!("http://{address}");
        let own = [
            ("server.listen", address.as_str()),
            ("server.public_url", &url),
            ("openid.issuer", &liar.issuer),
            ("openid.client_id", CLIENT),
            ("openid.client_secret", SECRET),
        ];
        Self { app: App::start(kind, &[&ROOMY[..], &own, settings].concat()), liar, read: Cell::new(0) }
    }

    /// Claims that let this user in.
    pub fn claims(&self, user: &User) -> Value {
        let mut claims = self.liar.claims(now());
        claims["sub"] = json!(format!("sub of {}", user.id));
        claims["email"] = json!(user.email);
        claims
    }

    /// Begins a login: the browser, and what the provider is asked.
    pub fn begin(&self) -> (Visitor, Url) {
        let (mut visitor, start) =
            (Visitor::default(), self.app.authenticate("access:client", "&needextendedbearer=true"));
        let asked = redirect(&start, &visitor.get(&start));
        assert!(asked.as_str().starts_with(&self.liar.issuer), "{asked}");
        (visitor, asked)
    }

    /// The browser comes back from there.
    pub fn come_back(&self, visitor: &mut Visitor, asked: &Url) -> Reply {
        let state = parameter(asked, "state");
        visitor.get(&self.app.url(&format!("/directory/api/directorysession/onauthenticated?code=c&state={state}")))
    }

    /// A whole login with these claims of the provider's, and this in the token response.
    pub fn log_in_with(&self, claims: &Value, tokens: &Value) -> Reply {
        let (mut visitor, asked) = self.begin();
        self.will_say(claims, &asked, tokens);
        self.come_back(&mut visitor, &asked)
    }

    pub fn log_in(&self, claims: &Value) -> Reply {
        self.log_in_with(claims, &json!({"token_type": "Bearer"}))
    }

    /// Has the provider prove these claims to whoever was asked this.
    pub fn will_say(&self, claims: &Value, asked: &Url, tokens: &Value) {
        let mut claims = claims.clone();
        claims["nonce"] = json!(parameter(asked, "nonce"));
        let token = signed(&header(), &claims, &KEYS[0], Algorithm::RS256);
        let mut told = json!({"access_token": "access", "id_token": token});
        put(&mut told, tokens);
        self.liar.says("/token", Answer::Json(told));
    }

    /// What is logged when this request is, since this was last asked.
    pub fn lines_of(&self, reply: &Reply) -> String {
        let id = reply.header("x-request-id").expect("an id");
        let log = until("the request is logged", Duration::from_secs(30), || {
            let log = self.app.server.log();
            log.contains(id).then_some(log)
        });
        log[self.read.replace(log.len())..].to_owned()
    }

    /// What `bimgate user show` says.
    pub fn shown(&self, user: &User) -> Value {
        serde_json::from_str(&self.app.server.run(&["user", "show", &user.email, "--json"], "")).expect("JSON")
    }
}

/// Replaces members; null takes one away.
pub fn put(object: &mut Value, others: &Value) {
    for (name, value) in others.as_object().into_iter().flatten() {
        match value {
            Value::Null => drop(object.as_object_mut().and_then(|members: &mut Map<_, _>| members.remove(name))),
            value => object[name] = value.clone(),
        }
    }
}

/// Where a reply to this URL sends the browser.
#[track_caller]
pub fn redirect(from: &Url, reply: &Reply) -> Url {
    let to = reply.header("location").unwrap_or_else(|| panic!("{from}: {} {}", reply.status, reply.text()));
    from.join(to).expect("a URL")
}

/// What the application is told.
#[track_caller]
pub fn fragment(reply: &Reply) -> BTreeMap<String, String> {
    let to = reply.header("location").unwrap_or_else(|| panic!("{} {}", reply.status, reply.text()));
    let url = Url::parse(to).expect("a URL");
    url::form_urlencoded::parse(url.fragment().unwrap_or_default().as_bytes()).into_owned().collect()
}

/// Whether the person is in.
pub fn is_in(reply: &Reply) -> bool {
    reply.status == 302 && fragment(reply).contains_key("directory_access_token")
}

pub fn now() -> u64 {
    SystemClock.now().seconds()
}
