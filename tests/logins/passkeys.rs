//! Passkeys as a second factor: set up on the account page, asked for at a login, and refused for whatever is not
//! right.

use std::sync::{Arc, Mutex, Weak};

use serde_json::json;
use url::Url;

use crate::account::{is_signed_on, page};
use crate::mail::app_by;
use crate::second_factor::{enter_code, give_password};
use crate::steps::{begin, csrf, enter, log_in, redirect};
use crate::support::app::{App, Kind, ROOMY, User};
use crate::support::authenticator::{Authenticator, recovery_codes};
use crate::support::client::Reply;
use crate::support::fake_clock::{FakeClock, borrowed};
use crate::support::mail_server::MailServer;
use crate::support::passkey::{Algorithm, Asked, Device};
use crate::support::shared::shared;
use crate::support::visitor::{Visitor, hidden};

/// Where browsers know the server: not where it listens, as behind a proxy.
const ORIGIN: &str = "http://localhost:4711";
const PASSKEYS: &str = "/account/second-factor/passkeys";
const ALGORITHMS: [Algorithm; 3] = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256];

static SHARED: [Mutex<Weak<App>>; 2] = [const { Mutex::new(Weak::new()) }; 2];

/// A server that browsers offer passkeys at, which other cases use at the same time.
fn app(kind: Kind) -> Arc<App> {
    shared(&SHARED[kind as usize], || App::start(kind, &[&ROOMY[..], &[("server.public_url", ORIGIN)]].concat()))
}

/// Somebody who has a passkey, in a browser that is signed on.
struct Holder {
    user: User,
    visitor: Visitor,
    device: Device,
    codes: Vec<String>,
}

#[track_caller]
fn signed_on(app: &App, user: &User) -> Visitor {
    let mut visitor = Visitor::default();
    assert_eq!(log_in(&mut visitor, &app.url("/account"), user).path(), "/account");
    visitor
}

/// What this page asks of passkeys.
#[track_caller]
fn asked(visitor: &mut Visitor, page: &Url) -> Asked {
    let reply = visitor.get(page);
    let policy = reply.header("content-security-policy").unwrap_or_default().to_owned();
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    let asked = Asked::of(&reply.text()).unwrap_or_else(|| panic!("{page}: {} {}", reply.status, reply.text()));
    assert_eq!((asked.host.as_str(), asked.challenge.len()), ("localhost", 43));
    asked
}

/// Sends what the page for adding one sends.
fn add(app: &App, visitor: &mut Visitor, name: &str, password: &str, passkey: &str) -> Reply {
    let form = csrf(visitor, &app.url("/account"));
    let fields = [("csrf", form.as_str()), ("name", name), ("present", password), ("passkey", passkey)];
    visitor.post(&app.url(PASSKEYS), &fields)
}

/// Has this device make a passkey, and adds it.
fn make(app: &App, visitor: &mut Visitor, user: &User, device: &mut Device) -> Reply {
    let asked = asked(visitor, &app.url(PASSKEYS));
    let made = device.makes(&asked);
    add(app, visitor, "my phone", &user.password, &made)
}

/// Makes somebody with one passkey and nothing else.
#[track_caller]
fn holder(app: &App, algorithm: Algorithm) -> Holder {
    let (user, mut device) = (app.user(), Device::new(algorithm, ORIGIN));
    let mut visitor = signed_on(app, &user);
    let reply = make(app, &mut visitor, &user, &mut device);
    assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")), "{}", reply.text());
    let codes = recovery_codes(&reply.text());
    assert_eq!(codes.len(), 10, "{}", reply.text());
    Holder { user, visitor, device, codes }
}

/// Gives the right password in a login that begins here, and reads what the passkeys are asked.
#[track_caller]
fn second_step(app: &App, visitor: &mut Visitor, user: &User) -> (Url, Asked) {
    let page = give_password(visitor, &app.url("/account/login"), user);
    let asked = asked(visitor, &page);
    (page, asked)
}

fn answer(visitor: &mut Visitor, page: &Url, passkey: &str) -> Reply {
    let form = csrf(visitor, page);
    visitor.post(page, &[("csrf", &form), ("code", ""), ("passkey", passkey)])
}

#[track_caller]
fn is_refused(reply: &Reply) {
    assert_eq!((reply.status, reply.header("set-cookie")), (401, None), "{}", reply.text());
    let text = reply.text();
    assert!(text.contains("role=\"alert\">The passkey was not accepted."), "{text}");
}

#[track_caller]
fn lets_in(app: &App, visitor: &mut Visitor, page: &Url, reply: &Reply) {
    assert_eq!(redirect(page, reply).path(), "/account");
    assert!(is_signed_on(app, visitor));
}

/// Changes something on the account page, where the passkeys answer.
fn change(app: &App, visitor: &mut Visitor, what: &str, device: &mut Device, fields: &[(&str, &str)]) -> Reply {
    let page = app.url("/account");
    let answer = device.answers(&asked(visitor, &page));
    let form = csrf(visitor, &page);
    let own = [("csrf", form.as_str()), ("code", ""), ("passkey", answer.as_str())];
    visitor.post(&app.url(&format!("/account/second-factor/{what}")), &[&own, fields].concat())
}

/// The ids of the passkeys that the page offers to remove.
fn ids(page: &str) -> Vec<String> {
    let found = page.split("name=\"id\" value=\"").skip(1).filter_map(|rest| rest.split('"').next());
    found.map(str::to_owned).collect()
}

on_both_stores!(each_kind_of_key_is_set_up_and_logs_in, |kind| {
    let app = app(kind);
    for algorithm in ALGORITHMS {
        let (user, mut device) = (app.user(), Device::new(algorithm, ORIGIN));
        let [mut visitor, mut other] = [(); 2].map(|()| signed_on(&app, &user));
        let access = app.login(&user);
        let reply = make(&app, &mut visitor, &user, &mut device);
        assert_eq!(recovery_codes(&reply.text()).len(), 10, "{algorithm:?}: {} {}", reply.status, reply.text());
        // It ends everything but this browser, and the password alone counts no more.
        app.refuses(&access);
        assert!(is_signed_on(&app, &mut visitor) && !is_signed_on(&app, &mut other));
        app.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");
        let text = page(&app, &mut visitor);
        assert!(text.contains("Passkey <bdi>my phone</bdi>") && text.contains("never used"), "{text}");
        assert!(text.contains("10 recovery codes are left."), "{text}");
        let (page, asked) = second_step(&app, &mut other, &user);
        assert_eq!(asked.ids, [device.id.clone()]);
        let text = other.get(&page).text();
        assert!(text.contains("Use your passkey") && text.contains("Recovery code"), "{text}");
        let reply = answer(&mut other, &page, &device.answers(&asked));
        lets_in(&app, &mut other, &page, &reply);
        assert!(self::page(&app, &mut other).contains("last used on"));
        let made = app.server.run(&["user", "app-password", "add", &user.email, "--name", "plugin"], "");
        app.accepts(&app.login(&User { id: user.id, email: user.email.clone(), password: made.trim().to_owned() }));
    }
});

on_both_stores!(an_answer_with_one_fact_that_is_wrong_lets_nobody_in, |kind| {
    let app = app(kind);
    let Holder { user, mut device, .. } = holder(&app, Algorithm::Es256);
    let Holder { device: mut other, .. } = holder(&app, Algorithm::EdDsa);
    let mut visitor = Visitor::default();
    let (_, earlier) = second_step(&app, &mut visitor, &user);
    let (page, asked) = second_step(&app, &mut visitor, &user);
    assert_ne!(earlier.challenge, asked.challenge, "each login has its own");
    "https://localhost.evil.example".clone_into(&mut device.origin);
    is_refused(&answer(&mut visitor, &page, &device.answers(&asked)));
    ORIGIN.clone_into(&mut device.origin);
    device.cross_origin = true;
    is_refused(&answer(&mut visitor, &page, &device.answers(&asked)));
    device.cross_origin = false;
    is_refused(&answer(&mut visitor, &page, &device.answers(&earlier)));
    is_refused(&answer(&mut visitor, &page, &other.answers(&asked)));
    let right = device.answers(&asked);
    let reply = answer(&mut visitor, &page, &right);
    lets_in(&app, &mut visitor, &page, &reply);
    let (page, asked) = second_step(&app, &mut Visitor::default(), &user);
    drop(page);
    let mut visitor = Visitor::default();
    let (page, own) = second_step(&app, &mut visitor, &user);
    // Another person's key, which says in all else that it is this one's.
    other.id.clone_from(&device.id);
    other.user.clone_from(&device.user);
    is_refused(&answer(&mut visitor, &page, &other.answers(&own)));
    is_refused(&answer(&mut visitor, &page, &device.answers(&asked)));
    device.present = false;
    is_refused(&answer(&mut visitor, &page, &device.answers(&own)));
    device.present = true;
    "evil.example".clone_into(&mut device.rp_id);
    is_refused(&answer(&mut visitor, &page, &device.answers(&own)));
    // The fifth ends the login, and the right one comes too late.
    let over = answer(&mut visitor, &page, "AA.AA.AA.AA.");
    assert_eq!(over.status, 400, "{}", over.text());
    "localhost".clone_into(&mut device.rp_id);
    assert_ne!(visitor.post(&page, &[("code", ""), ("passkey", &device.answers(&own))]).status, 303);
    assert!(!is_signed_on(&app, &mut visitor));
});

on_both_stores!(an_answer_counts_in_one_login_once_and_the_count_goes_up, |kind| {
    let app = app(kind);
    for counts in [true, false] {
        let Holder { user, mut device, .. } = holder(&app, Algorithm::Es256);
        device.count = counts.then_some(7);
        let mut visitor = Visitor::default();
        let (page, asked) = second_step(&app, &mut visitor, &user);
        let right = device.answers(&asked);
        let form = [("csrf", &*csrf(&mut visitor, &page)), ("code", ""), ("passkey", &*right)];
        // A second click leads where the first led.
        let [first, second] = [(); 2].map(|()| visitor.post(&page, &form));
        lets_in(&app, &mut visitor, &page, &first);
        assert_eq!(redirect(&page, &second), redirect(&page, &first));
        assert_eq!(first.header("set-cookie"), second.header("set-cookie"));
        // In another login, and in another browser, it counts no more.
        let mut thief = Visitor::default();
        let (page, asked) = second_step(&app, &mut thief, &user);
        is_refused(&answer(&mut thief, &page, &right));
        if counts {
            device.count = Some(7);
            is_refused(&answer(&mut thief, &page, &device.answers(&asked)));
            device.count = None;
            is_refused(&answer(&mut thief, &page, &device.answers(&asked)));
            device.count = Some(8);
        }
        let reply = answer(&mut thief, &page, &device.answers(&asked));
        lets_in(&app, &mut thief, &page, &reply);
    }
});

on_both_stores!(a_passkey_that_is_not_made_as_asked_is_not_added, |kind| {
    let app = app(kind);
    let (user, mut device) = (app.user(), Device::new(Algorithm::Es256, ORIGIN));
    let [mut visitor, mut other] = [(); 2].map(|()| signed_on(&app, &user));
    let (asked, elsewhere) = (asked(&mut visitor, &app.url(PASSKEYS)), asked(&mut other, &app.url(PASSKEYS)));
    assert_ne!(asked.challenge, elsewhere.challenge, "another browser is asked for another");
    let mut says = |passkey: &str, name: &str, password: &str, status, words: &str| {
        let reply = add(&app, &mut visitor, name, password, passkey);
        let text = reply.text();
        assert_eq!((reply.status, reply.header("set-cookie")), (status, None), "{text}");
        assert!(text.contains(words) && text.contains("name=\"passkey\""), "{words} in {text}");
    };
    let (good, not_accepted) = (device.makes(&asked), "The passkey was not accepted.");
    says(&good, "my phone", "wrong", 401, "The present password is wrong.");
    says(&good, " ", &user.password, 400, "A passkey needs a name");
    says(&good, &"x".repeat(200), &user.password, 400, "A passkey needs a name");
    says("", "my phone", &user.password, 400, "Your browser has sent no passkey.");
    says("AA.AA", "my phone", &user.password, 401, not_accepted);
    says(&device.makes(&elsewhere), "my phone", &user.password, 401, not_accepted);
    says(&device.answers(&asked), "my phone", &user.password, 400, "Your browser has sent no passkey.");
    "http://localhost:4712".clone_into(&mut device.origin);
    says(&device.makes(&asked), "my phone", &user.password, 401, not_accepted);
    app.accepts(&app.login(&user));
    assert_eq!(recovery_codes(&add(&app, &mut visitor, "my phone", &user.password, &good).text()).len(), 10);
    // What was asked for it is over.
    let reply = add(&app, &mut visitor, "again", &user.password, &good);
    assert_eq!(reply.status, 401, "{}", reply.text());
    // The form is this browser's.
    let form = [("csrf", "0"), ("name", "a"), ("present", &*user.password), ("passkey", &*good)];
    visitor.post(&app.url(PASSKEYS), &form).refused(403, "E_Forbidden");
    other.post(&app.url(PASSKEYS), &form).refused(403, "E_Forbidden");
});

on_both_stores!(a_person_has_so_many_and_each_goes_by_an_answer_or_a_code, |kind| {
    let app = app(kind);
    let Holder { user, mut visitor, mut device, codes } = holder(&app, Algorithm::EdDsa);
    let again = make(&app, &mut visitor, &user, &mut device);
    assert_eq!(again.status, 401, "the same one twice: {}", again.text());
    for _ in 1..5 {
        let to = make(&app, &mut visitor, &user, &mut Device::new(Algorithm::EdDsa, ORIGIN));
        let to = redirect(&app.url(PASSKEYS), &to);
        assert_eq!(to, app.url("/account?done=factor_added"), "it brings no recovery codes");
    }
    let text = page(&app, &mut visitor);
    assert_eq!(ids(&text).len(), 5);
    assert!(text.contains("You have 5 passkeys") && text.contains("10 recovery codes are left."), "{text}");
    assert_eq!(redirect(&app.url(PASSKEYS), &visitor.get(&app.url(PASSKEYS))).path(), "/account");
    let reply = add(&app, &mut visitor, "sixth", &user.password, "AA.AA");
    assert_eq!(reply.status, 403, "{}", reply.text());
    // One by a recovery code; by nothing, none; the rest by the answer of one that is left.
    let all = ids(&text);
    let form = csrf(&mut visitor, &app.url("/account"));
    let remove = app.url(&format!("{PASSKEYS}/remove"));
    let reply = visitor.post(&remove, &[("csrf", &form), ("code", ""), ("id", &all[4])]);
    assert!(reply.status == 401 && reply.text().contains("The code is wrong"), "{}", reply.text());
    let reply = visitor.post(&remove, &[("csrf", &form), ("code", &codes[0]), ("id", &all[4])]);
    assert_eq!(redirect(&remove, &reply), app.url("/account?done=factor_removed"));
    let mut stolen = visitor.clone();
    for id in &all[1..4] {
        let reply = change(&app, &mut visitor, "passkeys/remove", &mut device, &[("id", id)]);
        assert_eq!(redirect(&remove, &reply), app.url("/account?done=factor_removed"));
    }
    assert!(is_signed_on(&app, &mut visitor) && !is_signed_on(&app, &mut stolen));
    let gone = change(&app, &mut visitor, "passkeys/remove", &mut device, &[("id", &all[2])]);
    assert_eq!(gone.status, 403, "{}", gone.text());
    assert!(page(&app, &mut visitor).contains("9 recovery codes are left."));
    let reply = change(&app, &mut visitor, "passkeys/remove", &mut device, &[("id", &all[0])]);
    assert!(visitor.get(&redirect(&remove, &reply)).text().contains("It has been removed as a second factor."));
    // That was the last: the recovery codes went along, and the password suffices.
    assert!(page(&app, &mut visitor).contains("A passkey, or a code that an app shows, can be asked for"));
    app.accepts(&app.login(&user));
    signed_on(&app, &user);
});

on_both_stores!(a_removed_one_and_one_that_is_reset_let_nobody_in, |kind| {
    let app = app(kind);
    let Holder { user, mut visitor, mut device, codes } = holder(&app, Algorithm::Es256);
    let mut second = Device::new(Algorithm::Es256, ORIGIN);
    assert_eq!(make(&app, &mut visitor, &user, &mut second).status, 303);
    let first = ids(&page(&app, &mut visitor)).swap_remove(0);
    assert_eq!(change(&app, &mut visitor, "passkeys/remove", &mut second, &[("id", &first)]).status, 303);
    let (page, asked) = second_step(&app, &mut visitor, &user);
    assert_eq!(asked.ids, [second.id.clone()]);
    is_refused(&answer(&mut visitor, &page, &device.answers(&asked)));
    let reply = enter_code(&mut visitor, &page, &codes[0]);
    lets_in(&app, &mut visitor, &page, &reply);
    let (page, _) = second_step(&app, &mut visitor, &user);
    assert_eq!(enter_code(&mut visitor, &page, &codes[0]).status, 401, "each counts once");
    let shown = app.server.run(&["user", "show", &user.email], "");
    assert!(shown.contains("set up, 9 recovery codes left"), "{shown}");
    let mut early = Visitor::default();
    let (before, asked) = second_step(&app, &mut early, &user);
    let answered = second.answers(&asked);
    let form = csrf(&mut early, &before);
    app.server.run(&["user", "reset-factor", &user.email], "");
    let end = early.post(&before, &[("csrf", &form), ("code", ""), ("passkey", &answered)]);
    assert!(end.status != 200 && !is_signed_on(&app, &mut early), "{}", end.text());
    assert!(!is_signed_on(&app, &mut visitor));
    signed_on(&app, &user);
    app.accepts(&app.login(&user));
});

on_both_stores!(an_app_and_a_passkey_stand_beside_each_other, |kind| {
    let app = app(kind);
    let Holder { user, mut visitor, mut device, .. } = holder(&app, Algorithm::EdDsa);
    let set_up = app.url("/account/second-factor");
    let text = visitor.get(&set_up).text();
    let mut authenticator = Authenticator::of_page(&text);
    let form = hidden(&text, "csrf").expect("a form");
    let code = authenticator.code();
    let reply = visitor.post(&set_up, &[("csrf", &form), ("present", &user.password), ("code", &code)]);
    assert_eq!(redirect(&set_up, &reply), app.url("/account?done=factor_added"));
    assert!(page(&app, &mut visitor).contains("10 recovery codes are left."), "there are some already");
    let mut other = Visitor::default();
    let (page, asked) = second_step(&app, &mut other, &user);
    let text = other.get(&page).text();
    assert!(text.contains("Use your passkey") && text.contains("Your authenticator app shows it."), "{text}");
    assert_eq!(enter_code(&mut other, &page, &authenticator.same_code()).status, 401);
    let reply = answer(&mut other, &page, &device.answers(&asked));
    lets_in(&app, &mut other, &page, &reply);
    // A passkey's answer stands for a code: new recovery codes, and the app goes; a code then counts no more.
    let reply = change(&app, &mut visitor, "codes", &mut device, &[]);
    assert_eq!(recovery_codes(&reply.text()).len(), 10, "{}", reply.text());
    let reply = change(&app, &mut visitor, "remove", &mut device, &[]);
    assert_eq!(redirect(&set_up, &reply), app.url("/account?done=factor_removed"));
    let (page, asked) = second_step(&app, &mut other, &user);
    assert_eq!(enter_code(&mut other, &page, &authenticator.wrong_code()).status, 401);
    let reply = answer(&mut other, &page, &device.answers(&asked));
    lets_in(&app, &mut other, &page, &reply);
});

on_both_stores!(none_is_offered_at_an_address_that_browsers_offer_none_at, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let mut visitor = signed_on(&app, &user);
    let text = page(&app, &mut visitor);
    assert!(text.contains("browsers offer them at addresses with https only") && !text.contains(PASSKEYS), "{text}");
    let reply = visitor.get(&app.url(PASSKEYS));
    assert_eq!(redirect(&app.url(PASSKEYS), &reply).path(), "/account");
    let reply = add(&app, &mut visitor, "my phone", &user.password, "AA.AA");
    assert_eq!(reply.status, 403, "{}", reply.text());
    app.accepts(&app.login(&user));
});

// Embedded: what is compared is the server's own clock.
#[test]
fn a_proof_that_is_not_fresh_changes_nothing() {
    let clock = FakeClock::off_by(0);
    let app = App::start(Kind::Embedded, &borrowed(&clock.settings(&[("server.public_url", ORIGIN)])));
    let Holder { user, mut visitor, mut device, codes } = holder(&app, Algorithm::Es256);
    let asked = asked(&mut visitor, &app.url(PASSKEYS));
    let id = ids(&page(&app, &mut visitor)).swap_remove(0);
    clock.set(11 * 60);
    let text = page(&app, &mut visitor);
    assert!(text.contains("Passkey <bdi>my phone</bdi>") && ids(&text).is_empty(), "{text}");
    assert!(Asked::of(&text).is_none() && !text.contains("<script"), "{text}");
    let made = Device::new(Algorithm::Es256, ORIGIN).makes(&asked);
    let form = csrf(&mut visitor, &app.url("/account"));
    let remove = app.url(&format!("{PASSKEYS}/remove"));
    for reply in [
        add(&app, &mut visitor, "later", &user.password, &made),
        visitor.post(&remove, &[("csrf", &form), ("code", &codes[0]), ("id", &id)]),
    ] {
        assert!(reply.status == 403 && reply.text().contains("Please log in again first."), "{}", reply.text());
    }
    let page = begin(&mut visitor, &app.url("/account/login"));
    assert_eq!(redirect(&page, &enter(&mut visitor, &page, &user.email, &user.password)), page);
    let asked = self::asked(&mut visitor, &page);
    let reply = answer(&mut visitor, &page, &device.answers(&asked));
    lets_in(&app, &mut visitor, &page, &reply);
    assert_eq!(ids(&self::page(&app, &mut visitor)), [id]);
}

on_both_stores!(each_change_of_passkeys_is_mailed_to_its_person, |kind| {
    let server = MailServer::start("none", "takes");
    let app = app_by(kind, &server, &[("server.public_url", ORIGIN)]);
    let told = |user: &User, secrets: &[String]| {
        let mail = server.mail();
        assert_eq!(mail.to, user.email);
        let says = ["the second factor of your account at", "der zweite Faktor Ihres Kontos unter"];
        assert!(says.iter().all(|says| mail.text.contains(says)), "{}", mail.text);
        assert!(mail.text.contains(ORIGIN) && !mail.text.contains("/account"), "{}", mail.text);
        for secret in secrets.iter().chain([&user.password]) {
            assert!(!mail.text.contains(secret), "{}", mail.text);
        }
    };
    let Holder { user, mut visitor, mut device, codes } = holder(&app, Algorithm::Es256);
    told(&user, &codes);
    let mut second = Device::new(Algorithm::EdDsa, ORIGIN);
    make(&app, &mut visitor, &user, &mut second);
    told(&user, &codes);
    // What changes nothing is not mailed: the next mail is of the removal, and of nobody else.
    assert_eq!(make(&app, &mut visitor, &user, &mut second).status, 401, "the same one twice");
    let all = ids(&page(&app, &mut visitor));
    let reply = change(&app, &mut visitor, "passkeys/remove", &mut device, &[("id", &all[1])]);
    assert_eq!(reply.status, 303, "{}", reply.text());
    told(&user, &codes);
    let Holder { user: other, codes, .. } = holder(&app, Algorithm::Rs256);
    told(&other, &codes);
});
