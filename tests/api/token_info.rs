//! `GET /v2/authorize`: telling about the presented access token.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{App, token};

on_both_stores!(it_tells_whose_token_it_is, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let info = app.check(&app.login(&user)).ok();
    assert_eq!(info["user_id"], user.id.to_string());
    assert!(info["expires_in"].as_u64().is_some_and(|seconds| (2_591_900..=2_591_999).contains(&seconds)), "{info}");
    assert_eq!(info.as_object().map(serde_json::Map::len), Some(3), "{info}");
});

on_both_stores!(the_audience_is_the_client_id_that_the_client_sent, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let id = Uuid::new_v4();
    let nil = Uuid::nil().to_string();
    let cases = [
        (json!({}), nil.clone()),
        (json!({"client_id": nil}), nil.clone()),
        (json!({"client_id": ""}), nil.clone()),
        (json!({"client_id": null}), nil.clone()),
        (json!({"client_id": "Allplan 2026"}), nil.clone()),
        (json!({"client_id": id.to_string()}), id.to_string()),
        (json!({"client_id": id.simple().to_string().to_uppercase()}), id.to_string()),
        (json!({"client_id": id.braced().to_string()}), id.to_string()),
    ];
    for (sent, audience) in cases {
        let login = app.login_with(&user, &sent);
        let info = app.check(&token(&login, "access_token")).ok();
        assert_eq!(info["audience"], audience, "{sent}");
    }
});

on_both_stores!(a_proxy_finds_user_and_client_in_headers, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let id = Uuid::new_v4().to_string();
    let reply = app.check(&token(&app.login_with(&user, &json!({"client_id": id})), "access_token"));
    assert_eq!(reply.header("x-user-id"), Some(user.id.to_string().as_str()));
    assert_eq!(reply.header("x-client-id"), Some(id.as_str()));
    let anonymous = app.check(&app.login(&user));
    assert_eq!(anonymous.header("x-client-id"), Some(Uuid::nil().to_string().as_str()));
});

on_both_stores!(head_answers_as_get_without_a_body, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let access = app.login(&user);
    let (get, head) = (app.check(&access), app.request("HEAD", "/v2/authorize").token(&access).send());
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in ["content-type", "content-length", "cache-control", "x-user-id", "x-client-id"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    let refused = app.request("HEAD", "/v2/authorize").token("0".repeat(32).as_str()).send();
    assert_eq!((refused.status, refused.body.len()), (401, 0));
    assert_eq!(refused.header("www-authenticate"), Some("BimPlus"));
});

on_both_stores!(the_scheme_is_read_leniently, |kind| {
    let app = App::shared(kind);
    let access = app.login(&app.user());
    for value in ["BimPlus ", "bimplus ", "BIMPLUS    ", "Bearer ", "bearer  "] {
        let reply = app.request("GET", "/v2/authorize").header("Authorization", &format!("{value}{access}")).send();
        assert_eq!(reply.status, 200, "{value:?}");
    }
    let both = app.request("GET", "/v2/authorize").token(&access).header("x-infinite-bearer", &"0".repeat(32)).send();
    assert_eq!(both.status, 200, "Authorization counts under /v2");
});

on_both_stores!(what_is_no_live_access_token_is_refused, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let access = app.login(&user);
    let remembered = app.login_with(&user, &json!({"remember_me": true, "client_id": "device"}));
    let unknown = "0123456789abcdef0123456789abcdef";
    let values = [
        String::new(),
        "BimPlus".into(),
        "BimPlus ".into(),
        format!("BimPlus {unknown}"),
        format!("BimPlus {}", &access[1..]),
        format!("BimPlus {access}0"),
        format!("BimPlus {access} {access}"),
        format!("BimPlus {}", Uuid::new_v4()),
        format!("BimPlus {}", "x".repeat(2_000)),
        format!("Basic {access}"),
        access.clone(),
        format!("BimPlus{access}"),
        format!("BimPlus {}", app.cross_token(&access)),
        format!("BimPlus {}", token(&remembered, "remember_me_token")),
        "BimPlus \u{e9}\u{e9}".into(),
    ];
    for value in values {
        let reply = app.request("GET", "/v2/authorize").header("Authorization", &value).send();
        reply.refused(401, "E_InvalidToken");
        assert_eq!(reply.header("www-authenticate"), Some("BimPlus"), "{value}");
        assert_eq!(reply.header("x-user-id"), None, "{value}");
    }
    app.request("GET", "/v2/authorize").send().refused(401, "E_InvalidToken");
    app.accepts(&access);
});

on_both_stores!(bodies_queries_and_content_types_are_ignored, |kind| {
    let app = App::shared(kind);
    let access = app.login(&app.user());
    let odd = app.request("GET", "/v2/authorize?_=1732000000000&access_token=1").token(&access);
    let odd = odd.header("Content-Type", "text/nonsense; =").header("Accept", "image/png").body("{{{");
    assert_eq!(odd.send().status, 200);
});

on_both_stores!(nothing_is_cached, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let access = app.login(&user);
    let cross = app.mint(&access);
    let swap = app.swap(&json!({"cross_token": token(&cross.ok(), "cross_token")}));
    let replies = [
        app.check(&access),
        app.check("nothing"),
        app.try_login(&user, &Value::Null),
        app.try_login(&user, &json!({"password": "wrong"})),
        app.post("/v2/authorize", &json!({})),
        cross,
        swap,
        app.request("PUT", "/v2/authorize").send(),
        app.request("GET", "/v2/nowhere").send(),
        app.revoke(&access, ""),
    ];
    for reply in replies {
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{} {}", reply.status, reply.text());
    }
});
