//! Logs: one subscriber, writing lines to standard error.
//!
//! What the libraries beneath us log is never shown below `info`, whatever the filter asks for: at their finest levels
//! they show what goes over the wire, and with it passwords and tokens. Our own modules never log a secret at any level.
//!
//! A line is written before the request goes on: a terminal or pipe that nobody reads from stalls whoever logs. Nothing is
//! lost or reordered in return, and no buffer grows.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::filter::{FilterExt as _, LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::settings::{LogFormat, LogSettings};

/// Why there are no logs.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read; holds what would be right.
    #[error("log.level {0}")]
    Level(String),
    /// The process logs already.
    #[error("logging was set up before")]
    Twice,
}

/// Begins to log, for the rest of the process' life; also what comes through the `log` crate.
///
/// # Errors
/// [`TelemetryError`].
pub fn init(settings: &LogSettings) -> Result<(), TelemetryError> {
    let filter = settings.targets().map_err(TelemetryError::Level)?.and(cap());
    let layer = lines(settings.format, io::stderr().is_terminal()).with_filter(filter);
    tracing_subscriber::registry().with(layer).try_init().map_err(|_| TelemetryError::Twice)
}

/// Our own modules at every level, all others at most at `info`. Names us rather than them, so that a new dependency is
/// capped from its first day.
fn cap() -> Targets {
    Targets::new().with_target(env!("CARGO_CRATE_NAME"), LevelFilter::TRACE).with_default(LevelFilter::INFO)
}

fn lines<S>(format: LogFormat, on_terminal: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let pretty = match format {
        LogFormat::Auto => on_terminal,
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    if pretty {
        lines.compact().with_ansi(on_terminal).boxed()
    } else {
        lines.json().flatten_event(true).with_span_list(false).boxed()
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn no_filter_lets_a_library_say_more_than_info() {
        for theirs in ["redis", "actix_http::h1", "h2", "mio::poll", "rustls", "anything_new"] {
            assert!(cap().would_enable(theirs, &Level::INFO), "{theirs}");
            assert!(!cap().would_enable(theirs, &Level::DEBUG), "{theirs}");
        }
        assert!(cap().would_enable("bimgate::http", &Level::TRACE));
    }
}
