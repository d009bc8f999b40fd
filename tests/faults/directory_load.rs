//! A browser in which a person logs in again and again, and the applications that it is sent to; until the service is
//! killed.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use url::Url;
use url::form_urlencoded::Serializer;

use crate::directory_ledger::DirectoryLedger;
use crate::load::Progress;
use crate::support::app::User;
use crate::support::client::{Reply, Request};
use crate::support::directory::{Session, native_token, path};
use crate::support::visitor::hidden;

/// One browser of a user of its own.
pub struct Browser<'a> {
    to: SocketAddr,
    user: &'a User,
    progress: &'a Progress,
    cookies: BTreeMap<String, String>,
    ledger: DirectoryLedger,
}

impl<'a> Browser<'a> {
    pub fn new(to: SocketAddr, user: &'a User, progress: &'a Progress) -> Self {
        Self { to, user, progress, cookies: BTreeMap::new(), ledger: DirectoryLedger::default() }
    }

    /// Works until the service is killed.
    pub fn work(mut self) -> DirectoryLedger {
        for turn in 0.. {
            if self.turn(turn).is_none() {
                break;
            }
        }
        self.ledger
    }

    /// A session that beats, and a native client's login; then what `turn` says. What is about to end is struck out
    /// before it is asked for, since without an answer nobody knows. `None` when the service was killed.
    fn turn(&mut self, turn: usize) -> Option<()> {
        let opened = Session::of_fragment(&self.log_in("")?);
        self.ledger.signed_on = self.cookies.get("directory_sso").cloned();
        self.ledger.open.insert(opened.directory.clone(), opened.heartbeat_before);
        let beaten = Session::of_body(&self.call("heartbeat", &opened.directory)?.ok());
        self.ledger.open.insert(beaten.directory.clone(), beaten.heartbeat_before);

        let native = native_token();
        self.log_in(&format!("&nativetoken={native}"))?;
        self.ledger.native.insert(native);

        match turn % 4 {
            0 => {}
            1 => self.close([opened, beaten], false)?,
            2 => {
                let signed_on = self.ledger.signed_on.take();
                self.close([opened, beaten], true)?;
                self.ledger.signed_off.extend(signed_on);
            }
            _ => self.cookies.clear(),
        }
        Some(())
    }

    fn close(&mut self, bearers: [Session; 2], ask_again: bool) -> Option<()> {
        for bearer in &bearers {
            self.ledger.open.remove(&bearer.directory);
        }
        self.call(&format!("close?forceuserconsentonnextlogin={ask_again}"), &bearers[0].directory)?.ok();
        self.ledger.closed.extend(bearers.map(|bearer| bearer.directory));
        Some(())
    }

    /// Logs in, by password where that is asked for, and says yes to a native client: where the application is told.
    fn log_in(&mut self, more: &str) -> Option<Url> {
        let done = format!("http://{}/directory/api/static/onauthenticationdone.html", self.to);
        let query = Serializer::new(String::new()).append_pair("redirecturl", &done).finish();
        let start = path(&format!("authenticate?claims=access:client&{query}{more}"));
        let mut url = Url::parse(&format!("http://{}{start}", self.to)).expect("a URL");
        let mut form = None;
        while url.fragment().is_none() {
            let reply = self.visit(&url, form.take())?;
            if reply.status == 200 {
                let csrf = hidden(&reply.text(), "csrf").expect("a form");
                let mut filled = Serializer::new(String::new());
                let User { email, password, .. } = self.user;
                filled.extend_pairs([("csrf", &*csrf), ("email", email), ("password", password), ("answer", "yes")]);
                form = Some(filled.finish());
                continue;
            }
            let to = reply.header("location").unwrap_or_else(|| panic!("{url}: {} {}", reply.status, reply.text()));
            url = url.join(to).expect("a URL");
        }
        Some(url)
    }

    fn visit(&mut self, url: &Url, form: Option<String>) -> Option<Reply> {
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut request = Request::new(self.to, if form.is_some() { "POST" } else { "GET" }, target);
        for (name, value) in &self.cookies {
            request = request.header("Cookie", &format!("{name}={value}"));
        }
        let reply = self.progress.ask(request.body(form.unwrap_or_default()))?;
        for (_, cookie) in reply.headers().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Some(reply)
    }

    fn call(&self, call: &str, bearer: &str) -> Option<Reply> {
        self.progress.ask(Request::new(self.to, "POST", &path(call)).header("x-infinite-bearer", bearer))
    }
}
