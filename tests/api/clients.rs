//! What programs out there send, call by call: none of them can be changed.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{App, token};
use crate::support::client::{Reply, exchange};
use crate::support::connection::Connection;
use crate::support::directory::native_token;

/// An application id, which such programs also send as their client id.
const APPLICATION: &str = "0106c8ba-ad46-7c08-e26f-026852cb7525";

/// As a program reads it that has types: every member is there, of its type.
#[track_caller]
fn typed(login: &Value) -> (Uuid, Uuid) {
    let guid = |member: &str| {
        let text = login[member].as_str().unwrap_or_else(|| panic!("{member} is a text: {login}"));
        Uuid::parse_str(text).unwrap_or_else(|_| panic!("{member} is a GUID: {login}"))
    };
    assert!(login["expires_in"].as_i64().is_some_and(|seconds| i32::try_from(seconds).is_ok()), "{login}");
    assert_eq!(login["token_type"], "BimPlus", "{login}");
    (guid("access_token"), guid("client_id"))
}

/// Posts JSON as the programs of that platform do: the body only once the server has said that it wants it.
#[track_caller]
fn post_expecting(connection: &mut Connection, path: &str, body: &Value) -> Reply {
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nContent-Type: application/json; charset=utf-8\r\nHost: login.example.org\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\nConnection: Keep-Alive\r\n\r\n",
        body.len()
    );
    connection.send(head.as_bytes()).expect("it listens");
    let interim = connection.reply().expect("an interim answer");
    assert_eq!(interim.status, 100, "{}", interim.text());
    connection.send(body.as_bytes()).expect("it listens");
    connection.reply().expect("an answer")
}

on_both_stores!(a_desktop_program_that_takes_tokens_for_guids, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let mut connection = Connection::open(app.address()).expect("a connection");
    let ask = |method: &str, path: &str, token: Uuid| app.request(method, path).token(&token.hyphenated().to_string());
    let whoami = |access: Uuid| {
        let told = ask("GET", "/v2/user", access).send().ok();
        assert_eq!((&told["id"], &told["email"]), (&json!(user.id), &json!(user.email)));
        for member in ["firstname", "lastname", "fullname", "displayname", "status", "company"] {
            assert!(told[member].is_string(), "{member}: {told}");
        }
    };

    let credentials = json!({
        "user_id": user.email, "password": user.password, "client_id": APPLICATION, "application_id": APPLICATION,
        "remember_me": true,
    });
    let login = post_expecting(&mut connection, "/v2/authorize", &credentials).ok();
    let (access, client) = typed(&login);
    assert_eq!(client.to_string(), APPLICATION);
    let remembered = Uuid::parse_str(&token(&login, "remember_me_token")).expect("a GUID");
    whoami(access);
    let info = connection.ask(&ask("GET", "/v2/authorize", access)).expect("an answer").ok();
    assert_eq!((&info["user_id"], &info["audience"]), (&json!(user.id), &json!(APPLICATION)));
    assert!(info["expires_in"].as_u64().is_some_and(|seconds| seconds > 1_800), "no silent login at once: {info}");
    assert_eq!(ask("HEAD", "/v2/authorize", access).send().status, 200);

    let minted = ask("POST", "/v2/cross-token", access).header("Content-Type", "application/json").body("null");
    let cross = Uuid::parse_str(&token(&minted.send().ok(), "cross_token")).expect("a GUID");
    let swap = json!({
        "cross_token": cross.hyphenated().to_string(), "client_id": Uuid::nil(), "application_id": APPLICATION,
    });
    let (crossed, _) = typed(&post_expecting(&mut connection, "/v2/cross-authorize", &swap).ok());
    whoami(crossed);

    let silent = json!({
        "user_id": null, "password": null, "client_id": APPLICATION, "application_id": APPLICATION,
        "remember_me": true, "remember_me_token": remembered.hyphenated().to_string(),
    });
    let (renewed, client) = typed(&post_expecting(&mut connection, "/v2/authorize", &silent).ok());
    assert_eq!(client.to_string(), APPLICATION);
    whoami(renewed);

    for access in [access, crossed, renewed] {
        let deleted = connection.ask(&ask("DELETE", "/v2/authorize", access)).expect("an answer").ok();
        assert_eq!((&deleted["user_id"], &deleted["expires_in"]), (&json!(user.id), &json!(0)));
        let after = connection.ask(&ask("GET", "/v2/user", access)).expect("an answer");
        after.refused(401, "E_InvalidToken");
    }
});

on_both_stores!(a_web_page_of_another_origin, |kind| {
    let app = App::start(kind, &[("server.allowed_origins", "*")]);
    let user = app.user();
    let ask = |method: &str, path: &str| app.request(method, path).header("Origin", "https://viewer.example.org");
    let body = json!({"user_id": user.email, "password": user.password, "application_id": APPLICATION}).to_string();
    let login = ask("POST", "/v2/authorize").header("Content-Type", "application/json;charset=UTF-8").body(body).send();
    let access = token(&login.ok(), "access_token");
    let replies = [
        (200, login),
        (200, ask("GET", "/v2/authorize?_=1732000000000").token(&access).send()),
        (200, ask("GET", "/v2/user").header("Authorization", &format!("Bearer {access}")).send()),
        (200, ask("POST", "/v2/cross-token").header("Authorization", &format!("Bearer {access}")).send()),
        (404, ask("POST", "/v2/auth-forgot").body(json!({"user_id": user.email}).to_string()).send()),
        (404, ask("GET", "/v2/.well-known/openid-configuration").send()),
        (401, ask("GET", "/v2/authorize").token(&native_token()).send()),
        (200, ask("GET", "/directory/api/getversion").send()),
        (404, ask("GET", "/directory/api/getwebapi?version=1.0").send()),
    ];
    for (status, reply) in replies {
        assert_eq!(reply.status, status, "{}", reply.text());
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "{}", reply.text());
        if status == 404 {
            reply.refused(404, "E_Missing_404");
        }
    }
});

on_both_stores!(programs_that_glue_their_json_by_hand, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let dead = app.login(&user);
    app.revoke(&dead, "").ok();
    let simple = APPLICATION.replace('-', "");
    let body = format!(
        "\u{feff}{{ \"user_id\":\"{}\",\r\n \"password\":\"{}\",\"application_id\":\"{simple}\",\"remember_me\":\"true\",\
         \"client_id\": null, \"unknown\": {{}}, }}\0",
        user.email, user.password
    );
    for content_type in ["application/json; charset=UTF-8", "aplication/json", "text/plain", ""] {
        let login = app.request("POST", "/v2/authorize").header("Content-Type", content_type);
        let reply = login.header("Accept", "text/html").token(&dead).body(&body).send();
        let login = reply.ok();
        let (access, _) = typed(&login);
        assert_eq!((&login["application_id"], &login["remember_me"]), (&json!(simple), &json!(true)));
        let minted = app.request("POST", "/v2/cross-token").token(&access.simple().to_string());
        let cross =
            token(&minted.header("Content-Type", "application/x-www-form-urlencoded").send().ok(), "cross_token");
        let swap = format!("{{\"cross_token\":\"{cross}\",\"client_id\":\"\",\"team_id\":null,\"project_id\":null}}\n");
        typed(&app.request("POST", "/v2/cross-authorize").token("").body(swap).send().ok());
    }
    app.request("POST", "/v2/authorize").body("null").send().refused(400, "E_BadRequest");
});

on_both_stores!(a_base_url_with_a_slash_at_its_end, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let body = json!({"user_id": user.email, "password": user.password}).to_string();
    let access = token(&app.request("POST", "//v2/authorize").body(body).send().ok(), "access_token");
    app.request("GET", "//v2/authorize/").token(&access).send().ok();
    let cross = token(&app.request("POST", "//v2/cross-token/").token(&access).send().ok(), "cross_token");
    app.request("POST", "/V2//Cross-Authorize").body(json!({"cross_token": cross}).to_string()).send().ok();
    // Also where the request line has the whole URL, as proxies are asked.
    let whole = format!(
        "GET http://login.example.org//v2/user HTTP/1.1\r\nHost: login.example.org\r\nAuthorization: BimPlus {access}\r\n\
         Connection: close\r\n\r\n"
    );
    exchange(app.address(), whole.as_bytes(), false).expect("an answer").ok();
    app.request("DELETE", "//v2/authorize").token(&access).send().ok();
    app.refuses(&access);
});
