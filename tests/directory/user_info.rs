//! `/userinfo` and `/applications`.

use serde_json::{Value, json};

use crate::support::app::App;

on_both_stores!(what_is_known_of_a_local_user, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let session = app.open_session(&user);
    let plain = json!({
        "userid": user.id, "email": user.email, "displayname": user.email, "oidcsub": null, "enabled": true,
        "frontendaccess": false, "thirdpartyscopes": [], "teams": [], "tags": [], "userinfo": {},
    });
    assert_eq!(app.user_info(&session.directory).ok(), plain);
    assert_eq!(app.call("POST", "userinfo?x=y", &session.directory).send().ok(), plain);

    app.server.run(&["user", "rights", &user.email, "--grant", "access:frontend"], "");
    app.server.run(&["user", "scopes", &user.email, "--add", "third:party"], "");
    app.server.run(&["user", "teams", &user.email, "--add", "t1=Team one"], "");
    app.server.run(&["user", "tags", &user.email, "--add", "blue"], "");
    let told = app.user_info(&session.directory).ok();
    for (member, expected) in [
        ("frontendaccess", json!(true)),
        ("thirdpartyscopes", json!(["third:party"])),
        ("teams", json!([{"teamuuid": "t1", "teamname": "Team one"}])),
        ("tags", json!(["blue"])),
    ] {
        assert_eq!(told[member], expected, "{member}");
    }
});

on_both_stores!(applications_are_for_everyone_or_for_teams, |kind| {
    let applications = "[{id = 'all', name = 'All', url = 'https://all.example.org/', description = 'For all'}, \
        {id = 'some', name = 'Some', url = 'https://some.example.org/', teams = ['T', \
        'B37B60D40F1B415899C4847254786517']}]";
    let app = App::start(kind, &[("directory.applications", applications)]);
    let all = json!({"id": "all", "name": "All", "url": "https://all.example.org/", "description": "For all"});
    let some = json!({"id": "some", "name": "Some", "url": "https://some.example.org/", "description": ""});
    let [nobody, member] = [app.user(), app.user()];
    app.server.run(&["user", "teams", &member.email, "--add", "b37b60d4-0f1b-4158-99c4-847254786517=Ours"], "");
    for (user, expected) in [(&nobody, json!([all])), (&member, json!([all, some]))] {
        let told = app.call("GET", "applications", &app.open_session(user).directory).send();
        assert_eq!(told.header("content-type"), Some("application/json; charset=utf-8"));
        assert_eq!(told.ok(), expected);
        let by_access_token = app.request("GET", &crate::support::directory::path("applications"));
        assert_eq!(by_access_token.token(&app.login(user)).send().ok(), expected);
    }
    let none = App::shared(kind);
    let session = none.open_session(&none.user());
    assert_eq!(none.call("GET", "applications", &session.directory).send().ok(), Value::Array(Vec::new()));
});
