//! `bimgate config`: the settings, checked or shown.

use std::fmt::Write as _;

use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::connect::{self, Asked};
use super::{Exit, output, print};
use crate::settings::{Location, Problem, Setting, Settings, Sources};

/// `bimgate config …`
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Report every wrong or unknown setting at once; exit code 0 if there is none, else 2. Warnings go to standard
    /// error.
    Check {
        /// Print the problems as JSON: `{"problems":[{"place":…,"problem":…}]}`.
        #[arg(long)]
        json: bool,
        /// Then ask everything that the settings name whether it answers: store, certificate, identity provider, LDAP
        /// servers, old service, mail server, what events are sent to. Writes nothing, sends no mail and no event; exit
        /// code 3 if something does not answer as the server needs it. With --json also `"asked":[{"what":…,"place":…,"ok":…,"answer":…,"millis":…,
        /// "next":…}]`.
        #[arg(long)]
        connect: bool,
    },
    /// Show the settings in force as TOML, and where each comes from that is not the default. Secrets are masked.
    Show {
        /// As JSON: an object by setting, each with `value` and `source`.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: &ConfigCommand, sources: &Sources) -> Exit {
    match command {
        ConfigCommand::Check { json, connect } => check(sources, *json, *connect),
        ConfigCommand::Show { json } => match Settings::show(sources) {
            Ok(shown) if *json => print(&as_json(&shown)),
            Ok(shown) => print(&as_toml(&shown)),
            Err(problems) => {
                eprintln!("{problems}");
                Exit::Usage
            }
        },
    }
}

fn check(sources: &Sources, as_json: bool, connect: bool) -> Exit {
    let settings = match Settings::load(sources) {
        Ok(settings) => settings,
        Err(problems) if as_json => {
            let found: Vec<_> = problems.iter().map(problem_as_json).collect();
            print(&json!({ "problems": found }).to_string());
            return Exit::Usage;
        }
        Err(problems) => {
            eprintln!("{problems}");
            return Exit::Usage;
        }
    };
    warn(&settings, sources);
    if !connect {
        return print(if as_json { r#"{"problems":[]}"# } else { "the settings are good" });
    }
    let asked = match connect::ask_all(&settings) {
        Ok(asked) => asked,
        Err(error) => return error.report(),
    };
    let all_well = asked.iter().all(|asked| asked.ok);
    let printed = if as_json {
        output::json(&json!({ "problems": [], "asked": asked }))
    } else {
        let row = |asked: Asked| {
            let Asked { what, place, ok, answer, millis, next } = asked;
            let answer = if ok { answer } else { format!("NO: {answer}") };
            [what.to_owned(), place, answer, format!("{millis} ms"), next.unwrap_or_default()]
        };
        output::table(["what", "where", "answer", "took", "what to do next"], asked.into_iter().map(row))
    };
    match printed {
        Ok(()) if all_well => Exit::Done,
        Ok(()) => Exit::Unreachable,
        Err(error) => error.report(),
    }
}

/// Prints warnings beside the answer; they change neither the answer nor the exit code.
fn warn(settings: &Settings, sources: &Sources) {
    for sentence in settings.warnings(sources) {
        eprintln!("warning: {sentence}");
    }
}

fn problem_as_json(problem: &Problem) -> Value {
    json!({ "place": problem.location.to_string(), "problem": problem.what })
}

fn as_json(shown: &[Setting]) -> String {
    let settings: Map<_, _> = shown
        .iter()
        .map(|setting| {
            let location = setting.location.to_string();
            (setting.key.clone(), json!({ "value": setting.shown(), "source": location }))
        })
        .collect();
    format!("{:#}", Value::from(settings))
}

fn as_toml(shown: &[Setting]) -> String {
    let mut text = String::new();
    let mut open = "";
    for setting in shown {
        let (section, name) = setting.key.rsplit_once('.').unwrap_or_default();
        if section != open {
            let gap = if open.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}[{section}]");
            open = section;
        }
        // JSON's texts, numbers and lists are TOML too, except for one character that TOML wants escaped.
        let value = toml_of(&setting.shown()).replace('\u{7f}', "\\u007f");
        let _ = match &setting.location {
            Location::Default => writeln!(text, "{name} = {value}"),
            location => writeln!(text, "{name} = {value} # {location}"),
        };
    }
    text.truncate(text.trim_end().len());
    text
}

/// Tables differ: those of JSON have colons, and may break lines.
fn toml_of(value: &Value) -> String {
    let list = |items: Vec<String>, sign: [&str; 2]| format!("{}{}{}", sign[0], items.join(","), sign[1]);
    match value {
        Value::Array(items) => list(items.iter().map(toml_of).collect(), ["[", "]"]),
        Value::Object(fields) => {
            list(fields.iter().map(|(name, value)| format!("{name}={}", toml_of(value))).collect(), ["{", "}"])
        }
        value => value.to_string(),
    }
}
