//! Single sign-on: one proof serves several logins of one browser, until it ends.

use std::time::{Duration, Instant};

use url::Url;

use crate::jwt;
use crate::steps::{begin, csrf, fragment, redirect};
use crate::support::app::{App, ROOMY, User};
use crate::support::visitor::Visitor;
use crate::support::wait::until;

/// A browser in which this user is signed on.
fn signed_on(app: &App, user: &User) -> Visitor {
    let mut visitor = Visitor::default();
    visitor.open(&app.authenticate("access:client", ""), user);
    assert!(is_signed_on(app, &visitor));
    visitor
}

/// Whether a login in this browser, which stays as it is, would need no form.
fn is_signed_on(app: &App, visitor: &Visitor) -> bool {
    let start = app.authenticate("access:client", "");
    let to = redirect(&start, &visitor.clone().get(&start));
    assert!(to.fragment().is_some() || to.path() == "/directory/api/login", "{to}");
    to.fragment().is_some()
}

on_both_stores!(a_second_login_in_the_browser_needs_no_form, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let mut visitor = signed_on(&app, &user);
    let again = |visitor: &mut Visitor| {
        let start = app.authenticate("access:client", "");
        fragment(&redirect(&start, &visitor.get(&start))).remove("directory_access_token").expect("a bearer")
    };
    let [one, other] = [again(&mut visitor), again(&mut visitor)].map(|bearer| jwt::claims(&app, &bearer));
    assert_eq!((&one["sub"], &other["sub"]), (&user.id.to_string().into(), &user.id.to_string().into()));
    assert_ne!(one["sid"], other["sid"], "each is a session of its own");
    let sessions = app.server.run(&["session", "list", "--user", &user.email, "--json"], "");
    assert_eq!(sessions.matches("\"how\":\"sso\"").count(), 3, "{sessions}");
    let metrics = app.request("GET", "/metrics").send().text();
    let line = metrics.lines().find(|line| line.contains("method=\"sign_on\",outcome=\"success\""));
    assert!(line.is_some_and(|line| !line.ends_with(" 0")), "{line:?}");
    // The cookie is all it takes, and nothing less does.
    let mut only_that = Visitor::default();
    only_that.set_cookie("directory_sso", visitor.cookie("directory_sso").expect("it is set"));
    assert!(is_signed_on(&app, &only_that));
    assert!(!is_signed_on(&app, &Visitor::default()));
    for wrong in ["0123456789abcdef0123456789abcdef", "x", "\"\""] {
        only_that.set_cookie("directory_sso", wrong);
        assert!(!is_signed_on(&app, &only_that), "{wrong}");
    }
});

on_both_stores!(whatever_ends_the_persons_logins_ends_it, |kind| {
    let app = App::shared(kind);
    for end in ["password", "disable", "delete", "sso end", "session close", "v2"] {
        let user = app.user();
        let [one, other] = [signed_on(&app, &user), signed_on(&app, &user)];
        let run = |arguments: &[&str], input: &str| drop(app.server.run(arguments, input));
        match end {
            "password" => run(&["user", "set-password", &user.email, "--password-stdin"], "another password"),
            "disable" => {
                run(&["user", "disable", &user.email], "");
                assert!(!is_signed_on(&app, &one));
                run(&["user", "enable", &user.email], "");
            }
            "delete" => run(&["user", "delete", &user.email, "--yes"], ""),
            "sso end" => run(&["sso", "end", "--user", &user.email], ""),
            "session close" => run(&["session", "close", "--user", &user.email, "--all"], ""),
            _ => drop(app.revoke(&app.login(&user), "?scope=user").ok()),
        }
        assert_eq!([is_signed_on(&app, &one), is_signed_on(&app, &other)], [false, false], "{end}");
    }
});

on_both_stores!(signing_out_ends_it_in_this_browser, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let (mut visitor, other) = (signed_on(&app, &user), signed_on(&app, &user));
    let page = app.url("/directory/api/signout");
    let own = csrf(&mut visitor, &page);
    assert!(visitor.get(&page).text().contains(&user.email));
    let foreign = csrf(&mut other.clone(), &page);
    for form in [&[][..], &[("csrf", "")], &[("csrf", foreign.as_str())]] {
        visitor.post(&page, form).refused(403, "E_Forbidden");
    }
    assert!(is_signed_on(&app, &visitor));
    let before = visitor.clone();
    let reply = visitor.post(&page, &[("csrf", &own)]);
    assert_eq!((reply.status, redirect(&page, &reply)), (303, page.clone()));
    assert_eq!(visitor.cookie("directory_sso"), None, "the browser forgets it");
    assert!(!is_signed_on(&app, &before), "and whoever copied the cookie has nothing");
    assert!(is_signed_on(&app, &other));
    let reply = visitor.get(&page);
    assert!(reply.status == 200 && !reply.text().contains("<form"), "{}", reply.text());
});

on_both_stores!(forced_consent_asks_in_every_browser, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let [mut one, other] = [signed_on(&app, &user), signed_on(&app, &user)];
    let session = app.open_session(&user);
    app.close(&session.directory, "true").ok();
    assert_eq!([is_signed_on(&app, &one), is_signed_on(&app, &other)], [false, false]);
    // A login that is only begun changes nothing.
    let start: Url = app.authenticate("access:client", "");
    begin(&mut one, &start);
    assert!(!is_signed_on(&app, &one));
    crate::steps::log_in(&mut one, &start, &user);
    assert_eq!([is_signed_on(&app, &one), is_signed_on(&app, &other)], [true, false], "asked in this one alone");
});

on_both_stores!(it_is_not_renewed_by_use, |kind| {
    let app = App::start(kind, &[&ROOMY[..], &[("directory.single_sign_on", "3")]].concat());
    let (user, mut visitor) = (app.user(), Visitor::default());
    let start = app.authenticate("access:client", "");
    let began = Instant::now();
    visitor.open(&start, &user);
    // Every look at it is a login by it.
    until("it ends", Duration::from_secs(20), || {
        let reply = visitor.get(&start);
        assert!(!reply.headers().any(|(name, value)| name == "set-cookie" && value.contains("sso")), "a new cookie");
        redirect(&start, &reply).fragment().is_none().then_some(())
    });
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
});

on_both_stores!(it_can_be_turned_off, |kind| {
    let app = App::start(kind, &[("directory.single_sign_on", "0")]);
    let (user, mut visitor) = (app.user(), Visitor::default());
    visitor.open(&app.authenticate("access:client", ""), &user);
    assert_eq!(visitor.cookie("directory_sso"), None);
    assert!(!is_signed_on(&app, &visitor));
});
