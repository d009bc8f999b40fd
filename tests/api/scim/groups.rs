//! Groups: made, found, replaced and deleted.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{ON, filter, patch, refused, request, send, told};
use crate::support::app::{App, User};
use crate::support::client::Reply;

/// What Entra ID sends to make a group.
fn of_entra(name: &str, external_id: &str) -> Value {
    json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:Group",
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
        ],
        "externalId": external_id,
        "displayName": name,
        "meta": {"resourceType": "Group"},
    })
}

/// Makes a group with these members, as Okta does; the resource.
#[track_caller]
pub fn made(app: &App, name: &str, members: &[&User]) -> Value {
    let members: Vec<_> =
        members.iter().map(|user| json!({"value": user.id.to_string(), "display": user.email})).collect();
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members,
    });
    told(&send(app, "POST", "/Groups", &group), 201)
}

/// The path of a resource.
pub fn path(resource: &Value) -> String {
    format!("/Groups/{}", resource["id"].as_str().expect("an id"))
}

/// A group as it is.
#[track_caller]
pub fn read(app: &App, group: &Value) -> Value {
    told(&request(app, "GET", &path(group)).send(), 200)
}

#[track_caller]
fn listed(app: &App, query: &str) -> Value {
    told(&request(app, "GET", &format!("/Groups?{query}")).send(), 200)
}

/// Checks that a list has these groups, in this order.
#[track_caller]
fn lists(app: &App, query: &str, expected: &[&Value]) {
    let list = listed(app, query);
    let ids: Vec<_> = list["Resources"].as_array().expect("a list").iter().map(|group| &group["id"]).collect();
    assert_eq!(ids, expected.iter().map(|group| &group["id"]).collect::<Vec<_>>(), "{query}");
    assert_eq!(list["itemsPerPage"], expected.len());
}

/// A query of a filter of several words.
fn query(filter: &str) -> String {
    format!("filter={}", url::form_urlencoded::byte_serialize(filter.as_bytes()).collect::<String>())
}

on_both_stores!(a_group_is_made_found_and_deleted, |kind| {
    let app = App::start(kind, &[ON]);
    assert_eq!(listed(&app, &filter("displayName", "Architekten"))["totalResults"], 0);
    let reply = send(&app, "POST", "/Groups", &of_entra("Architekten", "8aa1a0c0"));
    let group = told(&reply, 201);
    assert_eq!(reply.header("location"), group["meta"]["location"].as_str());
    assert_eq!(reply.header("etag"), group["meta"]["version"].as_str());
    assert!(group["meta"]["location"].as_str().is_some_and(|location| location.ends_with(&path(&group))));
    assert_eq!((&group["displayName"], &group["externalId"]), (&json!("Architekten"), &json!("8aa1a0c0")));
    assert_eq!((&group["members"], &group["meta"]["resourceType"]), (&json!([]), &json!("Group")));
    let user = app.user();
    let other = made(&app, "Ärzte \"und\" Planer", &[&user]);
    assert_eq!(read(&app, &other), other);

    let (id, member) = (other["id"].as_str().expect("an id"), user.id);
    for (query, expected) in [
        (filter("displayName", "ARCHITEKTEN"), vec![&group]),
        (query(r#"DISPLAYNAME Eq "ärzte \"und\" planer""#), vec![&other]),
        (filter("externalId", "8aa1a0c0"), vec![&group]),
        (filter("externalId", "8AA1A0C0"), vec![]),
        (filter("id", id), vec![&other]),
        (filter("members", &member.to_string()), vec![&other]),
        (query(&format!(r#"id eq "{id}" and members.value eq "{member}""#)), vec![&other]),
        (query(&format!(r#"displayName eq "Architekten" and members eq "{member}""#)), vec![]),
        (filter("members", "nobody"), vec![]),
        (String::new(), vec![&group, &other]),
        ("startIndex=2&count=10".to_owned(), vec![&other]),
        ("startIndex=1&count=1".to_owned(), vec![&group]),
        ("startIndex=3".to_owned(), vec![]),
    ] {
        lists(&app, &query, &expected);
    }
    assert_eq!(listed(&app, "startIndex=2&count=1")["totalResults"], 2);
    assert_eq!(listed(&app, "")["Resources"], json!([group, other]), "with their members");
    for query in ["excludedAttributes=members", "attributes=displayName", "excludedAttributes=externalId,Members"] {
        let few = told(&request(&app, "GET", &format!("{}?{query}", path(&other))).send(), 200);
        assert!(few.get("members").is_none() && few["displayName"] == other["displayName"], "{few}");
        let list = listed(&app, query);
        assert!(list["Resources"].as_array().is_some_and(|list| list.iter().all(|one| one.get("members").is_none())));
    }

    refused(&send(&app, "POST", "/Groups", &of_entra("architekten", "other")), 409, Some("uniqueness"));
    refused(&send(&app, "POST", "/Groups", &of_entra("Other", "8aa1a0c0")), 409, Some("uniqueness"));
    assert_eq!(listed(&app, "")["totalResults"], 2, "what is refused leaves nothing");
    assert_eq!(request(&app, "DELETE", &path(&other)).send().status, 204);
    assert_eq!(told(&request(&app, "GET", &format!("/Users/{}", user.id)).send(), 200).get("groups"), None);
    refused(&request(&app, "DELETE", &path(&other)).send(), 404, None);
    refused(&request(&app, "GET", &path(&other)).send(), 404, None);
    refused(&send(&app, "PATCH", &path(&other), &patch(&json!([]))), 404, None);
    made(&app, "Ärzte \"und\" Planer", &[]);
});

on_both_stores!(a_group_is_a_team_wherever_teams_count, |kind| {
    let mut app = App::start(kind, &[ON]);
    let [member, other] = [app.user(), app.user()];
    app.server.run(&["user", "teams", &member.email, "--add", "t1=Team one"], "");
    let group = made(&app, "Planners", &[&member]);
    let id = group["id"].as_str().expect("an id");
    let teams = |app: &App, user: &User| app.user_info(&app.open_session(user).directory).ok()["teams"].clone();
    let one = json!({"teamuuid": "t1", "teamname": "Team one"});
    assert_eq!(teams(&app, &member), json!([{"teamuuid": id, "teamname": "Planners"}, one]));
    assert_eq!(teams(&app, &other), json!([]));
    let rename = patch(&json!([{"op": "Replace", "path": "displayName", "value": "Planning"}]));
    assert_eq!(send(&app, "PATCH", &path(&group), &rename).status, 204);
    assert_eq!(teams(&app, &member), json!([{"teamuuid": id, "teamname": "Planning"}, one]));

    let applications = format!("[{{id = 'a', name = 'A', url = 'https://a.example.org/', teams = ['{id}']}}]");
    app.server.ask_to_stop();
    app.server.stopped();
    app.server.restart_with(&[("directory.applications", &applications)]);
    let count = |user: &User| {
        let told = app.call("GET", "applications", &app.open_session(user).directory).send().ok();
        told.as_array().map(Vec::len)
    };
    assert_eq!((count(&member), count(&other)), (Some(1), Some(0)));
    assert_eq!(request(&app, "DELETE", &path(&group)).send().status, 204);
    assert_eq!((count(&member), teams(&app, &member)), (Some(0), json!([one])));
});

on_both_stores!(a_version_guards_a_change_of_a_group, |kind| {
    let app = App::start(kind, &[ON]);
    let user = app.user();
    let group = made(&app, "One", &[]);
    let (path, first) = (path(&group), group["meta"]["version"].as_str().expect("a version").to_owned());
    let with = |method: &str, version: &str, body: &Value| -> Reply {
        request(&app, method, &path).header("If-Match", version).body(body.to_string()).send()
    };
    let join = patch(&json!([{"op": "Add", "path": "members", "value": [{"value": user.id.to_string()}]}]));
    refused(&with("PATCH", "W/\"0\"", &join), 412, None);
    assert_eq!(read(&app, &group), group);
    let joined = with("PATCH", &first, &join);
    assert_eq!(joined.status, 204);
    assert_ne!(joined.header("etag"), Some(first.as_str()), "who is in it counts");
    for method in ["PUT", "DELETE"] {
        refused(&with(method, &first, &of_entra("Two", "x")), 412, None);
    }
    refused(&with("PATCH", &first, &join), 412, None);
    told(&with("PUT", joined.header("etag").expect("a version"), &of_entra("Two", "x")), 200);
    assert_eq!(read(&app, &group)["members"].as_array().map(Vec::len), Some(1), "nobody loses a team unsaid");
    assert_eq!(with("PATCH", "*", &join).status, 204);
    assert_eq!(read(&app, &group)["displayName"], "Two");
});

on_both_stores!(what_a_group_cannot_be_is_refused_and_changes_nothing, |kind| {
    let app = App::start(kind, &[ON]);
    let user = app.user();
    let (group, other) = (made(&app, "One", &[&user]), made(&app, "Other", &[]));
    told(&send(&app, "PUT", &path(&other), &of_entra("Other", "theirs")), 200);
    for (query, kind) in [
        (filter("userName", "x"), "invalidFilter"),
        ("filter=displayName+sw+%22a%22".to_owned(), "invalidFilter"),
        (query(r#"id eq "1" or id eq "2""#), "invalidFilter"),
        ("startIndex=first".to_owned(), "invalidValue"),
    ] {
        refused(&request(&app, "GET", &format!("/Groups?{query}")).send(), 400, Some(kind));
    }
    let one = |op: &str, path: &str, value: Value| json!([{"op": op, "path": path, "value": value}]);
    let nobody = Uuid::new_v4().to_string();
    let all: Vec<_> = (0..5001).map(|number| json!({"value": Uuid::from_u128(number).to_string()})).collect();
    for (operations, status, kind) in [
        (json!("none"), 400, "invalidSyntax"),
        (one("move", "members", json!([])), 400, "invalidSyntax"),
        (json!([{"op": "remove"}]), 400, "noTarget"),
        (json!([{"op": "add", "path": "members"}]), 400, "invalidValue"),
        (one("Add", "members", json!([{"value": nobody}])), 400, "invalidValue"),
        (one("Add", "members", json!([{"value": "no id"}])), 400, "invalidValue"),
        (one("Add", "members", json!([{"display": "x"}])), 400, "invalidValue"),
        (one("Add", "members", json!([{"value": other["id"], "type": "Group"}])), 400, "invalidValue"),
        (one("Add", "members", json!(all)), 400, "tooMany"),
        (one("Add", "members[value eq \"x\"]", json!([])), 400, "invalidPath"),
        (one("Remove", "members[display eq \"x\"]", json!(null)), 400, "invalidPath"),
        (one("Remove", "members.value", json!(null)), 400, "invalidPath"),
        (one("replace", "id", json!("x")), 400, "mutability"),
        (one("replace", "displayName", json!("")), 400, "invalidValue"),
        (json!([{"op": "remove", "path": "displayName"}]), 400, "invalidValue"),
        (one("replace", "displayName", json!("x".repeat(129))), 400, "invalidValue"),
        (one("replace", "displayName", json!(["a", "b"])), 400, "invalidValue"),
        (one("replace", "externalId", json!("x".repeat(257))), 400, "invalidValue"),
        (one("replace", "displayName", json!("OTHER")), 409, "uniqueness"),
        (one("replace", "externalId", json!("theirs")), 409, "uniqueness"),
    ] {
        let mut whole = json!([{"op": "remove", "path": "members"}]);
        match operations.as_array() {
            Some(more) => whole.as_array_mut().expect("a list").extend(more.iter().cloned()),
            None => whole = operations.clone(),
        }
        refused(&send(&app, "PATCH", &path(&group), &patch(&whole)), status, Some(kind));
        assert_eq!(read(&app, &group), group, "{operations}");
    }
    for body in ["", "[]", "{"] {
        refused(&request(&app, "POST", "/Groups").body(body).send(), 400, Some("invalidSyntax"));
    }
    refused(&send(&app, "POST", "/Groups", &json!({"members": []})), 400, Some("invalidValue"));
    let stranger = json!({"displayName": "New", "members": [{"value": nobody}]});
    refused(&send(&app, "POST", "/Groups", &stranger), 400, Some("invalidValue"));
    let large = json!({"displayName": "New", "note": "x".repeat(512 * 1024)});
    refused(&send(&app, "POST", "/Groups", &large), 413, None);
    refused(&send(&app, "DELETE", "/Groups", &json!({})), 405, None);
    refused(&request(&app, "GET", "/Groups/nothing").send(), 404, None);
    assert_eq!(listed(&app, "")["totalResults"], 2, "what is refused leaves nothing");
});
