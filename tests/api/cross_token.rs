//! `POST /v2/cross-token`.

use serde_json::json;

use crate::support::app::{App, token};

on_both_stores!(it_answers_with_these_members_and_no_others, |kind| {
    let app = App::shared(kind);
    let minted = app.mint(&app.login(&app.user())).ok();
    token(&minted, "cross_token");
    assert_eq!((&minted["expires_in"], &minted["token_type"]), (&json!(299), &json!("BimPlus")));
    assert_eq!(minted.as_object().map(serde_json::Map::len), Some(3), "{minted}");
});

on_both_stores!(a_body_is_ignored_whatever_it_is, |kind| {
    let app = App::shared(kind);
    let access = app.login(&app.user());
    for (kind, body) in [("application/x-www-form-urlencoded", ""), ("application/json", "{]"), ("text/xml", "<a/>")] {
        let request = app.request("POST", "/v2/cross-token?x=%zz").token(&access);
        request.header("Content-Type", kind).body(body).send().ok();
    }
});

on_both_stores!(it_needs_a_live_access_token, |kind| {
    let app = App::shared(kind);
    let access = app.login(&app.user());
    let cross = app.cross_token(&access);
    for no_access in ["", "nonsense", "0123456789abcdef0123456789abcdef", &cross] {
        let reply = app.mint(no_access);
        reply.refused(401, "E_InvalidToken");
        assert_eq!(reply.header("www-authenticate"), Some("BimPlus"));
    }
    app.request("POST", "/v2/cross-token").send().refused(401, "E_InvalidToken");
});

on_both_stores!(the_oldest_outstanding_goes_first, |kind| {
    let app = App::shared(kind);
    let access = app.login(&app.user());
    let minted: Vec<_> = (0..34).map(|_| app.cross_token(&access)).collect();
    let swap = |at: usize| app.swap(&json!({"cross_token": minted[at]}));
    for pushed_out in [0, 1] {
        swap(pushed_out).refused(401, "E_InvalidCredentials");
    }
    for outstanding in [2, 3, 33] {
        swap(outstanding).ok();
    }
});
