//! Where a command finds the users: in the store itself, or through the running server that owns it.

use std::future;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use super::error::CliError;
use super::server_args::ServerArgs;
use super::{Exit, load};
use crate::admin::bodies::LinkMade;
use crate::admin::{
    AdminError, Answer, Client, EventQuery, EventView, ImportStatus, KeyMaker, Operator, Request, UserSelector, execute,
};
use crate::backup::chunks;
use crate::clock::{Clock, StoreClock, SystemClock};
use crate::domain::{Event, LinkPurpose, Scope, Scopes, UserId, What};
use crate::events::{append_of_command, event_of, of_closed};
use crate::mail::{Mailer, Teller};
use crate::session::sync_clock;
use crate::settings::{ClientAddress, EventSettings, LogSettings, MailSettings, Settings, Sources, StoreSettings};
use crate::sinks::Sinks;
use crate::store::{self, OpenError, Store, embedded, refuse_unfit};
use crate::telemetry;

/// How long to wait for a process that owns the store and does not answer: another command, or a server that starts or
/// stops.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait for the store's lock before looking for a server again.
pub(super) const LOCK_WAIT: Duration = Duration::from_millis(200);

/// How many events one command tells.
const MAX_EVENTS: usize = 500;

/// How long a command waits for the store at least: unlike with a server, no client waits for a 503.
pub(super) const STORE_TIMEOUT: Duration = Duration::from_secs(10);

/// Where a command is to find what it asks: the server that is named, or else the store of the settings.
pub(super) struct Aim {
    pub(super) sources: Sources,
    pub(super) server: ServerArgs,
}

/// A backup, in chunks.
pub(super) type Chunks = BoxStream<'static, Result<Vec<u8>, CliError>>;

/// Runs a command that sends requests to a target; the exit code says how it ended.
pub(super) fn run(aim: &Aim, command: impl AsyncFnOnce(&Settings, &mut Target) -> Result<(), CliError>) -> Exit {
    let Some(settings) = load(&aim.sources) else { return Exit::Usage };
    // No server logs a change that is made to the store itself, nor mails about it, so the command does, and logs nothing else.
    let acts = LogSettings {
        level: "off,bimgate::admin::acts=info,bimgate::mail=warn,bimgate::sinks=warn".to_owned(),
        ..settings.log.clone()
    };
    if let Err(error) = telemetry::init(&acts) {
        return CliError::refused(error.to_string()).report();
    }
    let server = match aim.server.client() {
        Ok(server) => server,
        Err(error) => return error.report(),
    };
    let ended = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(async {
            let mut target = Target::new(&settings, server);
            let ended = command(&settings, &mut target).await;
            target.release().await;
            ended
        }),
        Err(error) => Err(CliError::refused(format!("the system refuses to run this: {error}"))),
    };
    ended.map_or_else(CliError::report, |()| Exit::Done)
}

/// What executes a command's requests. Opened at the first request, so that nothing is locked while a person types.
pub(super) struct Target {
    store: StoreSettings,
    keys: KeyMaker,
    mail: MailSettings,
    /// The server's public URL; without one there is no mail.
    place: String,
    reached: Option<Reached>,
    /// Whether the server is another than that of the settings.
    is_elsewhere: bool,
    /// Tells people of changes that are made to the store itself, when that is closed.
    teller: Option<Teller>,
    /// What the command has done to the store itself, for the events that tell of it when that is closed.
    done: Arc<Mutex<Vec<Event>>>,
    address: ClientAddress,
    /// Where such events are sent besides.
    events: EventSettings,
}

enum Reached {
    /// The server that owns the embedded store, or that is named.
    Server(Client),
    /// The store itself.
    Store(Arc<dyn Store>),
}

impl Target {
    fn new(settings: &Settings, server: Option<Client>) -> Self {
        let timeout_ms = settings.store.timeout_ms.max(STORE_TIMEOUT);
        let store = StoreSettings { timeout_ms, ..settings.store.clone() };
        let place = settings.server.public_url.clone().unwrap_or_default();
        let keys = KeyMaker::Settings(settings.clone().into());
        let (is_elsewhere, reached) = (server.is_some(), server.map(Reached::Server));
        Self {
            store,
            keys,
            mail: settings.mail.clone(),
            place,
            reached,
            is_elsewhere,
            teller: None,
            done: Arc::default(),
            address: settings.log.client_address,
            events: settings.events.clone(),
        }
    }

    /// What the server that is asked has for this setting, if that is another server than that of the settings here.
    pub(super) async fn setting_elsewhere(&self, key: &str) -> Result<Option<Value>, CliError> {
        match &self.reached {
            Some(Reached::Server(server)) if self.is_elsewhere => Ok(Some(server.setting(key).await?)),
            _ => Ok(None),
        }
    }

    /// Has another server than that of the settings here make a one-time link, and mail it as its own settings say.
    /// `None` if none is asked.
    pub(super) async fn link_elsewhere(
        &self,
        user: UserId,
        purpose: LinkPurpose,
    ) -> Result<Option<LinkMade>, CliError> {
        match &self.reached {
            Some(Reached::Server(server)) if self.is_elsewhere => Ok(Some(server.link(user, purpose).await?)),
            _ => Ok(None),
        }
    }

    /// Executes a request.
    pub(super) async fn call(&mut self, request: Request) -> Result<Answer, CliError> {
        let reached = match self.reached.take() {
            Some(reached) => reached,
            None => match (reach(&self.store, request.begins_a_store()).await?, &request) {
                (Some(reached), _) => reached,
                // A dry run before there is a store.
                (None, Request::Check(claims)) => return Ok(Answer::Standings(vec![ImportStatus::New; claims.len()])),
                (None, _) => return Err(self.nothing_there()),
            },
        };
        if let Reached::Store(store) = &reached
            && self.teller.is_none()
            && let Some(mailer) = Mailer::new(&self.mail).map_err(|error| CliError::usage(error.to_string()))?
        {
            let (teller, tell) = Teller::new(mailer.into(), &self.place);
            store.events().on_credentials(tell);
            self.teller = Some(teller);
        }
        if let Reached::Store(store) = &reached {
            self.note_events_of(&**store);
        }
        let response = match self.reached.insert(reached) {
            Reached::Server(client) => client.call(&request).await,
            Reached::Store(store) => {
                let clock = StoreClock::default();
                sync_clock(&**store, &clock).await;
                let by = Operator::Uid(rustix::process::getuid().as_raw());
                let scopes = Scopes::of(&[Scope::Everything]);
                execute(&**store, &clock, &self.keys, &by, scopes, request).await
            }
        };
        Ok(response?)
    }

    /// Has what happens in a store from now on be noted. Only once a store.
    fn note_events_of(&self, store: &dyn Store) {
        let (closed, happened, address) = (Arc::clone(&self.done), Arc::clone(&self.done), self.address);
        store.events().on_session(move |session| note(&closed, of_closed(&session)));
        store.events().on_happened(move |done| note(&happened, event_of(done, address)));
    }

    /// Appends what was noted, and sends it on as a server does.
    async fn tell_events(&self, store: &Arc<dyn Store>) {
        let mut done = std::mem::take(&mut *self.done.lock().unwrap_or_else(PoisonError::into_inner));
        if done.is_empty() {
            return;
        }
        let clock = StoreClock::default();
        sync_clock(&**store, &clock).await;
        for event in &mut done {
            event.at = clock.now();
        }
        match append_of_command(&**store, &done).await {
            Ok(Some(entries)) => {
                let clock: Arc<dyn Clock> = Arc::new(clock);
                match Sinks::new(&self.events, store, &clock) {
                    Ok(Some(sinks)) => sinks.send_once(entries).await,
                    Ok(None) => {}
                    Err(error) => eprintln!("bimgate: the events are not sent on: {error}"),
                }
            }
            Ok(None) => eprintln!("bimgate: the events do not tell of it: other commands were always faster"),
            Err(error) => eprintln!("bimgate: the events do not tell of it: {error}"),
        }
    }

    /// A backup of the store, in chunks.
    pub(super) async fn backup(&mut self) -> Result<Chunks, CliError> {
        let reached = match self.reached.take() {
            Some(reached) => reached,
            None => reach(&self.store, false).await?.ok_or_else(|| self.nothing_there())?,
        };
        Ok(match self.reached.insert(reached) {
            Reached::Server(client) => client.backup().await?.map_err(CliError::from).boxed(),
            Reached::Store(store) => {
                let now = store.time().await.map_err(AdminError::from)?;
                chunks(&**store, now).map_err(|error| AdminError::from(error).into()).boxed()
            }
        })
    }

    /// The last events of a user, newest first.
    pub(super) async fn events_of(&mut self, user: UserSelector) -> Result<Vec<EventView>, CliError> {
        let query =
            EventQuery { user: Some(user), newest_first: true, limit: store::EVENTS_OF_USER, ..EventQuery::default() };
        match self.call(Request::Events(query)).await? {
            Answer::Events { items, .. } => Ok(items),
            _ => Err(Self::surprised()),
        }
    }

    /// Whether the throttle was looked at where nobody is: that of the embedded store ends with its server.
    pub(super) fn is_without_throttle(&self) -> bool {
        matches!(self.reached, Some(Reached::Store(_))) && store::data_folder(&self.store).is_some()
    }

    /// The sentence if there is no store to read.
    fn nothing_there(&self) -> CliError {
        let folder = store::data_folder(&self.store).unwrap_or(Path::new(""));
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let sentence = format!(
            "there is no store in {}; is this the working directory of the server, and are these its settings (store.url)?",
            folder.display(),
        );
        CliError::new(Exit::Unreachable, sentence)
    }

    /// Closes the target; a later request opens it again.
    pub(super) async fn release(&mut self) {
        match self.reached.take() {
            Some(Reached::Store(store)) => {
                self.tell_events(&store).await;
                store.close().await;
            }
            // Nothing else is it that is asked.
            elsewhere @ Some(Reached::Server(_)) if self.is_elsewhere => self.reached = elsewhere,
            // It may have stopped when the next request comes.
            Some(Reached::Server(_)) | None => {}
        }
        if let Some(teller) = self.teller.take() {
            teller.run(future::ready(())).await;
        }
    }

    /// The sentence if the answer does not belong to the request.
    pub(super) fn surprised() -> CliError {
        AdminError::AnotherRelease.into()
    }
}

/// Notes an event. Of very many, as of an import, the last one says that others are not told.
fn note(done: &Mutex<Vec<Event>>, event: Event) {
    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
    if done.len() < MAX_EVENTS {
        done.push(event);
        return;
    }
    match done.last_mut().map(|last| &mut last.what) {
        Some(What::Gap { lost }) => *lost += 1,
        _ => done.push(Event::new(event.at, What::Gap { lost: 1 })),
    }
}

/// The server or the store, whichever can be reached first: either may be starting or stopping. `None` if there is
/// neither and none is to be created.
async fn reach(settings: &StoreSettings, make: bool) -> Result<Option<Reached>, CliError> {
    let begun = Instant::now();
    loop {
        if let Some(folder) = store::data_folder(settings)
            && let Some(server) = Client::reach(folder).await?
        {
            return Ok(Some(Reached::Server(server)));
        }
        if !make && store::would_be_new(settings) {
            return Ok(None);
        }
        match store::open(settings, Arc::new(SystemClock), LOCK_WAIT) {
            Ok(store) => {
                refuse_unfit(&*store, settings).await.map_err(AdminError::from)??;
                return Ok(Some(Reached::Store(store)));
            }
            Err(OpenError::Embedded(embedded::OpenError::InUse { .. })) if begun.elapsed() < LOCK_TIMEOUT => {}
            Err(error) => return Err(error.into()),
        }
    }
}
