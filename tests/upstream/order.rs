//! Whose password is never sent to the old service.

use std::sync::Arc;
use std::time::Duration;

use bimgate::clock::SystemClock;
use bimgate::domain::{AccountChange, Subject, UserId};
use bimgate::store::embedded::EmbeddedStore;
use bimgate::store::{Accounts as _, Health as _};
use serde_json::json;

use super::place::{import, liar, somebody, start_after};
use super::support::app::Kind::Embedded;

#[test]
fn who_has_a_password_here_or_is_disabled_is_not_asked_for_there() {
    let user = somebody();
    let old = liar(&user);
    let new = start_after(&old.url, Embedded, &[("upstream.provision", "true")]);
    let native = new.user();
    new.try_login(&native, &json!({"password": "right there"})).refused(401, "E_InvalidCredentials");

    import(&new, &user);
    new.server.run(&["user", "set-password", &user.email, "--password-stdin"], "set by the operator");
    new.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");

    let disabled = somebody();
    import(&new, &disabled);
    new.server.run(&["user", "disable", &disabled.email], "");
    new.try_login(&disabled, &json!({})).refused(401, "E_InvalidCredentials");
    assert_eq!(old.everything_asked(), Vec::<String>::new());
}

#[test]
fn who_is_linked_at_an_identity_provider_is_not_asked_for_there() {
    let user = somebody();
    let old = liar(&user);
    let mut new = start_after(&old.url, Embedded, &[]);
    import(&new, &user);
    new.server.ask_to_stop();
    new.server.stopped();
    let linked = async {
        let wait = Duration::from_secs(30);
        let store = EmbeddedStore::open(&new.server.data(), Arc::new(SystemClock), wait, wait).expect("a store");
        let subject = Subject { issuer: "https://id.example.org".into(), subject: "s".into(), claims: "{}".into() };
        let link = AccountChange::Link { subject, name: None, teams: None, relinks: false };
        store.change_account(UserId(user.id), &link).await.expect("stored").expect("linked");
        store.close().await;
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(linked);
    new.server.restart();
    new.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");
    assert_eq!(old.everything_asked(), Vec::<String>::new());
}

#[test]
fn who_has_app_passwords_and_what_looks_like_one_is_not_asked_for_there() {
    let [user, other] = [somebody(), somebody()];
    let old = liar(&user);
    let new = start_after(&old.url, Embedded, &[("upstream.provision", "true")]);
    import(&new, &user);
    let made = new.server.run(&["user", "app-password", "add", &user.email, "--name", "phone", "--json"], "");
    let made: serde_json::Value = serde_json::from_str(&made).expect("JSON");
    let value = made["app_password"].as_str().expect("a text");
    new.try_login(&user, &json!({"password": "the company's"})).refused(401, "E_InvalidCredentials");
    new.try_login(&user, &json!({"password": value})).ok();
    import(&new, &other);
    let unknown = somebody();
    for who in [&other, &unknown] {
        new.try_login(who, &json!({"password": value})).refused(401, "E_InvalidCredentials");
    }
    assert_eq!(old.everything_asked(), Vec::<String>::new());
}
