//! The account page: who gets to see it, what it lists, and what ends there.

use serde_json::json;
use url::Url;

use crate::steps::{begin, confirm, csrf, enter, log_in_to_account, open_sessions, redirect, to_confirmation};
use crate::support::app::{App, Kind, ROOMY, token};
use crate::support::client::Reply;
use crate::support::directory::native_token;
use crate::support::visitor::Visitor;

/// What a browser prefers.
pub const BROWSER: (&str, &str) = ("Accept", "text/html,*/*;q=0.8");

/// The text of the page, which must be there.
#[track_caller]
pub fn page(app: &App, visitor: &mut Visitor) -> String {
    let reply = visitor.get(&app.url("/account"));
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.text()
}

/// Whether the browser is signed on, as far as the page goes.
pub fn is_signed_on(app: &App, visitor: &mut Visitor) -> bool {
    visitor.get(&app.url("/account")).status == 200
}

fn cookie(visitor: &Visitor) -> String {
    visitor.cookie("directory_sso").expect("it is signed on").to_owned()
}

/// Ends this, by the page's form.
fn end(app: &App, visitor: &mut Visitor, place: &str) -> Reply {
    let csrf = csrf(visitor, &app.url("/account"));
    visitor.post(&app.url("/account/end"), &[("csrf", &csrf), ("place", place)])
}

/// The places on the page that can be ended, but for all others together.
fn places(text: &str) -> Vec<String> {
    let values = text.split("name=\"place\" value=\"").skip(1).filter_map(|rest| rest.split('"').next());
    values.filter(|value| *value != "others").map(str::to_owned).collect()
}

on_both_stores!(who_is_not_signed_on_logs_in_and_comes_back, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let login = begin(&mut visitor, &app.url("/account"));
    assert!(visitor.get(&login).text().contains("<strong>your account</strong>"));
    assert_eq!(enter(&mut visitor, &login, &user.email, "wrong").status, 401);
    let reply = enter(&mut visitor, &login, &user.email, &user.password);
    assert_eq!(redirect(&login, &reply), app.url("/account"));
    assert_eq!(open_sessions(&app, &user), 0, "it opens no session");
    let reply = visitor.get(&app.url("/account"));
    assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")));
    let policy = reply.header("content-security-policy").unwrap_or_default().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src") && policy.contains("form-action 'self';"), "{policy}");
    assert!(reply.text().contains(&user.email) && reply.text().contains("This browser"), "{}", reply.text());
});

on_both_stores!(the_login_form_sent_twice_leads_to_the_same_place, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let login = begin(&mut visitor, &app.url("/account"));
    let csrf = csrf(&mut visitor, &login);
    let form = [("csrf", csrf.as_str()), ("email", &user.email), ("password", &user.password)];
    let mut second = visitor.clone();
    for visitor in [&mut visitor, &mut second] {
        assert_eq!(redirect(&login, &visitor.post(&login, &form)), app.url("/account"));
        assert!(is_signed_on(&app, visitor));
    }
    assert_eq!(cookie(&visitor), cookie(&second));
});

on_both_stores!(who_is_signed_on_by_an_application_sees_the_page, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    visitor.open(&app.authenticate("access:client", ""), &user);
    assert!(page(&app, &mut visitor).contains(&user.email));
    for spelling in ["/account/", "/Account"] {
        assert_eq!(visitor.get(&app.url(spelling)).status, 200, "{spelling}");
    }
});

on_both_stores!(logging_in_again_replaces_the_sign_on, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    log_in_to_account(&app, &mut visitor, &user);
    let mut stolen = visitor.clone();
    let again = begin(&mut visitor, &app.url("/account/login"));
    let reply = enter(&mut visitor, &again, &user.email, &user.password);
    assert_eq!(redirect(&again, &reply), app.url("/account"));
    assert!(is_signed_on(&app, &mut visitor));
    assert!(!is_signed_on(&app, &mut stolen), "the cookie of before counts no more");
    assert_eq!(page(&app, &mut visitor).matches("Browser that stays logged in").count(), 1);
});

on_both_stores!(a_disabled_person_gets_no_further, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    log_in_to_account(&app, &mut visitor, &user);
    let csrf = csrf(&mut visitor, &app.url("/account"));
    app.server.run(&["user", "disable", &user.email], "");
    let login = begin(&mut visitor, &app.url("/account"));
    assert_eq!(enter(&mut visitor, &login, &user.email, &user.password).status, 401);
    let form = [("csrf", csrf.as_str()), ("place", "others")];
    visitor.post(&app.url("/account/end"), &form).refused(403, "E_Forbidden");
});

on_both_stores!(the_page_lists_what_is_logged_in_and_ends_one, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    visitor.headers.push(("User-Agent".to_owned(), agent.to_owned()));
    log_in_to_account(&app, &mut visitor, &user);
    let body = json!({"user_id": user.email, "password": user.password, "application_id": "planner"});
    let login = app.request("POST", "/v2/authorize").header("User-Agent", "Allplan/2027 (Windows)");
    let access = token(&login.body(body.to_string()).send().ok(), "access_token");
    let session = app.open_session(&user);
    let native = native_token();
    app.open_native(&user, &native);
    let text = page(&app, &mut visitor);
    for says in [
        "<bdi>Firefox on Linux</bdi>",
        "This browser",
        "<bdi>Allplan 2027</bdi>",
        "Program, application planner",
        "Web application at ",
        "Program that was let in through this browser",
        "127.0.0.*",
    ] {
        assert!(text.contains(says), "{says} in {text}");
    }
    // Two browsers of those logins are signed on besides.
    assert_eq!(places(&text).len(), 5, "{text}");
    assert!(!text.contains(&access) && !text.contains(&cookie(&visitor)));
    let program = text.split("Allplan 2027").nth(1).and_then(|rest| places(rest).into_iter().next()).expect("a button");
    assert_eq!(redirect(&app.url("/account/end"), &end(&app, &mut visitor, &program)).path(), "/account");
    app.refuses(&access);
    app.user_info(&session.directory).ok();
    assert_eq!(places(&page(&app, &mut visitor)).len(), 4);
    // Once more, as by a second click; and one that never was.
    for gone in [&program, "s00000000000000000000000000000000", "b00000000000000000000000000000000"] {
        assert_eq!(end(&app, &mut visitor, gone).status, 303, "{gone}");
    }
    for none in ["", "x", "all", "s1"] {
        end(&app, &mut visitor, none).refused(400, "E_BadRequest");
    }
    for place in places(&page(&app, &mut visitor)) {
        assert_eq!(end(&app, &mut visitor, &place).status, 303);
    }
    assert_eq!(places(&page(&app, &mut visitor)).len(), 0);
    app.user_info(&session.directory).refused(401, "E_InvalidToken");
    assert_eq!(open_sessions(&app, &user), 0);
});

on_both_stores!(a_place_of_somebody_else_is_not_ended, |kind| {
    let app = App::shared(kind);
    let [user, other] = [app.user(), app.user()];
    let [mut visitor, mut others] = [Visitor::default(), Visitor::default()];
    log_in_to_account(&app, &mut visitor, &user);
    log_in_to_account(&app, &mut others, &other);
    let access = app.login(&other);
    let text = page(&app, &mut others);
    let own = text.split("name=\"place\"").nth(1).and_then(|rest| rest.split('"').nth(1)).expect("a button");
    assert_eq!(end(&app, &mut visitor, own).status, 303);
    app.accepts(&access);
    assert!(is_signed_on(&app, &mut others));
});

on_both_stores!(ending_all_others_keeps_this_browser_by_another_cookie, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let [mut visitor, mut other] = [Visitor::default(), Visitor::default()];
    log_in_to_account(&app, &mut visitor, &user);
    log_in_to_account(&app, &mut other, &user);
    let (access, session) = (app.login(&user), app.open_session(&user));
    // A login that is under way, proven before, comes to nothing.
    let native = native_token();
    let mut slow = Visitor::default();
    let confirmation = to_confirmation(&mut slow, &app.authenticate_native(&native), &user);
    let mut stolen = visitor.clone();
    assert_eq!(end(&app, &mut visitor, "others").status, 303);
    app.refuses(&access);
    app.user_info(&session.directory).refused(401, "E_InvalidToken");
    assert!(confirm(&mut slow, &confirmation, "yes").as_str().contains("error=access_denied"));
    assert!(!is_signed_on(&app, &mut other) && !is_signed_on(&app, &mut stolen));
    assert!(is_signed_on(&app, &mut visitor));
    assert_ne!(cookie(&visitor), cookie(&stolen));
    let text = page(&app, &mut visitor);
    assert!(places(&text).is_empty() && !text.contains("value=\"others\""), "{text}");
    app.accepts(&app.login(&user));
});

on_both_stores!(a_form_counts_in_its_browser_for_its_person_while_they_are_signed_on, |kind| {
    let app = App::shared(kind);
    let [user, other] = [app.user(), app.user()];
    let [mut visitor, mut stranger] = [Visitor::default(), Visitor::default()];
    log_in_to_account(&app, &mut visitor, &user);
    log_in_to_account(&app, &mut stranger, &other);
    let access = app.login(&user);
    let at = app.url("/account");
    let [own, foreign] = [csrf(&mut visitor, &at), csrf(&mut stranger, &at)];
    for path in ["/account/end", "/account/password", "/account/app-passwords"] {
        let url = app.url(path);
        let post = |visitor: &mut Visitor, csrf: &str| {
            let fields =
                [("csrf", csrf), ("place", "others"), ("present", &user.password), ("new", "a new password of mine")];
            visitor.post(&url, &[&fields[..], &[("repeat", "a new password of mine"), ("name", "phone")]].concat())
        };
        for csrf in ["", "x", &foreign, &own.to_uppercase()] {
            post(&mut visitor, csrf).refused(403, "E_Forbidden");
        }
        post(&mut Visitor::default(), &own).refused(403, "E_Forbidden");
        post(&mut stranger, &own).refused(403, "E_Forbidden");
        assert_eq!(visitor.get(&url).status, 405, "no link does it");
    }
    app.accepts(&access);
    let told = app.server.run(&["user", "app-password", "list", &user.email, "--json"], "");
    assert_eq!(told, "", "none was made");
    assert_eq!(end(&app, &mut visitor, "others").status, 303);
    // Sent again, as it was.
    let form = [("csrf", own.as_str()), ("place", "others")];
    visitor.headers.push((BROWSER.0.to_owned(), BROWSER.1.to_owned()));
    let replayed = visitor.post(&app.url("/account/end"), &form);
    assert_eq!(replayed.status, 403);
    let text = replayed.text();
    assert!(text.contains("This page is out of date") && text.contains("href=\"/account\""), "{text}");
    app.accepts(&app.login(&user));
});

on_both_stores!(the_page_is_not_shown_inside_another, |kind| {
    let app = App::shared(kind);
    for path in ["/account", "/account/login"] {
        let reply = app.request("GET", path).header("Sec-Fetch-Mode", "no-cors").send();
        reply.refused(400, "E_BadRequest");
        assert_eq!(reply.header("set-cookie"), None);
    }
    let found = app.request("GET", "/.well-known/change-password").send();
    assert_eq!((found.status, found.header("location")), (302, Some("/account#password")));
});

on_both_stores!(there_is_no_page_without_single_sign_on, |kind| {
    let app = App::start(kind, &[("directory.single_sign_on", "0")]);
    for path in ["/account", "/account/login"] {
        app.request("GET", path).send().refused(404, "E_Missing_404");
    }
});

on_both_stores!(a_long_list_is_in_parts, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    log_in_to_account(&app, &mut visitor, &user);
    for _client in 0..60 {
        app.login(&user);
    }
    let part = |visitor: &mut Visitor, number: &str| -> Vec<String> {
        let text = visitor.get(&app.url(&format!("/account?page={number}"))).text();
        assert!(text.contains("of 2"), "{text}");
        places(&text)
    };
    let [first, second] = ["1", "2"].map(|number| part(&mut visitor, number));
    assert_eq!((first.len(), second.len()), (49, 11), "and this browser");
    assert!(first.iter().all(|place| !second.contains(place)));
    for odd in ["0", "9", "x", "-1"] {
        part(&mut visitor, odd);
    }
});

/// A second server of the same Redis knows at once.
#[test]
fn two_servers_are_one() {
    let app = App::start(Kind::Redis, &ROOMY);
    let beside = app.beside(&ROOMY);
    let (user, mut visitor) = (app.user(), Visitor::default());
    log_in_to_account(&app, &mut visitor, &user);
    let mut stolen = visitor.clone();
    let access = beside.login(&user);
    let csrf = csrf(&mut visitor, &app.url("/account"));
    let url: Url = beside.url("/account/end");
    assert_eq!(visitor.post(&url, &[("csrf", &csrf), ("place", "others")]).status, 303);
    app.refuses(&access);
    assert!(is_signed_on(&app, &mut visitor) && is_signed_on(&beside, &mut visitor));
    assert!(!is_signed_on(&app, &mut stolen) && !is_signed_on(&beside, &mut stolen));
}
