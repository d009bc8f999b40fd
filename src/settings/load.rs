//! Reading: defaults, then the file, then the environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Settings;

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

/// Everything that is wrong with the settings.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Problems(String);

impl Settings {
    /// The settings in force.
    ///
    /// # Errors
    /// [`Problems`]: all of them, each with where it stands.
    pub fn load(sources: &Sources) -> Result<Self, Problems> {
        let mut builder = config::Config::builder()
            .add_source(config::File::from_str(include_str!("../../config/default.toml"), config::FileFormat::Toml));
        if let Some(file) = &sources.file {
            builder = builder.add_source(config::File::from(file.as_path()).format(config::FileFormat::Toml));
        }
        let environment =
            sources.environment.iter().filter_map(|(k, v)| Some((k.to_str()?.to_owned(), v.to_str()?.to_owned())));
        builder = builder.add_source(
            config::Environment::with_prefix("BIMGATE").separator("__").source(Some(environment.collect())),
        );
        builder
            .build()
            .and_then(config::Config::try_deserialize)
            .map_err(|error| Problems(format!("the settings are wrong: {error}")))
    }
}
