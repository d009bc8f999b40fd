//! Users as Entra ID and Okta manage them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{ON, TOKEN, filter, patch, refused, request, send, somebody, told};
use crate::support::app::{App, User};

/// What Entra ID sends to make a user.
fn of_entra(name: &str, external_id: &str) -> Value {
    json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        ],
        "externalId": external_id,
        "userName": name,
        "active": true,
        "displayName": "Ada L.",
        "emails": [{"primary": true, "type": "work", "value": "elsewhere@example.org"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Ada Lovelace", "familyName": "Lovelace", "givenName": "Ada"},
        "roles": [],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "7"},
    })
}

/// Makes a user; the resource.
#[track_caller]
fn made(app: &App, resource: &Value) -> Value {
    told(&send(app, "POST", "/Users", resource), 201)
}

#[track_caller]
fn listed(app: &App, query: &str) -> Value {
    told(&request(app, "GET", &format!("/Users?{query}")).send(), 200)
}

/// The path of a resource.
fn path(resource: &Value) -> String {
    format!("/Users/{}", resource["id"].as_str().expect("an id"))
}

on_both_stores!(without_a_token_in_the_settings_there_is_nothing, |kind| {
    let app = App::shared(kind);
    for path in ["/Users", "/Users/x", "/ServiceProviderConfig", "/Bulk", "/nothing", ""] {
        refused(&request(&app, if path == "/Bulk" { "POST" } else { "GET" }, path).send(), 404, None);
    }
});

on_both_stores!(only_the_token_lets_in_and_guessing_it_is_throttled, |kind| {
    let app = App::start(kind, &[ON, ("throttle.tokens.burst", "3"), ("throttle.tokens.refill", "3600")]);
    let ask = |authorization: Option<&str>| {
        let request = app.request("GET", "/scim/v2/Users");
        authorization.iter().fold(request, |request, value| request.header("Authorization", value)).send()
    };
    for wrong in [None, Some("Bearer 0123456789abcdef0123456789abcdeF"), Some(&*format!("Basic {TOKEN}"))] {
        let reply = ask(wrong);
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
        refused(&reply, 401, None);
    }
    let reply = ask(Some("Bearer x"));
    assert!(reply.header("retry-after").is_some());
    refused(&reply, 429, None);
    told(&ask(Some(&format!("bearer {TOKEN}"))), 200);
});

on_both_stores!(a_user_is_made_found_and_deleted, |kind| {
    let app = App::start(kind, &[ON]);
    let (name, external_id) = (somebody(), Uuid::new_v4().to_string());
    assert_eq!(listed(&app, &filter("userName", &name))["totalResults"], 0);
    let reply = send(&app, "POST", "/Users", &of_entra(&name.to_uppercase(), &external_id));
    let user = told(&reply, 201);
    assert_eq!(reply.header("location"), user["meta"]["location"].as_str());
    assert_eq!(reply.header("etag"), user["meta"]["version"].as_str());
    assert!(user["meta"]["location"].as_str().is_some_and(|location| location.ends_with(&path(&user))));
    let shown = [&user["userName"], &user["displayName"], &user["active"], &user["externalId"]];
    assert_eq!(shown, [&json!(name), &json!("Ada L."), &json!(true), &json!(external_id)]);
    assert_eq!(user["emails"], json!([{"value": name, "type": "work", "primary": true}]));

    for query in [
        filter("userName", &name),
        filter("USERNAME", &name.to_uppercase()),
        filter("externalId", &external_id),
        filter("id", user["id"].as_str().expect("an id")),
        "startIndex=1&count=10".to_owned(),
    ] {
        let list = listed(&app, &query);
        assert_eq!((&list["totalResults"], &list["Resources"]), (&json!(1), &json!([user])), "{query}");
    }
    assert_eq!(listed(&app, &filter("externalId", &external_id.to_uppercase()))["totalResults"], 0, "to the letter");
    assert_eq!(listed(&app, "startIndex=2")["Resources"], json!([]));
    assert_eq!(listed(&app, "startIndex=-3&count=0")["Resources"], json!([]));
    let few = listed(&app, &format!("{}&attributes=displayName", filter("userName", &name)));
    assert_eq!(few["Resources"][0], json!({"schemas": user["schemas"], "id": user["id"], "displayName": "Ada L."}));
    let few = told(&request(&app, "GET", &format!("{}?excludedAttributes=emails,name", path(&user))).send(), 200);
    assert!(few.get("emails").is_none() && few.get("userName").is_some(), "{few}");

    let again = of_entra(&name, &Uuid::new_v4().to_string());
    refused(&send(&app, "POST", "/Users", &again), 409, Some("uniqueness"));
    refused(&send(&app, "POST", "/Users", &of_entra(&somebody(), &external_id)), 409, Some("uniqueness"));
    assert_eq!(listed(&app, "")["totalResults"], 1, "what is refused leaves nothing");
    assert_eq!(request(&app, "DELETE", &path(&user)).send().status, 204);
    refused(&request(&app, "DELETE", &path(&user)).send(), 404, None);
    refused(&request(&app, "GET", &path(&user)).send(), 404, None);
    made(&app, &of_entra(&name, &external_id));
});

on_both_stores!(who_is_disabled_or_deleted_has_no_app_password_that_counts, |kind| {
    let app = App::start(kind, &[ON]);
    let (name, external_id) = (somebody(), Uuid::new_v4().to_string());
    let path = path(&made(&app, &of_entra(&name, &external_id)));
    let password = app.server.run(&["user", "app-password", "add", &name, "--name", "plugin"], "").trim().to_owned();
    let user = User { id: Uuid::nil(), email: name, password };
    let active = |value: &str| {
        let operations = json!([{"op": "Replace", "path": "active", "value": value}]);
        told(&send(&app, "PATCH", &path, &patch(&operations)), 200);
    };
    let access = app.login(&user);
    active("False");
    app.refuses(&access);
    app.try_login(&user, &Value::Null).refused(401, "E_InvalidCredentials");
    active("True");
    app.refuses(&access);
    let access = app.login(&user);
    assert_eq!(request(&app, "DELETE", &path).send().status, 204);
    app.refuses(&access);
    app.try_login(&user, &Value::Null).refused(401, "E_InvalidCredentials");
    made(&app, &of_entra(&user.email, &external_id));
    app.try_login(&user, &Value::Null).refused(401, "E_InvalidCredentials");
});

on_both_stores!(a_patch_of_entra_id_is_understood, |kind| {
    let app = App::start(kind, &[ON]);
    let user = made(&app, &of_entra(&somebody(), &Uuid::new_v4().to_string()));
    let path = path(&user);
    let changed = |operations: Value| {
        let first = told(&send(&app, "PATCH", &path, &patch(&operations)), 200);
        let again = told(&send(&app, "PATCH", &path, &patch(&operations)), 200);
        assert_eq!(first, again, "the same again changes nothing: {operations}");
        first
    };
    let off = changed(json!([{"op": "Replace", "path": "active", "value": "False"}]));
    assert_eq!(off["active"], false);
    let on = changed(json!([{"op": "replace", "value": {"active": "True"}}]));
    assert_eq!(on, user, "as before, its version too");
    assert_eq!(
        changed(json!([{"op": "Add", "path": "active", "value": [{"$ref": null, "value": "false"}]}]))["active"],
        false
    );
    let new = somebody();
    let moved = changed(json!([
        {"op": "Replace", "path": "userName", "value": new},
        {"op": "Replace", "path": "displayName", "value": "Ada King"},
        {"op": "Add", "path": "externalId", "value": format!("{new} x")},
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "elsewhere@example.org"},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "A"},
        {"op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "London"},
    ]));
    assert_eq!(moved["id"], user["id"]);
    assert_eq!((&moved["userName"], &moved["displayName"]), (&json!(new), &json!("Ada King")));
    assert_ne!(moved["meta"]["version"], user["meta"]["version"]);
    let parts = changed(json!([{"op": "replace", "value": {"name.givenName": "Ada", "name.familyName": "Byron"}}]));
    assert_eq!(parts["displayName"], "Ada Byron");
    let parts = changed(json!([{"op": "replace", "path": "name", "value": {"formatted": "A. Byron"}}]));
    assert_eq!(parts["name"], json!({"formatted": "A. Byron"}));
    let gone = changed(json!([{"op": "Remove", "path": "externalId"}, {"op": "remove", "path": "displayName"}]));
    assert!(gone.get("externalId").is_none() && gone.get("displayName").is_none(), "{gone}");
});

on_both_stores!(a_user_without_an_address_for_a_name_is_known_by_the_address, |kind| {
    let app = App::start(kind, &[ON]);
    let address = somebody();
    let emails = json!([{"type": "home", "value": somebody()}, {"type": "work", "value": address}]);
    let user = made(&app, &json!({"userName": "ada", "emails": emails}));
    assert_eq!(user["userName"], address);
    let bare = made(&app, &json!({"userName": "ada", "active": false}));
    assert_eq!((&bare["userName"], &bare["active"]), (&json!("ada"), &json!(false)));
    let address = somebody();
    let value = json!([{"op": "Add", "path": "emails[type eq \"work\"].value", "value": address}]);
    assert_eq!(told(&send(&app, "PATCH", &path(&bare), &patch(&value)), 200)["userName"], address);
});

on_both_stores!(disabling_ends_everything_at_once, |kind| {
    let app = App::start(kind, &[ON]);
    let user: User = app.user();
    let access = app.login(&user);
    let path = format!("/Users/{}", user.id);
    app.accepts(&access);
    // Okta replaces the whole user.
    let mut resource = told(&request(&app, "GET", &path).send(), 200);
    resource["active"] = json!(false);
    assert_eq!(told(&send(&app, "PUT", &path, &resource), 200)["active"], false);
    app.refuses(&access);
    app.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");
    resource.as_object_mut().expect("an object").remove("active");
    assert_eq!(told(&send(&app, "PUT", &path, &resource), 200)["active"], false, "nobody comes back unsaid");
    let on = patch(&json!([{"op": "replace", "value": {"active": true}}]));
    assert_eq!(told(&send(&app, "PATCH", &path, &on), 200)["active"], true);
    app.refuses(&access);
    // A new name and address end nothing.
    let access = app.login(&user);
    let moved = json!({"userName": somebody(), "displayName": "New", "externalId": "x"});
    told(&send(&app, "PUT", &path, &moved), 200);
    app.accepts(&access);
    assert_eq!(request(&app, "DELETE", &path).send().status, 204);
    app.refuses(&access);
});

on_both_stores!(a_version_guards_a_change, |kind| {
    let app = App::start(kind, &[ON]);
    let user = made(&app, &of_entra(&somebody(), "a"));
    let (path, version) = (path(&user), user["meta"]["version"].as_str().expect("a version").to_owned());
    let with = |method: &str, name: &str, value: &str, body: &Value| {
        request(&app, method, &path).header(name, value).body(body.to_string()).send()
    };
    let unchanged = with("GET", "If-None-Match", &version, &Value::Null);
    assert_eq!((unchanged.status, unchanged.header("etag")), (304, Some(version.as_str())));
    let change = |name: &str| patch(&json!([{"op": "replace", "path": "displayName", "value": name}]));
    refused(&with("PATCH", "If-Match", "W/\"other\"", &change("B")), 412, None);
    told(&with("PATCH", "If-Match", &version, &change("B")), 200);
    refused(&with("PUT", "If-Match", &version, &of_entra(&somebody(), "b")), 412, None);
    refused(&with("DELETE", "If-Match", &version, &Value::Null), 412, None);
    told(&with("PATCH", "If-Match", "*", &change("C")), 200);
    assert_eq!(told(&with("GET", "If-None-Match", &version, &Value::Null), 200)["displayName"], "C");
});

on_both_stores!(what_cannot_be_is_refused_and_changes_nothing, |kind| {
    let app = App::start(kind, &[ON]);
    let user = made(&app, &of_entra(&somebody(), "a"));
    let other = made(&app, &of_entra(&somebody(), "b"));
    for (query, kind) in [
        (filter("displayName", "x"), "invalidFilter"),
        ("filter=userName+sw+%22a%22".to_owned(), "invalidFilter"),
        ("filter=userName".to_owned(), "invalidFilter"),
        ("count=many".to_owned(), "invalidValue"),
    ] {
        refused(&request(&app, "GET", &format!("/Users?{query}")).send(), 400, Some(kind));
    }
    let one = |op: &str, path: &str, value: Value| json!([{"op": op, "path": path, "value": value}]);
    let many: Vec<_> = (0..101).map(|_| json!({"op": "add", "path": "title", "value": "x"})).collect();
    for (operations, status, kind) in [
        (json!("none"), 400, "invalidSyntax"),
        (json!([1]), 400, "invalidSyntax"),
        (one("move", "userName", json!("x")), 400, "invalidSyntax"),
        (json!([{"op": "remove"}]), 400, "noTarget"),
        (json!([{"op": "replace", "path": "active"}]), 400, "invalidValue"),
        (one("replace", "id", json!("x")), 400, "mutability"),
        (one("remove", "active", json!(null)), 400, "mutability"),
        (one("replace", "active", json!("perhaps")), 400, "invalidValue"),
        (one("replace", "userName", json!("")), 400, "invalidValue"),
        (one("replace", "userName", json!("A <a@b>")), 400, "invalidValue"),
        (one("replace", "displayName", json!(["a", "b"])), 400, "invalidValue"),
        (one("replace", "displayName", json!("x".repeat(257))), 400, "invalidValue"),
        (one("replace", "externalId", json!("x".repeat(257))), 400, "invalidValue"),
        (one("replace", "emails[type", json!("x")), 400, "invalidPath"),
        (Value::Array(many), 400, "tooMany"),
        (one("replace", "userName", other["userName"].clone()), 409, "uniqueness"),
        (one("replace", "externalId", json!("b")), 409, "uniqueness"),
    ] {
        let mut all = json!([{"op": "replace", "path": "displayName", "value": "Changed"}]);
        match operations.as_array() {
            Some(more) => all.as_array_mut().expect("a list").extend(more.iter().cloned()),
            None => all = operations.clone(),
        }
        refused(&send(&app, "PATCH", &path(&user), &patch(&all)), status, Some(kind));
        assert_eq!(told(&request(&app, "GET", &path(&user)).send(), 200), user, "{operations}");
    }
    for body in ["", "[]", "{", "\"x\""] {
        refused(&request(&app, "POST", "/Users").body(body).send(), 400, Some("invalidSyntax"));
    }
    refused(&send(&app, "POST", "/Users", &json!({"displayName": "x"})), 400, Some("invalidValue"));
    let large = json!({"userName": somebody(), "title": "x".repeat(16 * 1024)});
    refused(&send(&app, "POST", "/Users", &large), 413, None);
    refused(&send(&app, "POST", "/Bulk", &json!({})), 501, None);
    refused(&send(&app, "DELETE", "/Users", &json!({})), 405, None);
    refused(&request(&app, "GET", "/Users/nobody").send(), 404, None);
    refused(&request(&app, "GET", "/Schemas/urn:none").send(), 404, None);
    assert_eq!(listed(&app, "")["totalResults"], 2);
});
