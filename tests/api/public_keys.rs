//! `GET /.well-known/jwks.json`: the public keys, and where the secret of their private halves comes from.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::app::{App, Kind};
use crate::support::redis_server::RedisServer;
use crate::support::server::Server;

const PATHS: [&str; 2] = ["/.well-known/jwks.json", "/directory/api/.well-known/jwks.json"];

on_both_stores!(the_keys_are_published_in_both_places, |kind| {
    let app = App::shared(kind);
    let [set, other] = PATHS.map(|path| app.request("GET", path).send().ok());
    assert_eq!(set, other);
    let keys = set["keys"].as_array().expect("keys");
    for key in keys {
        let members: Vec<_> = key.as_object().expect("a key").keys().collect();
        assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    }
    assert!(!keys.is_empty());
});

on_both_stores!(a_copy_is_good_until_the_keys_change, |kind| {
    let app = App::start(kind, &[]);
    for path in PATHS {
        let first = app.request("GET", path).send();
        assert_eq!(first.header("cache-control"), Some("public, max-age=300"), "{path}");
        let tag = first.header("etag").expect("a tag").to_owned();
        let again = app.request("GET", path).header("If-None-Match", &tag).send();
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        let made = app.server.run(&["key", "rotate"], "").trim().to_owned();
        let beside = app.server.run(&["key", "list"], "");
        assert!(beside.contains(&made), "{beside}");
        if matches!(kind, Kind::Embedded) {
            let changed = app.request("GET", path).header("If-None-Match", &tag).send();
            assert_eq!(changed.status, 200);
            assert!(changed.text().contains(&made), "{path}");
        }
    }
});

#[test]
fn the_secret_is_made_for_its_owner_alone_and_must_stay() {
    let mut server = Server::start(&[]);
    let secret = server.data().join("signing.key");
    assert_eq!(fs::metadata(&secret).expect("made").permissions().mode() & 0o777, 0o600);
    let keys = |server: &Server| server.request("GET", PATHS[0]).send().ok();
    let before = keys(&server);
    server.kill();
    server.restart();
    assert_eq!(keys(&server), before);
    server.kill();

    let data = format!("embedded:{}", server.data().display());
    fs::write(&secret, "another secret, which is long enough\n").expect("written");
    let (status, said) = Server::refuses_to_start(&[("store.url", &data)]);
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("does not open") && said.contains("bimgate key reset"), "{said}");
}

#[test]
fn servers_of_one_redis_have_the_same_keys() {
    let app = App::on(RedisServer::start(), &[]);
    let other = app.beside(&[]);
    let [one, other] = [&app, &other].map(|app| app.request("GET", PATHS[0]).send().ok());
    assert_eq!(one, other);
}
