//! Reads settings: the defaults, over them the file, over that the environment. Reports everything wrong at once, each
//! with where it stands.
//!
//! It knows no setting by name. The file of defaults lists them all, see [`Schema`].

mod checks;
mod environment;
mod file;
pub(super) mod files;
mod problems;
pub(super) mod read;
mod schema;
mod secret;
mod value;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError};
use serde::de::DeserializeOwned;

pub(super) use checks::Checks;
pub(super) use environment::unknown_variables;
pub use files::open_to_others;
pub use problems::{Location, Problem, Problems};
use schema::Override;
pub(super) use schema::Schema;
pub use schema::Setting;
pub use secret::Secret;
pub(super) use value::{Field, SettingKind};

/// Where the settings file is looked for. The second is where a package puts it, so that commands find what its service
/// has.
const USUAL: [&str; 2] = ["bimgate.toml", "/etc/bimgate/bimgate.toml"];

/// Where settings come from, besides the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The settings file.
    pub file: Option<PathBuf>,
    /// Environment variables, of which those that begin with `BIMGATE__` count.
    pub environment: Vec<(OsString, OsString)>,
}

impl Sources {
    /// The environment of the process, and `file`; without one `bimgate.toml` in the working directory, else that of
    /// the machine, if there is one.
    #[must_use]
    pub fn of_process(file: Option<PathBuf>) -> Self {
        let usual = || USUAL.map(Path::new).into_iter().find(|path| path.exists()).map(Path::to_owned);
        let file = file.or_else(usual);
        Self { file, environment: std::env::vars_os().collect() }
    }
}

/// The settings in force as a `T` that passes `check`, and where each comes from.
pub(super) fn load<T: DeserializeOwned>(
    schema: &Schema,
    sources: &Sources,
    check: impl FnOnce(&mut T, &mut Checks<'_>),
) -> Result<(T, Vec<Setting>), Problems> {
    let mut problems = Problems::default();
    let file = sources.file.as_ref().map(|path| file::read(path, schema, &mut problems));
    let environment = environment::read(&sources.environment, schema, &mut problems);

    let mut in_force = schema.settings().to_vec();
    put_over::<T>(&mut in_force, file.unwrap_or_default(), &mut problems)?;
    let mut settings = put_over(&mut in_force, environment, &mut problems)?;
    check(&mut settings, &mut Checks::new(&in_force, &mut problems));
    problems.or((settings, in_force))
}

/// Puts one source's values over those in force, and reads the result.
///
/// Reading stops at the first value that its type cannot hold. That one is reported and left out, and the rest is read
/// again: once for each such value, and once where there is none.
fn put_over<T: DeserializeOwned>(
    in_force: &mut Vec<Setting>,
    mut layer: Vec<Override>,
    problems: &mut Problems,
) -> Result<T, Problems> {
    loop {
        let mut merged = in_force.clone();
        for over in &layer {
            if let Some(setting) = merged.iter_mut().find(|setting| setting.key == over.key) {
                setting.value = over.value.clone();
                setting.location = over.location.clone();
            }
        }
        let error = match typed(&merged) {
            Ok(settings) => {
                *in_force = merged;
                return Ok(settings);
            }
            Err(error) => error,
        };
        let Some(at) = layer.iter().position(|wrong| is_about(&error, &wrong.key)) else {
            // No value of this source is to blame: a default is missing or wrong.
            problems.add(Location::Default, error.to_string());
            return Err(std::mem::take(problems));
        };
        let Override { key, location, .. } = layer.swap_remove(at);
        let is_secret = in_force.iter().any(|setting| setting.key == key && setting.is_secret);
        let what = if is_secret { "is wrong" } else { reason(&error) };
        problems.add(location, format!("{key} {what}"));
    }
}

fn typed<T: DeserializeOwned>(settings: &[Setting]) -> Result<T, ConfigError> {
    let mut builder = Config::builder();
    for setting in settings {
        builder = builder.set_override(&setting.key, setting.value.clone())?;
    }
    builder.build()?.try_deserialize()
}

fn is_about(error: &ConfigError, key: &str) -> bool {
    let (ConfigError::Type { key: at, .. } | ConfigError::At { key: at, .. }) = error else { return false };
    at.as_deref() == Some(key)
}

/// What is wrong with a value, without the value.
fn reason(error: &ConfigError) -> &str {
    match error {
        ConfigError::At { error, .. } => reason(error),
        // Kinds have been compared: only a number that its type cannot hold comes this far.
        ConfigError::Type { .. } => "is negative or too large",
        ConfigError::Message(message) => message,
        _ => "is wrong",
    }
}
