//! `bimgate config`: the settings, checked or shown.

use std::fmt::Write as _;

use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::{Exit, load, print};
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
        ConfigCommand::Check { json: false } => match load(sources) {
            Some(settings) => {
                warn(&settings, sources);
                print("the settings are good")
            }
            None => Exit::Usage,
        },
        ConfigCommand::Check { json: true } => {
            let wrong = Settings::load(sources).inspect(|settings| warn(settings, sources)).err().unwrap_or_default();
            let found: Vec<_> = wrong.iter().map(problem_as_json).collect();
            let printed = print(&json!({ "problems": found }).to_string());
            if found.is_empty() { printed } else { Exit::Usage }
        }
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
