//! A password on its way to the old service is in no log, no error, and no store but as argon2id.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::place::{Move, somebody};
use super::support::app::{Kind, User, token};

const PASSWORD: &str = "correct horse 4711 battery";

on_both_stores!(the_password_is_nowhere_but_in_its_hash, |kind| {
    let mut moving = Move::start(kind, &[("log.level", "trace"), ("upstream.provision", "true")]);
    let user = User { password: PASSWORD.to_owned(), ..somebody() };
    moving.old.add(&user);
    moving.new.try_login(&user, &json!({"password": format!("{PASSWORD} wrong")})).refused(401, "E_InvalidCredentials");
    moving.new.login(&user);
    let login = moving.old.login_with(&user, &json!({"client_id": "device", "remember_me": true}));
    let [access, remembered] = ["access_token", "remember_me_token"].map(|member| token(&login, member));
    moving.new.accepts(&access);
    let body = json!({"remember_me": true, "remember_me_token": remembered, "client_id": "device"});
    moving.new.post("/v2/authorize", &body).ok();
    let other = User { password: format!("{PASSWORD} of another"), ..somebody() };
    moving.old.server.kill();
    let reply = moving.new.try_login(&other, &json!({}));
    reply.refused(503, "E_Unavailable");
    assert!(!reply.text().contains(PASSWORD), "{}", reply.text());
    let log = moving.new.server.log();
    assert!(!log.contains(PASSWORD) && !log.contains("correct%20horse"), "the password is in the log");
    assert!(log.contains("the old service: "), "the cause is in the log");
    for secret in [&access, &remembered] {
        let hyphenated = uuid::Uuid::parse_str(secret).expect("a token").hyphenated().to_string();
        assert!(!log.contains(&**secret) && !log.contains(&hyphenated), "a token is in the log");
    }

    moving.new.server.ask_to_stop();
    moving.new.server.stopped();
    let stored = match kind {
        Kind::Embedded => everything_in(&moving.new.server.data()),
        Kind::Redis => {
            moving.new.redis().command("SAVE");
            everything_in(moving.new.redis().folder())
        }
    };
    let has = |text: &str| stored.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(has("$argon2id$v=19$"), "the hash is stored");
    for secret in [&access, &remembered] {
        let bits = *uuid::Uuid::parse_str(secret).expect("a token").as_bytes();
        let stands = stored.windows(16).any(|part| part == bits);
        assert!(!has(secret) && !stands, "a token is stored");
    }
    assert!(!has(PASSWORD) && !has("battery"), "the password is stored");
});

fn everything_in(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            bytes.extend(everything_in(&path));
        } else if path.is_file() {
            bytes.extend(fs::read(path).expect("a file"));
        }
    }
    bytes
}
