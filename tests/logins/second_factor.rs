//! The second factor at a login: who is asked for a code, which codes count, and what the password alone is worth.

use std::thread;

use serde_json::json;
use url::Url;

use crate::account::is_signed_on;
use crate::account_factor::{Equipped, equip};
use crate::steps::{begin, confirm, csrf, enter, fragment, log_in_to_account, open_sessions, redirect};
use crate::support::app::{App, Kind, ROOMY, User};
use crate::support::client::Reply;
use crate::support::directory::{Session, native_token};
use crate::support::visitor::{Visitor, hidden, parameter};

/// Gives the right password in a login that begins here: the page that asks for the code, not opened.
#[track_caller]
pub fn give_password(visitor: &mut Visitor, start: &Url, user: &User) -> Url {
    let page = begin(visitor, start);
    let reply = enter(visitor, &page, &user.email, &user.password);
    let next = redirect(&page, &reply);
    assert_eq!(next, page, "the same address, which has no secret");
    assert!(visitor.cookie("directory_sso").is_none_or(str::is_empty) || start.path().starts_with("/account"));
    page
}

/// Enters a code on the page that asks for it.
#[track_caller]
pub fn enter_code(visitor: &mut Visitor, page: &Url, code: &str) -> Reply {
    let text = visitor.get(page).text();
    assert!(text.contains("name=\"code\"") && !text.contains("name=\"password\""), "{text}");
    visitor.post(page, &[("csrf", &hidden(&text, "csrf").expect("a form")), ("code", code)])
}

fn start(app: &App) -> Url {
    app.authenticate("access:client", "&appdata=x")
}

#[track_caller]
fn is_wrong(reply: &Reply) {
    assert_eq!((reply.status, reply.header("set-cookie")), (401, None), "{}", reply.text());
    let text = reply.text();
    assert!(text.contains("role=\"alert\"") && text.contains("The code is wrong"), "{text}");
}

on_both_stores!(a_code_is_asked_for_after_the_right_password_and_only_then, |kind| {
    let app = App::shared(kind);
    let Equipped { user, mut authenticator, .. } = equip(&app);
    let mut visitor = Visitor::default();
    let page = begin(&mut visitor, &start(&app));
    let wrong = enter(&mut visitor, &page, &user.email, "wrong");
    assert_eq!(wrong.status, 401);
    assert!(wrong.text().contains("The e-mail address or the password is wrong."), "{}", wrong.text());
    assert!(!wrong.text().contains("name=\"code\""), "{}", wrong.text());
    // A code does not take the place of the password.
    let form = [("csrf", &*csrf(&mut visitor, &page)), ("code", &*authenticator.code())];
    assert_ne!(visitor.post(&page, &form).status, 303);
    let page = give_password(&mut visitor, &start(&app), &user);
    assert!(visitor.get(&page).text().contains("autocomplete=\"one-time-code\""));
    // The password alone opens nothing, in either way.
    assert_eq!((open_sessions(&app, &user), visitor.cookie("directory_sso")), (0, None));
    let reply = enter_code(&mut visitor, &page, &authenticator.code());
    let end = fragment(&redirect(&page, &reply));
    assert_eq!(end.get("appdata").map(String::as_str), Some("x"));
    app.heartbeat(&end["directory_access_token"]).ok();
    assert!(is_signed_on(&app, &mut visitor), "and the browser stays signed on");
});

on_both_stores!(a_code_may_be_corrected_and_five_wrong_ones_end_the_login, |kind| {
    let app = App::shared(kind);
    let Equipped { user, authenticator, codes, .. } = equip(&app);
    let mut visitor = Visitor::default();
    let page = give_password(&mut visitor, &start(&app), &user);
    for wrong in [&*authenticator.wrong_code(), "", "no code", "0000-0000-0000-0000"] {
        is_wrong(&enter_code(&mut visitor, &page, wrong));
    }
    let end = fragment(&redirect(&page, &enter_code(&mut visitor, &page, &codes[0].replace('-', " "))));
    app.heartbeat(&end["directory_access_token"]).ok();
    // A browser of its own, which nobody is signed on in.
    let mut visitor = Visitor::default();
    let page = give_password(&mut visitor, &start(&app), &user);
    for _ in 0..4 {
        is_wrong(&enter_code(&mut visitor, &page, "000"));
    }
    enter_code(&mut visitor, &page, "000").refused(400, "E_BadRequest");
    for form in [("code", codes[1].as_str()), ("password", user.password.as_str())] {
        let known = hidden(&visitor.get(&page).text(), "csrf");
        assert_eq!(known, None, "it is over");
        assert_ne!(visitor.post(&page, &[("email", user.email.as_str()), form]).status, 303);
    }
    assert_eq!(visitor.cookie("directory_sso"), None);
    // It was not used up.
    let page = give_password(&mut visitor, &start(&app), &user);
    redirect(&page, &enter_code(&mut visitor, &page, &codes[1]));
});

on_both_stores!(a_person_is_told_that_the_login_is_over_and_how_it_begins_again, |kind| {
    let app = App::shared(kind);
    let Equipped { user, .. } = equip(&app);
    let mut visitor = Visitor::default();
    visitor.headers.push(("Accept".to_owned(), "text/html".to_owned()));
    let page = give_password(&mut visitor, &start(&app), &user);
    let text = visitor.get(&page).text();
    let (csrf, again) = (hidden(&text, "csrf").expect("a form"), hidden(&text, "again").expect("a way back"));
    let again = again.replace("&#38;", "&");
    let last = (0..5).map(|_| visitor.post(&page, &[("csrf", &csrf), ("again", &again), ("code", "1")])).last();
    let text = last.expect("five").text();
    assert!(text.contains("Too many wrong codes") && text.contains("/authenticate?claims="), "{text}");
});

on_both_stores!(of_codes_sent_at_once_each_counts_as_a_try, |kind| {
    let app = App::shared(kind);
    let Equipped { user, codes, .. } = equip(&app);
    let mut visitor = Visitor::default();
    let page = give_password(&mut visitor, &start(&app), &user);
    let csrf = csrf(&mut visitor, &page);
    let wrong = thread::scope(|scope| {
        let tries = [(); 12].map(|()| {
            let (mut visitor, page, csrf) = (visitor.clone(), &page, &csrf);
            scope.spawn(move || visitor.post(page, &[("csrf", csrf), ("code", "0000-0000-0000-0000")]).status)
        });
        tries.map(|one| one.join().expect("an answer"))
    });
    assert!(wrong.iter().filter(|status| **status == 401).count() <= 4, "{wrong:?}");
    assert_eq!(wrong.iter().filter(|status| **status == 303).count(), 0, "{wrong:?}");
    visitor.post(&page, &[("csrf", &csrf), ("code", &codes[0])]).refused(400, "E_BadRequest");
});

on_both_stores!(a_code_counts_once_wherever_it_is_entered, |kind| {
    let app = App::shared(kind);
    let Equipped { user, mut authenticator, codes, .. } = equip(&app);
    let mut visitor = Visitor::default();
    let used = [authenticator.code(), codes[0].clone()];
    for code in &used {
        let page = give_password(&mut Visitor::default(), &start(&app), &user);
        drop(page);
        let mut visitor = Visitor::default();
        let page = give_password(&mut visitor, &start(&app), &user);
        redirect(&page, &enter_code(&mut visitor, &page, code));
    }
    let page = give_password(&mut visitor, &start(&app), &user);
    // Also that of the set-up, which is a step earlier.
    for code in &used {
        is_wrong(&enter_code(&mut visitor, &page, code));
    }
    assert_eq!(open_sessions(&app, &user), 2);
});

/// Somebody who looks over a shoulder sends the code at the same moment, with the same password.
#[test]
fn of_two_servers_one_takes_a_code() {
    let app = App::start(Kind::Redis, &ROOMY);
    let beside = app.beside(&ROOMY);
    let Equipped { user, mut authenticator, .. } = equip(&app);
    let code = authenticator.code();
    let ends = thread::scope(|scope| {
        let logins = [&app, &beside].map(|app| {
            let (user, code) = (&user, &code);
            scope.spawn(move || {
                let mut visitor = Visitor::default();
                let page = give_password(&mut visitor, &app.authenticate("access:client", ""), user);
                enter_code(&mut visitor, &page, code).status
            })
        });
        logins.map(|login| login.join().expect("an answer"))
    });
    let mut sorted = ends;
    sorted.sort_unstable();
    assert_eq!(sorted, [303, 401]);
    assert_eq!(open_sessions(&app, &user), 1);
}

on_both_stores!(a_second_click_leads_where_the_first_has_led, |kind| {
    let app = App::shared(kind);
    let Equipped { user, mut authenticator, codes, .. } = equip(&app);
    let mut visitor = Visitor::default();
    // On either form, and at once.
    let page = begin(&mut visitor, &start(&app));
    let password =
        [("csrf", &*csrf(&mut visitor, &page)), ("email", user.email.as_str()), ("password", user.password.as_str())];
    for _ in 0..2 {
        assert_eq!(redirect(&page, &visitor.post(&page, &password)), page);
    }
    let code = [("csrf", &*csrf(&mut visitor, &page)), ("code", &*authenticator.code())];
    let replies = thread::scope(|scope| {
        let clicks = [(); 3].map(|()| {
            let (mut visitor, page) = (visitor.clone(), &page);
            scope.spawn(move || visitor.post(page, &code))
        });
        clicks.map(|click| click.join().expect("an answer"))
    });
    for reply in &replies {
        app.heartbeat(&fragment(&redirect(&page, reply))["directory_access_token"]).ok();
        assert_eq!(reply.header("set-cookie"), replies[0].header("set-cookie"));
    }
    assert_eq!(open_sessions(&app, &user), 1);
    // A native client's login leads to its confirmation.
    let native = native_token();
    let page = give_password(&mut Visitor::default(), &start(&app), &user);
    drop(page);
    let mut visitor = Visitor::default();
    let page = give_password(&mut visitor, &app.authenticate_native(&native), &user);
    let code = [("csrf", &*csrf(&mut visitor, &page)), ("code", codes[0].as_str())];
    let [first, second] = [(); 2].map(|()| redirect(&page, &visitor.post(&page, &code)));
    assert_eq!((first.path(), &first), ("/directory/api/confirm", &second));
    assert_eq!(app.wait(&native, 0).status, 204, "nobody said yes yet");
    confirm(&mut visitor, &second, "yes");
    app.heartbeat(&Session::of_body(&app.wait(&native, 0).ok()).directory).ok();
});

on_both_stores!(the_second_step_is_that_of_one_browser_and_one_login, |kind| {
    let app = App::shared(kind);
    let Equipped { user, codes, .. } = equip(&app);
    let (mut visitor, mut stranger) = (Visitor::default(), Visitor::default());
    let page = give_password(&mut visitor, &start(&app), &user);
    let form = csrf(&mut visitor, &page);
    begin(&mut stranger, &start(&app));
    stranger.get(&page).refused(400, "E_BadRequest");
    stranger.post(&page, &[("csrf", &form), ("code", &codes[0])]).refused(400, "E_BadRequest");
    for forged in ["", &"0".repeat(form.len())] {
        visitor.post(&page, &[("csrf", forged), ("code", &codes[0])]).refused(403, "E_Forbidden");
    }
    let other = begin(&mut visitor, &start(&app));
    visitor.post(&other, &[("csrf", &form), ("code", &codes[0])]).refused(403, "E_Forbidden");
    // Nor is the confirmation of a native client's login reached before the code.
    let native = native_token();
    let page = give_password(&mut visitor, &app.authenticate_native(&native), &user);
    let confirmation = app.url(&format!("/directory/api/confirm?state={}", parameter(&page, "state")));
    visitor.get(&confirmation).refused(400, "E_BadRequest");
    redirect(&page, &enter_code(&mut visitor, &page, &codes[0]));
});

on_both_stores!(an_account_that_changes_between_the_steps_lets_nobody_in, |kind| {
    let app = App::shared(kind);
    for change in ["disable", "set-password", "reset-factor", "delete"] {
        let Equipped { user, codes, .. } = equip(&app);
        let mut visitor = Visitor::default();
        let page = give_password(&mut visitor, &start(&app), &user);
        match change {
            "set-password" => drop(app.server.run(&["user", change, &user.email, "--password-stdin"], "another one")),
            "delete" => drop(app.server.run(&["user", change, &user.email, "--yes"], "")),
            _ => drop(app.server.run(&["user", change, &user.email], "")),
        }
        let end = redirect(&page, &enter_code(&mut visitor, &page, &codes[0]));
        assert_eq!(fragment(&end).get("error").map(String::as_str), Some("access_denied"), "{change}: {end}");
        assert_eq!(visitor.cookie("directory_sso"), None, "{change}");
    }
});

on_both_stores!(v2_takes_an_app_password_of_such_a_person_alone, |kind| {
    let app = App::shared(kind);
    let Equipped { user, .. } = equip(&app);
    let body = |reply: &Reply| {
        let mut envelope = reply.json();
        envelope["uuid"].take();
        (reply.status, envelope, reply.header("www-authenticate").map(str::to_owned))
    };
    let right = app.try_login(&user, &json!({}));
    let wrong = app.try_login(&user, &json!({"password": "wrong"}));
    right.refused(401, "E_InvalidCredentials");
    assert_eq!(body(&right), body(&wrong));
    let made = app.server.run(&["user", "app-password", "add", &user.email, "--name", "plugin"], "");
    let by_it = User { id: user.id, email: user.email.clone(), password: made.trim().to_owned() };
    app.accepts(&app.login(&by_it));
});

on_both_stores!(the_settings_may_let_the_password_alone_log_in_to_v2, |kind| {
    let app = App::start(kind, &[&ROOMY[..], &[("passwords.skip_second_factor", "true")]].concat());
    let Equipped { user, codes, .. } = equip(&app);
    app.accepts(&app.login(&user));
    // The page asks all the same.
    let mut visitor = Visitor::default();
    let page = give_password(&mut visitor, &start(&app), &user);
    redirect(&page, &enter_code(&mut visitor, &page, &codes[0]));
});

on_both_stores!(a_right_password_that_may_not_be_used_costs_as_much_as_a_wrong_one, |kind| {
    let app =
        App::start(kind, &[("throttle.account_network.burst", "6"), ("throttle.account_network.refill", "86400")]);
    let Equipped { user, .. } = equip(&app);
    let other = app.user();
    let left = |user: &User, password: &str| {
        (0..20).take_while(|_| app.try_login(user, &json!({"password": password})).status == 401).count()
    };
    // Both come from a network that the account knows.
    app.login(&other);
    assert_eq!(left(&user, &user.password), left(&other, "wrong"));
});

on_both_stores!(codes_share_the_throttle_of_the_password, |kind| {
    let app =
        App::start(kind, &[("throttle.account_network.burst", "4"), ("throttle.account_network.refill", "86400")]);
    let Equipped { user, codes, .. } = equip(&app);
    let mut visitor = Visitor::default();
    let page = give_password(&mut visitor, &start(&app), &user);
    for _ in 0..4 {
        is_wrong(&enter_code(&mut visitor, &page, "000000"));
    }
    let page = begin(&mut visitor, &start(&app));
    let reply = enter(&mut visitor, &page, &user.email, &user.password);
    assert_eq!(reply.status, 429, "{}", reply.text());
    drop(codes);
});

on_both_stores!(a_throttled_code_is_told_so, |kind| {
    let app =
        App::start(kind, &[("throttle.account_network.burst", "3"), ("throttle.account_network.refill", "86400")]);
    let Equipped { user, .. } = equip(&app);
    let mut visitor = Visitor::default();
    let page = give_password(&mut visitor, &start(&app), &user);
    for _ in 0..3 {
        is_wrong(&enter_code(&mut visitor, &page, "000000"));
    }
    let reply = enter_code(&mut visitor, &page, "000000");
    assert_eq!(reply.status, 429, "{}", reply.text());
    assert!(reply.header("retry-after").is_some() && reply.text().contains("Too many attempts."), "{}", reply.text());
    assert!(reply.text().contains("name=\"code\""), "{}", reply.text());
});

on_both_stores!(a_one_time_link_sets_the_password_and_leaves_the_factor, |kind| {
    let app = App::shared(kind);
    let Equipped { user, codes, .. } = equip(&app);
    let base = app.url("");
    let settings = [("server.public_url", base.as_str().trim_end_matches('/'))];
    let output = app.server.command_with(&["user", "reset-link", &user.email, "--json"], &settings);
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let link = Url::parse(said["link"].as_str().expect("a link")).expect("a URL");
    let mut visitor = Visitor::default();
    let page = redirect(&link, &visitor.get(&link));
    let csrf = csrf(&mut visitor, &page);
    let form = [("csrf", csrf.as_str()), ("new", "set by a link"), ("repeat", "set by a link")];
    redirect(&page, &visitor.post(&page, &form));
    let user = User { password: "set by a link".to_owned(), ..user };
    app.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");
    let page = give_password(&mut visitor, &start(&app), &user);
    redirect(&page, &enter_code(&mut visitor, &page, &codes[0]));
});

on_both_stores!(an_operator_resets_a_lost_one, |kind| {
    let app = App::shared(kind);
    let Equipped { user, codes, mut visitor, .. } = equip(&app);
    let shown = app.server.run(&["user", "show", &user.email], "");
    assert!(shown.contains("set up, 10 recovery codes left"), "{shown}");
    let listed = || app.server.run(&["user", "list", "--limit", "10000", "--json"], "");
    let line = |list: String| list.lines().find(|line| line.contains(&user.email)).map(str::to_owned);
    assert!(line(listed()).is_some_and(|line| line.contains("\"second_factor\":true")));
    let output = app.server.command(&["user", "reset-factor", &user.email], "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("has no second factor"), "{said}");
    assert!(said.contains("every earlier login has ended"), "{said}");
    assert!(!is_signed_on(&app, &mut visitor));
    let shown = app.server.run(&["user", "show", &user.email], "");
    assert!(shown.lines().any(|line| line.contains("second factor") && line.contains("none")), "{shown}");
    assert!(line(listed()).is_some_and(|line| line.contains("\"second_factor\":false")));
    log_in_to_account(&app, &mut visitor, &user);
    app.accepts(&app.login(&user));
    let output = app.server.command(&["user", "reset-factor", &user.email], "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("the user has no second factor"), "{said}");
    drop(codes);
});

on_both_stores!(no_code_and_no_secret_is_in_the_log, |kind| {
    let app = App::start(kind, &[&ROOMY[..], &[("log.level", "debug")]].concat());
    let Equipped { user, mut authenticator, codes, key, .. } = equip(&app);
    let mut visitor = Visitor::default();
    let page = give_password(&mut visitor, &start(&app), &user);
    let code = authenticator.code();
    is_wrong(&enter_code(&mut visitor, &page, "0123-4567-8901-2345"));
    let reply = enter_code(&mut visitor, &page, &code);
    let id = reply.header("x-request-id").expect("an id").to_owned();
    let log = crate::support::wait::until("it is logged", std::time::Duration::from_secs(60), || {
        let log = app.server.log();
        log.contains(&id).then_some(log)
    });
    assert!(log.contains("set up second factor") && log.contains("the code is wrong: wrong_code"), "{log}");
    let joined = key.replace(' ', "");
    let plain: Vec<_> = codes.iter().flat_map(|code| [code.clone(), code.replace('-', "")]).collect();
    let secrets = plain.iter().chain([&key, &joined, &user.password]);
    for secret in secrets.map(String::as_str).chain(["0123-4567-8901-2345", "0123456789012345"]) {
        assert!(!log.contains(secret), "{secret}");
    }
    let code_is_told =
        log.lines().any(|line| line.contains(&format!("\"{code}\"")) || line.contains(&format!("={code}")));
    assert!(!code_is_told, "{code}");
});
