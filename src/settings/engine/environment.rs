//! Environment variables: `BIMGATE__SECTION__KEY`.

use std::ffi::OsString;

use super::problems::{Location, Problems};
use super::schema::{Override, Schema};
use super::value::from_variable;

const PREFIX: &str = "BIMGATE__";
/// What the command line reads besides: the settings file, and the server that commands ask.
const OF_COMMANDS: [&str; 4] = ["BIMGATE_CONFIG", "BIMGATE_SERVER", "BIMGATE_TOKEN_FILE", "BIMGATE_CA"];

/// The settings among `variables`. Other programs' variables are ignored, but each that begins with the prefix must be
/// a setting, in capitals.
pub(super) fn read(variables: &[(OsString, OsString)], schema: &Schema, problems: &mut Problems) -> Vec<Override> {
    let mut overrides = Vec::new();
    for (name, value) in variables {
        let name = name.to_string_lossy();
        let capitals = name.to_ascii_uppercase();
        let Some(path) = capitals.strip_prefix(PREFIX) else { continue };
        let key = path.to_ascii_lowercase().replace("__", ".");
        let read = match (schema.kind(&key), value.to_str()) {
            (None, _) => Err(vec![unknown_setting(&key, schema)]),
            (Some(_), _) if name != capitals => Err(vec![format!("must be written in capitals, {}", name_of(&key))]),
            (Some(_), None) => Err(vec!["is not UTF-8".to_owned()]),
            (Some(kind), Some(text)) => from_variable(&key, kind, text),
        };
        let location = Location::Variable(name.into_owned());
        match read {
            Ok(value) => overrides.push(Override { key, value, location }),
            Err(wrong) => wrong.into_iter().for_each(|what| problems.add(location.clone(), what)),
        }
    }
    overrides
}

fn unknown_setting(key: &str, schema: &Schema) -> String {
    match schema.nearest(key).filter(|nearest| schema.kind(nearest).is_some()) {
        Some(nearest) => format!("there is no such setting; did you mean {}?", name_of(nearest)),
        None => "there is no such setting; `bimgate config show` lists all".to_owned(),
    }
}

/// A sentence for each variable that looks like a setting and is none, as with one underscore. No more than a warning:
/// some supervisors set `BIMGATE_PORT` and the like for a service of this name.
pub fn unknown_variables(variables: &[(OsString, OsString)], schema: &Schema) -> Vec<String> {
    let names = variables.iter().map(|(name, _)| name.to_string_lossy().to_ascii_uppercase());
    let similar = |name: &String| {
        name.starts_with("BIMGATE_") && !name.starts_with(PREFIX) && !OF_COMMANDS.contains(&name.as_str())
    };
    let sentence = |name: String| {
        let meant = schema.keys().map(name_of).find(|known| known.replace("__", "_") == name);
        let advice = meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"));
        format!("the environment variable {name} is not a setting, and is not read{advice}")
    };
    names.filter(similar).map(sentence).collect()
}

/// The variable of a setting.
fn name_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', "__"))
}
