//! The administrator lets one login, in this browser, make a front-end user and register a URL.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::jwt;
use crate::place::Place;
use crate::steps::{
    assert_not_redirected, begin, come_back, csrf, enter, fragment, log_in, open_sessions, redirect, way_back,
};
use crate::support::app::{App, Kind, ROOMY, User};
use crate::support::directory::native_token;
use crate::support::visitor::{Visitor, parameter};

const PASSWORD: &str = "the administrator's";

const ADMINISTRATOR: [(&str, &str); 2] = [("admin.username", "admin"), ("admin.password", PASSWORD)];

fn app(kind: Kind) -> App {
    App::start(kind, &[&ROOMY[..], &ADMINISTRATOR].concat())
}

/// A URL that nobody has registered, and the page that registers it.
fn page_for(app: &App) -> (String, Url) {
    let url = format!("https://{}.example.org/cb", native_token());
    let mut page = app.url("/directory/api/directorysession/registerfrontenduserandredirecturl");
    page.query_pairs_mut().append_pair("redirecturl", &url);
    (url, page)
}

/// The administrator's browser.
fn administrator() -> Visitor {
    let mut visitor = Visitor::default();
    visitor.headers.push(("Authorization".into(), format!("Basic {}", STANDARD.encode(format!("admin:{PASSWORD}")))));
    visitor
}

/// Begins the login that registers: where the person is asked, not opened.
#[track_caller]
fn start(visitor: &mut Visitor, page: &Url) -> Url {
    let csrf = csrf(visitor, page);
    redirect(page, &visitor.post(page, &[("csrf", &csrf)]))
}

fn is_registered(app: &App, url: &str) -> bool {
    Visitor::default().get(&app.authenticate_to(url, "access:client", "")).status == 302
}

fn is_front_end_user(app: &App, user: &User) -> bool {
    let end = Visitor::default().log_in(&app.authenticate("access:frontend", ""), user);
    let members = fragment(&end);
    members.contains_key("directory_access_token") || members["error"] != "access_denied"
}

on_both_stores!(the_login_that_follows_registers_on_its_completion, |kind| {
    let app = app(kind);
    let (user, mut visitor) = (app.user(), administrator());
    let (url, page) = page_for(&app);
    let shown = visitor.get(&page);
    assert!(shown.status == 200 && shown.text().contains(&url), "{}", shown.text());
    assert!(shown.header("content-security-policy").is_some_and(|policy| policy.contains("frame-ancestors 'none'")));
    let login = start(&mut visitor, &page);
    // From here on anybody may sit before the browser.
    visitor.headers.clear();
    assert_eq!(enter(&mut visitor, &login, &user.email, "wrong").status, 401);
    assert_eq!((is_registered(&app, &url), is_front_end_user(&app, &user)), (false, false), "not before");
    let end = redirect(&login, &enter(&mut visitor, &login, &user.email, &user.password));
    assert!(end.as_str().starts_with(&format!("{url}#")), "{end}");
    let claims = jwt::claims(&app, &fragment(&end)["directory_access_token"]);
    assert_eq!((&claims["claims"], &claims["sub"]), (&"access:frontend".into(), &user.id.to_string().into()));
    assert_eq!((is_registered(&app, &url), is_front_end_user(&app, &user)), (true, true));
    // Once more is no harm, and no more.
    assert_not_redirected(&visitor.get(&login));
    assert!(!is_front_end_user(&app, &app.user()));
});

on_both_stores!(only_the_administrator_opens_it, |kind| {
    let app = app(kind);
    let (url, page) = page_for(&app);
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    let mut visitor = administrator();
    let own = csrf(&mut visitor, &page);
    for authorization in ["", "Basic", &basic("admin:wrong"), &basic(&format!("root:{PASSWORD}")), &basic(PASSWORD)] {
        let mut other = visitor.clone();
        other.headers.clear();
        if !authorization.is_empty() {
            other.headers.push(("Authorization".into(), authorization.into()));
        }
        for reply in [other.get(&page), other.post(&page, &[("csrf", &own)])] {
            reply.refused(401, "E_InvalidCredentials");
            assert!(reply.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Basic realm=")));
        }
    }
    for form in [&[][..], &[("csrf", "")], &[("csrf", &own.to_uppercase())]] {
        visitor.post(&page, form).refused(403, "E_Forbidden");
    }
    // A form that an attacker's page has the administrator send, with the field of the attacker's own browser.
    let theirs = csrf(&mut administrator(), &page);
    visitor.post(&page, &[("csrf", &theirs)]).refused(403, "E_Forbidden");
    let bare = app.url(page.path());
    visitor.get(&bare).refused(400, "E_BadRequest");
    for wrong in ["ftp://x.example", "https://a@b.example/", "//evil.example"] {
        let mut wrongly = bare.clone();
        wrongly.query_pairs_mut().append_pair("redirecturl", wrong);
        visitor.get(&wrongly).refused(400, "E_BadRequest");
    }
    assert!(!is_registered(&app, &url));
    let without = App::shared(kind);
    administrator().get(&without.url(&page[url::Position::BeforePath..])).refused(401, "E_InvalidCredentials");
});

on_both_stores!(nobody_else_completes_it, |kind| {
    let app = app(kind);
    let [user, stranger] = [app.user(), app.user()];
    let (url, page) = page_for(&app);
    let mut visitor = administrator();
    let login = start(&mut visitor, &page);
    // Another login in another browser, and another login in this one.
    Visitor::default().open(&app.authenticate("access:client", ""), &stranger);
    let end = log_in(&mut visitor, &app.authenticate("access:client", ""), &stranger);
    assert!(fragment(&end).contains_key("directory_access_token"));
    // This login in another browser.
    let mut elsewhere = Visitor::default();
    begin(&mut elsewhere, &app.authenticate("access:client", ""));
    elsewhere.get(&login).refused(400, "E_BadRequest");
    let form = [("email", &*stranger.email), ("password", &*stranger.password)];
    elsewhere.post(&login, &form).refused(400, "E_BadRequest");
    let csrf = csrf(&mut visitor, &login);
    assert_not_redirected(&elsewhere.get(&way_back(&login, "code")));
    let form = [("csrf", csrf.as_str()), ("email", &user.email), ("password", &user.password)];
    assert_not_redirected(&visitor.post(&login, &form));
    assert!(!is_registered(&app, &url));
    assert_eq!([is_front_end_user(&app, &user), is_front_end_user(&app, &stranger)], [false, false]);
});

on_both_stores!(a_login_that_fails_registers_nothing, |kind| {
    let place = Place::start(kind, &ADMINISTRATOR);
    let (app, (user, name)) = (&place.app, place.known_person());
    let (url, page) = page_for(app);
    let mut visitor = administrator();
    let asked = start(&mut visitor, &page);
    let basic = std::mem::take(&mut visitor.headers);
    let back = visitor.log_in_at(&asked, &name);
    app.server.run(&["user", "disable", &user.email], "");
    // To a URL that is not registered nobody is sent, with bad news neither.
    let reply = visitor.get(&back);
    reply.refused(403, "E_Forbidden");
    assert_eq!((reply.header("location"), visitor.cookie("directory_sso")), (None, None));
    app.server.run(&["user", "enable", &user.email], "");
    visitor.headers = basic;
    let state = parameter(&start(&mut visitor, &page), "state");
    let target = format!("/directory/api/directorysession/onauthenticated?error=access_denied&state={state}");
    visitor.get(&app.url(&target)).refused(403, "E_Forbidden");
    assert!(!is_registered(app, &url));
    let mut other = Visitor::default();
    let back = place.prove(&mut other, &app.authenticate("access:frontend", ""), &name);
    assert_eq!(fragment(&come_back(&mut other, &back))["error"], "access_denied", "no front-end user");
    assert_eq!(open_sessions(app, &user), 0);
});

on_both_stores!(whoever_is_signed_on_is_asked, |kind| {
    let app = app(kind);
    let [user, signed_on] = [app.user(), app.user()];
    let (url, page) = page_for(&app);
    let mut visitor = administrator();
    visitor.open(&app.authenticate("access:client", ""), &signed_on);
    let login = start(&mut visitor, &page);
    let end = redirect(&login, &enter(&mut visitor, &login, &user.email, &user.password));
    assert!(fragment(&end).contains_key("directory_access_token"));
    assert!(is_registered(&app, &url));
    assert_eq!([is_front_end_user(&app, &user), is_front_end_user(&app, &signed_on)], [true, false]);
});

on_both_stores!(the_login_has_its_whole_time_from_the_form, |kind| {
    let app = app(kind);
    let (mut visitor, (_, page)) = (administrator(), page_for(&app));
    let csrf = csrf(&mut visitor, &page);
    let browser = visitor.browser().map(|(name, value)| format!("{name}={value};")).expect("it is set");
    let reply = visitor.post(&page, &[("csrf", &csrf)]);
    let mut cookies = reply.headers().filter(|(name, _)| *name == "set-cookie").map(|(_, value)| value);
    let cookie = cookies.find(|cookie| cookie.starts_with(&browser)).unwrap_or_default();
    assert!(reply.status == 303 && cookie.contains("; Max-Age=4200;"), "{cookie}");
});

on_both_stores!(a_form_counts_for_the_url_that_it_showed, |kind| {
    let app = app(kind);
    let mut visitor = administrator();
    let [(_, shown), (other, unseen)] = [page_for(&app), page_for(&app)];
    let own = csrf(&mut visitor, &shown);
    let reply = visitor.post(&unseen, &[("csrf", &own)]);
    reply.refused(403, "E_Forbidden");
    assert_eq!((reply.header("location"), reply.header("set-cookie")), (None, None));
    assert!(!is_registered(&app, &other));
    assert_eq!(visitor.post(&shown, &[("csrf", &own)]).status, 303);
});
