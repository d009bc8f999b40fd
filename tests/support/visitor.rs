//! Somebody who logs in, at the OpenID Connect provider or on our own pages: a browser as far as the pages need one.

use std::time::Instant;

use url::Url;

use super::app::User;
use super::client::{Reply, Request};
use super::directory::Session;

/// Follows redirects, keeps cookies, and fills in the provider's login form. Stays logged in there.
#[derive(Clone, Default)]
pub struct Visitor {
    cookies: Vec<(String, String)>,
    /// Sent along with every request.
    pub headers: Vec<(String, String)>,
}

/// How a login at this server went.
pub struct Walked {
    /// Where the browser was sent at the end.
    pub end: Url,
    pub asked_for_password: bool,
    /// When the request was sent that was answered with the way there.
    pub last_sent: Instant,
}

impl Walked {
    #[track_caller]
    pub fn session(&self) -> Session {
        Session::of_fragment(&self.end)
    }
}

impl Visitor {
    /// Opens the URL that the provider is asked by, logs in as `account` if the provider wants to know, and is sent
    /// back: to this URL, which is not opened.
    pub fn log_in_at(&mut self, url: &Url, account: &str) -> Url {
        self.walk(url, &format!("act=login&account={account}"))
    }

    /// As [`Self::log_in_at`], but presses Cancel.
    pub fn cancel_at(&mut self, url: &Url) -> Url {
        self.walk(url, "act=cancel")
    }

    /// As [`Self::open`]; to where the application is.
    #[track_caller]
    pub fn log_in(&mut self, start: &Url, user: &User) -> Url {
        self.open(start, user).end
    }

    /// Opens `start`, a login at this server, gives the password where it is asked for, lets a native client be logged
    /// in, and is sent to the application, which is not opened.
    #[track_caller]
    pub fn open(&mut self, start: &Url, user: &User) -> Walked {
        let mut url = start.clone();
        let mut asked_for_password = false;
        let mut last_sent = Instant::now();
        let mut answer = self.send(&url, None);
        for _ in 0..20 {
            if answer.status == 200 {
                let page = answer.text();
                let csrf = hidden(&page, "csrf").unwrap_or_else(|| panic!("{url}: no form in {page}"));
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                form.append_pair("csrf", &csrf);
                if page.contains("name=\"password\"") {
                    asked_for_password = true;
                    form.append_pair("email", &user.email).append_pair("password", &user.password);
                } else if page.contains("name=\"answer\"") {
                    form.append_pair("answer", "yes");
                }
                last_sent = Instant::now();
                answer = self.send(&url, Some(&form.finish()));
            }
            let to = answer.header("location").unwrap_or_else(|| panic!("{url}: {} {}", answer.status, answer.text()));
            url = url.join(to).expect("a URL");
            if url.fragment().is_some() {
                return Walked { end: url, asked_for_password, last_sent };
            }
            last_sent = Instant::now();
            answer = self.send(&url, None);
        }
        panic!("sent in circles, to {url}");
    }

    fn walk(&mut self, start: &Url, form: &str) -> Url {
        let mut url = start.clone();
        let mut answer = self.send(&url, None);
        // A walk is some five steps long.
        for _ in 0..20 {
            if answer.status == 200 && answer.text().contains("<form") {
                answer = self.send(&url, Some(form));
            }
            let to = answer.header("location").unwrap_or_else(|| panic!("{url}: {} {}", answer.status, answer.text()));
            url = url.join(to).expect("a URL");
            if url.origin() != start.origin() {
                return url;
            }
            answer = self.send(&url, None);
        }
        panic!("the provider sends in circles, to {url}");
    }

    /// Opens a URL, and follows nothing.
    pub fn get(&mut self, url: &Url) -> Reply {
        self.send(url, None)
    }

    /// Sends a form to a URL, and follows nothing.
    pub fn post(&mut self, url: &Url, fields: &[(&str, &str)]) -> Reply {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(url, Some(&form))
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The cookie that tells this browser from others while somebody logs in: its name, which no other has, and value.
    pub fn browser(&self) -> Option<(&str, &str)> {
        let found = self.cookies.iter().find(|(name, _)| name.contains("directory_browser"));
        found.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// All cookies that it keeps of logins, as a header has them.
    pub fn login_cookies(&self) -> String {
        let ours = self.cookies.iter().filter(|(name, _)| !name.contains("directory_sso"));
        ours.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.retain(|(known, _)| known != name);
        self.cookies.push((name.to_owned(), value.to_owned()));
    }

    fn send(&mut self, url: &Url, form: Option<&str>) -> Reply {
        let to = url.socket_addrs(|| None).expect("an address")[0];
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut request = Request::new(to, if form.is_some() { "POST" } else { "GET" }, target);
        if !cookies.is_empty() {
            request = request.header("Cookie", &cookies.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(form) = form {
            request = request.header("Content-Type", "application/x-www-form-urlencoded").body(form);
        }
        let answer = request.send();
        self.keep(&answer);
        answer
    }

    /// Keeps the cookies that a reply sets.
    pub fn keep(&mut self, answer: &Reply) {
        for (_, cookie) in answer.headers().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            self.set_cookie(name, value);
            self.cookies.retain(|(_, value)| !value.is_empty());
        }
    }
}

/// The value of a form's hidden field.
pub fn hidden(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

/// A parameter of a URL's query, which must be there.
#[track_caller]
pub fn parameter(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("{name} in {url}")).1.into_owned()
}
