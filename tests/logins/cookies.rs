//! The two cookies, over plain HTTP and where browsers come by TLS.

use crate::given::{begin, come_back, prove};
use crate::support::app::{App, Kind};
use crate::support::client::Reply;
use crate::support::visitor::{Visitor, hidden, parameter};

on_both_stores!(
    cookies_are_for_this_server_alone,
    over_tls_no_other_host_can_set_them,
    two_cookies_of_one_name_are_none
);

/// The only cookie that a reply sets: its value, and the rest. A browser's has a name of its own, which is put aside.
#[track_caller]
fn set(reply: &Reply) -> (String, String) {
    let set: Vec<_> = reply.headers().filter(|(name, _)| *name == "set-cookie").map(|(_, value)| value).collect();
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

fn cookies_are_for_this_server_alone(kind: Kind) {
    let app = App::shared(kind);
    let (user, start, mut visitor) = (app.user(), app.authenticate("access:client", ""), Visitor::default());
    let (browser, said) = set(&visitor.get(&start));
    assert_eq!(said, "directory_browser; Path=/; Max-Age=600; HttpOnly; SameSite=Lax");
    assert_eq!(set(&visitor.get(&start)).0, browser, "another tab is the same browser");
    let back = prove(&mut visitor, &start, &user);
    let (signed_on, said) = set(&visitor.get(&back));
    assert_eq!(said, "directory_sso; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax");
    assert_ne!(signed_on, browser);
    // Used again, the cookie is as old as it was.
    visitor.set_cookie("directory_sso", &signed_on);
    let (_, said) = set(&visitor.get(&start));
    assert!(said.starts_with("directory_browser; "), "{said}");
    assert_ne!(set(&Visitor::default().get(&start)).0, browser);
}

fn over_tls_no_other_host_can_set_them(kind: Kind) {
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
    assert_eq!(said, "__Host-directory_browser; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure");
    let page = inside(&location(&reply));
    let csrf = hidden(&visitor.get(&page).text(), "csrf").expect("a form");
    let form = [("csrf", &*csrf), ("email", &user.email), ("password", &user.password)];
    let back = inside(&location(&visitor.post(&page, &form)));
    let reply = visitor.get(&back);
    assert!(location(&reply).starts_with(&format!("{done}#directory_access_token=")));
    let (signed_on, said) = set(&reply);
    assert_eq!(said, "__Host-directory_sso; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure");
    assert!(location(&visitor.get(&start)).starts_with(&format!("{done}#")), "signed on");
    // Without the prefix anybody near may have set it.
    let mut planted = Visitor::default();
    planted.set_cookie("directory_sso", &signed_on);
    assert!(location(&planted.get(&start)).contains("/directory/api/login?state="));
}

fn two_cookies_of_one_name_are_none(kind: Kind) {
    let app = App::shared(kind);
    let (user, start, mut visitor) = (app.user(), app.authenticate("access:client", ""), Visitor::default());
    let back = prove(&mut visitor, &start, &user);
    come_back(&mut visitor, &back);
    let mut doubtful = visitor.clone();
    let signed_on = format!("directory_sso={}", visitor.cookie("directory_sso").expect("it is set"));
    doubtful.headers.push(("Cookie".into(), signed_on));
    begin(&mut doubtful, &start);
    let (name, value) = visitor.browser().expect("it is set");
    let own = format!("{name}={value}");
    let page = begin(&mut visitor_of(&own), &start);
    assert_eq!(parameter(&page, "state").len(), 32);
    let mut doubtful = visitor_of(&own);
    doubtful.headers.push(("Cookie".into(), format!("{name}=0123456789abcdef0123456789abcdef")));
    assert_eq!(doubtful.get(&page).status, 400);
    assert_eq!(visitor_of(&own).get(&page).status, 200);
}

/// Somebody whose browser has this one cookie.
fn visitor_of(cookie: &str) -> Visitor {
    let mut visitor = Visitor::default();
    visitor.headers.push(("Cookie".into(), cookie.into()));
    visitor
}
