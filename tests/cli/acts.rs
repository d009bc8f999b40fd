//! What operators do is logged: who, what, and to whom.

use serde_json::Value;

use super::place::{Place, everywhere};

everywhere!(every_act_is_logged_once_and_nothing_that_only_reads);

/// The lines that tell of acts: of the server, or else of the command itself.
fn acts(place: &Place, told: &str) -> Vec<Value> {
    let log = match place {
        Place::Beside(server) | Place::Elsewhere(_, server) => server.log(),
        Place::Alone(_) | Place::Redis(..) => told.to_owned(),
    };
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"] == "operator").collect()
}

fn every_act_is_logged_once_and_nothing_that_only_reads(place: &Place) {
    let (email, url) = ("a@example.org", "https://app.example.org/done");
    let added = place.run(&["user", "add", "--email", email, "--no-password"]);
    let (mut told, id) = (added.err.clone(), added.ok().trim().to_owned());
    let mut expected = vec!["add user"];
    for (act, command) in [
        ("", &["user", "list"][..]),
        ("", &["user", "show", email]),
        ("set password", &["user", "set-password", email, "--password-stdin"]),
        ("add app password", &["user", "app-password", "add", email, "--name", "phone"]),
        ("", &["user", "app-password", "list", email]),
        ("revoke app passwords", &["user", "app-password", "revoke", email, "--all"]),
        ("change rights", &["user", "rights", email, "--grant", "access:frontend"]),
        ("change tags", &["user", "tags", email, "--add", "planner"]),
        ("set name", &["user", "set-name", email, "A B"]),
        ("set e-mail address", &["user", "set-email", email, "c@example.org"]),
        ("set e-mail address", &["user", "set-email", "c@example.org", email]),
        ("disable user", &["user", "disable", email]),
        ("enable user", &["user", "enable", &id]),
        ("", &["session", "list", "--user", email]),
        ("close sessions", &["session", "close", "--user", email, "--all"]),
        ("end single sign-on", &["sso", "end", "--user", email]),
        ("", &["throttle", "show", email]),
        ("lift throttle", &["throttle", "lift", email]),
        ("", &["throttle", "list"]),
        ("lift throttle of a network", &["throttle", "lift", "--address", "192.0.2.7"]),
        ("add redirect URL", &["redirect", "add", url]),
        ("remove redirect URL", &["redirect", "remove", url]),
        ("rotate signing keys", &["key", "rotate"]),
        ("delete user", &["user", "delete", email, "--yes"]),
    ] {
        let ended = place.run_with(command, "open sesame");
        told += &ended.err;
        ended.ok();
        expected.extend(Some(act).filter(|act| !act.is_empty()));
    }
    let import = place.run_with(&["user", "import", "-", "--format", "csv"], "email\nb@example.org\nd@example.org\n");
    told += &import.err;
    import.ok();
    expected.push("import users");
    // One that fails is none.
    told += &place.run(&["user", "disable", "nobody@example.org"]).failed(1, "no such user");

    let acts = acts(place, &told);
    let named: Vec<_> = acts.iter().map(|act| act["act"].as_str().expect("a text")).collect();
    assert_eq!(named, expected);
    for act in &acts {
        assert_eq!(act["uid"], rustix::process::getuid().as_raw(), "{act}");
        match act["act"].as_str() {
            Some("import users") => assert_eq!(act["users"], 2),
            Some("add redirect URL" | "remove redirect URL") => assert_eq!(act["url"], url),
            Some("lift throttle of a network") => assert_eq!(act["network"], "192.0.2.7"),
            Some("rotate signing keys") => assert!(act["key"].is_string(), "{act}"),
            _ => assert_eq!(act["user"], id, "{act}"),
        }
        assert!(!act.to_string().contains(email), "people are named by id: {act}");
    }
}
