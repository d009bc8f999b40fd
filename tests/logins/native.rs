//! Native clients: nobody is logged in for one without saying so, however they were proven.

use std::sync::Arc;

use url::Url;

use crate::jwt;
use crate::steps::{come_back, confirm, csrf, fragment, grant, open_sessions, redirect, to_confirmation};
use crate::support::app::{App, Kind, User};
use crate::support::directory::{Session, native_token};
use crate::support::visitor::Visitor;

on_both_stores!(whoever_says_yes_lets_the_client_in_and_the_fragment_tells_nothing, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    grant(&app, &user, "access:frontend");
    for signed_on in [false, true] {
        let native = native_token();
        let more = format!("&nativetoken={native}&appdata=a%26b&needextendedbearer=true");
        let start = app.authenticate("access:frontend", &more);
        let page =
            if signed_on { come_back(&mut visitor, &start) } else { to_confirmation(&mut visitor, &start, &user) };
        assert_eq!(page.path(), "/directory/api/confirm", "signed on: {signed_on}");
        assert_eq!(app.wait(&native, 0).status, 204);
        let end = confirm(&mut visitor, &page, "yes");
        assert_eq!(end.as_str(), format!("{}#appdata=a%26b", app.done_page()));
        let session = Session::of_body(&app.wait(&native, 0).ok());
        let claims = jwt::claims(&app, &session.directory);
        assert_eq!((&claims["claims"], &claims["sub"]), (&"access:frontend".into(), &user.id.to_string().into()));
        assert!(claims.get("teams").is_some(), "extended: {claims}");
    }
});

on_both_stores!(whoever_says_no_is_not_logged_in, |kind| {
    let app = App::shared(kind);
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    let start = app.authenticate("access:client", &format!("&nativetoken={native}&appdata=x"));
    let page = to_confirmation(&mut visitor, &start, &user);
    let members = fragment(&confirm(&mut visitor, &page, "no"));
    assert_eq!(members.get("error").map(String::as_str), Some("access_denied"));
    assert_eq!(members.get("appdata").map(String::as_str), Some("x"));
    app.wait(&native, 0).refused(403, "E_Forbidden");
    assert_eq!(visitor.cookie("directory_sso"), None);
    visitor.get(&page).refused(400, "E_BadRequest");
    assert_eq!(open_sessions(&app, &user), 0);
});

/// A native login that an attacker began, and whose link a victim has opened who is signed on.
struct PreparedLink {
    app: Arc<App>,
    victim: User,
    browser: Visitor,
    native: String,
    link: Url,
    confirmation: Url,
}

impl PreparedLink {
    fn opened(kind: Kind) -> Self {
        let app = App::shared(kind);
        let (victim, native, mut browser) = (app.user(), native_token(), Visitor::default());
        browser.open(&app.authenticate("access:client", ""), &victim);
        let link = app.authenticate_native(&native);
        let confirmation = come_back(&mut browser, &link);
        assert_eq!(confirmation.path(), "/directory/api/confirm");
        let prepared = Self { app, victim, browser, native, link, confirmation };
        prepared.gives_nothing();
        prepared
    }

    /// The attacker's client still waits, and the victim has only the session from before.
    #[track_caller]
    fn gives_nothing(&self) {
        assert_eq!(self.app.wait(&self.native, 0).status, 204);
        assert_eq!(open_sessions(&self.app, &self.victim), 1);
    }
}

/// A browser of the attacker's own, and the hidden field of a confirmation in it.
fn attacker(app: &App) -> (Visitor, String) {
    let (user, mut visitor) = (app.user(), Visitor::default());
    let page = to_confirmation(&mut visitor, &app.authenticate_native(&native_token()), &user);
    let csrf = csrf(&mut visitor, &page);
    (visitor, csrf)
}

on_both_stores!(opening_a_prepared_link_again_and_again_gives_nothing, |kind| {
    let mut prepared = PreparedLink::opened(kind);
    for _ in 0..2 {
        csrf(&mut prepared.browser, &prepared.confirmation);
        assert_eq!(come_back(&mut prepared.browser, &prepared.link).path(), "/directory/api/confirm");
    }
    prepared.gives_nothing();
});

on_both_stores!(a_form_on_another_site_does_not_confirm_a_prepared_link, |kind| {
    let mut prepared = PreparedLink::opened(kind);
    let (_, csrf) = attacker(&prepared.app);
    for form in [&[("answer", "yes")][..], &[("answer", "yes"), ("csrf", &csrf)]] {
        prepared.browser.post(&prepared.confirmation, form).refused(403, "E_Forbidden");
    }
    prepared.gives_nothing();
});

on_both_stores!(whoever_prepared_a_link_cannot_confirm_it, |kind| {
    let prepared = PreparedLink::opened(kind);
    let (mut visitor, csrf) = attacker(&prepared.app);
    visitor.get(&prepared.confirmation).refused(400, "E_BadRequest");
    let form = [("answer", "yes"), ("csrf", &*csrf)];
    visitor.post(&prepared.confirmation, &form).refused(400, "E_BadRequest");
    prepared.gives_nothing();
});

on_both_stores!(a_person_who_says_no_to_a_prepared_link_keeps_their_session, |kind| {
    let mut prepared = PreparedLink::opened(kind);
    confirm(&mut prepared.browser, &prepared.confirmation, "no");
    prepared.app.wait(&prepared.native, 0).refused(403, "E_Forbidden");
    assert_eq!(open_sessions(&prepared.app, &prepared.victim), 1);
});

on_both_stores!(a_login_page_cannot_be_handed_to_another_browser, |kind| {
    let app = App::shared(kind);
    let (victim, mut browser, mut attacker) = (app.user(), Visitor::default(), Visitor::default());
    browser.open(&app.authenticate("access:client", ""), &victim);
    let start = app.authenticate_native(&native_token());
    let page = redirect(&start, &attacker.get(&start));
    browser.get(&page).refused(400, "E_BadRequest");
    let form = [("email", &*victim.email), ("password", &*victim.password)];
    browser.post(&page, &form).refused(400, "E_BadRequest");
    assert_eq!(open_sessions(&app, &victim), 1);
});

on_both_stores!(a_confirmation_cannot_be_handed_to_another_browser, |kind| {
    let app = App::shared(kind);
    let [victim, attacker] = [app.user(), app.user()];
    let (native, mut browser, mut theirs) = (native_token(), Visitor::default(), Visitor::default());
    browser.open(&app.authenticate("access:client", ""), &victim);
    let page = to_confirmation(&mut theirs, &app.authenticate_native(&native), &attacker);
    browser.get(&page).refused(400, "E_BadRequest");
    assert_eq!(app.wait(&native, 0).status, 204);
    confirm(&mut theirs, &page, "yes");
    let session = Session::of_body(&app.wait(&native, 0).ok());
    let user = &app.user_info(&session.directory).ok()["userid"];
    assert_eq!(*user, attacker.id.to_string(), "the attacker's own session, not the victim's");
});

on_both_stores!(a_native_token_is_one_logins, |kind| {
    let app = App::shared(kind);
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    let start = app.authenticate_native(&native);
    let page = to_confirmation(&mut visitor, &start, &user);
    let in_use = || {
        let reply = Visitor::default().get(&start);
        reply.refused(409, "E_Conflict");
        assert_eq!((reply.header("location"), reply.header("set-cookie")), (None, None));
    };
    in_use();
    confirm(&mut visitor, &page, "yes");
    in_use();
    app.wait(&native, 0).ok();
    in_use();
});

/// A confirmation that is not answered, and the native token of the client that asks.
fn unanswered(app: &App) -> (User, Visitor, Url, String) {
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    visitor.headers.push(("User-Agent".into(), "Browser/1.0".into()));
    let page = to_confirmation(&mut visitor, &app.authenticate_native(&native), &user);
    (user, visitor, page, native)
}

/// Waits as a program that sends this header.
fn wait_with(app: &App, native: &str, header: &str, value: &str) {
    let wait = app.call("GET", "waitforauthentication?timeoutsec=0", native).header(header, value);
    assert_eq!(wait.send().status, 204);
}

on_both_stores!(while_no_client_waits_there_is_nothing_to_say_yes_to, |kind| {
    let app = App::shared(kind);
    let (_, mut visitor, page, _) = unanswered(&app);
    let text = visitor.get(&page).text();
    assert!(!text.contains("127.0.0.1") && !text.contains("value=\"yes\""), "{text}");
    assert!(text.contains("value=\"no\""), "{text}");
});

// A web page waits on whatever machine has it open.
on_both_stores!(the_person_is_told_only_the_site_of_a_web_page_that_asks, |kind| {
    let app = App::shared(kind);
    let (_, mut visitor, page, native) = unanswered(&app);
    wait_with(&app, &native, "Origin", "https://site.example.org");
    let text = visitor.get(&page).text();
    assert!(text.contains("https://site.example.org") && !text.contains("127.0.0.1"), "{text}");
    assert!(text.contains("value=\"yes\""), "{text}");
});

on_both_stores!(the_person_is_told_who_asks, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor, page, native) = unanswered(&app);
    wait_with(&app, &native, "User-Agent", "Modeller/7 <b>");
    let reply = visitor.get(&page);
    let text = reply.text();
    assert!(text.contains(&user.email) && text.contains("127.0.0.1") && text.contains("Modeller/7"), "{text}");
    assert!(text.contains("value=\"yes\"") && text.contains("value=\"no\""), "{text}");
    for other in ["<b>", "Browser/1.0", native.as_str()] {
        assert!(!text.contains(other), "{other}: {text}");
    }
    assert_eq!(reply.header("x-frame-options"), Some("DENY"));
    assert!(reply.header("content-security-policy").is_some_and(|policy| policy.contains("frame-ancestors 'none'")));
});

on_both_stores!(the_client_that_asked_last_is_the_one_that_the_person_is_told, |kind| {
    let app = App::shared(kind);
    let (_, mut visitor, page, native) = unanswered(&app);
    wait_with(&app, &native, "Origin", "https://site.example.org");
    wait_with(&app, &native, "User-Agent", "Modeller/7");
    let text = visitor.get(&page).text();
    assert!(text.contains("Modeller/7") && text.contains("127.0.0.1"), "{text}");
});

on_both_stores!(a_user_who_is_changed_before_the_answer_is_refused, |kind| {
    let app = App::shared(kind);
    for change in ["disable", "delete", "set-password"] {
        let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
        let start = app.authenticate("access:client", &format!("&nativetoken={native}&appdata=x"));
        let page = to_confirmation(&mut visitor, &start, &user);
        let csrf = csrf(&mut visitor, &page);
        match change {
            "set-password" => app.server.run(&["user", change, &user.email, "--password-stdin"], "another password"),
            "delete" => app.server.run(&["user", change, &user.email, "--yes"], ""),
            _ => app.server.run(&["user", change, &user.email], ""),
        };
        let end = redirect(&page, &visitor.post(&page, &[("csrf", &csrf), ("answer", "yes")]));
        let members = fragment(&end);
        assert_eq!((members["error"].as_str(), members["appdata"].as_str()), ("access_denied", "x"), "{change}");
        app.wait(&native, 0).refused(403, "E_Forbidden");
        assert_eq!(visitor.cookie("directory_sso"), None, "{change}");
        if change != "delete" {
            assert_eq!(open_sessions(&app, &user), 0, "{change}");
        }
    }
});

/// Has a person who is signed on say yes to a native client after `end`, which gets the session from before.
fn say_yes_after(kind: Kind, end: impl FnOnce(&App, &User, &mut Visitor, &Session)) -> (Arc<App>, String, Url) {
    let app = App::shared(kind);
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    let session = visitor.open(&app.authenticate("access:client", ""), &user).session();
    let page = come_back(&mut visitor, &app.authenticate_native(&native));
    assert_eq!(page.path(), "/directory/api/confirm");
    end(&app, &user, &mut visitor, &session);
    let open_before = open_sessions(&app, &user);
    let answer = confirm(&mut visitor, &page, "yes");
    let opened = open_sessions(&app, &user) - open_before;
    assert_eq!(opened, usize::from(!fragment(&answer).contains_key("error")), "{answer}");
    (app, native, answer)
}

/// The same, which opens nothing.
#[track_caller]
fn is_denied_after(kind: Kind, end: impl FnOnce(&App, &User, &mut Visitor, &Session)) {
    let (app, native, answer) = say_yes_after(kind, end);
    assert_eq!(fragment(&answer).get("error").map(String::as_str), Some("access_denied"), "{answer}");
    app.wait(&native, 0).refused(403, "E_Forbidden");
}

on_both_stores!(whoever_is_still_signed_on_lets_the_client_in, |kind| {
    let (app, native, _) = say_yes_after(kind, |_, _, _, _| ());
    app.wait(&native, 0).ok();
});

on_both_stores!(whoever_has_signed_out_before_the_answer_is_denied, |kind| {
    is_denied_after(kind, |app, _, visitor, _| {
        let sign_out = app.url("/directory/api/signout");
        let csrf = csrf(visitor, &sign_out);
        assert_eq!(visitor.post(&sign_out, &[("csrf", &csrf)]).status, 303);
    });
});

on_both_stores!(whoever_an_operator_signed_off_before_the_answer_is_denied, |kind| {
    is_denied_after(kind, |app, user, _, _| drop(app.server.run(&["sso", "end", "--user", &user.email], "")));
});

on_both_stores!(whose_sessions_an_operator_closed_before_the_answer_is_denied, |kind| {
    is_denied_after(kind, |app, user, _, _| {
        app.server.run(&["session", "close", "--user", &user.email, "--all"], "");
    });
});

on_both_stores!(who_must_be_asked_again_before_the_answer_is_denied, |kind| {
    is_denied_after(kind, |app, user, _, session| {
        app.close(&session.directory, "true").ok();
        app.open_session(user);
    });
});
