//! A directory session gives a v2 token.

use serde_json::json;

use crate::support::app::{App, token};
use crate::support::directory::native_token;

on_both_stores!(a_login_in_the_browser_ends_as_a_v2_access_token, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let session = app.open_session(&user);
    let minted = app.call_v2_cross(&session.directory).ok();
    assert_eq!((&minted["expires_in"], &minted["token_type"]), (&json!(299), &json!("BimPlus")));
    let cross = json!({"cross_token": token(&minted, "cross_token"), "client_id": "v2-only"});
    let access = token(&app.swap(&cross).ok(), "access_token");
    assert_eq!(app.check(&access).ok()["user_id"], json!(user.id));
    app.swap(&cross).refused(401, "E_InvalidCredentials");
    // A session of its own: it outlives the one it came from.
    app.close(&session.directory, "true").ok();
    app.accepts(&access);
});

on_both_stores!(only_the_bearer_for_this_server_is_taken, |kind| {
    let app = App::shared(kind);
    let (user, native) = (app.user(), native_token());
    app.open_native(&user, &native);
    let session = app.wait(&native, 0).ok();
    for wrong in [session["http_access_token"].as_str().unwrap_or_default(), &native, "", "a.b.c"] {
        let reply = app.call_v2_cross(wrong);
        reply.refused(401, "E_InvalidToken");
        assert_eq!(reply.header("www-authenticate"), Some("BimPlus"));
        let request = app.request("POST", "/v2/cross-token").header("Authorization", &format!("Bearer {wrong}"));
        request.send().refused(401, "E_InvalidToken");
    }
    app.call_v2_cross(session["directory_access_token"].as_str().unwrap_or_default()).ok();
});

on_both_stores!(authorization_counts_under_v2, |kind| {
    let app = App::shared(kind);
    let [one, other] = [app.user(), app.user()];
    let (session, access) = (app.open_session(&one), app.login(&other));
    let both = |authorization: &str, infinite: &str| {
        let request = app.request("POST", "/v2/cross-token").header("x-infinite-bearer", infinite);
        request.header("Authorization", authorization).send()
    };
    let who = |minted: &serde_json::Value| {
        let access = token(&app.swap(&json!({"cross_token": minted["cross_token"]})).ok(), "access_token");
        app.check(&access).ok()["user_id"].clone()
    };
    assert_eq!(who(&both(&format!("BimPlus {access}"), &session.directory).ok()), json!(other.id));
    assert_eq!(who(&both(&format!("Bearer {}", session.directory), "nonsense").ok()), json!(one.id));
    both("BimPlus ", &session.directory).refused(401, "E_InvalidToken");
});

on_both_stores!(cross_tokens_of_a_session_are_bounded_and_end_with_it, |kind| {
    let app = App::start(kind, &[("limits.max_cross_tokens_per_session", "2")]);
    let session = app.open_session(&app.user());
    let [first, second, third] = [(); 3].map(|()| app.call_v2_cross(&session.directory).ok()["cross_token"].clone());
    app.swap(&json!({"cross_token": first})).refused(401, "E_InvalidCredentials");
    app.swap(&json!({"cross_token": second})).ok();
    app.close(&session.directory, "false").ok();
    app.swap(&json!({"cross_token": third})).refused(401, "E_InvalidCredentials");
});
