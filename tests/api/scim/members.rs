//! Who is in a group, as Entra ID and Okta say it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::groups::{made, path, read};
use super::{ON, patch, refused, request, send, told};
use crate::support::app::{App, User};

fn member(user: &User) -> Value {
    json!({"value": user.id.to_string()})
}

/// Checks who is in a group.
#[track_caller]
fn has(app: &App, group: &Value, users: &[&User]) {
    let group = read(app, group);
    let mut expected: Vec<_> = users.iter().map(|user| user.id).collect();
    expected.sort_unstable();
    let members = group["members"].as_array().expect("a list");
    let ids: Vec<_> = members.iter().map(|member| member["value"].as_str().expect("an id").to_owned()).collect();
    assert_eq!(ids, expected.iter().map(ToString::to_string).collect::<Vec<_>>());
    for member in members {
        let reference = format!("/scim/v2/Users/{}", member["value"].as_str().expect("an id"));
        assert!(member["$ref"].as_str().is_some_and(|told| told.ends_with(&reference)), "{member}");
        assert_eq!(member["type"], "User");
    }
}

/// Sends a `PATCH` twice: the second time it changes nothing.
#[track_caller]
fn changed(app: &App, group: &Value, operations: &Value) {
    let mut told = [(); 2].map(|()| {
        let reply = send(app, "PATCH", &path(group), &patch(operations));
        assert_eq!(reply.status, 204, "{}", reply.text());
        (reply.header("etag").map(ToOwned::to_owned), read(app, group))
    });
    assert_eq!(told[0], told[1], "the same again changes nothing: {operations}");
    let [(etag, group), _] = std::mem::take(&mut told);
    assert_eq!(etag.as_deref(), group["meta"]["version"].as_str());
}

on_both_stores!(members_come_and_go_as_entra_id_says_it, |kind| {
    let app = App::start(kind, &[ON]);
    let [one, two, three, stranger] = [(); 4].map(|()| app.user());
    let group = made(&app, "Group", &[]);
    let nobody = Uuid::new_v4().to_string();
    for (operations, expected) in [
        (json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": one.id.to_string()}]}]), vec![&one]),
        (json!([{"op": "add", "path": "members", "value": [member(&two), member(&three)]}]), vec![&one, &two, &three]),
        (
            json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": two.id.to_string()}]}]),
            vec![&one, &three],
        ),
        (
            json!([{"op": "REMOVE", "path": "members", "value": [member(&stranger), {"value": nobody}]}]),
            vec![&one, &three],
        ),
        (json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", one.id)}]), vec![&three]),
        (json!([{"op": "Remove", "path": format!("members[value EQ \"{nobody}\"]")}]), vec![&three]),
        (json!([{"op": "remove", "path": "members[value eq \"no id\"]"}]), vec![&three]),
        (json!([{"op": "Add", "value": {"members": [member(&one)], "displayName": "Group"}}]), vec![&one, &three]),
        (json!([{"op": "Replace", "path": "members", "value": [member(&two)]}]), vec![&two]),
        (
            json!([{"op": "Add", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:members", "value": member(&one)}]),
            vec![&one, &two],
        ),
        (
            json!([
                {"op": "Remove", "path": "members", "value": [member(&one)]},
                {"op": "Add", "path": "members", "value": [member(&one), member(&three)]},
                {"op": "Remove", "path": "members", "value": [member(&two)]},
            ]),
            vec![&one, &three],
        ),
        (json!([{"op": "Add", "path": "members", "value": []}]), vec![&one, &three]),
        (json!([{"op": "Remove", "path": "members"}]), vec![]),
    ] {
        changed(&app, &group, &operations);
        has(&app, &group, &expected);
    }
});

on_both_stores!(members_come_and_go_as_okta_says_it, |kind| {
    let app = App::start(kind, &[ON]);
    let [one, two, three] = [(); 3].map(|()| app.user());
    let group = made(&app, "Group", &[&one, &two]);
    has(&app, &group, &[&one, &two]);
    let rename = json!([{"op": "replace", "value": {"id": group["id"], "displayName": "Renamed"}}]);
    changed(&app, &group, &rename);
    assert_eq!(read(&app, &group)["displayName"], "Renamed");
    changed(
        &app,
        &group,
        &json!([
            {"op": "remove", "path": format!("members[value eq \"{}\"]", one.id)},
            {"op": "add", "path": "members", "value": [{"value": three.id.to_string(), "display": three.email}]},
        ]),
    );
    has(&app, &group, &[&two, &three]);
    // An application without PATCH is sent the whole group.
    let whole = |members: Value| json!({"schemas": group["schemas"], "id": group["id"], "displayName": "Whole", "members": members});
    let told = told(&send(&app, "PUT", &path(&group), &whole(json!([member(&one), member(&three)]))), 200);
    assert_eq!((&told, &told["displayName"]), (&read(&app, &group), &json!("Whole")));
    has(&app, &group, &[&one, &three]);
    let shown = send(&app, "PATCH", &format!("{}?attributes=members", path(&group)), &patch(&json!([])));
    assert_eq!(super::told(&shown, 200)["members"], told["members"]);
    super::told(&send(&app, "PUT", &path(&group), &whole(json!([]))), 200);
    has(&app, &group, &[]);
});

on_both_stores!(a_user_tells_the_groups_but_does_not_change_them, |kind| {
    let app = App::start(kind, &[ON]);
    let user = app.user();
    app.server.run(&["user", "teams", &user.email, "--add", "t1=Team one"], "");
    let read_user = || told(&request(&app, "GET", &format!("/Users/{}", user.id)).send(), 200);
    let before = read_user();
    assert_eq!(before.get("groups"), None, "a team of elsewhere is no resource");
    let group = made(&app, "Group", &[&user]);
    let mut after = read_user();
    let location = &group["meta"]["location"];
    let told_group = json!({"value": group["id"], "$ref": location, "display": "Group", "type": "direct"});
    assert_eq!(after["groups"], json!([told_group]));
    assert_ne!(after["meta"]["version"], before["meta"]["version"]);
    let of_user = format!("/Users/{}", user.id);
    let replaced = json!([{"op": "replace", "path": "groups", "value": []}]);
    refused(&send(&app, "PATCH", &of_user, &patch(&replaced)), 400, Some("mutability"));
    after["groups"] = json!([]);
    after["externalId"] = json!("00u1");
    assert_eq!(told(&send(&app, "PUT", &of_user, &after), 200)["groups"], json!([told_group]));
    let shown = app.server.run(&["user", "show", &user.email], "");
    let line =
        |name: &str| shown.lines().find(|line| line.trim_start().starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("external id").ends_with("00u1"), "{shown}");
    assert!(line("groups").ends_with(&format!("{}=Group", group["id"].as_str().expect("an id"))), "{shown}");
    assert!(line("teams").ends_with("t1=Team one"), "{shown}");

    // Whoever is disabled stays in it, whoever is deleted does not.
    let off = patch(&json!([{"op": "Replace", "path": "active", "value": "False"}]));
    assert_eq!(told(&send(&app, "PATCH", &of_user, &off), 200)["groups"], json!([told_group]));
    has(&app, &group, &[&user]);
    assert_eq!(request(&app, "DELETE", &of_user).send().status, 204);
    has(&app, &group, &[]);
    changed(&app, &group, &json!([{"op": "Remove", "path": "members", "value": [member(&user)]}]));
});

on_both_stores!(one_may_be_in_so_many_groups_and_no_more, |kind| {
    let app = App::start(kind, &[ON]);
    let [user, other] = [app.user(), app.user()];
    for number in 0..64 {
        made(&app, &format!("Group {number}"), &[&user]);
    }
    let last = made(&app, "Last", &[]);
    let both = json!([{"op": "Add", "path": "members", "value": [member(&other), member(&user)]}]);
    refused(&send(&app, "PATCH", &path(&last), &patch(&both)), 400, Some("invalidValue"));
    has(&app, &last, &[]);
    let found = told(&request(&app, "GET", &format!("/Groups?filter=members+eq+%22{}%22", user.id)).send(), 200);
    assert_eq!(found["totalResults"], 64);
});
