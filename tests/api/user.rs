//! `GET /v2/user`: who the user is, as typed clients read it.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{App, User, token};

/// A user with this name.
fn named(app: &App, name: &str) -> User {
    let id = Uuid::new_v4();
    let user = User { id, email: format!("{}@example.org", id.simple()), password: format!("pass {id}") };
    let text = id.to_string();
    let arguments = ["user", "add", "--id", &text, "--email", &user.email, "--name", name, "--password-stdin"];
    app.server.run(&arguments, &user.password);
    user
}

on_both_stores!(it_tells_all_members_always, |kind| {
    let app = App::shared(kind);
    let [nameless, ada] = [app.user(), named(&app, "Ada Lovelace")];
    let told = |user: &User| app.request("GET", "/v2/user").token(&app.login(user)).send();
    let reply = told(&nameless);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let expected = json!({
        "id": nameless.id, "email": nameless.email, "firstname": "", "lastname": "", "fullname": "",
        "displayname": nameless.email, "status": "active", "company": "",
    });
    assert_eq!(reply.ok(), expected);
    let expected = json!({
        "id": ada.id, "email": ada.email, "firstname": "Ada", "lastname": "Lovelace", "fullname": "Ada Lovelace",
        "displayname": "Ada Lovelace", "status": "active", "company": "",
    });
    assert_eq!(told(&ada).ok(), expected);
});

on_both_stores!(names_are_split_at_the_last_space, |kind| {
    let app = App::shared(kind);
    for (name, first, last) in [
        ("Ada King Lovelace", "Ada King", "Lovelace"),
        ("Plato", "Plato", ""),
        ("Jos\u{e9}\u{a0}Mart\u{ed}", "Jos\u{e9}", "Mart\u{ed}"),
        ("Ada  Lovelace", "Ada", "Lovelace"),
    ] {
        let user = named(&app, name);
        let told = app.request("GET", "/v2/user").token(&app.login(&user)).send().ok();
        assert_eq!((&told["firstname"], &told["lastname"]), (&json!(first), &json!(last)), "{name}");
    }
});

on_both_stores!(whatever_the_check_takes_is_good_and_nothing_else, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let login = app.login_with(&user, &json!({"remember_me": true, "client_id": "device"}));
    let access = token(&login, "access_token");
    let remembered = token(&login, "remember_me_token");
    let cross = app.cross_token(&access);
    let hyphenated = Uuid::parse_str(&access).expect("a UUID").to_string();
    let directory = app.open_session(&user).directory;
    for value in [
        format!("BimPlus {access}"),
        format!("bimplus   {hyphenated}"),
        format!("Bearer {access}"),
        String::new(),
        "BimPlus ".into(),
        access.clone(),
        format!("Basic {access}"),
        format!("BimPlus {}", Uuid::new_v4()),
        format!("BimPlus {remembered}"),
        format!("BimPlus {cross}"),
        format!("Bearer {directory}"),
    ] {
        let ask = |method: &str, path: &str| app.request(method, path).header("Authorization", &value).send();
        let (check, told) = (ask("GET", "/v2/authorize"), ask("GET", "/v2/user"));
        assert_eq!(told.status, check.status, "{value}");
        if check.status == 200 {
            assert_eq!((told.json()["id"].clone(), check.json()["user_id"].clone()), (json!(user.id), json!(user.id)));
        } else {
            assert_eq!(told.refused(401, "E_InvalidToken")["message"], check.json()["message"]);
            assert_eq!(told.header("www-authenticate"), Some("BimPlus"), "{value}");
        }
        let head = ask("HEAD", "/v2/user");
        assert_eq!((head.status, head.body.len()), (told.status, 0), "{value}");
    }
    app.request("GET", "/v2/user").header("x-infinite-bearer", &directory).send().refused(401, "E_InvalidToken");
    app.request("POST", "/v2/user").send().refused(405, "E_MethodNotAllowed");
    let odd = app.request("GET", "/v2/user?_=1732").token(&access).header("Content-Type", "?").body("{");
    assert_eq!(odd.send().ok()["email"], Value::from(user.email.as_str()));
});

on_both_stores!(a_user_who_is_gone_is_refused, |kind| {
    let app = App::shared(kind);
    let [disabled, deleted] = [app.user(), app.user()];
    let tokens = [&disabled, &deleted].map(|user| app.login(user));
    app.server.run(&["user", "disable", &disabled.email], "");
    app.server.run(&["user", "delete", &deleted.email, "--yes"], "");
    for access in tokens {
        app.request("GET", "/v2/user").token(&access).send().refused(401, "E_InvalidToken");
    }
});
