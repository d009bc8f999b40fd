//! `/heartbeat`: the session goes on.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::{App, Kind, ROOMY};
use crate::support::directory::{Session, native_token, path};
use crate::support::wait::until;

on_both_stores!(it_answers_with_the_whole_session, |kind| {
    let configured = [
        ("licenses.borrow_time", "77"),
        ("licenses.feature", "viewer"),
        ("licenses.server", "licenses.example.org"),
        ("licenses.build_rent", "55"),
        ("directory.client_max_idle", "33"),
    ];
    let app = App::start(kind, &configured);
    let user = app.user();
    let opened = app.open_session(&user);
    let reply = app.heartbeat(&opened.directory);
    assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    let body = reply.ok();
    let session = Session::of_body(&body);
    assert_eq!(session.end_of_life, opened.end_of_life);
    assert!(session.heartbeat_before >= opened.heartbeat_before, "{body}");
    for (member, expected) in [
        ("buildrentsec", json!(55)),
        ("claims", json!("access:client")),
        ("clientmaxidledurationsec", json!(33)),
        ("displayname", json!(user.email)),
        ("lmxborrowsec", json!(77)),
        ("lmxfeature", json!("viewer")),
        ("lmxserver", json!("licenses.example.org")),
        ("subinfo", json!({})),
    ] {
        assert_eq!(body[member], expected, "{member}");
    }
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(12), "{body}");
    // The old bearers stay valid until they expire, the new ones are others.
    assert_ne!(session.directory, opened.directory);
    for bearer in [&session.directory, &opened.directory] {
        app.heartbeat(bearer).ok();
    }
});

on_both_stores!(it_moves_the_deadline_but_never_past_the_end, |kind| {
    let app = App::start(kind, &[("directory.time_to_heartbeat", "100"), ("directory.session_lifetime", "100")]);
    let opened = app.open_session(&app.user());
    let beaten = Session::of_body(&app.heartbeat(&opened.directory).ok());
    assert_eq!((beaten.heartbeat_before, beaten.end_of_life), (opened.end_of_life, opened.end_of_life));
});

on_both_stores!(it_takes_what_names_a_session_and_nothing_else, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let session = app.open_session(&user);
    for scheme in ["Bearer", "bearer", "BimPlus"] {
        let authorization = format!("{scheme} {}", session.directory);
        app.request("GET", &path("heartbeat")).header("Authorization", &authorization).send().ok();
    }
    app.request("GET", &path("heartbeat")).token(&app.login(&user)).send().ok();
    let native = crate::support::directory::native_token();
    app.open_native(&user, &native);
    for call in ["heartbeat", "userinfo", "applications", "close?forceuserconsentonnextlogin=false"] {
        for bearer in ["", "nonsense", "a.b.c", session.http.as_str(), &native, &session.directory[1..]] {
            let reply = app.call("GET", call, bearer).send();
            reply.refused(401, "E_InvalidToken");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{call} {bearer}");
            assert_eq!(reply.header("cache-control"), Some("no-store"));
        }
        app.request("GET", &path(call)).send().refused(401, "E_InvalidToken");
        let without = app.request("GET", &path(call)).header("x-infinite-no-auth", "true").send();
        without.refused(401, "E_InvalidToken");
    }
    app.heartbeat(&session.directory).ok();
});

on_both_stores!(both_methods_are_taken_and_parameters_ignored, |kind| {
    let app = App::shared(kind);
    let session = app.open_session(&app.user());
    for (method, call) in [("GET", "heartbeat"), ("POST", "heartbeat"), ("GET", "heartbeat?_=1&x=%zz")] {
        let reply = app.call(method, call, &session.directory).header("x-infinite-no-auth", "1").body("{]").send();
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        reply.ok();
    }
    for method in ["PUT", "DELETE"] {
        let reply = app.call(method, "heartbeat", &session.directory).send();
        reply.refused(405, "E_MethodNotAllowed");
        assert_eq!(reply.header("allow"), Some("GET, POST, OPTIONS"));
    }
});

on_both_stores!(the_header_of_this_api_counts, |kind| {
    let app = App::start(kind, &ROOMY);
    let [one, other] = [app.user(), app.user()];
    let [first, second] = [app.open_session(&one), app.open_session(&other)];
    let ask = |infinite: &str, authorization: &str| {
        let request = app.call("GET", "userinfo", infinite);
        request.header("Authorization", &format!("Bearer {authorization}")).send()
    };
    assert_eq!(ask(&first.directory, &second.directory).ok()["userid"], Value::from(one.id.to_string()));
    assert_eq!(ask("", &second.directory).ok()["userid"], Value::from(other.id.to_string()));
    ask("nonsense", &second.directory).refused(401, "E_InvalidToken");
});

/// Of each thread that signs: its niceness, and the ticks for which it has computed (`proc_pid_stat`, section 5).
fn signing_threads(app: &App) -> Vec<(i64, u64)> {
    let tasks = fs::read_dir(format!("/proc/{}/task", app.server.id())).expect("it runs");
    let stats = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("stat")).ok());
    let signing = stats.filter_map(|stat| {
        let (name, fields) = stat.split_once('(')?.1.rsplit_once(") ")?;
        // The first one here is the third of the manual.
        let fields: Vec<_> = fields.split(' ').collect();
        let ticks = fields[11].parse::<u64>().ok()? + fields[12].parse::<u64>().ok()?;
        name.starts_with("sign-").then(|| Some((fields[16].parse().ok()?, ticks)))?
    });
    signing.collect()
}

#[test]
fn bearers_are_signed_on_threads_that_let_everything_else_go_first() {
    let app = App::start(Kind::Embedded, &ROOMY);
    let bearer = app.open_session(&app.user()).directory;
    until("they have computed for a tick", Duration::from_secs(60), || {
        app.heartbeat(&bearer).ok();
        let threads = signing_threads(&app);
        assert!(!threads.is_empty() && threads.iter().all(|(nice, _)| *nice == 19), "{threads:?}");
        (threads.iter().map(|(_, ticks)| ticks).sum::<u64>() > 0).then_some(())
    });
}

on_both_stores!(one_person_has_so_many_and_no_more, |kind| {
    let app = App::start(kind, &[("throttle.heartbeats.burst", "5"), ("throttle.heartbeats.refill", "86400")]);
    let (user, native) = (app.user(), native_token());
    let [one, two] = [app.open_session(&user), app.open_session(&user)].map(|session| session.directory);
    app.open_native(&user, &native);
    let access = app.login(&user);
    let by_token = || app.request("POST", &path("heartbeat")).token(&access).send();
    for reply in [app.heartbeat(&one), app.heartbeat(&two), by_token(), app.wait(&native, 0), app.heartbeat(&one)] {
        reply.ok();
    }
    for reply in [app.heartbeat(&one), app.heartbeat(&two), by_token(), app.wait(&native, 0)] {
        reply.refused(429, "E_TooManyAttempts");
        assert!(reply.header("retry-after").is_some());
    }
    app.user_info(&one).ok();
    app.heartbeat(&app.open_session(&app.user()).directory).ok();
});
