//! `/close`: the session is over, everywhere and at once.

use serde_json::json;

use crate::support::app::App;
use crate::support::directory::path;
use crate::support::visitor::Visitor;

on_both_stores!(a_closed_session_is_refused_and_others_are_not, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let [closed, other] = [app.open_session(&user), app.open_session(&user)];
    let renewed = app.heartbeat(&closed.directory).ok();
    let cross = app.call_v2_cross(&closed.directory).ok()["cross_token"].clone();
    assert_eq!(app.close(&closed.directory, "false").ok(), json!({}));
    for bearer in [closed.directory.as_str(), renewed["directory_access_token"].as_str().unwrap_or_default()] {
        app.heartbeat(bearer).refused(401, "E_InvalidToken");
        app.user_info(bearer).refused(401, "E_InvalidToken");
        app.close(bearer, "false").refused(401, "E_InvalidToken");
        app.call_v2_cross(bearer).refused(401, "E_InvalidToken");
    }
    app.swap(&json!({"cross_token": cross})).refused(401, "E_InvalidCredentials");
    app.heartbeat(&other.directory).ok();
});

on_both_stores!(the_flag_is_mandatory_and_a_boolean, |kind| {
    let app = App::shared(kind);
    let session = app.open_session(&app.user());
    for query in ["", "?forceuserconsentonnextlogin=", "?forceuserconsentonnextlogin=1", "?forceuserconsent=true"] {
        app.call("GET", &format!("close{query}"), &session.directory).send().refused(400, "E_BadRequest");
    }
    let twice = "close?forceuserconsentonnextlogin=true&forceuserconsentonnextlogin=false";
    app.call("GET", twice, &session.directory).send().refused(400, "E_BadRequest");
    app.heartbeat(&session.directory).ok();
    app.call("GET", "close?forceuserconsentonnextlogin=False&_=1", &session.directory).send().ok();
    let session = app.open_session(&app.user());
    app.close(&session.directory, "True").ok();
});

on_both_stores!(a_forced_consent_ends_single_sign_on, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let mut browser = Visitor::default();
    let start = app.authenticate("access:client", "");
    let first = browser.open(&start, &user);
    assert!(first.asked_for_password);
    let second = browser.open(&start, &user);
    assert!(!second.asked_for_password, "signed on");
    app.close(&second.session().directory, "false").ok();
    assert!(!browser.open(&start, &user).asked_for_password, "a plain close leaves the browser signed on");
    app.close(&first.session().directory, "true").ok();
    assert!(browser.open(&start, &user).asked_for_password);
    assert!(!browser.open(&start, &user).asked_for_password, "the person was asked");
});

on_both_stores!(logging_out_everywhere_ends_sessions_and_single_sign_on, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let mut browser = Visitor::default();
    let start = app.authenticate("access:client", "");
    let session = browser.open(&start, &user).session();
    let access = app.login(&user);
    app.revoke(&access, "?scope=user").ok();
    app.heartbeat(&session.directory).refused(401, "E_InvalidToken");
    app.request("GET", &path("userinfo")).token(&access).send().refused(401, "E_InvalidToken");
    assert!(browser.open(&start, &user).asked_for_password);
});

on_both_stores!(a_disabled_user_has_no_session, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let session = app.open_session(&user);
    app.server.run(&["user", "disable", &user.email], "");
    app.heartbeat(&session.directory).refused(401, "E_InvalidToken");
    app.user_info(&session.directory).refused(401, "E_InvalidToken");
});
