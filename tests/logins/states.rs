//! A state counts once, in the browser that began the login; a code once, for its login.

use crate::steps::{assert_not_redirected, begin, come_back, confirm, fragment, open_sessions, prove, to_confirmation};
use crate::support::app::App;
use crate::support::directory::native_token;
use crate::support::visitor::{Visitor, parameter};

on_both_stores!(a_code_counts_once, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let back = prove(&mut visitor, &app.authenticate("access:client", ""), &user);
    assert!(fragment(&come_back(&mut visitor, &back)).contains_key("directory_access_token"));
    assert_eq!(open_sessions(&app, &user), 1);
    assert_not_redirected(&visitor.get(&back));
    assert_eq!(open_sessions(&app, &user), 0);
});

on_both_stores!(a_second_return_ends_a_login_that_waits, |kind| {
    let app = App::shared(kind);
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    let start = app.authenticate_native(&native);
    let back = prove(&mut visitor, &start, &user);
    let page = come_back(&mut visitor, &back);
    assert_eq!(visitor.get(&page).status, 200);
    assert_not_redirected(&visitor.get(&back));
    assert_not_redirected(&visitor.get(&page));
    app.wait(&native, 0).refused(403, "E_Forbidden");
    assert_eq!(open_sessions(&app, &user), 0);
});

on_both_stores!(a_made_up_code_ends_the_login, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    for code in ["0123456789abcdef0123456789abcdef", "x", "%00", "' OR 1=1 --"] {
        // Before the person has entered anything, and after.
        let page = begin(&mut visitor, &app.authenticate("access:client", ""));
        let made_up = |state: &str| {
            let mut url = app.url("/directory/api/directorysession/onauthenticated");
            url.query_pairs_mut().append_pair("state", state).append_pair("code", code);
            url
        };
        assert_not_redirected(&visitor.get(&made_up(&parameter(&page, "state"))));
        assert_not_redirected(&visitor.get(&page));
        let back = prove(&mut visitor, &app.authenticate("access:client", ""), &user);
        assert_not_redirected(&visitor.get(&made_up(&parameter(&back, "state"))));
        assert_not_redirected(&visitor.get(&back));
    }
    assert_eq!(open_sessions(&app, &user), 0);
});

on_both_stores!(a_code_of_another_login_ends_the_login_it_is_brought_to, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let start = app.authenticate("access:client", "");
    let [one, other] = [prove(&mut visitor, &start, &user), prove(&mut visitor, &start, &user)];
    let mut crossed = one.clone();
    let (state, code) = (parameter(&one, "state"), parameter(&other, "code"));
    crossed.query_pairs_mut().clear().append_pair("state", &state).append_pair("code", &code);
    assert_not_redirected(&visitor.get(&crossed));
    assert_not_redirected(&visitor.get(&one));
    assert!(fragment(&come_back(&mut visitor, &other)).contains_key("directory_access_token"));
});

on_both_stores!(another_browser_ends_the_login, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let mut elsewhere = Visitor::default();
    begin(&mut elsewhere, &app.authenticate("access:client", ""));
    let mut twice = Visitor::default();
    twice.headers.push(("Cookie".into(), "directory_browser_01234567=0123456789abcdef0123456789abcdef".into()));
    for mut other in [elsewhere, Visitor::default(), twice] {
        let mut visitor = Visitor::default();
        let back = prove(&mut visitor, &app.authenticate("access:client", ""), &user);
        assert_not_redirected(&other.get(&back));
        assert_not_redirected(&visitor.get(&back));
    }
    assert_eq!(open_sessions(&app, &user), 0);
});

on_both_stores!(a_native_client_is_told_that_its_login_ended, |kind| {
    let app = App::shared(kind);
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    let start = app.authenticate_native(&native);
    let back = prove(&mut visitor, &start, &user);
    assert_eq!(app.wait(&native, 0).status, 204);
    assert_not_redirected(&Visitor::default().get(&back));
    app.wait(&native, 0).refused(403, "E_Forbidden");
});

on_both_stores!(two_tabs_of_one_browser_log_in_side_by_side, |kind| {
    let app = App::shared(kind);
    let ([one, other], native, mut visitor) = ([app.user(), app.user()], native_token(), Visitor::default());
    let start = app.authenticate("access:client", "");
    let back = prove(&mut visitor, &start, &one);
    let page = to_confirmation(&mut visitor, &app.authenticate_native(&native), &other);
    assert!(fragment(&come_back(&mut visitor, &back)).contains_key("directory_access_token"));
    confirm(&mut visitor, &page, "yes");
    app.wait(&native, 0).ok();
    assert_eq!([open_sessions(&app, &one), open_sessions(&app, &other)], [1, 1]);
});
