//! People with `access:admin` in the console: they enter as themselves, by the login at the server's public address.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use crate::support::app::{App, Kind, ROOMY, User};
use crate::support::client::{Reply, Request};
use crate::support::connection::Connection;
use crate::support::proxy::free_address;
use crate::support::visitor::{Visitor, hidden, parameter};
use crate::support::wait::until;

/// A server with a console at an address of its own, by which people enter it.
struct House {
    app: App,
    console: Url,
}

impl House {
    fn open(kind: Kind) -> Self {
        let [public, console] = [free_address(), free_address()].map(|address| address.to_string());
        let [public_url, console_url] = [&public, &console].map(|address| format!("http://{address}"));
        let own = [
            ("server.listen", &*public),
            ("server.public_url", &*public_url),
            ("manage.listen", &*console),
            ("manage.public_url", &*console_url),
        ];
        let app = App::start(kind, &[&ROOMY[..], &own].concat());
        Self { app, console: Url::parse(&format!("{console_url}/console")).expect("a URL") }
    }

    fn at(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.console)).expect("a URL")
    }

    fn grant(&self, user: &User) {
        self.app.server.run(&["user", "rights", &user.email, "--grant", "access:admin"], "");
    }

    /// The login that the console leads a browser to; at the server's public address.
    #[track_caller]
    fn begins(&self, browser: &mut Visitor) -> Url {
        let link = self.at("/login");
        let page = browser.get(&self.at("/enter")).text();
        assert!(page.contains(&format!("href=\"{link}\"")), "{page}");
        let login = to(&link, &browser.get(&link));
        assert_eq!(login, self.app.url(&format!("/account/console?challenge={}", parameter(&login, "challenge"))));
        login
    }

    /// What the login answers to this person.
    #[track_caller]
    fn proves(&self, browser: &mut Visitor, login: &Url, user: &User) -> (Url, Reply) {
        let page = to(login, &browser.get(login));
        assert_eq!(page.path(), "/directory/api/login", "they are asked, signed on or not");
        let shown = browser.get(&page).text();
        let host = self.console.host_str().expect("a host");
        assert!(shown.contains(&format!("<strong>{host}")), "it says where it leads: {shown}");
        let csrf = hidden(&shown, "csrf").expect("a form");
        let form = [("csrf", &*csrf), ("email", &user.email), ("password", &user.password)];
        let reply = browser.post(&page, &form);
        (page, reply)
    }

    /// Where the browser of this person comes back to, not opened.
    #[track_caller]
    fn logs_in(&self, browser: &mut Visitor, login: &Url, user: &User) -> Url {
        let (page, reply) = self.proves(browser, login, user);
        let back = to(&page, &reply);
        assert_eq!(back, self.at(&format!("/arrive?code={}", parameter(&back, "code"))));
        back
    }

    /// A browser in which this person is in the console.
    #[track_caller]
    fn inside(&self, user: &User) -> Visitor {
        let mut browser = Visitor::default();
        let login = self.begins(&mut browser);
        let back = self.logs_in(&mut browser, &login, user);
        let arrived = browser.get(&back);
        assert_eq!(arrived.status, 200, "{}", arrived.text());
        assert!(arrived.text().contains("<meta http-equiv=\"refresh\" content=\"0; url=../console\">"));
        assert_eq!(browser.cookie("console_login"), None, "it has served");
        assert!(self.is_in(&mut browser));
        browser
    }

    fn is_in(&self, browser: &mut Visitor) -> bool {
        let reply = browser.get(&self.at(""));
        assert!(matches!(reply.status, 200 | 303), "{}", reply.text());
        reply.status == 200
    }

    fn manage(&self, token: &str, method: &str, path: &str) -> Value {
        let request = Request::new(self.app.server.manage(), method, &format!("/manage/v1{path}"));
        request.header("Authorization", &format!("Bearer {token}")).send().ok()
    }
}

#[track_caller]
fn to(from: &Url, reply: &Reply) -> Url {
    let location = reply.header("location").unwrap_or_else(|| panic!("{from}: {} {}", reply.status, reply.text()));
    from.join(location).expect("a URL")
}

on_both_stores!(a_person_is_in_the_console_as_themselves_and_no_longer_than_they_may, |kind| {
    let house = House::open(kind);
    let (user, app) = (house.app.user(), &house.app);
    let mut stranger = Visitor::default();
    let login = house.begins(&mut stranger);
    let refused = house.proves(&mut stranger, &login, &user).1;
    assert_eq!((refused.status, refused.header("location")), (403, None), "who has not the right");

    house.grant(&user);
    let mut browser = house.inside(&user);
    let page = browser.get(&house.at("/keys")).text();
    assert!(page.contains(&user.email), "{page}");
    let csrf = hidden(&page, "csrf").expect("a form");
    assert_eq!(browser.post(&house.at("/keys"), &[("csrf", &csrf)]).status, 303);
    let log = app.server.log();
    let told = |what: &str| log.lines().any(|line| line.contains(what) && line.contains(&user.id.to_string()));
    assert!(told("rotate signing keys") && told("an operator has entered the console"), "{log}");

    let entered = until("it is written", Duration::from_secs(20), || {
        let printed = app.server.run(&["events", "--json", "--user", &user.id.to_string()], "");
        let events = printed.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        events.into_iter().find(|event| event["event"] == "console entered")
    });
    assert_eq!((&entered["email"], &entered["address"]), (&json!(user.email), &json!("127.0.0.1")), "{entered}");
    assert!(entered["request"].is_string() && entered["facts"].is_null(), "{entered}");

    let mut copy = browser.clone();
    assert_eq!(browser.post(&house.at("/leave"), &[("csrf", &csrf)]).status, 303);
    assert!(!house.is_in(&mut browser) && !house.is_in(&mut copy), "whoever leaves is out");

    let token = app.server.run(&["token", "add", "desk", "--scope", "sessions"], "").trim().to_owned();
    let (id, who) = (user.id.to_string(), &*user.email);
    let acts: [&dyn Fn(); 5] = [
        &|| drop(app.server.run(&["user", "rights", who, "--revoke", "access:admin"], "")),
        &|| drop(app.server.run(&["user", "disable", who], "")),
        &|| drop(app.server.run(&["session", "close", "--user", who, "--all"], "")),
        &|| drop(house.manage(&token, "DELETE", &format!("/users/{id}/sign-ons"))),
        &|| drop(app.server.run(&["user", "set-password", who, "--password-stdin"], "another password of theirs")),
    ];
    for (number, act) in acts.into_iter().enumerate() {
        let mut browser = house.inside(&user);
        act();
        let reply = browser.get(&house.at("/users"));
        assert_eq!(reply.header("location"), Some("../console/enter?why=ended"), "act {number}");
        app.server.run(&["user", "enable", who], "");
        house.grant(&user);
        assert!(!house.is_in(&mut browser), "act {number}: what has ended does not come back");
    }
    // The browser is signed out at the public address.
    let user = User { password: "another password of theirs".to_owned(), ..user };
    let mut browser = house.inside(&user);
    let mut stream = Connection::open(app.server.manage()).expect("it listens");
    let cookie = format!("console={}", browser.cookie("console").expect("a cookie"));
    let follow = Request::new(app.server.manage(), "GET", "/console/events/live").header("Cookie", &cookie);
    stream.send(&follow.bytes("keep-alive")).expect("sent");
    stream.hears("retry: 2000").expect("it begins");
    let page = app.url("/directory/api/signout");
    let csrf = hidden(&browser.get(&page).text(), "csrf").expect("a form");
    browser.post(&page, &[("csrf", &csrf)]);
    stream.hears("\r\n0\r\n\r\n").expect("what they follow ends, though the console is asked for nothing");
    assert!(!house.is_in(&mut browser), "who signs out is out here");
});

#[test]
fn nobody_comes_in_by_somebody_elses_login() {
    let house = House::open(Kind::Embedded);
    let user = house.app.user();
    house.grant(&user);
    // Somebody begins, and has an operator finish: what lets in goes to the console, in the operator's browser.
    let (mut attacker, mut operator) = (Visitor::default(), Visitor::default());
    let prepared = house.begins(&mut attacker);
    operator.open(&house.app.authenticate("access:client", ""), &user);
    let back = house.logs_in(&mut operator, &prepared, &user);
    let refused = operator.get(&back);
    assert!(refused.status == 403 && refused.text().contains("begun in another browser"), "{}", refused.text());
    assert!(!house.is_in(&mut operator) && !house.is_in(&mut attacker));
    // An arrival is for the browser that has begun it, and for once.
    let mut browser = Visitor::default();
    browser.set_cookie("console", "0123456789abcdef0123456789abcdef");
    let login = house.begins(&mut browser);
    let back = house.logs_in(&mut browser, &login, &user);
    let code = parameter(&back, "code");
    house.begins(&mut attacker);
    for code in [&*code, "", "x", &code[1..], &code.repeat(9)] {
        let reply = attacker.get(&house.at(&format!("/arrive?code={code}")));
        assert_eq!(reply.status, 403, "{code}: {}", reply.text());
        assert!(!house.is_in(&mut attacker), "{code}");
    }
    assert_eq!(browser.get(&back).status, 200);
    assert_ne!(browser.cookie("console"), Some("0123456789abcdef0123456789abcdef"), "no cookie of before lets in");
    assert_eq!(browser.get(&back).status, 403, "again");
    assert!(house.is_in(&mut browser));
    // Who loses the right on the way there.
    let mut late = Visitor::default();
    let login = house.begins(&mut late);
    let back = house.logs_in(&mut late, &login, &user);
    house.app.server.run(&["user", "rights", &user.email, "--revoke", "access:admin"], "");
    assert_eq!(late.get(&back).status, 403);
    assert!(!house.is_in(&mut late) && !house.is_in(&mut browser));
    // Nothing secret is in the log, and nothing leads elsewhere than the settings say.
    let log = house.app.server.log();
    assert!(!log.contains(&code) && !log.contains(browser.cookie("console").expect("a cookie")), "{log}");
    let forged =
        Request::new(house.app.server.manage(), "GET", "/console/login").header("X-Forwarded-Host", "a.example");
    let forged = forged.send();
    let public = house.app.url("/account/console?challenge=");
    assert!(
        forged.header("location").is_some_and(|to| to.starts_with(public.as_str())),
        "{:?}",
        forged.header("location")
    );
    let cookie = forged.header("set-cookie").unwrap_or_default();
    assert!(cookie.ends_with("; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"), "{cookie}");
    for query in ["", "?challenge=x", "?challenge=0123456789ABCDEF0123456789ABCDEF"] {
        house.app.request("GET", &format!("/account/console{query}")).send().refused(400, "E_BadRequest");
    }
    let hidden = house.app.request("GET", "/account/console?challenge=0123456789abcdef0123456789abcdef");
    hidden.header("Sec-Fetch-Mode", "no-cors").send().refused(400, "E_BadRequest");
}

#[test]
fn without_its_address_people_enter_by_tokens_alone() {
    let own = [("manage.listen", "127.0.0.1:0"), ("server.public_url", "https://login.example.org")];
    let app = App::start(Kind::Embedded, &own);
    let at = |path: &str| Request::new(app.server.manage(), "GET", path).send();
    assert!(!at("/console/enter").text().contains("/console/login"));
    at("/console/login").refused(404, "E_Missing_404");
    app.request("GET", "/account/console?challenge=0123456789abcdef0123456789abcdef")
        .send()
        .refused(404, "E_Missing_404");
    // By https a cookie is kept to that.
    let own = [&own[..], &[("manage.public_url", "https://desk.example.org/here")]].concat();
    let app = App::start(Kind::Embedded, &own);
    let begins = Request::new(app.server.manage(), "GET", "/console/login").send();
    let location = begins.header("location").unwrap_or_default();
    assert!(location.starts_with("https://login.example.org/account/console?challenge="), "{location}");
    let cookie = begins.header("set-cookie").unwrap_or_default();
    assert!(cookie.starts_with("__Host-console_login=") && cookie.ends_with("SameSite=Lax; Secure"), "{cookie}");
    let enter = Request::new(app.server.manage(), "GET", "/console/enter").send().text();
    assert!(enter.contains("href=\"https://desk.example.org/here/console/login\""), "{enter}");
    assert_eq!(json!(begins.header("cache-control")), json!("no-store"));
}
