//! Every session that ends is reported once, whatever ended it: a line in the log, and a number in the metrics.

use std::time::Duration;

use serde_json::{Value, json};

use crate::expiry::closed;
use crate::support::app::{App, Kind, User};
use crate::support::wait::until;

/// The machine is busy with other cases.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many sessions have ended so, by the metrics.
pub fn counted(app: &App, reason: &str) -> Option<usize> {
    let metrics = app.request("GET", "/metrics").send().text();
    let name = format!("bimgate_sessions_ended_total{{reason=\"{}\"}} ", reason.replace(' ', "_"));
    metrics.lines().find_map(|line| line.strip_prefix(&name))?.parse().ok()
}

/// The ids of a user's open sessions.
pub fn open(app: &App, user: &User) -> Vec<String> {
    let listed = app.server.run(&["session", "list", "--user", &user.email, "--json"], "");
    let sessions = listed.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    sessions.map(|session| session["id"].as_str().expect("an id").to_owned()).collect()
}

/// That what `end` does ends every session of the user, and that each is reported once, for this reason.
#[track_caller]
fn ends(app: &App, user: &User, reason: &str, end: impl FnOnce()) {
    let mut sessions = open(app, user);
    assert!(!sessions.is_empty());
    let (before, number) = (closed(&[app], reason).len(), counted(app, reason));
    end();
    assert_eq!(open(app, user), [""; 0]);
    let mut reported = closed(&[app], reason).split_off(before);
    reported.sort();
    sessions.sort();
    assert_eq!(reported, sessions, "{reason}");
    assert_eq!(counted(app, reason), number.map(|number| number + sessions.len()), "{reason}");
}

on_both_stores!(what_its_owner_ends_is_reported_once, |kind| {
    let app = App::start(kind, &[]);
    let (user, why) = (app.user(), "close by application");
    let access = app.login(&user);
    ends(&app, &user, why, || drop(app.revoke(&access, "").ok()));
    let access = app.login(&user);
    ends(&app, &user, why, || drop(app.revoke(&access, "?scope=client").ok()));
    let access = app.login(&user);
    app.login_with(&user, &json!({"client_id": "another"}));
    app.open_session(&user);
    ends(&app, &user, why, || drop(app.revoke(&access, "?scope=user").ok()));
    let session = app.open_session(&user);
    ends(&app, &user, why, || drop(app.close(&session.directory, "false").ok()));
});

on_both_stores!(a_session_whose_last_token_expires_is_reported_once, |kind| {
    let app = App::start(kind, &[("tokens.access_lifetime", "2")]);
    let (user, why) = (app.user(), "end of life");
    app.login(&user);
    until("it ends", PATIENCE, || (!closed(&[&app], why).is_empty()).then_some(()));
    assert_eq!((closed(&[&app], why).len(), counted(&app, why)), (1, Some(1)));
    assert_eq!(open(&app, &user), [""; 0]);
});

/// Of a store in Redis, commands end sessions by themselves, and no server hears of it.
#[test]
fn what_an_operator_ends_is_reported_once() {
    let app = App::start(Kind::Embedded, &[]);
    let (admin, gone) = ("revoked by admin", "user was removed or disabled");
    let with_sessions = || {
        let user = app.user();
        app.login(&user);
        app.open_session(&user);
        user
    };
    let run = |arguments: &[&str], input: &str| drop(app.server.run(arguments, input));
    let user = with_sessions();
    let [one, other] = <[String; 2]>::try_from(open(&app, &user)).expect("two sessions");
    for session in [&one, &other] {
        run(&["session", "close", "--user", &user.email, session], "");
    }
    let mut reported = closed(&[&app], admin);
    reported.sort();
    let mut sessions = [one, other];
    sessions.sort();
    assert_eq!((reported, counted(&app, admin)), (sessions.to_vec(), Some(2)));
    let user = with_sessions();
    ends(&app, &user, admin, || run(&["session", "close", "--user", &user.email, "--all"], ""));
    let user = with_sessions();
    let password = "another password altogether";
    ends(&app, &user, admin, || run(&["user", "set-password", &user.email, "--password-stdin"], password));
    let user = with_sessions();
    ends(&app, &user, gone, || run(&["user", "disable", &user.email], ""));
    let user = with_sessions();
    run(&["user", "delete", &user.email, "--yes"], "");
    assert_eq!((closed(&[&app], gone).len(), counted(&app, gone)), (4, Some(4)));
}
