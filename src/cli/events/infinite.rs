//! `bimgate events --format infinite`: the activity report that the directory's own analyzer reads.
//!
//! The shape follows what that analyzer reads, a public program (`3DJuump/activityreportanalyzer`): comments that begin with
//! `#`, then one JSON object a line with `type`, `ts` in seconds, and the facts of a directory session. It wants a session
//! to be asked for before it is authenticated, and knows no other types than these.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::admin::EventView;
use crate::cli::error::CliError;
use crate::cli::output;

/// What the report says where all went well.
const NO_ERROR: &str = "E_No_Error";

pub(super) fn print(events: &[EventView]) -> Result<(), CliError> {
    let (first, last) = (events.first(), events.last());
    let at = |event: Option<&EventView>| event.map_or("", |event| event.at.as_str()).replace(':', "-");
    output::line(format!("# Period : {} to {}", at(first), at(last)))?;
    report(events).iter().try_for_each(output::json)
}

/// The lines of the report. A session whose beginning is not told does not end in it either: nobody knows of which kind it is.
fn report(events: &[EventView]) -> Vec<Value> {
    let mut sessions = BTreeSet::new();
    let mut report = Vec::new();
    for event in events {
        let lines = lines(event);
        let ends = event.event == "session closed";
        if ends && event.user.is_some() && !event.session.is_some_and(|session| sessions.contains(&session.0)) {
            continue;
        }
        if !ends && !lines.is_empty() {
            sessions.extend(event.session.map(|session| session.0));
        }
        report.extend(lines);
    }
    report
}

/// The lines that tell of an event; none, if the report has nothing like it.
fn lines(event: &EventView) -> Vec<Value> {
    let fact = |name: &str| event.facts.get(name).cloned();
    match event.event.as_str() {
        "session opened" if fact("kind").as_deref() == Some("directory") => {
            let registered = event.facts.contains_key("registered");
            let (asked, proven) = if registered {
                ("RequestRegisterFrontEndUser", "FrontEndUserRegistered")
            } else {
                ("RequestDirectorySessionAuth", "DirectorySessionAuthenticated")
            };
            let mut asked = session(asked, event);
            asked.insert("claims".into(), json!(fact("claims")));
            asked.insert("redirecturi".into(), json!(fact("redirect_url").unwrap_or_default()));
            let mut proven = session(proven, event);
            // Whom it was, by the provider; where there is none, by the account here.
            let subject = fact("subject").or_else(|| event.user.map(|user| user.to_string()));
            proven.insert("oidcsub".into(), json!(subject));
            proven.insert("SSO".into(), json!(fact("how").as_deref() == Some("sso")));
            proven.insert("lastclientcontact".into(), json!(event.millis / 1000));
            let mut lines = vec![asked];
            // A person has said yes to a native client.
            if event.facts.contains_key("native") && !registered {
                lines.push(session("RequestDirectorySessionAuthBis", event));
            }
            lines.push(proven);
            lines.into_iter().map(Value::Object).collect()
        }
        "session closed" => {
            let mut closed = line("DestroyDirectorySession", event);
            closed.insert("reason".into(), json!(event.reason));
            vec![Value::Object(closed)]
        }
        // A login that was refused where its session was known.
        "login" if event.session.is_some() && event.outcome.as_deref() == Some("refused") => {
            let mut refused = line("DirectorySessionAuthenticated", event);
            refused.insert("result".into(), json!(event.reason.as_deref().unwrap_or("E_Forbidden")));
            refused.insert("client@".into(), json!(event.address));
            vec![Value::Object(refused)]
        }
        _ => Vec::new(),
    }
}

/// What all lines of a session that opened have.
fn session(name: &str, event: &EventView) -> Map<String, Value> {
    let mut session = line(name, event);
    session.insert("native".into(), json!(event.facts.contains_key("native")));
    session.insert("client@".into(), json!(event.address.as_deref().unwrap_or_default()));
    session
}

fn line(name: &str, event: &EventView) -> Map<String, Value> {
    let mut line = Map::new();
    line.insert("type".into(), json!(name));
    line.insert("ts".into(), json!(event.millis / 1000));
    line.insert("sessionid".into(), json!(event.session));
    line.insert("result".into(), json!(NO_ERROR));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An event of this session, as the server tells it.
    fn event(name: &str, session: u8, more: &Value) -> EventView {
        let mut event = json!({
            "cursor": "", "at": "2026-03-01T12:00:00Z", "millis": 1_772_366_400_500_u64, "event": name,
            "user": "b37b60d4-0f1b-4158-99c4-847254786517", "address": "192.0.2.7",
            "session": format!("00000000-0000-0000-0000-0000000000{session:02}"),
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        serde_json::from_value(event).expect("an event")
    }

    fn opened(session: u8, facts: &Value) -> EventView {
        let mut all = json!({
            "kind": "directory", "how": "oidc", "claims": "access:client", "subject": "s-1",
            "redirect_url": "https://app.example.org/done",
        });
        for (name, value) in facts.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        event("session opened", session, &json!({ "facts": all }))
    }

    #[test]
    fn a_session_is_asked_for_proven_and_destroyed() {
        let id = "00000000-0000-0000-0000-000000000001";
        let closed = event("session closed", 1, &json!({"reason": "no heartbeat"}));
        let begun = json!({
            "type": "RequestDirectorySessionAuth", "ts": 1_772_366_400, "sessionid": id, "result": "E_No_Error",
            "native": false, "client@": "192.0.2.7", "claims": "access:client",
            "redirecturi": "https://app.example.org/done",
        });
        let proven = json!({
            "type": "DirectorySessionAuthenticated", "ts": 1_772_366_400, "sessionid": id, "result": "E_No_Error",
            "native": false, "client@": "192.0.2.7", "oidcsub": "s-1", "SSO": false,
            "lastclientcontact": 1_772_366_400,
        });
        let destroyed = json!({
            "type": "DestroyDirectorySession", "ts": 1_772_366_400, "sessionid": id, "result": "E_No_Error",
            "reason": "no heartbeat",
        });
        assert_eq!(report(&[opened(1, &json!({})), closed]), [begun, proven, destroyed]);
    }

    #[test]
    fn native_clients_single_sign_on_registrations_and_refusals_are_told_apart() {
        let types = |event: EventView| -> Vec<String> {
            let lines = report(&[event]);
            lines.iter().map(|line| line["type"].as_str().unwrap_or_default().to_owned()).collect()
        };
        assert_eq!(
            types(opened(1, &json!({"native": "yes"}))),
            ["RequestDirectorySessionAuth", "RequestDirectorySessionAuthBis", "DirectorySessionAuthenticated"],
        );
        assert_eq!(
            types(opened(1, &json!({"registered": "yes"}))),
            ["RequestRegisterFrontEndUser", "FrontEndUserRegistered"],
        );
        let signed_on = report(&[opened(1, &json!({"how": "sso", "native": "yes"}))]);
        assert_eq!((&signed_on[2]["SSO"], &signed_on[0]["native"]), (&json!(true), &json!(true)));
        let refused = event("login", 1, &json!({"outcome": "refused", "reason": "lacks_right", "way": "provider"}));
        let refused = report(&[refused]);
        assert_eq!(refused[0]["type"], "DirectorySessionAuthenticated");
        assert_eq!((&refused[0]["result"], &refused[0]["client@"]), (&json!("lacks_right"), &json!("192.0.2.7")));
    }

    #[test]
    fn what_is_no_directory_session_is_not_in_it() {
        let v2 = event("session opened", 1, &json!({"facts": {"kind": "v2", "how": "password"}}));
        let closed = event("session closed", 1, &json!({"reason": "end of life"}));
        let operator = event("operator", 2, &json!({"facts": {"act": "add user"}}));
        assert_eq!(report(&[v2, closed, operator]), Vec::<Value>::new());
        let never = event("session closed", 3, &json!({"reason": "not authenticated on time", "user": null}));
        assert_eq!(report(&[never])[0]["reason"], "not authenticated on time");
    }
}
