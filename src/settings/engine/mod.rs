//! Reading: defaults, then the file, then the environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use config::builder::DefaultState;
use config::{Config, ConfigBuilder, ConfigError, Value};

use super::checks::Checks;
use super::keys::{DEFAULTS, Keys, is_secret};
use super::problems::{Location, Problems};
use super::{Settings, environment, file};

/// Where settings come from, besides the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The settings file.
    pub file: Option<PathBuf>,
    /// Environment variables, of which those that begin with `BIMGATE__` count.
    pub environment: Vec<(OsString, OsString)>,
}

impl Sources {
    /// The process' environment, and `file`; without one `bimgate.toml` in the working directory, if there is one.
    #[must_use]
    pub fn of_process(file: Option<PathBuf>) -> Self {
        let usual = Path::new("bimgate.toml");
        let file = file.or_else(|| usual.exists().then(|| usual.to_owned()));
        Self { file, environment: std::env::vars_os().collect() }
    }
}

/// A value found for a setting.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) place: Location,
}

/// The settings in force, and what was found for each.
pub(super) struct Loaded {
    pub(super) settings: Settings,
    /// In the order of `config/default.toml`.
    pub(super) in_force: Vec<Setting>,
}

impl Settings {
    /// The settings in force. Reads the file, and the files it names.
    ///
    /// # Errors
    /// [`Problems`]: all of them, each with where it stands.
    pub fn load(sources: &Sources) -> Result<Self, Problems> {
        load(sources).map(|loaded| loaded.settings)
    }

    /// The defaults.
    ///
    /// # Errors
    /// None: a test proves that the defaults can be read.
    pub fn defaults() -> Result<Self, Problems> {
        Self::load(&Sources::default())
    }
}

pub(super) fn load(sources: &Sources) -> Result<Loaded, Problems> {
    let mut problems = Problems::default();
    // Were the defaults no TOML, the next line would report it.
    let keys = Keys::of(DEFAULTS).unwrap_or_default();
    let mut in_force = file::parse("default.toml", DEFAULTS, &keys, &mut problems);
    in_force.sort_by(|one, other| one.place.cmp(&other.place));
    let mut builder = Config::builder();
    for entry in &mut in_force {
        entry.place = Location::Default;
        builder = set(builder, entry).map_err(|error| of_defaults(&error))?;
    }
    let mut settings: Settings = typed(&builder).map_err(|error| of_defaults(&error))?;

    let mut found = Vec::new();
    if let Some(path) = &sources.file {
        found.extend(file::read(path, &keys, &mut problems));
    }
    found.extend(environment::read(&sources.environment, &keys, &mut problems));
    // Each is tried on its own, over what was good so far, so that every wrong one is found and not only the first.
    for entry in found {
        let tried = set(builder.clone(), &entry).and_then(|builder| Ok((typed(&builder)?, builder)));
        match tried {
            Ok(tried) => {
                (settings, builder) = tried;
                if let Some(default) = in_force.iter_mut().find(|default| default.key == entry.key) {
                    *default = entry;
                }
            }
            Err(error) => problems.add(entry.place, format!("{} {}", entry.key, reason(&entry.key, &error))),
        }
    }

    let places = |key: &str| in_force.iter().find(|entry| entry.key == key).map(|entry| entry.place.clone());
    let mut checks = Checks::new(&places, &mut problems);
    settings.check(&mut checks);
    settings.store.read_files(&mut checks);
    settings.openid.read_files(&mut checks);
    settings.signing.read_files(&mut checks);
    settings.licenses.read_files(&mut checks);
    settings.admin.read_files(&mut checks);
    settings.introspection.read_files(&mut checks);
    problems.or(Loaded { settings, in_force })
}

fn set(builder: ConfigBuilder<DefaultState>, entry: &Setting) -> Result<ConfigBuilder<DefaultState>, ConfigError> {
    builder.set_override(&entry.key, entry.value.clone())
}

fn typed(builder: &ConfigBuilder<DefaultState>) -> Result<Settings, ConfigError> {
    builder.build_cloned()?.try_deserialize()
}

fn of_defaults(error: &ConfigError) -> Problems {
    let mut problems = Problems::default();
    problems.add(Location::Default, error.to_string());
    problems
}

/// What is wrong with a value, without the value of a secret.
fn reason(key: &str, error: &ConfigError) -> String {
    match error {
        _ if is_secret(key) => "is wrong".to_owned(),
        ConfigError::At { error, .. } => reason(key, error),
        // Kinds have been compared: only a number that its type cannot hold comes this far.
        ConfigError::Type { .. } => "is negative or too large".to_owned(),
        ConfigError::Message(message) => message.clone(),
        _ => "is wrong".to_owned(),
    }
}
