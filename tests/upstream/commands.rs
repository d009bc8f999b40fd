//! What operators see of it: `bimgate upstream`, and a word in the log in time.

use std::time::Duration;

use bimgate::clock::{Clock as _, SystemClock};
use chrono::DateTime;
use serde_json::{Value, json};

use super::place::{Move, import, liar, refusal, shown, somebody, start_after, url};
use super::support::app::Kind::Embedded;
use super::support::app::{App, User};
use super::support::server::Server;
use super::support::wait::until;

/// Seconds since the epoch.
fn now() -> i64 {
    SystemClock.now().seconds().try_into().expect("a time")
}

fn status(app: &App) -> Value {
    serde_json::from_str(&app.server.run(&["upstream", "status", "--json"], "")).expect("JSON")
}

fn waiting(app: &App) -> Vec<String> {
    let lines = app.server.run(&["upstream", "status", "--people", "--json"], "");
    let email = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["email"].as_str().map(str::to_owned);
    lines.lines().filter_map(email).collect()
}

on_both_stores!(the_operator_sees_who_has_come_over_and_who_has_not, |kind| {
    let Move { mut old, new } = Move::start(kind, &[("upstream.until", "2099-12-31")]);
    let [by_password, by_token, never] = [(); 3].map(|()| old.user());
    for user in [&by_password, &by_token, &never] {
        import(&new, user);
    }
    new.user();
    let before = status(&new);
    let expected = json!({
        "url": url(&old), "answers": true, "until": "2100-01-01T00:00:00Z", "came_over": 0, "last": null,
        "tokens": 0, "without_password": 3, "never_seen": 3,
    });
    assert_eq!(before, expected);
    new.login(&by_password);
    new.accepts(&old.login(&by_token));
    old.server.kill();
    let mut after = status(&new);
    assert!(after["last"].take().as_str().is_some_and(|last| last.ends_with('Z')), "{after}");
    let expected = json!({
        "url": url(&old), "answers": false, "until": "2100-01-01T00:00:00Z", "came_over": 2, "last": null,
        "tokens": 1, "without_password": 2, "never_seen": 1,
    });
    assert_eq!(after, expected);
    let mut expected = [by_token.email.clone(), never.email.clone()];
    expected.sort();
    let mut listed = waiting(&new);
    listed.sort();
    assert_eq!(listed, expected);
    let table = new.server.run(&["upstream", "status"], "");
    assert!(table.contains("answers") && table.contains("no: "), "{table}");
    let table = new.server.run(&["upstream", "status", "--people"], "");
    assert!(table.contains(&never.email) && table.contains("never") && table.contains("by a token, "), "{table}");
});

#[test]
fn the_operator_tries_one_person_and_nothing_is_stored() {
    let user = somebody();
    let old = liar(&user);
    let new = start_after(&old.url, Embedded, &[]);
    let check = |user: &User| {
        let output = new.server.command(&["upstream", "check", &user.email, "--password-stdin"], &user.password);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let says = |words: &str| {
        let (code, said) = check(&user);
        assert!(code == Some(0) && said.contains(words), "{words:?}: {said}");
        assert!(!said.contains(&user.password), "{said}");
    };
    says("unknown, and does not come over");
    assert_eq!(old.asked("DELETE /v2/authorize"), 1, "the token gained is ended before the command is");
    assert!(shown(&new, &user.email).is_none());
    import(&new, &user);
    says("comes over at the next login");
    assert_eq!(shown(&new, &user.email).expect("there")["password"], false);
    new.login(&user);
    says("is not asked for there");
    new.server.run(&["user", "delete", &user.email, "--yes"], "");
    let other = User { id: somebody().id, email: user.email.clone(), password: String::new() };
    import(&new, &other);
    says(&format!("conflict: the user of this e-mail address has the id {}", other.id));

    old.says("POST /v2/authorize", refusal());
    assert_eq!(check(&user), (Some(1), "bimgate: the old service refuses this e-mail address and password\n".into()));
    drop(old);
    let (code, said) = check(&user);
    assert!(code == Some(3) && said.contains("would be told 503"), "{said}");
}

#[test]
fn without_an_old_service_the_command_says_so() {
    let app = Server::start(&[]);
    let output = app.command(&["upstream", "status"], "");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("upstream.url"), "{said}");
}

on_both_stores!(in_the_last_two_weeks_the_log_names_how_many_are_missing, |kind| {
    let user = somebody();
    let old = liar(&user);
    let mut new = start_after(&old.url, kind, &[]);
    import(&new, &user);
    let words = "bimgate upstream status --people";
    assert!(!new.server.log().contains(words), "90 days are left");
    new.server.kill();
    let day = DateTime::from_timestamp(now() + 5 * 86_400, 0).expect("a date").date_naive();
    new.server.restart_with(&[("upstream.until", &day.to_string())]);
    let line = until("the log says so", Duration::from_secs(60), || {
        new.server.log().lines().find(|line| line.contains(words)).map(str::to_owned)
    });
    let line: Value = serde_json::from_str(&line).expect("JSON");
    assert!(line.to_string().contains("\"people\":1"), "{line}");
});

on_both_stores!(the_end_is_ninety_days_after_the_first_time_and_does_not_move, |kind| {
    let user = somebody();
    let old = liar(&user);
    let mut new = start_after(&old.url, kind, &[]);
    import(&new, &user);
    new.login(&user);
    let end = status(&new)["until"].clone();
    let at = DateTime::parse_from_rfc3339(end.as_str().expect("a date")).expect("a date").timestamp();
    let hours = (at - now()) / 3600;
    assert!((90 * 24 - 2..=90 * 24).contains(&hours), "{end}");
    new.server.kill();
    new.server.restart();
    assert_eq!(status(&new)["until"], end);
});
