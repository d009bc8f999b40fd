//! `bimgate config check --connect`, with everything that it asks up, down, and refusing.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::app::{App, Kind};
use super::support::collector::Collector;
use super::support::liar::{Liar, response};
use super::support::mail_server::{MailServer, PASSWORD};
use super::support::openid_provider::OpenIdProvider;
use super::support::redis_server::RedisServer;
use super::support::server::{SIGNING_KEY, Server};
use super::support::slapd::{PEOPLE, SEARCHER, Slapd, TLS};
use super::{Outcome, bimgate, stderr, stdout};

const WEBHOOK_SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn check(folder: &Path, settings: &[(&str, String)], more: &[&str]) -> Output {
    let mut command = bimgate(folder);
    command.args(["config", "check", "--connect"]).args(more);
    for (key, value) in settings {
        command.env(format!("BIMGATE__{}", key.replace('.', "__").to_uppercase()), value);
    }
    command.output().expect("it runs")
}

/// What was asked, and the exit code.
fn asked(folder: &Path, settings: &[(&str, String)]) -> (Vec<Value>, Option<i32>) {
    let output = check(folder, settings, &["--json"]);
    let told: Value = serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    assert_eq!(told["problems"], json!([]));
    (told["asked"].as_array().expect("a list").clone(), output.status.code())
}

#[test]
fn everything_that_the_settings_name_is_asked_and_nothing_is_written() -> Outcome {
    let folder = TempDir::new()?;
    let (mut redis, ldap, mut mail) = (RedisServer::start(), Slapd::start(), MailServer::start("starttls", "takes"));
    let mut old = App::start(Kind::Embedded, &[]);
    let (webhook, syslog, collector) = (Liar::start_with_tls(), Liar::start(), Collector::start());
    let mut provider = OpenIdProvider::start(&["http://127.0.0.1/"], &json!({}));
    let authority = format!("{TLS}/authority.pem");
    let text = str::to_owned;
    let mut settings = mail.settings();
    settings.extend([
        ("store.url", redis.url()),
        ("signing.key_file", text(SIGNING_KEY)),
        ("server.public_url", text("https://localhost")),
        ("server.private_listen", text("127.0.0.1:1")),
        ("tls.certificate", format!("{TLS}/server.pem")),
        ("tls.key", format!("{TLS}/server-key.pem")),
        ("openid.issuer", provider.issuer().to_owned()),
        ("openid.client_id", text("bimgate")),
        ("ldap.urls", ldap.ldaps()),
        ("ldap.ca_file", authority.clone()),
        ("ldap.bind_dn", text(SEARCHER.0)),
        ("ldap.bind_password", text(SEARCHER.1)),
        ("ldap.base", text(PEOPLE)),
        ("upstream.url", format!("http://{}", old.address())),
        ("events.webhook.url", format!("{}/in", webhook.url)),
        ("events.webhook.secret", text(WEBHOOK_SECRET)),
        ("events.webhook.ca_file", authority),
        ("events.syslog.url", syslog.url.replace("http:", "tcp:")),
        ("tracing.url", collector.url.clone()),
        ("tracing.headers", text("X-Key: guess-me")),
    ]);
    let (up, code) = asked(folder.path(), &settings);
    let names: Vec<_> = up.iter().map(|asked| asked["what"].as_str().unwrap_or_default()).collect();
    let known = ["store", "tls", "openid", "ldap", "upstream", "mail", "events.webhook", "events.syslog", "tracing"];
    assert_eq!(names, known);
    for asked in &up {
        assert!(asked["ok"] == true && asked["millis"].is_u64(), "{asked}");
    }
    assert_eq!(code, Some(0), "{up:?}");
    assert!(up[1]["answer"].as_str().is_some_and(|answer| answer.ends_with("it ends on 2126-10-29")), "{}", up[1]);
    assert!(up[2]["answer"].as_str().is_some_and(|answer| answer.contains(" key")), "{}", up[2]);
    let received = collector.received();
    assert!(received.len() == 1 && received[0].spans.is_empty() && received[0].head.contains("x-key: guess-me"));
    assert_eq!(redis.command("DBSIZE"), ":0\r\n");
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);

    collector.says(response("401 Unauthorized", "text/plain", "no"));
    let refusing: Vec<_> = settings
        .iter()
        .map(|(key, value)| match *key {
            "ldap.bind_password" | "mail.password" => (*key, text("another")),
            "openid.issuer" => (*key, format!("{value}/elsewhere")),
            "events.webhook.ca_file" => (*key, format!("{TLS}/other.pem")),
            _ => (*key, value.clone()),
        })
        .collect();
    let (refused, code) = asked(folder.path(), &refusing);
    let answers = |place: usize, words: &str| {
        let asked = &refused[place];
        assert_eq!((&asked["ok"], asked["next"].is_string()), (&json!(false), true), "{asked}");
        assert!(asked["answer"].as_str().is_some_and(|answer| answer.contains(words)), "{asked}");
    };
    answers(2, "the identity provider is unavailable");
    answers(3, "the bind as ldap.bind_dn ends with result 49");
    answers(5, "refused mail.username and mail.password");
    answers(6, "invalid peer certificate");
    answers(8, "the HTTP status 401");
    assert!(code == Some(3) && refused[0]["ok"] == true && refused[4]["ok"] == true, "{refused:?}");

    assert_eq!((webhook.everything_asked().len(), syslog.everything_asked().len()), (0, 0), "no event is made up");
    drop((webhook, syslog, collector));

    redis.kill();
    ldap.kill();
    mail.kill();
    old.server.kill();
    provider.kill();
    let (down, code) = asked(folder.path(), &settings);
    for asked in &down {
        assert_eq!(asked["ok"], asked["what"] == "tls", "{asked}");
        assert_eq!(asked["next"].is_string(), asked["what"] != "tls", "{asked}");
    }
    assert_eq!((down.len(), code), (9, Some(3)));
    let table = check(folder.path(), &settings, &[]);
    let shown = stdout(&table);
    assert!(shown.contains("NO: ") && shown.contains("what to do next"), "{shown}");
    for hidden in [SEARCHER.1, PASSWORD, WEBHOOK_SECRET, "another", "guess-me"] {
        assert!(!format!("{up:?}{refused:?}{down:?}{shown}").contains(hidden), "{hidden}");
    }
    Ok(())
}

#[test]
fn an_embedded_store_is_neither_made_nor_opened() -> Outcome {
    let folder = TempDir::new()?;
    let url = |at: &Path| vec![("store.url", format!("embedded:{}", at.display()))];
    let (new, code) = asked(folder.path(), &url(&folder.path().join("data")));
    assert!(new[0]["answer"].as_str().is_some_and(|answer| answer.starts_with("there is no store yet")), "{new:?}");
    assert_eq!((code, std::fs::read_dir(folder.path())?.count()), (Some(0), 0));

    let mut server = Server::start(&[]);
    let answer = |server: &Server| asked(folder.path(), &url(&server.data())).0[0]["answer"].clone();
    assert_eq!(answer(&server), "a server runs on it");
    server.ask_to_stop();
    server.stopped();
    assert_eq!(answer(&server), "it is there, and no server runs on it");

    let file = folder.path().join("file");
    std::fs::write(&file, "")?;
    let (wrong, code) = asked(folder.path(), &url(&file.join("data")));
    assert_eq!((&wrong[0]["ok"], code), (&json!(false), Some(3)), "{wrong:?}");
    Ok(())
}

#[test]
fn wrong_settings_are_told_and_nobody_is_asked() -> Outcome {
    let folder = TempDir::new()?;
    let output = check(folder.path(), &[("server.workers", "many".to_owned())], &["--json"]);
    let told: Value = serde_json::from_str(&stdout(&output))?;
    assert!(output.status.code() == Some(2) && told.get("asked").is_none(), "{told}");
    assert_eq!(told["problems"].as_array().map(Vec::len), Some(1));
    Ok(())
}
