//! The console, as a browser has it: who comes in, what they see, what they may do, and that it is done.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use crate::support::app::{App, Kind, User};
use crate::support::client::{Reply, Request};
use crate::support::visitor::{Visitor, hidden};
use crate::support::wait::until;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const PUBLIC: &str = "https://login.example.org";

/// A server with a console.
pub(crate) struct Desk {
    pub(crate) app: App,
    pub(crate) address: SocketAddr,
}

impl Desk {
    pub(crate) fn open(kind: Kind, settings: &[(&str, &str)]) -> Self {
        let own = [("manage.listen", "127.0.0.1:0"), ("server.public_url", PUBLIC)];
        let app = App::start(kind, &[&own, settings].concat());
        Self { address: app.server.manage(), app }
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}/console{path}", self.address)).expect("a URL")
    }

    /// Makes an API token.
    pub(crate) fn token(&self, name: &str, scopes: &str) -> String {
        self.app.server.run(&["token", "add", name, "--scope", scopes], "").trim().to_owned()
    }

    /// Opens a session of the directory. The address that this case calls by is not the public one, so that the way back
    /// must be registered.
    pub(crate) fn open_session(&self, user: &User) {
        self.app.server.run(&["redirect", "add", &self.app.done_page()], "");
        self.app.open_session(user);
    }

    /// A browser in front of the form, and the hidden field of that.
    fn visitor(&self) -> (Visitor, String) {
        let mut visitor = Visitor::default();
        visitor.headers.push(("Accept".to_owned(), BROWSER.to_owned()));
        let csrf = hidden(&visitor.get(&self.url("/enter")).text(), "csrf").expect("a form");
        (visitor, csrf)
    }

    /// Somebody who has entered by this token.
    #[track_caller]
    pub(crate) fn inside(&self, token: &str) -> Inside<'_> {
        let (mut visitor, csrf) = self.visitor();
        let reply = visitor.post(&self.url("/enter"), &[("csrf", &csrf), ("token", token)]);
        assert_eq!((reply.status, reply.header("location")), (303, Some("../console")), "{}", reply.text());
        Inside { desk: self, visitor }
    }

    /// Somebody who may do this.
    #[track_caller]
    pub(crate) fn operator(&self, scopes: &str) -> Inside<'_> {
        self.inside(&self.token(&format!("{scopes} token"), scopes))
    }
}

/// Somebody who has entered.
pub(crate) struct Inside<'a> {
    desk: &'a Desk,
    pub(crate) visitor: Visitor,
}

impl Inside<'_> {
    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.visitor.get(&self.desk.url(path))
    }

    /// A page that there is.
    #[track_caller]
    pub(crate) fn reads(&mut self, path: &str) -> String {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.text()
    }

    /// Sends a form with the hidden field of this browser.
    pub(crate) fn sends(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let csrf = self.csrf();
        self.visitor.post(&self.desk.url(path), &[&[("csrf", csrf.as_str())], fields].concat())
    }

    pub(crate) fn csrf(&mut self) -> String {
        hidden(&self.reads(""), "csrf").expect("the form to leave")
    }

    /// Does something for a user, and is led back to a page that says so.
    #[track_caller]
    fn does(&mut self, user: &User, fields: &[(&str, &str)], says: &str) {
        let path = format!("/users/{}", user.id);
        let reply = self.sends(&path, fields);
        let location = reply.header("location").unwrap_or_else(|| panic!("{} {}", reply.status, reply.text()));
        let to = self.desk.url(&path).join(location).expect("a URL");
        let page = self.visitor.get(&to).text();
        assert!(page.contains(says), "{says}: {page}");
    }
}

on_both_stores!(an_api_token_lets_in_until_it_is_removed, |kind| {
    let desk = Desk::open(kind, &[]);
    let token = desk.token("desk", "read");
    let mut stranger = Visitor::default();
    for path in ["", "/users", "/settings", "/users/x?done=enabled"] {
        let reply = stranger.get(&desk.url(path));
        assert_eq!(reply.status, 303, "{path}");
        let to = desk.url(path).join(reply.header("location").expect("a way")).expect("a URL");
        assert_eq!(to, desk.url("/enter"), "{path}");
    }
    let (mut visitor, csrf) = desk.visitor();
    for wrong in ["", "x", "bgat-9c1874a62c974dcfa75e0132c423a088", &token[5..], &format!("{token}0")] {
        let reply = visitor.post(&desk.url("/enter"), &[("csrf", &csrf), ("token", wrong)]);
        assert_eq!(reply.status, 401, "{wrong}");
        assert!(reply.text().contains("This token does not count"), "{}", reply.text());
        assert_eq!(visitor.get(&desk.url("")).status, 303, "{wrong}");
    }
    let mut inside = desk.inside(&format!(" {} ", token.to_uppercase().replace("BGAT", "bgat")));
    assert!(inside.reads("").contains("Overview"));
    let log = desk.app.server.log();
    assert!(log.contains("an operator has entered the console") && !log.contains(&token), "{log}");
    let mut other = desk.inside(&token);
    let mut copy = inside.visitor.clone();
    let left = inside.sends("/leave", &[]);
    assert_eq!((left.status, left.header("location")), (303, Some("../console/enter?why=left")));
    assert_eq!((inside.get("").status, copy.get(&desk.url("")).status), (303, 303), "the cookie counts no more");
    assert!(other.reads("/settings").contains("server.listen"), "that was another browser");
    desk.app.server.run(&["token", "remove", "desk"], "");
    assert_eq!(other.get("/settings").header("location"), Some("../console/enter?why=ended"));
});

#[test]
fn the_cookie_is_for_this_server_alone_and_the_pages_are_strict() {
    let desk = Desk::open(Kind::Embedded, &[]);
    let token = desk.token("desk", "everything");
    let (mut visitor, csrf) = desk.visitor();
    let plain = visitor.post(&desk.url("/enter"), &[("csrf", &csrf), ("token", &token)]);
    let cookie = plain.header("set-cookie").expect("a cookie").to_owned();
    let (value, rest) = cookie.split_once(';').expect("attributes");
    assert_eq!(rest, " Path=/; Max-Age=28800; HttpOnly; SameSite=Strict");
    assert_eq!(value.strip_prefix("console=").map(str::len), Some(32), "{cookie}");
    // Behind a proxy that speaks TLS.
    let (mut visitor, csrf) = desk.visitor();
    visitor.headers.push(("Origin".to_owned(), "https://desk.example.org".to_owned()));
    visitor.headers.push(("Sec-Fetch-Site".to_owned(), "same-origin".to_owned()));
    let secure = visitor.post(&desk.url("/enter"), &[("csrf", &csrf), ("token", &token)]);
    let cookie = secure.header("set-cookie").expect("a cookie").to_owned();
    assert!(cookie.starts_with("__Host-console=") && cookie.ends_with("; SameSite=Strict; Secure"), "{cookie}");
    let mut inside = Inside { desk: &desk, visitor };
    for path in ["", "/users", "/licenses", "/redirects", "/keys", "/settings", "/enter", "/nowhere", "/users/x"] {
        let page = inside.get(path);
        let header = |name: &str| page.header(name).unwrap_or_default().to_owned();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; img-src 'self'; form-action "), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(header("content-type"), "text/html; charset=utf-8", "{path}");
        assert!(!page.text().contains(&token), "{path}");
    }
    // Nothing of it is public.
    for path in ["/console", "/console/enter", "/console/users"] {
        desk.app.request("GET", path).send().refused(404, "E_Missing_404");
    }
    let style = Request::new(desk.address, "GET", "/directory/api/static/console.css").send();
    assert_eq!(style.status, 200);
}

#[test]
fn wrong_tokens_are_throttled_and_right_ones_are_not() {
    let desk = Desk::open(Kind::Embedded, &[("throttle.tokens.burst", "2"), ("throttle.tokens.refill", "600")]);
    let token = desk.token("desk", "read");
    let (mut visitor, csrf) = desk.visitor();
    let mut tries = |token: &str| visitor.post(&desk.url("/enter"), &[("csrf", &csrf), ("token", token)]);
    let statuses = ["bgat-9c1874a62c974dcfa75e0132c423a088", "", "x"].map(|wrong| tries(wrong).status);
    assert_eq!(statuses, [401, 401, 429]);
    assert!(tries("y").header("retry-after").is_some());
    assert_eq!(tries(&token).status, 303);
}

/// Where a form goes, what it sends, and which scope that takes.
type Act = (&'static str, &'static [(&'static str, &'static str)], &'static str);

/// What can be sent, and which scope it takes.
const ACTS: [Act; 14] = [
    ("/users/ID", &[("act", "disable")], "users"),
    ("/users/ID", &[("act", "enable")], "users"),
    ("/users/ID", &[("act", "reset-link")], "users"),
    ("/users/ID", &[("act", "revoke-all")], "users"),
    ("/users/ID", &[("act", "lift")], "users"),
    ("/users/ID", &[("act", "grant"), ("what", "access:frontend")], "users"),
    ("/users/ID", &[("act", "take"), ("what", "access:frontend")], "users"),
    ("/users/ID", &[("act", "grant"), ("what", "access:admin")], "everything"),
    ("/users/ID", &[("act", "take"), ("what", "access:admin")], "everything"),
    ("/users/ID", &[("act", "close-all")], "sessions"),
    ("/users/ID", &[("act", "sign-off")], "sessions"),
    ("/redirects", &[("act", "add"), ("url", "https://a.example.org/")], "everything"),
    ("/redirects", &[("act", "remove"), ("url", "https://a.example.org/")], "everything"),
    ("/keys", &[], "everything"),
];

#[test]
fn what_a_token_is_not_for_is_not_shown_and_refused() {
    let desk = Desk::open(Kind::Embedded, &[]);
    let user = desk.app.user();
    let id = user.id.to_string();
    desk.app.login(&user);
    let user_page = format!("/users/{id}");
    for scopes in ["read", "users", "sessions", "users,sessions", "everything"] {
        let mut inside = desk.operator(scopes);
        for (path, fields, scope) in ACTS {
            let path = path.replace("ID", &id);
            let may = scopes.contains(scope) || scopes == "everything";
            let reply = inside.sends(&path, fields);
            let allowed = matches!(reply.status, 200 | 303);
            assert_eq!(allowed, may, "{scopes}: {fields:?}: {}", reply.status);
            if !may {
                assert_eq!(reply.status, 403, "{scopes}: {fields:?}");
                assert!(reply.text().contains("Your API token does not allow this"), "{}", reply.text());
            }
        }
        let (page, redirects) = (inside.reads(&user_page), inside.reads("/redirects"));
        let offers = |page: &str, words: &str| page.contains(&format!(">{words}</"));
        let all = scopes == "everything";
        assert_eq!(offers(&page, "Disable"), all || scopes.contains("users"), "{scopes}");
        assert_eq!(offers(&page, "Sign off in all browsers"), all || scopes.contains("sessions"), "{scopes}");
        assert_eq!(offers(&redirects, "Register"), all, "{scopes}");
        assert_eq!(offers(&inside.reads("/keys"), "Make the next key"), all, "{scopes}");
        let asks = [
            ("?ask=disable", "users"),
            ("?ask=close-all", "sessions"),
            ("?ask=take&what=access:client-dev", "users"),
            ("?ask=grant&what=access:admin", "everything"),
        ];
        for (query, scope) in asks {
            let status = inside.get(&format!("{user_page}{query}")).status;
            assert_eq!(status == 200, all || scopes.contains(scope), "{scopes} {query}: {status}");
        }
    }
}

#[test]
fn a_form_counts_where_this_server_has_shown_it() {
    let desk = Desk::open(Kind::Embedded, &[]);
    let user = desk.app.user();
    let [mut inside, mut other] = [desk.operator("everything"), desk.operator("users")];
    let (own, foreign) = (inside.csrf(), other.csrf());
    let path = format!("/users/{}", user.id);
    let url = desk.url(&path);
    let disable = ("act", "disable");
    let entering = desk.visitor().1;
    for csrf in ["", &foreign, &entering, &own.to_uppercase(), &own[1..]] {
        let reply = inside.visitor.post(&url, &[("csrf", csrf), disable]);
        assert_eq!(reply.status, 403, "{csrf}");
        assert!(reply.text().contains("This form was not shown to you"), "{}", reply.text());
    }
    assert_eq!(inside.visitor.post(&url, &[disable]).status, 403);
    for (name, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "null"),
        ("Origin", "https://evil.example"),
    ] {
        let mut visitor = inside.visitor.clone();
        visitor.headers.push((name.to_owned(), value.to_owned()));
        assert_eq!(visitor.post(&url, &[("csrf", &own), disable]).status, 403, "{name}: {value}");
    }
    // Nor is anybody let in by such a form, or put out.
    let (mut visitor, csrf) = desk.visitor();
    let token = desk.token("third", "read");
    visitor.headers.push(("Origin".to_owned(), "https://evil.example".to_owned()));
    assert_eq!(visitor.post(&desk.url("/enter"), &[("csrf", &csrf), ("token", &token)]).status, 403);
    assert_eq!(inside.visitor.post(&desk.url("/leave"), &[("csrf", &foreign)]).status, 403);
    // A link changes nothing.
    assert_eq!(inside.get(&format!("{path}?act=disable&csrf={own}")).status, 200);
    desk.app.login(&user);
    assert_eq!(inside.visitor.post(&url, &[("csrf", &own), disable]).status, 303);
    desk.app.try_login(&user, &Value::Null).refused(401, "E_InvalidCredentials");
}

on_both_stores!(a_help_desk_finds_somebody_and_lets_them_in_again, |kind| {
    let desk = Desk::open(kind, &[]);
    let user = desk.app.user();
    let mut inside = desk.operator("users,sessions");
    let page = format!("/users/{}", user.id);
    let found = inside.get(&format!("/users?search={}", user.email));
    assert_eq!((found.status, found.header("location")), (303, Some(&*format!("../console{page}"))));
    let access = desk.app.login(&user);
    let told = inside.reads(&page);
    assert!(told.contains("Yes. The account is enabled.") && told.contains(&user.email), "{told}");
    let session = told.split("name=\"what\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    inside.does(&user, &[("act", "close"), ("what", session.expect("a session"))], "The session is closed.");
    desk.app.refuses(&access);
    let access = desk.app.login(&user);
    inside.does(&user, &[("act", "close-all")], "Every session is closed.");
    desk.app.refuses(&access);
    inside.does(&user, &[("act", "disable")], "No, the account is disabled.");
    desk.app.try_login(&user, &Value::Null).refused(401, "E_InvalidCredentials");
    until("the page says why", Duration::from_secs(30), || {
        let told = inside.reads(&page);
        (told.contains("Last login: ") && told.contains("for the reason disabled.")).then_some(())
    });
    let refused = inside.sends(&page, &[("act", "reset-link")]);
    assert_eq!(refused.status, 409);
    assert!(refused.text().contains("Enable it first") && refused.text().contains("<title>Error: "));
    inside.does(&user, &[("act", "enable")], "The account is enabled.");
    desk.app.login(&user);
    let added = ["user", "app-password", "add", &user.email, "--name", "phone", "--json"];
    let made: Value = serde_json::from_str(&desk.app.server.run(&added, "")).expect("JSON");
    let phone =
        User { id: user.id, email: user.email.clone(), password: made["app_password"].as_str().expect("one").into() };
    let access = desk.app.login(&phone);
    let id = made["id"].as_str().expect("an id");
    let asked = inside.reads(&format!("{page}?ask=revoke&what={id}"));
    assert!(asked.contains("Revoke this app password?") && asked.contains("<bdi>phone</bdi>"), "{asked}");
    inside.does(&user, &[("act", "revoke"), ("what", id)], "The app password is revoked.");
    desk.app.refuses(&access);
    assert_eq!(inside.sends(&page, &[("act", "revoke"), ("what", id)]).status, 404);
    assert_eq!(inside.sends(&page, &[("act", "reset-factor")]).status, 409);
    // The link is shown once, and sets a password.
    let made = inside.sends(&page, &[("act", "reset-link")]);
    assert_eq!((made.status, made.header("cache-control")), (200, Some("no-store")));
    let text = made.text();
    let link = text.split("<code>").nth(1).and_then(|rest| rest.split("</code>").next()).expect("a link");
    let secret = link.strip_prefix(&format!("{PUBLIC}/account/link?link=")).expect("it leads to the account page");
    assert!(!inside.reads(&page).contains(secret));
    let opened = Visitor::default().get(&desk.app.url(&format!("/account/link?link={secret}")));
    assert_eq!(opened.status, 303, "{}", opened.text());
    let log = desk.app.server.log();
    assert!(!log.contains(secret) && !log.contains(&user.email), "{log}");
    let acts: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let acts: Vec<_> =
        acts.iter().filter(|act| act["token"] == "users,sessions token" && act["act"].is_string()).collect();
    let named: Vec<_> = acts.iter().map(|act| act["act"].as_str().expect("a text")).collect();
    let done = ["close sessions", "close sessions", "disable user", "enable user", "revoke app passwords"];
    assert_eq!(named, [&done[..], &["make reset link"]].concat());
    assert!(acts.iter().all(|act| act["user"] == user.id.to_string()), "{acts:?}");
    for nobody in ["/users/x", "/users/b37b60d4-0f1b-4158-99c4-847254786517"] {
        let reply = inside.get(nobody);
        assert_eq!(reply.status, 404);
        assert!(reply.text().contains("There is no such user."), "{}", reply.text());
    }
});

on_both_stores!(rights_are_given_and_taken_as_the_management_api_does, |kind| {
    let desk = Desk::open(kind, &[]);
    let user = desk.app.user();
    let rights = || -> Value {
        let told = desk.app.server.run(&["user", "show", &user.email, "--json"], "");
        serde_json::from_str::<Value>(&told).expect("JSON")["rights"].clone()
    };
    let [mut helper, mut all] = ["users", "everything"].map(|scopes| desk.operator(scopes));
    let page = format!("/users/{}", user.id);
    let offers = |page: &str, words: &str| page.contains(&format!("aria-label=\"{words}\""));

    let told = helper.reads(&page);
    for (right, offered) in [("frontend", true), ("client-dev", true), ("admin", false)] {
        assert_eq!(offers(&told, &format!("Grant: access:{right}")), offered, "{right}: {told}");
    }
    helper.does(&user, &[("act", "grant"), ("what", "access:frontend")], "The right is granted.");
    assert_eq!(rights(), json!(["access:frontend"]));
    let told = helper.reads(&page);
    assert!(offers(&told, "Take away: access:frontend") && !offers(&told, "Grant: access:frontend"), "{told}");
    desk.app.server.run(&["redirect", "add", &desk.app.done_page()], "");
    let session = Visitor::default().open(&desk.app.authenticate("access:frontend", ""), &user).session();
    desk.app.user_info(&session.directory).ok();
    let asked = helper.reads(&format!("{page}?ask=take&what=access:frontend"));
    assert!(asked.contains("Take this right away?") && asked.contains("<bdi>access:frontend</bdi>"), "{asked}");
    helper.does(&user, &[("act", "take"), ("what", "access:frontend")], "The right is taken away");
    assert_eq!((rights(), desk.app.user_info(&session.directory).status), (json!([]), 401), "its session ends");

    // Only who may do everything makes an operator, or changes one.
    let grant = [("act", "grant"), ("what", "access:admin")];
    assert_eq!(helper.sends(&page, &grant).status, 403);
    assert_eq!(helper.get(&format!("{page}?ask=grant&what=access:admin")).status, 403);
    assert_eq!(rights(), json!([]));
    assert!(offers(&all.reads(&page), "Grant: access:admin"));
    let asked = all.reads(&format!("{page}?ask=grant&what=access:admin"));
    assert!(asked.contains("Make an operator of this person?") && asked.contains("value=\"access:admin\""), "{asked}");
    all.does(&user, &grant, "The right is granted.");
    assert_eq!(rights(), json!(["access:admin"]));
    let told = helper.reads(&page);
    assert!(!told.contains("aria-label=\"Grant: ") && !told.contains("aria-label=\"Take away: "), "{told}");
    for what in ["access:frontend", "access:admin"] {
        for act in ["grant", "take"] {
            assert_eq!(helper.sends(&page, &[("act", act), ("what", what)]).status, 403, "{act} {what}");
        }
    }
    let asked = all.reads(&format!("{page}?ask=take&what=access:admin"));
    assert!(asked.contains("This person is no operator any more"), "{asked}");
    all.does(&user, &[("act", "take"), ("what", "access:admin")], "The right is taken away");
    assert_eq!(rights(), json!([]));
    for unknown in ["access:client", "access:root", ""] {
        for act in ["grant", "take"] {
            assert_eq!(all.sends(&page, &[("act", act), ("what", unknown)]).status, 400, "{act} {unknown}");
        }
    }
    let log = desk.app.server.log();
    assert_eq!(log.matches("\"act\":\"change rights\"").count(), 4, "{log}");
});

on_both_stores!(entering_is_an_event_of_whoever_enters, |kind| {
    let desk = Desk::open(kind, &[]);
    let token = desk.token("desk, room 1", "read");
    let (mut visitor, csrf) = desk.visitor();
    let wrong = [("csrf", &*csrf), ("token", "bgat-9c1874a62c974dcfa75e0132c423a088")];
    assert_eq!(visitor.post(&desk.url("/enter"), &wrong).status, 401);
    let mut inside = desk.inside(&token);
    let entered = until("it is written", Duration::from_secs(20), || {
        let printed = desk.app.server.run(&["events", "--json", "--since", "1h"], "");
        let events = printed.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let entered: Vec<_> = events.filter(|event| event["event"] == "console entered").collect();
        (!entered.is_empty()).then_some(entered)
    });
    assert!(entered.len() == 1 && entered[0]["request"].is_string(), "once, and not by a wrong token: {entered:?}");
    assert_eq!(
        (&entered[0]["facts"], &entered[0]["address"], &entered[0]["user"]),
        (&json!({"token": "desk, room 1"}), &json!("127.0.0.1"), &Value::Null)
    );
    let page = inside.reads("/events?show=operation");
    assert!(page.contains("<strong>console entered</strong>") && page.contains("token desk, room 1"), "{page}");
    assert!(!page.contains(&token[5..]));
});

on_both_stores!(a_help_desk_sees_that_somebody_is_throttled_and_lifts_it, |kind| {
    let settings = [("throttle.account_network.burst", "2"), ("throttle.account_network.refill", "86400")];
    let desk = Desk::open(kind, &settings);
    let (user, other) = (desk.app.user(), desk.app.user());
    for person in [&user, &other] {
        let tries = (0..3).map(|_| desk.app.try_login(person, &json!({"password": "wrong"})).status);
        assert_eq!(tries.collect::<Vec<_>>(), [401, 401, 429]);
    }
    let page = format!("/users/{}", user.id);
    let [mut reader, mut helper] = ["read", "users"].map(|scopes| desk.operator(scopes));
    let says = "Throttled: from 127.0.0.1 there were too many failed attempts. The next one is let in in 24 hours.";
    let told = until("the events tell from where", Duration::from_secs(20), || {
        Some(reader.reads(&page)).filter(|told| told.contains(says))
    });
    assert!(!told.contains("Lift the throttle"), "{told}");
    assert!(helper.reads(&page).contains("Lift the throttle"));
    helper.does(&user, &[("act", "lift")], "The throttle of this account is lifted.");
    let told = helper.reads(&page);
    assert!(!told.contains("Throttled") && !told.contains("Lift the throttle"), "{told}");
    desk.app.login(&user);
    desk.app.try_login(&other, &Value::Null).refused(429, "E_TooManyAttempts");
});

#[test]
fn an_operator_registers_and_removes_urls_and_makes_the_next_key() {
    let desk = Desk::open(
        Kind::Embedded,
        &[("licenses.total", "5"), ("scim.token", "a-secret-that-is-long-enough-and-nobody-sees")],
    );
    let mut inside = desk.operator("everything");
    let url = "https://viewer.example.org/back?x";
    for (fields, status, says) in [
        ([("act", "add"), ("url", "javascript:alert(1)")], 400, "This is no redirect URL"),
        ([("act", "add"), ("url", url)], 303, ""),
        ([("act", "add"), ("url", url)], 303, ""),
    ] {
        let reply = inside.sends("/redirects", &fields);
        assert_eq!(reply.status, status, "{}", reply.text());
        assert!(reply.text().contains(says), "{}", reply.text());
    }
    let listed = || desk.app.server.run(&["redirect", "list", "--json"], "");
    let normal = "https://viewer.example.org/back";
    assert!(listed().contains(normal), "{}", listed());
    assert!(inside.reads("/redirects?done=added").contains(&format!("<bdi>{normal}</bdi>")));
    let asked = inside.reads(&format!("/redirects?ask=remove&url={normal}"));
    assert!(asked.contains("Remove this redirect URL?") && asked.contains(normal), "{asked}");
    assert_eq!(inside.sends("/redirects", &[("act", "remove"), ("url", normal)]).status, 303);
    assert_eq!(listed(), "");

    let keys = |desk: &Desk| desk.app.server.run(&["key", "list", "--json"], "").lines().count();
    let before = keys(&desk);
    assert!(inside.reads("/keys?ask=rotate").contains("Make the next signing key?"));
    assert_eq!(inside.sends("/keys", &[]).header("location"), Some("../console/keys?done=rotated"));
    assert_eq!(keys(&desk), before + 1);
    assert!(inside.reads("/keys").contains("signs next"));
    let settings = inside.reads("/settings");
    assert!(settings.contains("BIMGATE__SCIM__TOKEN") && !settings.contains("nobody-sees"), "{settings}");
    let overview = inside.reads("");
    assert!(overview.contains("0 of 5") && overview.contains("reads and writes"), "{overview}");
    assert!(inside.reads("/licenses").contains("No licence is out."));
}

#[test]
fn lists_have_pages_and_names_are_text() {
    let desk = Desk::open(Kind::Embedded, &[]);
    let hostile = r#"<script>alert("1")</script>"#;
    let people = (0..120).map(|n| json!({"email": format!("p{n:03}@example.org"), "name": format!("Person {n}")}));
    let lines: Vec<_> =
        people.chain([json!({"email": "x@example.org", "name": hostile})]).map(|one| one.to_string()).collect();
    desk.app.server.run(&["user", "import", "-", "--format", "jsonl"], &lines.join("\n"));
    let mut inside = desk.operator("read");
    let rows = |page: &str| page.matches("scope=\"row\"").count();
    let next = |page: &str| {
        let link = page.split("<a href=\"").filter(|link| link.contains(">Next page</a>")).last()?.split('"').next()?;
        Some(link.strip_prefix("../console").expect("a path").replace("&#38;", "&"))
    };
    let (mut path, mut seen, mut pages) = ("/users".to_owned(), 0, 0);
    loop {
        let page = inside.reads(&path);
        (seen, pages) = (seen + rows(&page), pages + 1);
        assert!(!page.contains("<script"), "{page}");
        let Some(further) = next(&page) else { break };
        path = further;
    }
    assert_eq!((seen, pages), (121, 3));
    for (query, found) in [
        ("search=PERSON+11", 11),
        ("search=p00", 10),
        ("search=%3Cscript%3E", 1),
        ("search=nobody+at+all", 0),
        ("show=no_password&search=person", 50),
        ("show=disabled", 0),
    ] {
        let page = inside.reads(&format!("/users?{query}"));
        assert_eq!(rows(&page), found, "{query}");
        assert!(!page.contains("<script"), "{query}: {page}");
    }
    let shown = inside.reads("/users?search=x%40example");
    let id = shown.split("console/users/").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let page = inside.reads(&format!("/users/{id}"));
    assert!(page.contains("&#60;script&#62;alert") && !page.contains("<script"), "{page}");
    let lost = inside.get("/users?after=nowhere");
    assert!(matches!(lost.status, 200 | 400), "{}", lost.status);
}
