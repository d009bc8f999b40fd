//! What happened is told: each kind of event by the act itself, in chains that show what was done to them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bimgate::domain::Chain;
use serde_json::{Value, json};

use crate::support::app::{App, Kind, User, token};
use crate::support::directory::native_token;
use crate::support::given;
use crate::support::redis_server::RedisServer;
use crate::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(20);

/// The events that a command prints as JSON.
fn listed(app: &App, more: &[&str]) -> Vec<Value> {
    let arguments = [&["events", "--json", "--since", "1h"], more].concat();
    let printed = app.server.run(&arguments, "");
    printed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The events of a user, once `count` of them are like this.
fn of(app: &App, user: &User, count: usize, is_like: impl Fn(&Value) -> bool) -> Vec<Value> {
    until("the events are written", PATIENCE, || {
        let events = listed(app, &["--user", &user.id.to_string()]);
        let events: Vec<_> = events.into_iter().filter(|event| is_like(event)).collect();
        (events.len() >= count).then_some(events)
    })
}

fn is(event: &Value, name: &str) -> bool {
    event["event"] == name
}

/// The bytes of every file in a folder.
fn all_bytes(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder).expect("a folder").filter_map(|entry| fs::read(entry.ok()?.path()).ok());
    files.flatten().collect()
}

on_both_stores!(each_kind_of_event_is_told_by_its_act, |kind| {
    let app = App::start(kind, &[("licenses.total", "5")]);
    let user = app.user();
    let login = app.login_with(&user, &json!({"remember_me": true, "client_id": "phone", "application_id": "plan"}));
    let access = token(&login, "access_token");
    let remembered = token(&login, "remember_me_token");
    app.post("/v2/authorize", &json!({"remember_me": true, "remember_me_token": remembered, "client_id": "phone"}))
        .ok();
    let cross = app.cross_token(&access);
    app.swap(&json!({"cross_token": cross, "client_id": "tablet"})).ok();
    let wrong = app.try_login(&user, &json!({"password": "wrong-password"}));
    wrong.refused(401, "E_InvalidCredentials");
    app.revoke(&access, "?scope=client").ok();
    let session = app.open_session(&user);
    let native = native_token();
    app.open_native(&user, &native);
    app.license(&native, "checkout").ok();
    app.license(&native, "checkin").ok();
    app.close(&session.directory, "false").ok();
    app.server.run(&["user", "set-name", &user.email, "A B"], "");
    app.server.run(&["user", "disable", &user.email], "");
    app.try_login(&user, &Value::Null).refused(401, "E_InvalidCredentials");

    let last = |event: &Value| event["reason"] == "disabled";
    of(&app, &user, 1, last);
    let events = of(&app, &user, 1, |_| true);
    let some = |name: &str, more: &[(&str, &str)]| -> Value {
        let holds = |event: &&Value| {
            is(event, name) && more.iter().all(|(key, value)| event[key] == *value || event["facts"][key] == *value)
        };
        events.iter().find(holds).unwrap_or_else(|| panic!("{name} {more:?} in {events:#?}")).clone()
    };
    let by_password = some("login", &[("way", "password"), ("outcome", "success")]);
    for (key, value) in [("client", "phone"), ("application", "plan"), ("address", "127.0.0.1"), ("email", &user.email)]
    {
        assert_eq!(by_password[key], value, "{by_password}");
    }
    assert!(by_password["session"].is_string() && by_password["request"].is_string(), "{by_password}");
    some("login", &[("way", "remember-me"), ("outcome", "success"), ("client", "phone")]);
    some("swap", &[("outcome", "success"), ("client", "tablet")]);
    let refused = some("login", &[("outcome", "refused"), ("reason", "wrong_password"), ("way", "password")]);
    assert_eq!(refused["request"], wrong.header("x-request-id").expect("an id"));
    some("login", &[("outcome", "refused"), ("reason", "disabled")]);
    some("tokens revoked", &[("scope", "client")]);
    some("session opened", &[("kind", "v2"), ("how", "password"), ("client", "phone"), ("application", "plan")]);
    some("session opened", &[("kind", "directory"), ("how", "password")]);
    some("session opened", &[("kind", "directory"), ("native", "yes")]);
    some("session closed", &[("reason", "close by application")]);
    some("session closed", &[("reason", "user was removed or disabled")]);
    some("licence out", &[]);
    some("licence back", &[]);
    some("account changed", &[("act", "created")]);
    some("account changed", &[("act", "name changed")]);
    some("account changed", &[("act", "disabled")]);
    let uid = rustix::process::getuid().as_raw().to_string();
    some("operator", &[("act", "disable user"), ("uid", &uid)]);

    let all = listed(&app, &[]);
    assert!(all.iter().any(|event| is(event, "server started") && event["facts"]["version"].is_string()));
    assert!(all.iter().any(|event| is(event, "signing keys changed")), "the first key is made");
    let times: Vec<_> = all.iter().map(|event| event["millis"].as_u64()).collect();
    assert!(times.is_sorted(), "in the order of time");
    let printed = serde_json::to_string(&all).expect("JSON");
    let secrets = [&access, &remembered, &cross, &native, &user.password, "wrong-password"];
    for secret in secrets {
        assert!(!printed.contains(secret), "{secret} is in an event");
    }
    if let Kind::Embedded = kind {
        let bytes = all_bytes(&app.server.data());
        for secret in secrets {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret} is in the store");
        }
    }
});

on_both_stores!(why_somebody_does_not_get_in_is_told_by_one_command, |kind| {
    let app = App::start(kind, &[]);
    let user = app.user();
    let show = |more: &[&str]| app.server.run(&[&["user", "show", &user.email], more].concat(), "");
    assert!(show(&[]).contains("none that is known"), "{}", show(&[]));
    app.login(&user);
    of(&app, &user, 1, |event| event["outcome"] == "success");
    let shown = show(&[]);
    assert!(shown.contains("by password, from 127.0.0.1") && !shown.contains("last refusal"), "{shown}");

    app.try_login(&user, &json!({"password": "wrong"})).refused(401, "E_InvalidCredentials");
    of(&app, &user, 1, |event| event["reason"] == "wrong_password");
    let shown = show(&[]);
    for part in ["last login", "last refusal", "the password was wrong (wrong_password)", "reset-link"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let shown: Value = serde_json::from_str(&show(&["--json"])).expect("JSON");
    assert_eq!(
        (&shown["last_refusal"]["reason"], &shown["last_login"]["way"]),
        (&json!("wrong_password"), &json!("password"))
    );

    app.login(&user);
    of(&app, &user, 2, |event| event["outcome"] == "success");
    assert!(!show(&[]).contains("what to do"), "they are in again");
});

on_both_stores!(a_throttled_person_is_told_of_and_strangers_are_counted, |kind| {
    let burst = [("throttle.account_network.burst", "1"), ("throttle.first_account_network.burst", "1")];
    let app = App::start(kind, &burst);
    let user = app.user();
    let throttled = (0..20).filter(|_| app.try_login(&user, &json!({"password": "wrong"})).status == 429).count();
    assert!(throttled > 0);
    let strangers = (0..10).map(|stranger| {
        let email = format!("stranger-{stranger}@example.org");
        app.post("/v2/authorize", &json!({"user_id": email, "password": "wrong"})).status
    });
    // The network may be throttled by then.
    let refused = strangers.filter(|status| *status == 401).count() as u64;
    assert!(refused > 1);
    // What is counted is told when the minute is over, or the server stops.
    let mut app = app;
    app.server.ask_to_stop();
    app.server.stopped();
    app.server.restart();
    let counted = of(&app, &user, 1, |event| event["outcome"] == "throttled");
    let times: u64 = counted.iter().map(|event| event["times"].as_u64().unwrap_or(1)).sum();
    assert_eq!(times, throttled as u64, "{counted:?}");
    let strangers: Vec<_> = listed(&app, &[]).into_iter().filter(|event| event["reason"] == "no_such_user").collect();
    let times: u64 = strangers.iter().map(|event| event["times"].as_u64().unwrap_or(1)).sum();
    assert!(strangers.len() <= 2 && times == refused, "one event a minute: {strangers:?}");
    let stopped = listed(&app, &[]).iter().filter(|event| is(event, "server stopped")).count();
    assert_eq!(stopped, 1);
});

on_both_stores!(a_kill_loses_a_moment_at_the_most_and_is_told_as_a_gap, |kind| {
    let mut app = App::start(kind, &[]);
    let user = app.user();
    app.login(&user);
    of(&app, &user, 1, |event| event["outcome"] == "success");
    app.login(&user);
    app.server.kill();
    app.server.restart();
    app.login(&user);
    of(&app, &user, 2, |event| event["outcome"] == "success");
    let verified = app.server.command(&["events", "verify", "--json"], "");
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(verified.status.success(), "{said}");
    assert!(said.contains("Gap: the chain") && said.contains("are as they were written"), "{said}");
    let found: Value = serde_json::from_slice(&verified.stdout).expect("JSON");
    assert_eq!((&found["problems"], found["gaps"].as_array().map(Vec::len)), (&json!([]), Some(2)), "{found}");
});

#[test]
fn two_servers_of_one_redis_have_a_chain_each_and_one_order() {
    let app = App::start(Kind::Redis, &[]);
    let other = app.beside(&[]);
    let user = app.user();
    for _ in 0..3 {
        app.login(&user);
        other.login(&user);
    }
    let logins = of(&app, &user, 6, |event| event["outcome"] == "success");
    assert_eq!(logins.len(), 6);
    let verified = app.server.command(&["events", "verify", "--json"], "");
    let found: Value = serde_json::from_slice(&verified.stdout).expect("JSON");
    // One each, and one of the commands.
    assert_eq!((&found["problems"], &found["chains"]), (&json!([]), &json!(3)), "{found}");
}

#[test]
fn what_is_changed_in_redis_is_found() {
    for change in ["removed", "changed", "cut off"] {
        let mut app = App::start(Kind::Redis, &[]);
        let user = app.user();
        for _ in 0..4 {
            app.login(&user);
        }
        of(&app, &user, 4, |event| event["outcome"] == "success");
        app.server.ask_to_stop();
        app.server.stopped();
        let log = app.server.log();
        let redis = app.redis();
        let chain = chain_of_the_server(redis);
        let ids = redis.command(&format!("XRANGE {chain} - +"));
        let ids: Vec<_> = ids.lines().filter(|line| is_id(line)).map(str::to_owned).collect();
        assert!(ids.len() > 5, "{ids:?}");
        let last = &ids[ids.len() - 2..];
        match change {
            "removed" => drop(redis.command(&format!("XDEL {chain} {}", ids[2]))),
            "cut off" => drop(redis.command(&format!("XDEL {chain} {}", last.join(" ")))),
            _ => {
                // All of it anew, with one entry in the place of another.
                redis.command(&format!("RENAME {chain} old"));
                let script = "local e = redis.call('XRANGE', 'old', ARGV[1], ARGV[1]) \
                              return redis.call('XADD', ARGV[2], ARGV[3], 'e', e[1][2][2])";
                for (place, id) in ids.iter().enumerate() {
                    let from = if place == 2 { &ids[3] } else { id };
                    redis.command(&format!("EVAL \"{script}\" 0 {from} {chain} {id}"));
                }
            }
        }
        let copy = app.server.data().with_file_name("copy.log");
        fs::write(&copy, log).expect("a file");
        let found = |more: &[&str]| {
            let verified = app.server.command(&[&["events", "verify"], more].concat(), "");
            (verified.status.code(), String::from_utf8_lossy(&verified.stderr).into_owned())
        };
        // What was last can only be missed by who has a copy of the log.
        let without_copy = if change == "cut off" { Some(0) } else { Some(1) };
        assert_eq!(found(&[]).0, without_copy, "{change}: {:?}", found(&[]));
        let with_copy = found(&["--heads", &copy.display().to_string()]);
        assert_eq!(with_copy.0, Some(1), "{change}: {with_copy:?}");
    }
}

/// The key of the chain of what was done by the server.
fn chain_of_the_server(redis: &RedisServer) -> String {
    let keys = redis.command("KEYS *y:{*");
    let of_commands = format!("{{{}}}", Chain::COMMANDS);
    let is_of_server = |key: &&str| key.ends_with("00}") && !key.ends_with(&of_commands);
    keys.lines().find(is_of_server).unwrap_or_else(|| panic!("no chain in {keys}")).to_owned()
}

fn is_id(line: &str) -> bool {
    line.split_once('-').is_some_and(|(at, number)| at.parse::<u64>().is_ok() && number.parse::<u64>().is_ok())
}

#[test]
fn what_is_removed_from_the_embedded_store_is_found() {
    let mut app = App::start(Kind::Embedded, &[]);
    let user = app.user();
    app.login(&user);
    of(&app, &user, 1, |event| event["outcome"] == "success");
    app.server.ask_to_stop();
    app.server.stopped();
    let whole = app.server.command(&["events", "verify"], "");
    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (_, store) = given::store(&format!("embedded:{}", app.server.data().display()));
        let chains = store.event_chains().await.expect("it can be read");
        store.trim_events(chains[0].first.place).await.expect("it can be written");
        store.close().await;
    });
    let less = app.server.command(&["events", "verify"], "");
    let said = String::from_utf8_lossy(&less.stderr).into_owned();
    assert!(less.status.code() == Some(1) && said.contains("are missing"), "{said}");
}

#[test]
fn the_report_counts_and_the_activity_report_has_the_directorys_shape() {
    let app = App::start(Kind::Embedded, &[]);
    let user = app.user();
    app.login_with(&user, &json!({"client_id": "phone", "application_id": "plan"}));
    let session = app.open_session(&user);
    app.try_login(&user, &json!({"password": "wrong"})).refused(401, "E_InvalidCredentials");
    app.close(&session.directory, "false").ok();
    of(&app, &user, 1, |event| is(event, "session closed"));
    of(&app, &user, 1, |event| event["outcome"] == "refused");

    let rows = |by: &str| -> Vec<Vec<String>> {
        let printed = app.server.run(&["events", "report", "--by", by, "--csv"], "");
        printed.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    let head = ["logins", "swaps", "refused", "throttled", "sessions_opened", "sessions_closed", "users"];
    let day = rows("day");
    assert_eq!(day[0][1..], head);
    // One by v2, one on the page; a session each.
    assert_eq!((day.len(), &day[1][1..]), (2, &["2", "0", "1", "0", "2", "1", "1"].map(str::to_owned)[..]), "{day:?}");
    let by_user = rows("user");
    assert_eq!((by_user[1][0].as_str(), &by_user[1][1..]), (user.email.as_str(), &day[1][1..]));
    let by_application = rows("application");
    assert_eq!(by_application[1][..2], ["plan", "1"]);

    let report = app.server.run(&["events", "--format", "infinite", "--since", "1h"], "");
    let mut lines = report.lines();
    assert!(lines.next().is_some_and(|line| line.starts_with("# Period : 20") && line.contains(" to 20")), "{report}");
    let lines: Vec<Value> = lines.map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let types: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap_or_default()).collect();
    assert_eq!(types, ["RequestDirectorySessionAuth", "DirectorySessionAuthenticated", "DestroyDirectorySession"]);
    assert!(lines.iter().all(|line| line["sessionid"] == lines[0]["sessionid"] && line["ts"].is_u64()), "{report}");
    assert_eq!((&lines[0]["redirecturi"], &lines[0]["client@"]), (&json!(app.done_page()), &json!("127.0.0.1")));
    assert_eq!((&lines[1]["oidcsub"], &lines[2]["reason"]), (&json!(user.id), &json!("close by application")));

    let csv = app.server.run(&["events", "--csv", "--user", &user.email], "");
    assert!(csv.starts_with("at,event,outcome,way,reason,") && csv.contains(",wrong_password,"), "{csv}");
    let table = app.server.run(&["events", "--user", &user.email], "");
    assert!(table.contains("TIME") && table.contains("refused, password, wrong_password"), "{table}");
}

/// The filter of `docs/operations/fail2ban.md`, as the program applies it: the date is found and cut out, then the expression
/// is searched for in what is left.
const FAIL2BAN: &str = r#"
import re, sys
date, fail = sys.argv[1:3]
for spelling, expression in [("%%", "%"), ("%Y", r"\d{4}"), ("%m", r"\d{2}"), ("%d", r"\d{2}"), ("%H", r"\d{2}"),
                             ("%M", r"\d{2}"), ("%S", r"\d{2}"), ("%f", r"\d{1,6}"), ("%z", r"(?:Z|[+-]\d{2}:?\d{2})")]:
    date = date.replace(spelling, expression)
address = r"(?:(?:::f{4,6}:)?(?P<ip4>(?:\d{1,3}\.){3}\d{1,3})|(?P<ip6>(?:[0-9a-fA-F]{1,4}::?|:){1,7}(?:[0-9a-fA-F]{1,4})?))"
fail = fail.replace("<ADDR>", address)
for line in sys.stdin:
    at = re.search(date, line)
    found = at and re.search(fail, line[:at.start()] + line[at.end():])
    if found:
        print(found["ip4"] or found["ip6"])
"#;

#[test]
fn the_fail2ban_filter_finds_refused_logins_and_nothing_else() {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations/fail2ban.md");
    let document = fs::read_to_string(document).expect("the document");
    let setting = |name: &str| {
        let line = document.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
        line.unwrap_or_else(|| panic!("no {name}")).to_owned()
    };
    let (date, fail) = (setting("datepattern"), setting("failregex"));
    let app = App::start(Kind::Embedded, &[("throttle.account_network.burst", "3")]);
    let user = app.user();
    app.login(&user);
    app.refuses("0000feed0000beef0000cafe0000face");
    app.request("GET", "/nowhere").header("User-Agent", "\"status\":401,\"client\":\"192.0.2.1\"").send();
    let attempts = (0..6).map(|_| app.try_login(&user, &json!({"password": "wrong"})).status);
    let refused = attempts.filter(|status| matches!(status, 401 | 429)).count();
    let last = app.request("GET", "/last").send();
    let last = last.header("x-request-id").expect("an id").to_owned();
    until("the last request is logged", PATIENCE, || app.server.log().contains(&last).then_some(()));
    let mut python = std::process::Command::new("python3");
    let found = crate::support::server::output(python.args(["-c", FAIL2BAN, &date, &fail]), &app.server.log());
    let said = String::from_utf8_lossy(&found.stdout).into_owned();
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    assert_eq!(said.lines().collect::<Vec<_>>(), vec!["127.0.0.1"; refused], "{said}");
}
