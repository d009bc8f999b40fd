//! A user's sessions are bounded: what is pushed out is told like every other end.

use serde_json::{Value, json};

use crate::expiry::closed;
use crate::support::app::{App, Kind};

on_both_stores!(a_session_that_is_pushed_out_is_told_once);

/// How many sessions have ended so, by the metrics.
fn counted(app: &App, reason: &str) -> Option<String> {
    let metrics = app.request("GET", "/metrics").send().text();
    let name = format!("bimgate_sessions_ended_total{{reason=\"{reason}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&name).map(str::to_owned))
}

fn a_session_that_is_pushed_out_is_told_once(kind: Kind) {
    let limits = [("limits.max_directory_sessions_per_user", "2"), ("limits.max_sessions_per_user", "2")];
    let app = App::start(kind, &limits);
    let (user, why) = (app.user(), "close by application");
    let open = || -> Vec<Value> {
        let listed = app.server.run(&["session", "list", "--user", &user.email, "--json"], "");
        listed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let ids = |sessions: &[Value]| -> Vec<String> {
        sessions.iter().map(|session| session["id"].as_str().expect("an id").to_owned()).collect()
    };
    let first = app.open_session(&user);
    let pushed_out = ids(&open());
    app.open_session(&user);
    assert_eq!((closed(&[&app], why), counted(&app, why).as_deref()), (vec![], Some("0")));
    app.open_session(&user);
    app.heartbeat(&first.directory).refused(401, "E_InvalidToken");
    assert_eq!((closed(&[&app], why), counted(&app, why).as_deref()), (pushed_out.clone(), Some("1")));
    // Those of the other API are bounded by themselves.
    let directory = ids(&open());
    let log_in = |client: &str| app.login_with(&user, &json!({"client_id": client}));
    log_in("one");
    let v2: Vec<_> = ids(&open()).into_iter().filter(|id| !directory.contains(id)).collect();
    log_in("two");
    assert_eq!(closed(&[&app], why).len(), 1);
    log_in("three");
    assert_eq!((closed(&[&app], why), counted(&app, why).as_deref()), ([pushed_out, v2].concat(), Some("2")));
}
