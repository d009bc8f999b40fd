//! The provider moves, or knows people by other names.

use serde_json::json;

use crate::house::{House, is_in, put, told};
use crate::liar::{Answer, Liar};
use crate::support::app::User;
use crate::support::client::Reply;

/// As somebody whom the provider knows by this name.
fn log_in_as(house: &House, user: &User, sub: &str) -> Reply {
    let mut claims = house.claims(user);
    put(&mut claims, &json!({"sub": sub}));
    house.log_in(&claims)
}

#[track_caller]
fn denied(house: &House, reply: &Reply, sub: &str) {
    assert_eq!(told(reply)["error"], "access_denied");
    let lines = house.lines_of(reply);
    assert!(
        lines.contains("linked_to_another") && lines.contains(sub) && lines.contains(&house.liar.issuer),
        "{lines}"
    );
}

/// Another provider in the place of this one.
fn move_away(house: &mut House) {
    house.liar = Liar::start(crate::house::now());
    house.app.server.kill();
    let issuer = ("openid.issuer", house.liar.issuer.as_str());
    house.app.server.restart_with(&[issuer]);
}

on_both_stores!(who_is_unlinked_is_linked_anew, |kind| {
    let house = House::start(kind, &[]);
    let (user, other) = (house.app.user(), house.app.user());
    assert!(is_in(&log_in_as(&house, &user, "one")) && is_in(&log_in_as(&house, &other, "other")));
    denied(&house, &log_in_as(&house, &user, "two"), "two");
    let unlink = |arguments: &[&str]| house.app.server.run(&[&["user", "unlink"], arguments].concat(), "");
    assert_eq!(unlink(&[&user.email, "--json"]), "{\"unlinked\":1}\n");
    assert_eq!(house.shown(&user)["subject"], json!(null));
    assert!(is_in(&log_in_as(&house, &user, "two")));
    denied(&house, &log_in_as(&house, &user, "one"), "one");
    // Whoever had that name before is no hindrance.
    house.app.server.run(&["user", "unlink", &other.email], "");
    assert!(is_in(&log_in_as(&house, &other, "one")));
    // All of an issuer.
    assert_eq!(unlink(&["--issuer", "https://id.example.org", "--yes", "--json"]), "{\"unlinked\":0}\n");
    assert_eq!(unlink(&["--issuer", &house.liar.issuer, "--yes", "--json"]), "{\"unlinked\":2}\n");
    assert!(is_in(&log_in_as(&house, &user, "three")) && is_in(&log_in_as(&house, &other, "two")));
});

on_both_stores!(a_moved_provider_is_followed_where_the_settings_say_so, |kind| {
    let mut house = House::start(kind, &[("openid.relink", "true")]);
    let (user, other) = (house.app.user(), house.app.user());
    assert!(is_in(&log_in_as(&house, &user, "one")));
    denied(&house, &log_in_as(&house, &user, "two"), "two");
    move_away(&mut house);
    // Not by an address that is only claimed.
    let mut claims = house.claims(&user);
    put(&mut claims, &json!({"sub": "new", "email_verified": false}));
    house.liar.says("/me", Answer::Json(json!({"sub": "new"})));
    assert_eq!(told(&house.log_in(&claims))["error"], "access_denied");
    let reply = log_in_as(&house, &user, "new");
    assert!(is_in(&reply), "{}", house.lines_of(&reply));
    assert_eq!(house.shown(&user)["subject"], json!({"issuer": house.liar.issuer, "subject": "new"}));
    denied(&house, &log_in_as(&house, &user, "newer"), "newer");
    assert!(is_in(&log_in_as(&house, &other, "one")));
});
