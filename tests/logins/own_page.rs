//! The built-in login page: the whole dance, and what goes wrong on the way.

use serde_json::json;

use crate::jwt;
use crate::steps::{CALLBACK, begin, come_back, confirm, enter, fragment, log_in, now, redirect, to_confirmation};
use crate::support::app::App;
use crate::support::directory::native_token;
use crate::support::visitor::{Visitor, parameter};

on_both_stores!(a_person_logs_in_and_the_application_gets_both_bearers, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    app.server.run(&["redirect", "add", CALLBACK], "");
    let began = now();
    let start = app.authenticate_to(&format!("{CALLBACK}?x=1"), "access:client", "&unknown=1&prompt=none&");
    let reply = visitor.get(&start);
    assert_eq!(reply.status, 302);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let page = redirect(&start, &reply);
    assert_eq!(page.as_str(), app.url(&format!("/directory/api/login?state={}", parameter(&page, "state"))).as_str());
    let entered = enter(&mut visitor, &page, &user.email, &user.password);
    assert_eq!(entered.status, 303, "or a browser sends the password again");
    let end = redirect(&page, &entered);
    assert!(end.as_str().starts_with("https://app.example.org/cb?x=1#"), "{end}");
    let members = fragment(&end);
    let names: Vec<_> = members.keys().map(String::as_str).collect();
    assert_eq!(names, ["directory_access_token", "heartbeat_before", "http_access_token", "session_eol"]);

    let number = |name: &str| members[name].parse::<u64>().expect("seconds");
    let (heartbeat, end_of_life) = (number("heartbeat_before"), number("session_eol"));
    assert!((began + 600..=now() + 600).contains(&heartbeat), "{heartbeat}");
    assert!((began + 43_200..=now() + 43_200).contains(&end_of_life), "{end_of_life}");
    let directory = jwt::claims(&app, &members["directory_access_token"]);
    let http = jwt::claims(&app, &members["http_access_token"]);
    assert_eq!((&directory["aud"], &http["aud"]), (&json!("directory"), &json!("http")));
    for claims in [&directory, &http] {
        assert_eq!(claims["sub"], json!(user.id));
        assert_eq!(claims["sid"], directory["sid"]);
        assert_eq!(claims["iss"], directory["iss"]);
        assert_eq!(claims["exp"], json!(heartbeat + 60));
        assert_eq!((&claims["claims"], &claims["appclaims"]), (&json!("access:client"), &json!([])));
        assert!(claims["iat"].as_u64().is_some_and(|issued| (began..=now()).contains(&issued)), "{claims}");
        assert_eq!(claims.as_object().map(serde_json::Map::len), Some(9), "nothing extended: {claims}");
    }
    assert_ne!(directory["jti"], http["jti"]);
    assert_eq!(app.user_info(&members["directory_access_token"]).ok()["userid"], json!(user.id));
    app.user_info(&members["http_access_token"]).refused(401, "E_InvalidToken");
});

on_both_stores!(appdata_comes_back_byte_for_byte, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    visitor.open(&app.authenticate("access:client", ""), &user);
    let controls: String = (1..=127_u8).map(char::from).collect();
    let longest = "\u{1f3d7}".repeat(1024);
    for data in [
        "",
        "a b+c",
        "%41%%zz",
        "a=1&b=2#c?d/e",
        "\"<script>\\\u{0}",
        "Gr\u{fc}\u{df}e \u{65e5}\u{672c}",
        &controls,
        &longest,
    ] {
        let mut start = app.authenticate("access:client", "");
        start.query_pairs_mut().append_pair("appdata", data);
        // Signed on: one step.
        let reply = visitor.get(&start);
        let raw = reply.header("location").unwrap_or_default();
        assert!(raw.is_ascii() && raw.matches('#').count() == 1, "{raw}");
        assert_eq!(fragment(&redirect(&start, &reply)).get("appdata").map(String::as_str), Some(data));
    }
    let mut start = app.authenticate("access:client", "");
    start.query_pairs_mut().append_pair("appdata", &format!("{longest}x"));
    visitor.get(&start).refused(400, "E_BadRequest");
});

on_both_stores!(a_wrong_password_may_be_corrected, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let page = begin(&mut visitor, &app.authenticate("access:client", ""));
    for (email, password) in [(user.email.as_str(), "wrong <password>"), (&user.email, ""), ("", &user.password)] {
        let reply = enter(&mut visitor, &page, email, password);
        assert_eq!(reply.status, 401, "{}", reply.text());
        assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
        let text = reply.text();
        assert!(text.contains("role=\"alert\"") && text.contains(email), "{text}");
        assert!(password.is_empty() || !text.contains("password&gt;") && !text.contains(password), "{text}");
    }
    assert_eq!(visitor.cookie("directory_sso"), None);
    let end = redirect(&page, &enter(&mut visitor, &page, &user.email, &user.password));
    assert!(fragment(&end).contains_key("directory_access_token"));
});

// It would be a back door to all that a person may change of their own account.
on_both_stores!(an_app_password_does_not_sign_a_browser_on, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let add = ["user", "app-password", "add", &user.email, "--name", "phone"];
    let app_password = app.server.run(&add, "").trim().to_owned();
    app.post("/v2/authorize", &json!({"user_id": user.email, "password": app_password})).ok();
    let page = begin(&mut visitor, &app.authenticate("access:client", ""));
    let refused = enter(&mut visitor, &page, &user.email, &app_password);
    let wrong = enter(&mut visitor, &page, &user.email, "wrong");
    assert_eq!((refused.status, refused.text()), (401, wrong.text()));
    assert_eq!(visitor.cookie("directory_sso"), None);
});

on_both_stores!(nobody_learns_who_has_an_account, |kind| {
    let app = App::shared(kind);
    let [known, disabled] = [app.user(), app.user()];
    app.server.run(&["user", "disable", &disabled.email], "");
    let passwordless = format!("none-{}", known.email);
    app.server.run(&["user", "add", "--email", &passwordless, "--no-password"], "");
    let unknown = format!("nobody-{}", known.email);
    let mut visitor = Visitor::default();
    let page = begin(&mut visitor, &app.authenticate("access:client", ""));
    let mut answer = |email: &str, password: &str| {
        let reply = enter(&mut visitor, &page, email, password);
        let headers = reply.headers().filter(|(name, _)| !matches!(*name, "date" | "x-request-id" | "content-length"));
        let mut headers: Vec<_> = headers.map(|(name, value)| format!("{name}: {value}")).collect();
        headers.sort();
        (reply.status, headers, reply.text().replace(email, "E-MAIL"))
    };
    let wrong = answer(&known.email, "wrong");
    assert_eq!(wrong.0, 401);
    for (email, password) in [(&unknown, "wrong"), (&disabled.email, &*disabled.password), (&passwordless, "wrong")] {
        assert_eq!(answer(email, password), wrong, "{email}");
    }
});

on_both_stores!(the_page_and_the_v2_api_share_a_throttle, |kind| {
    let settings = [("throttle.account_network.burst", "3"), ("throttle.account_network.refill", "600")];
    let app = App::start(kind, &settings);
    let [user, other] = [app.user(), app.user()];
    let mut visitor = Visitor::default();
    let page = begin(&mut visitor, &app.authenticate("access:client", ""));
    for _ in 0..2 {
        assert_eq!(enter(&mut visitor, &page, &user.email, "wrong").status, 401);
    }
    app.try_login(&user, &json!({"password": "wrong"})).refused(401, "E_InvalidCredentials");
    let reply = enter(&mut visitor, &page, &user.email, &user.password);
    assert_eq!(reply.status, 429, "{}", reply.text());
    assert!(reply.text().contains("role=\"alert\""));
    let seconds = reply.header("retry-after").and_then(|seconds| seconds.parse::<u64>().ok());
    assert!(seconds.is_some_and(|seconds| (1..=600).contains(&seconds)), "{:?}", reply.header("retry-after"));
    app.try_login(&user, &json!({})).refused(429, "E_TooManyAttempts");
    // The login itself goes on, for whoever still has attempts.
    assert_eq!(enter(&mut visitor, &page, &other.email, &other.password).status, 303);
});

on_both_stores!(logins_under_way_are_bounded, |kind| {
    let app = App::start(kind, &[("directory.max_pending_per_network", "2")]);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let (start, native) = (app.authenticate("access:client", ""), || app.authenticate_native(&native_token()));
    let confirmation = to_confirmation(&mut visitor, &native(), &user);
    to_confirmation(&mut Visitor::default(), &native(), &user);
    // Those that nobody has begun to prove take no place.
    let (mut third, mut pages) = (Visitor::default(), vec![]);
    for start in [&start, &start, &native(), &native(), &native()] {
        pages.push(begin(&mut third, start));
    }
    let full = |visitor: &mut Visitor, page| {
        let reply = enter(visitor, page, &user.email, &user.password);
        reply.refused(429, "E_TooManyAttempts");
        assert!(reply.header("retry-after").is_some());
    };
    full(&mut third, &pages[0]);
    full(&mut third, &pages[2]);
    // Who is signed on needs no place either; and one that is over makes room for one.
    confirm(&mut visitor, &confirmation, "yes");
    let next = redirect(&pages[2], &enter(&mut third, &pages[2], &user.email, &user.password));
    full(&mut third, &pages[0]);
    full(&mut third, &pages[3]);
    assert!(fragment(&come_back(&mut visitor, &start)).contains_key("directory_access_token"), "signed on");
    confirm(&mut third, &next, "no");
    // One that waits for nobody has left its place to the next when it is answered.
    for page in &pages[..2] {
        let end = redirect(page, &enter(&mut third, page, &user.email, &user.password));
        assert!(fragment(&end).contains_key("directory_access_token"), "{end}");
    }
});

on_both_stores!(logins_on_the_page_are_counted_and_say_from_where, |kind| {
    let app =
        App::start(kind, &[("throttle.account_network.burst", "2"), ("throttle.account_network.refill", "86400")]);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let page = begin(&mut visitor, &app.authenticate("access:client", ""));
    let wrong = enter(&mut visitor, &page, &user.email, "wrong");
    log_in(&mut visitor, &app.authenticate("access:client", ""), &user);
    // The browser is signed on by now, so it has a bucket of its own besides that of its network.
    for _ in 0..4 {
        enter(&mut visitor, &page, &user.email, "wrong");
    }
    let metrics = app.request("GET", "/metrics").send().text();
    for counted in [("success", 1), ("refused", 4), ("throttled", 1)] {
        let line = format!("bimgate_logins_total{{method=\"page\",outcome=\"{}\"}} {}\n", counted.0, counted.1);
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
    assert!(metrics.contains("bimgate_logins_total{method=\"provider\",outcome=\"success\"} 0\n"));
    let id = wrong.header("x-request-id").expect("an id").to_owned();
    let line = || app.server.log().lines().find(|line| line.contains(&id)).map(str::to_owned);
    let line = crate::support::wait::until("the request is logged", std::time::Duration::from_secs(60), line);
    assert!(line.contains("\"client\":\"127.0.0.1\"") && line.contains("\"account\":\""), "{line}");
    assert!(!line.contains(&user.email));
});
