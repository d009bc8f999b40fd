//! What a person may log in for, and what the bearers say of them.

use serde_json::json;
use url::Url;

use crate::jwt;
use crate::steps::{fragment, grant, open_sessions};
use crate::support::app::{App, User};
use crate::support::visitor::Visitor;

#[track_caller]
fn refused(end: &Url, error: &str, app_data: Option<&str>) {
    let members = fragment(end);
    assert_eq!(members.get("error").map(String::as_str), Some(error), "{end}");
    assert!(members.get("error_description").is_some_and(|sentence| !sentence.is_empty()), "{end}");
    assert_eq!(members.get("appdata").map(String::as_str), app_data, "{end}");
    assert_eq!(members.len(), if app_data.is_some() { 3 } else { 2 }, "{end}");
}

fn log_in(app: &App, user: &User, claims: &str, more: &str) -> Url {
    let mut visitor = Visitor::default();
    let end = visitor.log_in(&app.authenticate(claims, more), user);
    let came_in = fragment(&end).contains_key("directory_access_token");
    assert_eq!(visitor.cookie("directory_sso").is_some(), came_in, "signed on with a session, and only then");
    end
}

on_both_stores!(rights_are_granted_to_each_user, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let is = |claims: &str| {
        let members = fragment(&log_in(&app, &user, claims, ""));
        assert_eq!(jwt::claims(&app, &members["directory_access_token"])["claims"], claims);
    };
    is("access:client");
    for (right, other) in [("access:frontend", "access:client-dev"), ("access:client-dev", "access:frontend")] {
        refused(&log_in(&app, &user, right, "&appdata=a%26b+c"), "access_denied", Some("a&b c"));
        grant(&app, &user, right);
        is(right);
        refused(&log_in(&app, &user, other, ""), "access_denied", None);
        app.server.run(&["user", "rights", &user.email, "--revoke", right], "");
        refused(&log_in(&app, &user, right, ""), "access_denied", None);
    }
    assert_eq!(open_sessions(&app, &user), 1, "what was opened by a right ends with it");
});

on_both_stores!(third_party_claims_must_all_be_the_users, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    app.server.run(&["user", "scopes", &user.email, "--add", "viewer:read", "--add", "b\u{fc}ro plan"], "");
    let (both, one_more) = ("&appclaims=viewer%3Aread&appclaims=b%C3%BCro+plan", "&appclaims=viewer:write");
    let members = fragment(&log_in(&app, &user, "access:client", both));
    let claims = jwt::claims(&app, &members["http_access_token"]);
    assert_eq!(claims["appclaims"], json!(["viewer:read", "b\u{fc}ro plan"]));
    for wrong in [one_more, &format!("{both}{one_more}"), "&appclaims=VIEWER:READ", "&appclaims=viewer"] {
        refused(&log_in(&app, &user, "access:client", &format!("{wrong}&appdata=x")), "invalid_scope", Some("x"));
    }
    assert_eq!(open_sessions(&app, &user), 1);
});

on_both_stores!(extended_bearers_tell_of_teams_and_tags, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    app.server.run(&["user", "teams", &user.email, "--add", "t1=Architects", "--add", "t2=Planer \u{fc}"], "");
    app.server.run(&["user", "tags", &user.email, "--add", "beta"], "");
    for (more, extended) in [
        ("", false),
        ("&needextendedbearer=false", false),
        ("&needextendedbearer=true", true),
        ("&needextendedbearer=True", true),
    ] {
        let members = fragment(&log_in(&app, &user, "access:client", more));
        for member in ["directory_access_token", "http_access_token"] {
            let claims = jwt::claims(&app, &members[member]);
            let teams = json!([{"id": "t1", "name": "Architects"}, {"id": "t2", "name": "Planer \u{fc}"}]);
            let expected = [json!({}), teams, json!(["beta"])].map(|value| extended.then_some(value));
            assert_eq!(["oidc", "teams", "tags"].map(|name| claims.get(name).cloned()), expected, "{more}");
        }
    }
});
