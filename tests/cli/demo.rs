//! The commands that `serve --demo` prints do what they say when they are pasted into a terminal.

use serde_json::Value;

use super::support::server::Server;
use super::terminal::Terminal;

/// Between the answers of two commands.
const NEXT: &str = "-- next --";

#[test]
fn the_seven_printed_commands_work() {
    let server = Server::start_with(&["serve", "--demo"], &[]);
    // It answers after it has printed.
    assert_eq!(server.request("GET", "/readyz").send().status, 200);
    let log = server.log();
    let (_, printed) = log.split_once("in this order:").expect("the commands");
    let (printed, _) = printed.split_once("The documentation:").expect("their end");
    let commands: Vec<_> = printed.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(commands.len(), 7, "{printed}");

    // One shell runs them all, for they hand tokens on.
    let script: Vec<_> =
        commands.iter().flat_map(|command| [(*command).to_owned(), format!("echo '{NEXT}'")]).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let (code, shown) = Terminal::start(folder.path(), "bash", &["-c", &script.join("\n")]).ends();
    assert_eq!(code, Some(0), "{shown}");
    let answers: Vec<Value> = shown
        .split_terminator(NEXT)
        .filter(|answer| !answer.trim().is_empty())
        .map(|answer| serde_json::from_str(answer).unwrap_or_else(|error| panic!("{error}: {shown}")))
        .collect();
    let members =
        ["access_token", "user_id", "cross_token", "access_token", "remember_me_token", "access_token", "user_id"];
    assert_eq!(answers.len(), members.len(), "{shown}");
    for (answer, member) in answers.iter().zip(members) {
        assert!(answer[member].is_string(), "no {member} in {answer}");
    }
    assert_eq!(answers[6]["expires_in"], 0, "it is revoked");
}
