//! Tokens come back in other spellings than they went out: programs parse them as UUIDs and write those.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use uuid::Uuid;

use crate::support::app::{App, token};
use crate::support::directory::path;

fn spellings(token: &str) -> Vec<String> {
    let uuid = Uuid::parse_str(token).expect("a token is a UUID");
    let plain = [uuid.simple().to_string(), uuid.hyphenated().to_string(), uuid.braced().to_string()];
    plain.iter().flat_map(|spelling| [spelling.clone(), spelling.to_uppercase()]).collect()
}

on_both_stores!(an_access_token_is_read_in_every_spelling, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let access = app.login(&user);
    for spelling in spellings(&access) {
        for method in ["GET", "HEAD"] {
            let reply = app.request(method, "/v2/authorize").token(&spelling).send();
            let expected = (200, Some(user.id.to_string()));
            assert_eq!((reply.status, reply.header("x-user-id").map(str::to_owned)), expected, "{method} {spelling}");
        }
        let bearer = format!("bearer  {spelling}");
        app.request("GET", "/v2/authorize").header("Authorization", &bearer).send().ok();
        token(&app.mint(&spelling).ok(), "cross_token");
        for call in ["userinfo", "applications", "heartbeat"] {
            let reply = app.request("GET", &path(call)).token(&spelling).send();
            assert_eq!(reply.status, 200, "{call} {spelling}: {}", reply.text());
        }
    }
    app.request("POST", &path("close?forceuserconsentonnextlogin=false")).token(&spellings(&access)[2]).send().ok();
    app.refuses(&access);
});

on_both_stores!(a_token_is_revoked_in_every_spelling, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    for place in 0..6 {
        let access = app.login(&user);
        let info = app.revoke(&spellings(&access)[place], "").ok();
        assert_eq!(info["expires_in"], 0, "{info}");
        for spelling in spellings(&access) {
            app.refuses(&spelling);
        }
    }
});

on_both_stores!(a_cross_token_is_read_in_every_spelling, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let access = app.login(&user);
    for place in 0..6 {
        let cross = app.cross_token(&access);
        let swapped = app.swap(&json!({"cross_token": spellings(&cross)[place]})).ok();
        app.accepts(&token(&swapped, "access_token"));
        for spelling in spellings(&cross) {
            app.swap(&json!({"cross_token": spelling})).refused(401, "E_InvalidCredentials");
        }
    }
});

on_both_stores!(a_remember_me_token_is_read_in_every_spelling, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let login = app.login_with(&user, &json!({"remember_me": true, "client_id": "device"}));
    for spelling in spellings(&token(&login, "remember_me_token")) {
        for member in ["remember_me_token", "remeber_me_token"] {
            let silent = json!({"remember_me": true, member: spelling, "client_id": "device"});
            app.accepts(&token(&app.post("/v2/authorize", &silent).ok(), "access_token"));
        }
    }
});

on_both_stores!(introspection_reads_every_spelling, |kind| {
    let app = App::start(kind, &[("introspection.clients", "back-end:fedcba9876543210")]);
    let basic = format!("Basic {}", STANDARD.encode("back-end:fedcba9876543210"));
    let user = app.user();
    let access = app.login(&user);
    for spelling in spellings(&access) {
        let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("token", &spelling).finish();
        let ask = app.request("POST", "/directory/api/introspect").header("Authorization", &basic);
        let told = ask.body(form).send().ok();
        assert_eq!((&told["active"], &told["sub"]), (&json!(true), &json!(user.id.to_string())), "{spelling}");
    }
});

on_both_stores!(what_is_no_spelling_is_an_unknown_token, |kind| {
    let app = App::shared(kind);
    let access = app.login(&app.user());
    let hyphenated = spellings(&access)[2].clone();
    for value in [
        format!("{{{hyphenated}"),
        format!("{hyphenated}}}"),
        format!("-{access}"),
        format!("{}-{}", &access[..16], &access[16..]),
        hyphenated.replacen('-', "--", 1),
        hyphenated.replace('-', " "),
        format!("{hyphenated},{hyphenated}"),
    ] {
        app.refuses(&value);
        app.swap(&json!({"cross_token": value})).refused(401, "E_InvalidCredentials");
    }
    app.accepts(&access);
});
