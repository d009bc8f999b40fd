//! `/borrowlicense` and the report of what is out.

use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::app::{App, User};
use crate::support::directory::{Session, native_token, path};
use crate::support::redis_server::RedisServer;
use crate::support::wait::until;

fn client(app: &App) -> String {
    let native = native_token();
    app.open_native(&app.user(), &native);
    native
}

on_both_stores!(a_licence_is_borrowed_kept_and_given_back, |kind| {
    let app = App::start(kind, &[("licenses.total", "5")]);
    let native = client(&app);
    for too_early in ["renew", "checkin"] {
        app.license(&native, too_early).refused(409, "E_Conflict");
    }
    assert_eq!(app.license(&native, "checkout").ok(), json!({}));
    app.license(&native, "checkout").refused(409, "E_Conflict");
    assert_eq!(app.license(&native, "renew").ok(), json!({}));
    let get = path(&format!("borrowlicense?action=checkin&nativetoken={native}&_=1"));
    assert_eq!(app.request("GET", &get).send().ok(), json!({}));
    app.license(&native, "checkin").refused(409, "E_Conflict");
    app.license(&native, "checkout").ok();
    for action in ["checkout", "renew"] {
        app.license(&native_token(), action).refused(401, "E_InvalidToken");
    }
    app.license(&native_token(), "checkin").refused(409, "E_Conflict");
});

on_both_stores!(a_borrow_outlives_its_session_and_ends_by_itself, |kind| {
    let app = App::start(kind, &[("licenses.total", "1"), ("licenses.borrow_time", "3")]);
    let [first, second] = [client(&app), client(&app)];
    app.license(&first, "checkout").ok();
    app.license(&second, "checkout").refused(409, "E_Conflict");
    let session = Session::of_body(&app.wait(&first, 0).ok());
    app.close(&session.directory, "false").ok();
    for needs_session in ["renew", "checkout"] {
        app.license(&first, needs_session).refused(401, "E_InvalidToken");
    }
    app.license(&first, "checkin").ok();
    app.license(&second, "checkout").ok();
    let third = client(&app);
    until("it has come back", Duration::from_secs(15), || {
        (app.license(&third, "checkout").status == 200).then_some(())
    });
    app.license(&second, "checkin").refused(409, "E_Conflict");
});

on_both_stores!(never_more_are_out_than_there_are, |kind| {
    let app = App::start(kind, &[("licenses.total", "3")]);
    let clients: Vec<_> = (0..8).map(|_| client(&app)).collect();
    assert_eq!(race(&[&app], &clients), 3);
});

/// How many checkouts succeed of all at once.
fn race(apps: &[&App], clients: &[String]) -> usize {
    thread::scope(|scope| {
        let checkout = |(place, native): (usize, &String)| apps[place % apps.len()].license(native, "checkout").status;
        let asked: Vec<_> = clients.iter().enumerate().map(|client| scope.spawn(move || checkout(client))).collect();
        let statuses: Vec<_> = asked.into_iter().map(|asked| asked.join().expect("no panic")).collect();
        assert!(statuses.iter().all(|status| matches!(status, 200 | 409)), "{statuses:?}");
        statuses.into_iter().filter(|status| *status == 200).count()
    })
}

#[test]
fn three_servers_together_never_lend_more_than_there_are() {
    let settings = [("licenses.total", "4"), ("store.timeout_ms", "10000"), ("licenses.internal_secret", SECRET)];
    let first = App::on(RedisServer::start(), &settings);
    let servers = [&first, &first.beside(&settings), &first.beside(&settings)];
    let mut clients: Vec<_> = (0..15).map(|_| client(&first)).collect();
    for _ in 0..6 {
        assert_eq!(race(&servers, &clients), 4);
        assert_eq!(report(servers[2]).ok()["out"], 4);
        for native in &clients {
            // Whoever has one gives it back, on any server.
            servers[1].license(native, "checkin");
        }
        clients.rotate_left(4);
    }
}

on_both_stores!(what_is_malformed_is_refused, |kind| {
    let app = App::shared(kind);
    let native = native_token();
    for query in [
        String::new(),
        format!("nativetoken={native}"),
        "action=checkout".into(),
        "action=checkout&nativetoken=".into(),
        "action=checkout&nativetoken=short".into(),
        format!("action=borrow&nativetoken={native}"),
        format!("action=checkout&action=checkin&nativetoken={native}"),
    ] {
        app.request("POST", &path(&format!("borrowlicense?{query}"))).send().refused(400, "E_BadRequest");
    }
    // There are none unless the operator says how many.
    app.license(&client(&app), "checkout").refused(409, "E_Conflict");
});

const SECRET: &str = "a-licence-server-s-secret";

fn report(app: &App) -> crate::support::client::Reply {
    app.request("GET", "/directory/api/licenses").header("x-infinite-bearer", SECRET).send()
}

on_both_stores!(the_report_is_for_whoever_knows_the_secret, |kind| {
    let app = App::start(kind, &[("licenses.total", "2"), ("licenses.internal_secret", SECRET)]);
    assert_eq!(report(&app).ok(), json!({"total": 2, "out": 0, "licenses": []}));
    let (user, native) = (app.user(), native_token());
    app.open_native(&user, &native);
    app.license(&native, "checkout").ok();
    let told = report(&app).ok();
    assert_eq!((&told["out"], &told["licenses"][0]["userid"]), (&json!(1), &json!(user.id)));
    let borrow = &told["licenses"][0];
    assert_eq!(
        borrow["until"].as_u64().zip(borrow["since"].as_u64()).map(|(until, since)| until - since),
        Some(86_400)
    );
    assert_eq!(borrow.as_object().map(serde_json::Map::len), Some(4));

    let session = Session::of_body(&app.wait(&native, 0).ok());
    for wrong in ["", "a-licence-server-s-secres", &session.directory, &native] {
        let request = app.request("GET", "/directory/api/licenses").header("x-infinite-bearer", wrong);
        request.send().refused(401, "E_InvalidToken");
    }
    let unset = App::shared(kind);
    for sent in ["", SECRET] {
        let request = unset.request("GET", "/directory/api/licenses").header("x-infinite-bearer", sent);
        request.send().refused(401, "E_InvalidToken");
    }
});

/// A program of this person that waits for its login no more.
fn client_of(app: &App, user: &User) -> String {
    let native = native_token();
    app.open_native(user, &native);
    native
}

on_both_stores!(one_person_does_not_take_all, |kind| {
    let app = App::start(kind, &[("licenses.total", "5"), ("licenses.max_per_user", "2")]);
    let (user, other) = (app.user(), app.user());
    let [one, two, three] = [(); 3].map(|()| client_of(&app, &user));
    app.license(&one, "checkout").ok();
    app.license(&two, "checkout").ok();
    app.license(&three, "checkout").refused(409, "E_Conflict");
    app.license(&client_of(&app, &other), "checkout").ok();
    app.license(&one, "checkin").ok();
    app.license(&three, "checkout").ok();
});

on_both_stores!(one_person_asks_so_often_and_no_more, |kind| {
    let settings = [("licenses.total", "5"), ("throttle.licenses.burst", "3"), ("throttle.licenses.refill", "86400")];
    let app = App::start(kind, &settings);
    let (user, other) = (app.user(), app.user());
    let native = client_of(&app, &user);
    app.license(&native, "checkout").ok();
    app.license(&native, "renew").ok();
    app.license(&native, "checkin").ok();
    app.license(&native, "checkout").ok();
    for action in ["checkout", "renew"] {
        let reply = app.license(&native, action);
        reply.refused(429, "E_TooManyAttempts");
        assert!(reply.header("retry-after").is_some());
    }
    app.license(&native, "checkin").ok();
    app.license(&client_of(&app, &other), "checkout").ok();
});
