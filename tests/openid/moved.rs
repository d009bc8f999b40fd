//! The provider moves, or knows people by other names.

use serde_json::json;

use crate::liar::{Answer, Liar};
use crate::site::{Site, fragment, is_in, put};
use crate::support::app::User;
use crate::support::client::Reply;

/// As somebody whom the provider knows by this name.
fn log_in_as(site: &Site, user: &User, sub: &str) -> Reply {
    let mut claims = site.claims(user);
    put(&mut claims, &json!({"sub": sub}));
    site.log_in(&claims)
}

#[track_caller]
fn denied(site: &Site, reply: &Reply, sub: &str) {
    assert_eq!(fragment(reply)["error"], "access_denied");
    let lines = site.lines_of(reply);
    assert!(lines.contains("linked_to_another") && lines.contains(sub) && lines.contains(&site.liar.issuer), "{lines}");
}

/// Another provider in the place of this one.
fn move_away(site: &mut Site) {
    site.liar = Liar::start(crate::site::now());
    site.app.server.kill();
    let issuer = ("openid.issuer", site.liar.issuer.as_str());
    site.app.server.restart_with(&[issuer]);
}

on_both_stores!(who_is_unlinked_is_linked_anew, |kind| {
    let site = Site::start(kind, &[]);
    let (user, other) = (site.app.user(), site.app.user());
    assert!(is_in(&log_in_as(&site, &user, "one")) && is_in(&log_in_as(&site, &other, "other")));
    denied(&site, &log_in_as(&site, &user, "two"), "two");
    let unlink = |arguments: &[&str]| site.app.server.run(&[&["user", "unlink"], arguments].concat(), "");
    assert_eq!(unlink(&[&user.email, "--json"]), "{\"unlinked\":1}\n");
    assert_eq!(site.shown(&user)["subject"], json!(null));
    assert!(is_in(&log_in_as(&site, &user, "two")));
    denied(&site, &log_in_as(&site, &user, "one"), "one");
    // Whoever had that name before is no hindrance.
    site.app.server.run(&["user", "unlink", &other.email], "");
    assert!(is_in(&log_in_as(&site, &other, "one")));
    // All of an issuer.
    assert_eq!(unlink(&["--issuer", "https://id.example.org", "--yes", "--json"]), "{\"unlinked\":0}\n");
    assert_eq!(unlink(&["--issuer", &site.liar.issuer, "--yes", "--json"]), "{\"unlinked\":2}\n");
    assert!(is_in(&log_in_as(&site, &user, "three")) && is_in(&log_in_as(&site, &other, "two")));
});

on_both_stores!(a_moved_provider_is_followed_where_the_settings_say_so, |kind| {
    let mut site = Site::start(kind, &[("openid.relink", "true")]);
    let (user, other) = (site.app.user(), site.app.user());
    assert!(is_in(&log_in_as(&site, &user, "one")));
    denied(&site, &log_in_as(&site, &user, "two"), "two");
    move_away(&mut site);
    // Not by an address that is only claimed.
    let mut claims = site.claims(&user);
    put(&mut claims, &json!({"sub": "new", "email_verified": false}));
    site.liar.says("/me", Answer::Json(json!({"sub": "new"})));
    assert_eq!(fragment(&site.log_in(&claims))["error"], "access_denied");
    let reply = log_in_as(&site, &user, "new");
    assert!(is_in(&reply), "{}", site.lines_of(&reply));
    assert_eq!(site.shown(&user)["subject"], json!({"issuer": site.liar.issuer, "subject": "new"}));
    denied(&site, &log_in_as(&site, &user, "newer"), "newer");
    assert!(is_in(&log_in_as(&site, &other, "one")));
});
