//! The cookies, over plain HTTP and where browsers come by TLS.

use crate::steps::{begin, enter, log_in};
use crate::support::app::App;
use crate::support::client::Reply;
use crate::support::visitor::{Visitor, hidden, parameter};

/// The only cookie that a reply sets, but for that of the login itself: its value, and the rest. A browser's has a name of
/// its own, which is put aside.
#[track_caller]
fn set(reply: &Reply) -> (String, String) {
    let set = reply.headers().filter(|(name, _)| *name == "set-cookie").map(|(_, value)| value);
    let set: Vec<_> = set.filter(|cookie| !cookie.contains("directory_login_")).collect();
    let [cookie] = set[..] else { panic!("not one cookie: {set:?}") };
    let (name, rest) = cookie.split_once('=').expect("a cookie");
    let (value, attributes) = rest.split_once("; ").expect("attributes");
    assert!(value.len() == 32 && value.bytes().all(|digit| digit.is_ascii_hexdigit()), "128 random bits: {cookie}");
    let name = match name.rsplit_once("directory_browser_") {
        Some((prefix, tag)) => {
            assert!(tag.len() == 8 && tag.bytes().all(|digit| digit.is_ascii_hexdigit()), "{cookie}");
            assert!(!value.contains(tag), "nothing of the value: {cookie}");
            format!("{prefix}directory_browser")
        }
        None => name.to_owned(),
    };
    (value.to_owned(), format!("{name}; {attributes}"))
}

/// The cookie in which a reply has the browser keep a login: its value, and the rest without what is the login's own.
#[track_caller]
fn kept(reply: &Reply) -> (String, String) {
    let set = reply.headers().filter(|(name, _)| *name == "set-cookie").map(|(_, value)| value);
    let cookie = set.into_iter().find(|cookie| cookie.contains("directory_login_")).expect("a login");
    let (name, rest) = cookie.split_once('=').expect("a cookie");
    let (value, attributes) = rest.split_once("; ").expect("attributes");
    let (prefix, tag) = name.split_once("directory_login_").expect("a login");
    assert!(tag.len() == 8 && tag.bytes().all(|digit| digit.is_ascii_hexdigit()), "{cookie}");
    (value.to_owned(), format!("{prefix}directory_login; {attributes}"))
}

on_both_stores!(cookies_are_for_this_server_alone, |kind| {
    let app = App::shared(kind);
    let (user, start, mut visitor) = (app.user(), app.authenticate("access:client", ""), Visitor::default());
    let (browser, said) = set(&visitor.get(&start));
    assert_eq!(said, "directory_browser; Path=/; Max-Age=4200; HttpOnly; SameSite=Lax");
    let [(one, said), (other, _)] = [(); 2].map(|()| kept(&visitor.get(&start)));
    assert_eq!(said, "directory_login; Path=/; Max-Age=4200; HttpOnly; SameSite=Lax");
    assert_ne!(one, other);
    assert_eq!(set(&visitor.get(&start)).0, browser, "another tab is the same browser");
    let page = begin(&mut visitor, &start);
    let (signed_on, said) = set(&enter(&mut visitor, &page, &user.email, &user.password));
    assert_eq!(said, "directory_sso; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax");
    assert_ne!(signed_on, browser);
    // Used again, the cookie is as old as it was.
    visitor.set_cookie("directory_sso", &signed_on);
    let (_, said) = set(&visitor.get(&start));
    assert!(said.starts_with("directory_browser; "), "{said}");
    assert_ne!(set(&Visitor::default().get(&start)).0, browser);
});

on_both_stores!(over_tls_no_other_host_can_set_them, |kind| {
    let app = App::start(kind, &[("server.public_url", "https://login.example.org")]);
    let user = app.user();
    let done = "https://login.example.org/directory/api/static/onauthenticationdone.html";
    let start = app.authenticate_to(done, "access:client", "");
    // As a proxy that ends TLS hands it on.
    let inside = |to: &str| {
        assert!(to.starts_with("/directory/api/"), "{to}");
        app.url(to)
    };
    let location = |reply: &Reply| reply.header("location").unwrap_or_else(|| panic!("{}", reply.text())).to_owned();
    let mut visitor = Visitor::default();
    let reply = visitor.get(&start);
    let (_, said) = set(&reply);
    assert_eq!(said, "__Host-directory_browser; Path=/; Max-Age=4200; HttpOnly; SameSite=Lax; Secure");
    assert_eq!(kept(&reply).1, "__Host-directory_login; Path=/; Max-Age=4200; HttpOnly; SameSite=Lax; Secure");
    let page = inside(&location(&reply));
    let csrf = hidden(&visitor.get(&page).text(), "csrf").expect("a form");
    let form = [("csrf", &*csrf), ("email", &user.email), ("password", &user.password)];
    let reply = visitor.post(&page, &form);
    assert!(location(&reply).starts_with(&format!("{done}#directory_access_token=")));
    let (signed_on, said) = set(&reply);
    assert_eq!(said, "__Host-directory_sso; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure");
    assert!(location(&visitor.get(&start)).starts_with(&format!("{done}#")), "signed on");
    // Without the prefix anybody near may have set it.
    let mut planted = Visitor::default();
    planted.set_cookie("directory_sso", &signed_on);
    assert!(location(&planted.get(&start)).contains("/directory/api/login?state="));
});

on_both_stores!(two_cookies_of_one_name_are_none, |kind| {
    let app = App::shared(kind);
    let (user, start, mut visitor) = (app.user(), app.authenticate("access:client", ""), Visitor::default());
    log_in(&mut visitor, &start, &user);
    let mut doubtful = visitor.clone();
    let signed_on = format!("directory_sso={}", visitor.cookie("directory_sso").expect("it is set"));
    doubtful.headers.push(("Cookie".into(), signed_on));
    begin(&mut doubtful, &start);
    let (name, value) = visitor.browser().expect("it is set");
    let own = format!("{name}={value}");
    let mut fresh = Visitor::default();
    fresh.set_cookie(name, value);
    let page = begin(&mut fresh, &start);
    assert_eq!(parameter(&page, "state").len(), 32);
    let all = fresh.login_cookies();
    let login = all.split("; ").find(|cookie| cookie.starts_with("directory_login_")).expect("it is set");
    let (login, _) = login.split_once('=').expect("a cookie");
    for doubled in [format!("{name}=0123456789abcdef0123456789abcdef"), format!("{login}=1.AAAA")] {
        let mut doubtful = visitor_of(&all);
        doubtful.headers.push(("Cookie".into(), doubled));
        assert_eq!(doubtful.get(&page).status, 400);
    }
    assert_eq!(visitor_of(&own).get(&page).status, 400, "without the login");
    assert_eq!(visitor_of(&all).get(&page).status, 200);
});

/// Somebody whose browser has these cookies.
fn visitor_of(cookie: &str) -> Visitor {
    let mut visitor = Visitor::default();
    visitor.headers.push(("Cookie".into(), cookie.into()));
    visitor
}
