//! A login, one step at a time: what a browser does without being asked is left to the case here.

use std::collections::BTreeMap;

use bimgate::clock::{Clock as _, SystemClock};
use url::Url;

use crate::support::app::{App, User};
use crate::support::client::Reply;
use crate::support::visitor::{Visitor, hidden, parameter};

/// A registered redirect URL. Nobody is there: a case reads where it would be sent.
pub const CALLBACK: &str = "https://app.example.org/cb";

/// Where a reply to this URL sends the browser.
#[track_caller]
pub fn redirect(from: &Url, reply: &Reply) -> Url {
    let to = reply.header("location").filter(|_| matches!(reply.status, 302 | 303));
    from.join(to.unwrap_or_else(|| panic!("{from}: {} {}", reply.status, reply.text()))).expect("a URL")
}

/// What the application is told: the fragment, form-decoded. Nothing is there twice.
#[track_caller]
pub fn fragment(url: &Url) -> BTreeMap<String, String> {
    let mut members = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(url.fragment().unwrap_or_default().as_bytes()) {
        assert!(members.insert(name.to_string(), value.into_owned()).is_none(), "{name} is there twice: {url}");
    }
    members
}

/// Begins a login of somebody who is not signed on: the login page, not opened.
#[track_caller]
pub fn begin(visitor: &mut Visitor, start: &Url) -> Url {
    let page = redirect(start, &visitor.get(start));
    assert_eq!(page.path(), "/directory/api/login", "{page}");
    page
}

/// The hidden field of a page's form.
#[track_caller]
pub fn csrf(visitor: &mut Visitor, page: &Url) -> String {
    let reply = visitor.get(page);
    assert_eq!(reply.status, 200, "{page}: {}", reply.text());
    hidden(&reply.text(), "csrf").expect("a form")
}

/// Opens the login page and enters this.
#[track_caller]
pub fn enter(visitor: &mut Visitor, page: &Url, email: &str, password: &str) -> Reply {
    let csrf = csrf(visitor, page);
    visitor.post(page, &[("csrf", &csrf), ("email", email), ("password", password)])
}

/// Proves the person on our own page: where the browser is sent then, not opened.
#[track_caller]
pub fn log_in(visitor: &mut Visitor, start: &Url, user: &User) -> Url {
    let page = begin(visitor, start);
    redirect(&page, &enter(visitor, &page, &user.email, &user.password))
}

/// Logs in for the account page, which must be where the browser is sent then; its address.
#[track_caller]
pub fn log_in_to_account(app: &App, visitor: &mut Visitor, user: &User) -> Url {
    let page = app.url("/account");
    assert_eq!(log_in(visitor, &page, user), page);
    page
}

/// Where a provider would send the browser back to with this code, in the login of this page.
pub fn way_back(page: &Url, code: &str) -> Url {
    let mut back = page.join("/directory/api/directorysession/onauthenticated").expect("a URL");
    back.query_pairs_mut().append_pair("state", &parameter(page, "state")).append_pair("code", code);
    back
}

/// Opens what leads on at once: where the browser is sent then, not opened.
#[track_caller]
pub fn come_back(visitor: &mut Visitor, back: &Url) -> Url {
    redirect(back, &visitor.get(back))
}

/// The confirmation of a native login, not opened.
#[track_caller]
pub fn to_confirmation(visitor: &mut Visitor, start: &Url, user: &User) -> Url {
    let page = log_in(visitor, start, user);
    assert_eq!(page.path(), "/directory/api/confirm", "{page}");
    page
}

/// Opens the confirmation and answers it: where the browser is sent.
#[track_caller]
pub fn confirm(visitor: &mut Visitor, page: &Url, answer: &str) -> Url {
    let csrf = csrf(visitor, page);
    redirect(page, &visitor.post(page, &[("csrf", &csrf), ("answer", answer)]))
}

/// A reply that ends a login here: an envelope for a program, and nobody is sent anywhere.
#[track_caller]
pub fn assert_not_redirected(reply: &Reply) {
    reply.refused(400, "E_BadRequest");
    assert_eq!(reply.header("location"), None);
    assert_eq!(reply.header("set-cookie"), None);
}

/// Grants a user this right.
pub fn grant(app: &App, user: &User, right: &str) {
    app.server.run(&["user", "rights", &user.email, "--grant", right], "");
}

/// The sessions of a user that are open, directory sessions and others.
pub fn open_sessions(app: &App, user: &User) -> usize {
    app.server.run(&["session", "list", "--user", &user.email, "--json"], "").lines().count()
}

/// Seconds since the epoch.
pub fn now() -> u64 {
    SystemClock.now().seconds()
}
