//! Native clients: nobody is logged in for one without saying so, however they were proven.

use crate::jwt;
use crate::steps::{come_back, confirm, csrf, fragment, grant, open_sessions, redirect, to_confirmation};
use crate::support::app::App;
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

on_both_stores!(a_link_that_somebody_prepared_gives_nothing_without_the_person, |kind| {
    let app = App::shared(kind);
    let [victim, attacker] = [app.user(), app.user()];
    let mut browser = Visitor::default();
    browser.open(&app.authenticate("access:client", ""), &victim);
    let native = native_token();
    let link = app.authenticate_native(&native);
    let page = come_back(&mut browser, &link);
    assert_eq!(page.path(), "/directory/api/confirm");
    let nothing = || {
        assert_eq!(app.wait(&native, 0).status, 204);
        assert_eq!(open_sessions(&app, &victim), 1, "the victim's own");
    };
    nothing();
    // Not by opening the page, again and again, nor the link.
    for _ in 0..2 {
        csrf(&mut browser, &page);
        assert_eq!(come_back(&mut browser, &link).path(), "/directory/api/confirm");
    }
    nothing();
    // Not by a form on the attacker's page, with what the attacker can know: nothing, or a field of their own page.
    let mut theirs = Visitor::default();
    let own_link = app.authenticate_native(&native_token());
    let own_page = to_confirmation(&mut theirs, &own_link, &attacker);
    let known = csrf(&mut theirs, &own_page);
    browser.post(&page, &[("answer", "yes")]).refused(403, "E_Forbidden");
    browser.post(&page, &[("answer", "yes"), ("csrf", &known)]).refused(403, "E_Forbidden");
    // Not by the attacker, who knows the state.
    theirs.get(&page).refused(400, "E_BadRequest");
    theirs.post(&page, &[("answer", "yes"), ("csrf", &known)]).refused(400, "E_BadRequest");
    nothing();
    confirm(&mut browser, &page, "no");
    app.wait(&native, 0).refused(403, "E_Forbidden");
    assert_eq!(open_sessions(&app, &victim), 1);
});

on_both_stores!(a_prepared_login_cannot_be_handed_to_another_browser, |kind| {
    let app = App::shared(kind);
    let [victim, attacker] = [app.user(), app.user()];
    let mut browser = Visitor::default();
    browser.open(&app.authenticate("access:client", ""), &victim);
    // The attacker begins it, and hands over each link of it.
    let (native, mut theirs) = (native_token(), Visitor::default());
    let start = app.authenticate_native(&native);
    let page = redirect(&start, &theirs.get(&start));
    browser.get(&page).refused(400, "E_BadRequest");
    let form = [("email", &*victim.email), ("password", &*victim.password)];
    browser.post(&page, &form).refused(400, "E_BadRequest");
    let back = redirect(&page, &crate::steps::enter(&mut theirs, &page, &attacker.email, &attacker.password));
    let confirmation = come_back(&mut theirs, &back);
    browser.get(&confirmation).refused(400, "E_BadRequest");
    assert_eq!(app.wait(&native, 0).status, 204);
    confirm(&mut theirs, &confirmation, "yes");
    let session = Session::of_body(&app.wait(&native, 0).ok());
    assert_eq!(
        app.user_info(&session.directory).ok()["userid"],
        attacker.id.to_string(),
        "their own, not the victim's"
    );
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

on_both_stores!(the_person_is_told_who_asks, |kind| {
    let app = App::shared(kind);
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    visitor.headers.push(("User-Agent".into(), "Browser/1.0".into()));
    let start = app.authenticate_native(&native);
    let page = to_confirmation(&mut visitor, &start, &user);
    // While nobody waits there is nothing to say yes to.
    let silent = visitor.get(&page).text();
    assert!(!silent.contains("127.0.0.1") && !silent.contains("value=\"yes\""), "{silent}");
    assert!(silent.contains("value=\"no\""), "{silent}");
    // A page waits on whatever machine has it open: only its site is told.
    let waits =
        app.call("GET", "waitforauthentication?timeoutsec=0", &native).header("Origin", "https://site.example.org");
    assert_eq!(waits.send().status, 204);
    let site = visitor.get(&page).text();
    assert!(site.contains("https://site.example.org") && !site.contains("127.0.0.1"), "{site}");
    assert!(site.contains("value=\"yes\""), "{site}");
    let waits = app.call("GET", "waitforauthentication?timeoutsec=0", &native).header("User-Agent", "Modeller/7 <b>");
    assert_eq!(waits.send().status, 204);
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

on_both_stores!(a_user_who_is_disabled_before_the_answer_is_refused, |kind| {
    let app = App::shared(kind);
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    let start = app.authenticate_native(&native);
    let page = to_confirmation(&mut visitor, &start, &user);
    app.server.run(&["user", "disable", &user.email], "");
    let end = confirm(&mut visitor, &page, "yes");
    assert_eq!(fragment(&end).get("error").map(String::as_str), Some("access_denied"), "{end}");
    app.wait(&native, 0).refused(403, "E_Forbidden");
    assert_eq!(open_sessions(&app, &user), 0);
});

on_both_stores!(a_single_sign_on_that_ends_before_the_answer_opens_nothing, |kind| {
    let app = App::shared(kind);
    for end in ["nothing", "sign out", "sso end", "session close", "another login, asked again"] {
        let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
        let session = visitor.open(&app.authenticate("access:client", ""), &user).session();
        let page = come_back(&mut visitor, &app.authenticate_native(&native));
        assert_eq!(page.path(), "/directory/api/confirm");
        match end {
            "sign out" => {
                let sign_out = app.url("/directory/api/signout");
                let csrf = csrf(&mut visitor, &sign_out);
                assert_eq!(visitor.post(&sign_out, &[("csrf", &csrf)]).status, 303);
            }
            "sso end" => drop(app.server.run(&["sso", "end", "--user", &user.email], "")),
            "session close" => drop(app.server.run(&["session", "close", "--user", &user.email, "--all"], "")),
            "another login, asked again" => {
                app.close(&session.directory, "true").ok();
                app.open_session(&user);
            }
            _ => {}
        }
        let open_before = open_sessions(&app, &user);
        let answer = confirm(&mut visitor, &page, "yes");
        if end == "nothing" {
            app.wait(&native, 0).ok();
            continue;
        }
        assert_eq!(fragment(&answer).get("error").map(String::as_str), Some("access_denied"), "{end}: {answer}");
        app.wait(&native, 0).refused(403, "E_Forbidden");
        assert_eq!(open_sessions(&app, &user), open_before, "{end}");
    }
});
