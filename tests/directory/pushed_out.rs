//! A user's sessions are bounded: what is pushed out is told like every other end.

use serde_json::json;

use crate::endings::{counted, open};
use crate::expiry::closed;
use crate::support::app::App;

on_both_stores!(a_session_that_is_pushed_out_is_told_once, |kind| {
    let limits = [("limits.max_directory_sessions_per_user", "2"), ("limits.max_sessions_per_user", "2")];
    let app = App::start(kind, &limits);
    let (user, why) = (app.user(), "close by application");
    let ids = || open(&app, &user);
    let first = app.open_session(&user);
    let pushed_out = ids();
    app.open_session(&user);
    assert_eq!((closed(&[&app], why), counted(&app, why)), (vec![], Some(0)));
    app.open_session(&user);
    app.heartbeat(&first.directory).refused(401, "E_InvalidToken");
    assert_eq!((closed(&[&app], why), counted(&app, why)), (pushed_out.clone(), Some(1)));
    // Those of the other API are bounded by themselves.
    let directory = ids();
    let log_in = |client: &str| app.login_with(&user, &json!({"client_id": client}));
    log_in("one");
    let v2: Vec<_> = ids().into_iter().filter(|id| !directory.contains(id)).collect();
    log_in("two");
    assert_eq!(closed(&[&app], why).len(), 1);
    log_in("three");
    assert_eq!((closed(&[&app], why), counted(&app, why)), ([pushed_out, v2].concat(), Some(2)));
});
