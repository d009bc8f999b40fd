//! The same right form comes twice, by a second click or Enter twice: the second answer leads where the first has led.

use std::thread;

use url::Url;

use crate::steps::{assert_not_redirected, begin, come_back, csrf, fragment, open_sessions, redirect, to_confirmation};
use crate::support::app::{App, User};
use crate::support::directory::{Session, native_token};
use crate::support::visitor::{Visitor, parameter};

/// The filled-in form of a login page.
fn filled_in<'a>(csrf: &'a str, user: &'a User) -> [(&'a str, &'a str); 3] {
    [("csrf", csrf), ("email", &user.email), ("password", &user.password)]
}

/// Follows redirects to the application: what it is told.
#[track_caller]
fn bearer(visitor: &mut Visitor, mut url: Url) -> String {
    while url.fragment().is_none() {
        url = come_back(visitor, &url);
    }
    fragment(&url).remove("directory_access_token").unwrap_or_else(|| panic!("no bearer in {url}"))
}

on_both_stores!(a_second_click_on_log_in_leads_on, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let page = begin(&mut visitor, &app.authenticate("access:client", ""));
    let csrf = csrf(&mut visitor, &page);
    let [_, second] = [(); 2].map(|()| redirect(&page, &visitor.post(&page, &filled_in(&csrf, &user))));
    app.heartbeat(&bearer(&mut visitor, second)).ok();
    assert_eq!(open_sessions(&app, &user), 1);
});

on_both_stores!(a_second_click_after_the_login_is_complete_leads_to_the_application, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let page = begin(&mut visitor, &app.authenticate("access:client", "&appdata=x"));
    let csrf = csrf(&mut visitor, &page);
    let back = redirect(&page, &visitor.post(&page, &filled_in(&csrf, &user)));
    let first = bearer(&mut visitor, back.clone());
    let second = redirect(&page, &visitor.post(&page, &filled_in(&csrf, &user)));
    assert_eq!(fragment(&second).get("appdata").map(String::as_str), Some("x"));
    let second = bearer(&mut visitor, second);
    for bearer in [&first, &second] {
        app.heartbeat(bearer).ok();
    }
    assert_eq!(open_sessions(&app, &user), 1);
    // A second return is none of these.
    assert_not_redirected(&visitor.get(&back));
    app.heartbeat(&second).refused(401, "E_InvalidToken");
    visitor.post(&page, &filled_in(&csrf, &user)).refused(400, "E_BadRequest");
    assert_eq!(open_sessions(&app, &user), 0);
});

on_both_stores!(two_clicks_at_once_open_one_session, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let page = begin(&mut visitor, &app.authenticate("access:client", ""));
    let csrf = csrf(&mut visitor, &page);
    let ends = thread::scope(|scope| {
        let clicks = [(); 3].map(|()| {
            let (mut visitor, page, form) = (visitor.clone(), &page, filled_in(&csrf, &user));
            scope.spawn(move || redirect(page, &visitor.post(page, &form)))
        });
        clicks.map(|click| click.join().expect("a redirect"))
    });
    let [_, _, last] = ends;
    app.heartbeat(&bearer(&mut visitor, last)).ok();
    assert_eq!(open_sessions(&app, &user), 1);
});

on_both_stores!(a_second_yes_leads_where_the_first_led, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    for signed_on in [false, true] {
        let native = native_token();
        let start = app.authenticate_native(&native);
        let page =
            if signed_on { come_back(&mut visitor, &start) } else { to_confirmation(&mut visitor, &start, &user) };
        assert_eq!(page.path(), "/directory/api/confirm");
        let csrf = csrf(&mut visitor, &page);
        let form = [("csrf", csrf.as_str()), ("answer", "yes")];
        let [first, second] = [(); 2].map(|()| redirect(&page, &visitor.post(&page, &form)));
        assert_eq!(first, second, "signed on: {signed_on}");
        // Neither a no, nor somebody else's yes.
        visitor.post(&page, &[("csrf", &csrf), ("answer", "no")]).refused(400, "E_BadRequest");
        Visitor::default().post(&page, &form).refused(400, "E_BadRequest");
        let session = Session::of_body(&app.wait(&native, 0).ok());
        app.heartbeat(&session.directory).ok();
    }
});

on_both_stores!(a_second_click_elsewhere_or_with_a_wrong_password_leads_nowhere, |kind| {
    let app = App::shared(kind);
    let ([user, other], mut visitor) = ([app.user(), app.user()], Visitor::default());
    let page = begin(&mut visitor, &app.authenticate("access:client", ""));
    let csrf = csrf(&mut visitor, &page);
    let back = redirect(&page, &visitor.post(&page, &filled_in(&csrf, &user)));
    let first = bearer(&mut visitor, back);
    let mut elsewhere = Visitor::default();
    begin(&mut elsewhere, &app.authenticate("access:client", ""));
    for (visitor, user) in [(&mut elsewhere, &user), (&mut Visitor::default(), &user), (&mut visitor, &other)] {
        let reply = visitor.post(&page, &filled_in(&csrf, user));
        assert_eq!((reply.status, reply.header("location")), (400, None), "{}", reply.text());
    }
    let wrong = [("csrf", csrf.as_str()), ("email", &user.email), ("password", "wrong")];
    let reply = visitor.post(&page, &wrong);
    assert!(reply.status >= 400 && reply.header("location").is_none(), "{} {}", reply.status, reply.text());
    let forged = "0".repeat(csrf.len());
    let reply = visitor.post(&page, &filled_in(&forged, &user));
    assert_eq!((reply.status, reply.header("location")), (403, None), "{}", parameter(&page, "state"));
    app.heartbeat(&first).ok();
    assert_eq!(open_sessions(&app, &user), 1);
});
