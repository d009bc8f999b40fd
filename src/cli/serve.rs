//! `bimgate serve`

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use super::error::CliError;
use super::{Exit, load, print};
use crate::app::{App, StartError};
use crate::auth::Passwords;
use crate::clock::{Clock, StoreClock, SystemClock};
use crate::demo;
use crate::settings::{Setting, Settings, Sources};
use crate::store::embedded::EmbeddedStore;
use crate::store::{self, OpenError, Store};
use crate::telemetry;

/// How long to wait for a command that has the data folder open.
const WAIT_FOR_FOLDER: Duration = Duration::from_secs(5);

/// File descriptors that are no client's connection: the store, listeners, the log.
const OTHER_DESCRIPTORS: u64 = 256;

/// How to serve.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Serve a throw-away store with the user of the published samples, and print commands to paste.
    #[arg(long)]
    demo: bool,
}

#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("{0}")]
    Demo(String),
    #[error("the server broke: {0}")]
    Io(#[from] io::Error),
}

/// Serves until a signal stops it.
pub fn run(args: &ServeArgs, sources: &Sources) -> Exit {
    let Some(mut settings) = load(sources) else { return Exit::Usage };
    if args.demo
        && let Err(sentence) = demo::adjust(&mut settings)
    {
        return CliError::usage(sentence).report();
    }
    if let Err(error) = telemetry::init(&settings.log) {
        return CliError::usage(error.to_string()).report();
    }
    for sentence in settings.warnings(sources) {
        tracing::warn!("{sentence}");
    }
    raise_descriptor_limit(settings.server.max_connections);
    let shown = Settings::show(sources).unwrap_or_default();
    match actix_web::rt::System::new().block_on(serve(settings, shown, args.demo, sources)) {
        Ok(()) => Exit::Done,
        Err(ServeError::Store(error)) => CliError::from(error).report(),
        Err(error) => CliError::refused(error.to_string()).report(),
    }
}

async fn serve(settings: Settings, shown: Vec<Setting>, demo: bool, sources: &Sources) -> Result<(), ServeError> {
    // Before the line is printed: its reader may send the signal at once.
    let stop = stop_signal()?;
    let in_process = demo || store::data_folder(&settings.store).is_some();
    let clock: Arc<dyn Clock> = if in_process { Arc::new(SystemClock) } else { Arc::new(StoreClock::default()) };
    let (store, name) = open(&settings, &clock, demo)?;
    // Of a store that is not there yet nobody knows.
    if let Ok(judged) = store::refuse_unfit(&*store, &settings.store).await {
        judged?;
    }
    let folder = store::data_folder(&settings.store).filter(|_| !demo).map(Path::to_owned);
    if demo {
        // Before anybody can ask: who is as fast as a script would be refused.
        let passwords = Passwords::start(&settings.passwords).map_err(StartError::from)?;
        demo::add_user(store.as_ref(), &passwords, clock.as_ref()).await.map_err(ServeError::Demo)?;
        passwords.stop();
    }
    let app = App::build(settings, shown, Arc::clone(&store), Arc::clone(&clock), folder, demo)?;
    if demo {
        demo::register_page(store.as_ref(), app.address(), app.base()).await.map_err(ServeError::Demo)?;
    }
    app.prepare().await?;
    let private = app.private_address().map(|address| format!(", health and metrics on http://{address}"));
    let private = private.unwrap_or_default();
    let scheme = if app.is_encrypted() { "https" } else { "http" };
    let manage = app.manage_address().map(|address| format!(", management on {scheme}://{address}"));
    let manage = manage.unwrap_or_default();
    // A closed standard output is no reason not to serve.
    let address = app.address();
    print(&format!(
        "bimgate listens on {scheme}://{address}{private}{manage}, store {name}; Ctrl-C or SIGTERM stops it"
    ));
    if demo {
        print(&demo::commands(app.address(), app.base()));
    }
    // A demo has settings of its own.
    app.run(stop, (!demo).then(|| sources.clone())).await;
    Ok(())
}

fn open(settings: &Settings, clock: &Arc<dyn Clock>, demo: bool) -> Result<(Arc<dyn Store>, String), OpenError> {
    if demo {
        let store = EmbeddedStore::throw_away(Arc::clone(clock), settings.store.timeout_ms)?;
        return Ok((Arc::new(store), "in memory, gone when it stops".to_owned()));
    }
    let store = store::open(&settings.store, Arc::clone(clock), WAIT_FOR_FOLDER)?;
    Ok((store, settings.store.url.clone()))
}

/// Each connection is a file descriptor, and most systems start programs with 1,024 of them while allowing more.
fn raise_descriptor_limit(connections: usize) {
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHER_DESCRIPTORS);
    let limit = getrlimit(Resource::Nofile);
    let allowed = limit.maximum.unwrap_or(u64::MAX).min(wanted);
    if limit.current.is_some_and(|current| current < allowed) {
        let raised = Rlimit { current: Some(allowed), maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%error, "the limit of file descriptors cannot be raised");
        }
    }
    if let Some(now) = getrlimit(Resource::Nofile).current.filter(|now| *now < wanted) {
        tracing::warn!(now, wanted, "fewer file descriptors than server.max_connections needs; raise `ulimit -n`");
    }
}

/// Ready on the first SIGTERM, SIGINT (Ctrl-C) or SIGQUIT. From now on SIGHUP, SIGUSR1 and SIGUSR2 do not end it: they
/// come from closed terminals and from tools that rotate logs, and by default would kill.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let [mut terminate, mut interrupt, mut quit] =
        [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::quit())?];
    for kind in [SignalKind::hangup(), SignalKind::user_defined1(), SignalKind::user_defined2()] {
        // Once asked for, a signal stays caught, although nothing waits for it.
        drop(signal(kind)?);
    }
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = quit.recv() => {}
        }
    })
}
