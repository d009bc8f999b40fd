//! A state is used again after its login is complete: the session that it opened is closed.

use std::thread;

use url::Url;

use crate::place::Place;
use crate::steps::{assert_not_redirected, begin, come_back, confirm, csrf, open_sessions, to_confirmation, way_back};
use crate::support::app::App;
use crate::support::directory::{Session, native_token};
use crate::support::visitor::{Visitor, parameter};

/// The same way back, with something else than the code.
fn instead_of_the_code(back: &Url, name: &str, value: &str) -> Url {
    let (mut other, state) = (back.clone(), parameter(back, "state"));
    other.query_pairs_mut().clear().append_pair("state", &state).append_pair(name, value);
    other
}

on_both_stores!(a_second_return_closes_what_the_first_opened_and_nothing_else, |kind| {
    let place = Place::shared(kind);
    let (app, (user, person)) = (&place.app, place.known_person());
    let opens = |visitor: &mut Visitor| {
        let back = place.prove(visitor, &place.start_url(""), &person);
        (Session::of_fragment(&come_back(visitor, &back)), back)
    };
    let (other, _) = opens(&mut Visitor::default());
    for (name, value) in [
        ("code", None),
        ("code", Some("0123456789abcdef0123456789abcdef")),
        ("code", Some("x")),
        ("error", Some("access_denied")),
    ] {
        for elsewhere in [false, true] {
            let mut visitor = Visitor::default();
            let (session, back) = opens(&mut visitor);
            app.heartbeat(&session.directory).ok();
            let again = value.map_or_else(|| back.clone(), |value| instead_of_the_code(&back, name, value));
            let mut stranger = Visitor::default();
            assert_not_redirected(&if elsewhere { &mut stranger } else { &mut visitor }.get(&again));
            app.heartbeat(&session.directory).refused(401, "E_InvalidToken");
            app.heartbeat(&other.directory).ok();
        }
    }
    assert_eq!(open_sessions(app, &user), 1);
});

on_both_stores!(a_second_return_closes_a_native_clients_session, |kind| {
    let place = Place::shared(kind);
    let app = &place.app;
    for collected in [true, false] {
        let ((user, name), native, mut visitor) = (place.known_person(), native_token(), Visitor::default());
        let back = place.prove(&mut visitor, &place.start_url(&format!("&nativetoken={native}")), &name);
        let page = come_back(&mut visitor, &back);
        confirm(&mut visitor, &page, "yes");
        let session = collected.then(|| Session::of_body(&app.wait(&native, 0).ok()));
        assert_not_redirected(&visitor.get(&back));
        match session {
            Some(session) => drop(app.heartbeat(&session.directory).refused(401, "E_InvalidToken")),
            None => drop(app.wait(&native, 0).refused(401, "E_InvalidToken")),
        }
        assert_eq!(open_sessions(app, &user), 0);
    }
});

on_both_stores!(of_simultaneous_returns_none_leaves_a_session_open, |kind| {
    let place = Place::shared(kind);
    let ((user, name), mut visitor) = (place.known_person(), Visitor::default());
    for _round in 0..10 {
        visitor.set_cookie("directory_sso", "");
        let back = place.prove(&mut visitor, &place.start_url(""), &name);
        thread::scope(|scope| {
            for _ in 0..4 {
                let (mut visitor, back) = (visitor.clone(), &back);
                scope.spawn(move || visitor.get(back));
            }
        });
        assert_eq!(open_sessions(&place.app, &user), 0);
    }
});

on_both_stores!(a_return_beside_the_form_leaves_no_session_open, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    for _round in 0..5 {
        visitor.set_cookie("directory_sso", "");
        let page = begin(&mut visitor, &app.authenticate("access:client", ""));
        let csrf = csrf(&mut visitor, &page);
        let form = [("csrf", csrf.as_str()), ("email", &user.email), ("password", &user.password)];
        let (mut elsewhere, back) = (Visitor::default(), way_back(&page, "code"));
        thread::scope(|scope| {
            let posts = scope.spawn(|| visitor.clone().post(&page, &form));
            while !posts.is_finished() {
                assert_not_redirected(&elsewhere.get(&back));
            }
        });
        assert_not_redirected(&elsewhere.get(&back));
        assert_eq!(open_sessions(&app, &user), 0);
    }
});

on_both_stores!(a_third_return_ends_nothing_more, |kind| {
    let place = Place::shared(kind);
    let ((_, name), start, mut visitor) = (place.known_person(), place.start_url(""), Visitor::default());
    let spent = place.prove(&mut visitor, &start, &name);
    come_back(&mut visitor, &spent);
    assert_not_redirected(&visitor.get(&spent));
    // Not even a login on its way.
    visitor.set_cookie("directory_sso", "");
    let back = place.prove(&mut visitor, &start, &name);
    assert_not_redirected(&visitor.get(&spent));
    let session = Session::of_fragment(&come_back(&mut visitor, &back));
    assert_not_redirected(&Visitor::default().get(&spent));
    place.app.heartbeat(&session.directory).ok();
});

on_both_stores!(a_second_yes_is_no_second_return, |kind| {
    let app = App::shared(kind);
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    let start = app.authenticate("access:client", &format!("&nativetoken={native}"));
    let page = to_confirmation(&mut visitor, &start, &user);
    let form = [("csrf", csrf(&mut visitor, &page)), ("answer", "yes".to_owned())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let [first, second] = [(); 2].map(|()| visitor.post(&page, &form));
    assert_eq!((first.status, second.status), (303, 303));
    assert_eq!(first.header("location"), second.header("location"));
    visitor.get(&page).refused(400, "E_BadRequest");
    let session = Session::of_body(&app.wait(&native, 0).ok());
    app.heartbeat(&session.directory).ok();
});
