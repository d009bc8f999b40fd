//! Two servers of one store, and one person who comes over at both at once.

use serde_json::json;

use super::place::{Move, url};
use super::support::app::{Kind, ROOMY};

#[test]
fn somebody_who_comes_over_at_two_servers_at_once_is_one_person() {
    let Move { old, new } = Move::start(Kind::Redis, &[("upstream.provision", "true")]);
    let old_url = url(&old);
    let more = [("upstream.url", old_url.as_str()), ("upstream.timeout_ms", "30000"), ("upstream.provision", "true")];
    let patient = [("store.timeout_ms", "10000")];
    let second = new.beside(&[&ROOMY[..], &more, &patient].concat());
    let users: Vec<_> = (0..4).map(|_| old.user()).collect();
    std::thread::scope(|scope| {
        for user in &users {
            for app in [&new, &second, &new, &second] {
                scope.spawn(move || {
                    let checked = app.check(&app.login(user)).ok();
                    assert_eq!(checked["user_id"], user.id.to_string());
                });
            }
        }
    });
    for user in &users {
        for app in [&new, &second] {
            app.try_login(user, &json!({"password": "wrong"})).refused(401, "E_InvalidCredentials");
            app.login(user);
        }
    }
}
