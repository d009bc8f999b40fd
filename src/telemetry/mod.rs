//! Logs: one subscriber, which writes lines to standard error. And what metrics and traces are made of.
//!
//! Libraries are never logged below `info`, whatever the filter says: their finest levels show what goes over the wire,
//! passwords and tokens included. Our own modules log no secret at any level.
//!
//! A request waits until its line is written, so a terminal or pipe that nobody reads stalls the server. In return no
//! line is lost or reordered, and no buffer grows.

mod histogram;
mod labels;
mod span;
mod trace;
mod watched;

use std::io::{self, IsTerminal as _};
use std::sync::OnceLock;

use tracing::Subscriber;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Filter, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Registry, reload};

use crate::settings::{LogFormat, LogSettings};

pub use histogram::Histogram;
pub(crate) use labels::label;
pub use span::{Attribute, OpenSpan, Span, SpanKind, Tracer};
pub use trace::{TraceContext, begin_below, begin_request, in_span};
pub use watched::Watched;

/// Why logging did not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read; the text says what would be right.
    #[error("log.level {0}")]
    Level(String),
    /// The process logs already.
    #[error("logging was set up before")]
    Twice,
    /// Nothing is logged yet, so there is no level to change.
    #[error("logging was not set up")]
    NotYet,
}

/// Which events are logged.
type Level = Box<dyn Filter<Registry> + Send + Sync>;

/// The level of this process, which may change while it runs.
static LEVEL: OnceLock<reload::Handle<Level, Registry>> = OnceLock::new();

/// Starts logging for the rest of the process, also for libraries that use the `log` crate.
///
/// # Errors
/// [`TelemetryError`].
pub fn init(settings: &LogSettings) -> Result<(), TelemetryError> {
    let (subscriber, level) = subscriber(settings, io::stderr().is_terminal(), io::stderr)?;
    subscriber.try_init().map_err(|_| TelemetryError::Twice)?;
    LEVEL.set(level).map_err(|_| TelemetryError::Twice)
}

/// Has the process log at another level from now on. The shape of the lines stays.
///
/// # Errors
/// [`TelemetryError`]; the level stays.
pub fn set_level(settings: &LogSettings) -> Result<(), TelemetryError> {
    let level = level(settings)?;
    LEVEL.get().and_then(|known| known.reload(level).ok()).ok_or(TelemetryError::NotYet)
}

fn level(settings: &LogSettings) -> Result<Level, TelemetryError> {
    Ok(Box::new(settings.targets().map_err(TelemetryError::Level)?.and(cap())))
}

fn subscriber<W>(
    settings: &LogSettings,
    on_terminal: bool,
    writer: W,
) -> Result<(impl Subscriber + Send + Sync, reload::Handle<Level, Registry>), TelemetryError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // What no level asks for is asked once and never again, so that the lock in here is not taken on the hot path.
    let (filter, level) = reload::Layer::new(level(settings)?);
    let pretty = match settings.format {
        LogFormat::Auto => on_terminal,
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = if pretty {
        lines.compact().with_ansi(on_terminal).boxed()
    } else {
        lines.json().flatten_event(true).with_span_list(false).boxed()
    };
    Ok((tracing_subscriber::registry().with(lines.with_filter(filter)), level))
}

/// Our own modules at every level, all others at most at `info`. It lists our modules, not the libraries, so that a new
/// library is capped from its first day.
fn cap() -> Targets {
    Targets::new()
        .with_target(env!("CARGO_CRATE_NAME"), LevelFilter::TRACE)
        // Logs every worker that starts and stops, which hides the lines that people look for.
        .with_target("actix_server", LevelFilter::WARN)
        // Logs an error for every client that sends something other than HTTP, as often as they like.
        .with_target("actix_http", LevelFilter::OFF)
        // Logs what breaks a conversation, which the line of that login says.
        .with_target("ldap3", LevelFilter::OFF)
        .with_default(LevelFilter::INFO)
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::sync::{Arc, Mutex};

    use tracing::{debug, error, info, trace};

    use super::*;
    use crate::settings::ClientAddress;

    /// What is logged at `level` by our modules and by others.
    fn logged(level: &str, format: LogFormat) -> Result<String, Box<dyn Error>> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let settings = LogSettings { format, level: level.to_owned(), client_address: ClientAddress::None };
        let (subscriber, _level) = subscriber(&settings, false, Written(Arc::clone(&lines)))?;
        tracing::subscriber::with_default(subscriber, || {
            trace!("our trace");
            info!(target: "redis", "their info");
            error!(target: "actix_http::h1::dispatcher", "a stranger's mistake");
            for _ in 0..2 {
                debug!(target: "redis", "their secret");
                trace!(target: "actix_http::h1", "their secret");
            }
        });
        let lines = lines.lock().map_err(|_| "poisoned")?;
        Ok(String::from_utf8(lines.clone())?)
    }

    #[derive(Clone)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().map_err(|_| io::Error::other("poisoned"))?.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Written {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn no_filter_lets_a_library_say_more_than_info() -> Result<(), Box<dyn Error>> {
        for level in ["trace", "redis=trace,actix_http=debug,trace", "redis=debug,bimgate=trace,info"] {
            let lines = logged(level, LogFormat::Pretty)?;
            assert!(lines.contains("our trace") && lines.contains("their info"), "{lines}");
            assert!(!lines.contains("their secret") && !lines.contains("mistake"), "{lines}");
        }
        assert_eq!(logged("warn", LogFormat::Pretty)?, "");
        Ok(())
    }

    #[test]
    fn programs_read_one_json_object_a_line() -> Result<(), Box<dyn Error>> {
        let lines = logged("trace", LogFormat::Auto)?;
        let lines: Vec<serde_json::Value> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        assert_eq!(lines.iter().map(|line| &line["message"]).collect::<Vec<_>>(), ["our trace", "their info"]);
        assert_eq!((&lines[1]["level"], &lines[1]["target"]), (&"INFO".into(), &"redis".into()));
        Ok(())
    }
}
