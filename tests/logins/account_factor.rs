//! The second factor on the account page: setting it up, new recovery codes, removing it.

use serde_json::json;

use crate::account::{BROWSER, is_signed_on, page};
use crate::place::Place;
use crate::second_factor::{enter_code, give_password};
use crate::steps::{begin, come_back, csrf, log_in_to_account, redirect};
use crate::support::app::{App, User};
use crate::support::authenticator::{Authenticator, recovery_codes};
use crate::support::client::Reply;
use crate::support::visitor::{Visitor, hidden};

/// Somebody who has set one up, in a browser that is signed on.
pub struct Equipped {
    pub user: User,
    pub visitor: Visitor,
    pub authenticator: Authenticator,
    pub codes: Vec<String>,
    /// What the app was given.
    pub key: String,
}

/// Makes somebody like that.
#[track_caller]
pub fn equip(app: &App) -> Equipped {
    let (user, mut visitor) = (app.user(), Visitor::default());
    log_in_to_account(app, &mut visitor, &user);
    let text = offer(app, &mut visitor);
    let key = key(&text).to_owned();
    let mut authenticator = Authenticator::of_page(&text);
    let reply = set_up(app, &mut visitor, &user.password, &authenticator.code());
    assert_eq!(reply.status, 200, "{}", reply.text());
    let codes = recovery_codes(&reply.text());
    assert_eq!(codes.len(), 10, "{}", reply.text());
    Equipped { user, visitor, authenticator, codes, key }
}

/// The page that shows what an app is given.
#[track_caller]
fn offer(app: &App, visitor: &mut Visitor) -> String {
    let reply = visitor.get(&app.url("/account/second-factor"));
    assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")), "{}", reply.text());
    reply.text()
}

/// The secret on that page, as it is typed.
#[track_caller]
fn key(page: &str) -> &str {
    page.split("translate=\"no\">").nth(1).and_then(|rest| rest.split('<').next()).expect("a key")
}

fn set_up(app: &App, visitor: &mut Visitor, present: &str, code: &str) -> Reply {
    let csrf = csrf(visitor, &app.url("/account"));
    visitor.post(&app.url("/account/second-factor"), &[("csrf", &csrf), ("present", present), ("code", code)])
}

pub fn change(app: &App, visitor: &mut Visitor, what: &str, code: &str) -> Reply {
    let csrf = csrf(visitor, &app.url("/account"));
    visitor.post(&app.url(&format!("/account/second-factor/{what}")), &[("csrf", &csrf), ("code", code)])
}

#[track_caller]
fn says(reply: &Reply, status: u16, words: &str) {
    let text = reply.text();
    assert_eq!((reply.status, reply.header("set-cookie")), (status, None), "{text}");
    assert!(text.contains("role=\"alert\"") && text.contains(words), "{words} in {text}");
}

/// Whether the password alone opens the account page in a new browser.
fn password_suffices(app: &App, user: &User) -> bool {
    let mut visitor = Visitor::default();
    let page = begin(&mut visitor, &app.url("/account"));
    redirect(&page, &crate::steps::enter(&mut visitor, &page, &user.email, &user.password)) != page
}

on_both_stores!(one_that_is_set_up_ends_everything_but_this_browser, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let [mut visitor, mut other] = [Visitor::default(), Visitor::default()];
    log_in_to_account(&app, &mut visitor, &user);
    log_in_to_account(&app, &mut other, &user);
    let (access, session) = (app.login(&user), app.open_session(&user));
    let mut stolen = visitor.clone();
    assert!(page(&app, &mut visitor).contains("Set up an authenticator app"));
    let text = offer(&app, &mut visitor);
    assert!(text.contains("<svg class=\"qr\"") && !text.contains("otpauth:"), "{text}");
    assert_eq!(offer(&app, &mut visitor), text, "as long as nothing changes");
    // Another browser of the same person is offered another.
    assert_ne!(key(&offer(&app, &mut other)), key(&text));
    let mut authenticator = Authenticator::of_page(&text);
    says(&set_up(&app, &mut visitor, "wrong", &authenticator.code()), 401, "The present password is wrong.");
    says(&set_up(&app, &mut visitor, &user.password, &authenticator.wrong_code()), 401, "The code is wrong");
    says(&set_up(&app, &mut visitor, &user.password, ""), 401, "The code is wrong");
    assert!(password_suffices(&app, &user), "nothing counts before a code has shown that it works");
    app.accepts(&access);
    let reply = set_up(&app, &mut visitor, &user.password, &authenticator.code());
    assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")), "{}", reply.text());
    let codes = recovery_codes(&reply.text());
    let unlike: std::collections::BTreeSet<_> = codes.iter().collect();
    assert_eq!((codes.len(), unlike.len()), (10, 10));
    app.refuses(&access);
    app.user_info(&session.directory).refused(401, "E_InvalidToken");
    assert!(!is_signed_on(&app, &mut other) && !is_signed_on(&app, &mut stolen));
    let text = page(&app, &mut visitor);
    assert!(text.contains("10 recovery codes are left.") && !text.contains(&codes[0]), "shown once: {text}");
    assert!(!password_suffices(&app, &user));
    // What began before it is over, and there is no second.
    let again = visitor.get(&app.url("/account/second-factor"));
    assert_eq!(redirect(&app.url("/account/second-factor"), &again).path(), "/account");
    says(&set_up(&app, &mut visitor, &user.password, &authenticator.same_code()), 403, "You cannot have a second");
});

on_both_stores!(the_code_that_set_it_up_does_not_log_in, |kind| {
    let app = App::shared(kind);
    let equipped = equip(&app);
    let mut visitor = Visitor::default();
    let page = give_password(&mut visitor, &app.authenticate("access:client", ""), &equipped.user);
    assert_eq!(enter_code(&mut visitor, &page, &equipped.authenticator.same_code()).status, 401);
});

on_both_stores!(new_recovery_codes_take_a_code_and_the_place_of_the_former, |kind| {
    let app = App::shared(kind);
    let Equipped { user, mut visitor, mut authenticator, codes, .. } = equip(&app);
    let session = {
        let mut browser = Visitor::default();
        let page = give_password(&mut browser, &app.url("/account"), &user);
        redirect(&page, &enter_code(&mut browser, &page, &codes[0]));
        browser
    };
    let mut other = session;
    says(&change(&app, &mut visitor, "codes", "000000"), 401, "The code is wrong");
    says(&change(&app, &mut visitor, "codes", &codes[0]), 401, "The code is wrong");
    let reply = change(&app, &mut visitor, "codes", &authenticator.code());
    assert_eq!(reply.status, 200, "{}", reply.text());
    let new = recovery_codes(&reply.text());
    assert!(new.len() == 10 && new.iter().all(|code| !codes.contains(code)));
    assert!(is_signed_on(&app, &mut visitor) && !is_signed_on(&app, &mut other));
    assert_eq!(change(&app, &mut visitor, "codes", &codes[1]).status, 401);
    let page = give_password(&mut other, &app.url("/account"), &user);
    assert_eq!(enter_code(&mut other, &page, &codes[2]).status, 401);
    redirect(&page, &enter_code(&mut other, &page, &new[0]));
    assert!(self::page(&app, &mut other).contains("9 recovery codes are left."));
});

on_both_stores!(one_is_removed_by_a_code_and_everything_else_ends, |kind| {
    let app = App::shared(kind);
    let Equipped { user, mut visitor, codes, key: former, .. } = equip(&app);
    let mut stolen = visitor.clone();
    says(&change(&app, &mut visitor, "remove", ""), 401, "The code is wrong");
    let reply = change(&app, &mut visitor, "remove", &codes[3]);
    let to = redirect(&app.url("/account/second-factor/remove"), &reply);
    assert_eq!(to, app.url("/account?done=factor_removed"));
    assert!(visitor.get(&to).text().contains("It has been removed as a second factor."));
    assert!(is_signed_on(&app, &mut visitor) && !is_signed_on(&app, &mut stolen));
    assert!(password_suffices(&app, &user));
    app.accepts(&app.login(&user));
    says(&change(&app, &mut visitor, "remove", &codes[4]), 403, "You cannot have a second factor here.");
    says(&change(&app, &mut visitor, "codes", &codes[4]), 403, "You cannot have a second factor here.");
    // Another may be set up, with another secret.
    let another = offer(&app, &mut visitor);
    assert_ne!(key(&another), former);
    let mut authenticator = Authenticator::of_page(&another);
    assert_eq!(set_up(&app, &mut visitor, &user.password, &authenticator.code()).status, 200);
    assert_eq!(change(&app, &mut visitor, "remove", &codes[5]).status, 401, "codes of the former");
});

on_both_stores!(a_form_counts_for_whom_it_was_shown, |kind| {
    let app = App::shared(kind);
    let Equipped { user, mut visitor, codes, .. } = equip(&app);
    let mut stranger = Visitor::default();
    log_in_to_account(&app, &mut stranger, &app.user());
    let csrf = csrf(&mut visitor, &app.url("/account"));
    for path in ["/account/second-factor", "/account/second-factor/codes", "/account/second-factor/remove"] {
        let form = |csrf| [("csrf", csrf), ("present", user.password.as_str()), ("code", codes[0].as_str())];
        for visitor in [&mut stranger, &mut Visitor::default()] {
            visitor.post(&app.url(path), &form(&csrf)).refused(403, "E_Forbidden");
        }
        visitor.post(&app.url(path), &form("")).refused(403, "E_Forbidden");
        let mut person = stranger.clone();
        person.headers.push((BROWSER.0.to_owned(), BROWSER.1.to_owned()));
        let reply = person.post(&app.url(path), &form(&csrf));
        assert!(reply.status == 403 && reply.text().contains("This page is out of date"), "{}", reply.text());
    }
    assert_eq!(change(&app, &mut visitor, "remove", &codes[0]).status, 303);
});

on_both_stores!(who_is_signed_off_meanwhile_changes_nothing, |kind| {
    let app = App::shared(kind);
    for act in ["set-password", "disable", "reset-factor"] {
        let Equipped { user, mut visitor, codes, .. } = equip(&app);
        let csrf = csrf(&mut visitor, &app.url("/account"));
        match act {
            "set-password" => drop(app.server.run(&["user", act, &user.email, "--password-stdin"], "another one")),
            _ => drop(app.server.run(&["user", act, &user.email], "")),
        }
        for path in ["codes", "remove"] {
            let url = app.url(&format!("/account/second-factor/{path}"));
            visitor.post(&url, &[("csrf", &csrf), ("code", &codes[0])]).refused(403, "E_Forbidden");
        }
        let shown = app.server.run(&["user", "show", &user.email], "");
        assert_eq!(shown.contains("set up, 10 recovery codes left"), act != "reset-factor", "{act}: {shown}");
    }
});

// Their provider asks for one, if anybody does.
on_both_stores!(who_is_proven_by_a_provider_is_offered_none, |kind| {
    let place = Place::start(kind, &[("openid.provision", "true"), ("passwords.beside_provider", "true")]);
    let name = place.person(&json!({"email": "there@example.org", "email_verified": true}));
    let mut visitor = Visitor::default();
    let back = place.prove(&mut visitor, &place.app.url("/account/login"), &name);
    assert_eq!(come_back(&mut visitor, &back), place.app.url("/account"));
    let text = page(&place.app, &mut visitor);
    assert!(!text.contains("second-factor"), "{text}");
    let csrf = hidden(&text, "csrf").expect("a form");
    let url = place.app.url("/account/second-factor");
    assert_eq!(redirect(&url, &visitor.get(&url)).path(), "/account");
    says(&visitor.post(&url, &[("csrf", &csrf), ("code", "000000")]), 403, "You cannot have a second factor here.");
});
