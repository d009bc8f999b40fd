//! A state counts once, in the browser that began the login.

use crate::place::Place;
use crate::steps::{
    assert_not_redirected, begin, come_back, confirm, enter, fragment, open_sessions, redirect, to_confirmation,
    way_back,
};
use crate::support::app::App;
use crate::support::directory::native_token;
use crate::support::visitor::Visitor;

on_both_stores!(a_second_return_ends_a_login_that_waits, |kind| {
    let place = Place::shared(kind);
    let ((user, name), native, mut visitor) = (place.known_person(), native_token(), Visitor::default());
    let back = place.prove(&mut visitor, &place.start_url(&format!("&nativetoken={native}")), &name);
    let page = come_back(&mut visitor, &back);
    assert_eq!(visitor.get(&page).status, 200);
    assert_not_redirected(&visitor.get(&back));
    assert_not_redirected(&visitor.get(&page));
    place.app.wait(&native, 0).refused(403, "E_Forbidden");
    assert_eq!(open_sessions(&place.app, &user), 0);
});

// Where nobody is sent to a provider, nobody comes back from one.
on_both_stores!(a_made_up_code_ends_the_login, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let start = app.authenticate("access:client", "");
    for code in ["0123456789abcdef0123456789abcdef", "x", "%00", "' OR 1=1 --"] {
        let other = begin(&mut visitor, &start);
        // Before the person has entered anything, and after.
        let page = begin(&mut visitor, &start);
        let confirmation = to_confirmation(&mut visitor, &app.authenticate_native(&native_token()), &user);
        for page in [page, confirmation] {
            assert_eq!(visitor.get(&page).status, 200);
            assert_not_redirected(&visitor.get(&way_back(&page, code)));
            assert_not_redirected(&visitor.get(&page));
        }
        assert_eq!(open_sessions(&app, &user), 0);
        // Another login of the same browser goes on.
        let end = redirect(&other, &enter(&mut visitor, &other, &user.email, &user.password));
        app.close(&fragment(&end)["directory_access_token"], "true").ok();
    }
});

on_both_stores!(another_browser_ends_the_login, |kind| {
    let place = Place::shared(kind);
    let (user, name) = place.known_person();
    let mut elsewhere = Visitor::default();
    place.to_the_provider(&mut elsewhere, &place.start_url(""));
    let mut twice = Visitor::default();
    twice.headers.push(("Cookie".into(), "directory_browser_01234567=0123456789abcdef0123456789abcdef".into()));
    for mut other in [elsewhere, Visitor::default(), twice] {
        let mut visitor = Visitor::default();
        let back = place.prove(&mut visitor, &place.start_url(""), &name);
        assert_not_redirected(&other.get(&back));
        assert_not_redirected(&visitor.get(&back));
    }
    assert_eq!(open_sessions(&place.app, &user), 0);
});

on_both_stores!(a_native_client_is_told_that_its_login_ended, |kind| {
    let app = App::shared(kind);
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    let page = to_confirmation(&mut visitor, &app.authenticate_native(&native), &user);
    assert_eq!(app.wait(&native, 0).status, 204);
    assert_not_redirected(&Visitor::default().get(&way_back(&page, "code")));
    app.wait(&native, 0).refused(403, "E_Forbidden");
    assert_not_redirected(&visitor.get(&page));
});

on_both_stores!(two_tabs_of_one_browser_log_in_side_by_side, |kind| {
    let app = App::shared(kind);
    let ([one, other], native, mut visitor) = ([app.user(), app.user()], native_token(), Visitor::default());
    let page = begin(&mut visitor, &app.authenticate("access:client", ""));
    let confirmation = to_confirmation(&mut visitor, &app.authenticate_native(&native), &other);
    let end = redirect(&page, &enter(&mut visitor, &page, &one.email, &one.password));
    assert!(fragment(&end).contains_key("directory_access_token"), "{end}");
    confirm(&mut visitor, &confirmation, "yes");
    app.wait(&native, 0).ok();
    assert_eq!([open_sessions(&app, &one), open_sessions(&app, &other)], [1, 1]);
});
