//! Ten thousand native clients wait on one server: what that takes, and how soon one is told of its login.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Effort;
use crate::support::app::{App, Kind, ROOMY, User};
use crate::support::connection::Connection;
use crate::support::directory::native_token;
use crate::support::redis_server::RedisServer;
use crate::support::visitor::Visitor;
use crate::support::wait::until;
use crate::table::{Goal, Row, Series};

const CLIENTS: usize = 10_000;
/// This process stands for the proxy that they come through.
const PROXY: (&str, &str) = ("server.trusted_proxies", "127.0.0.1/32");
/// Open in this process: the clients' connections, and some for everything else.
const FILES: u64 = 10_500;

/// On the embedded store.
pub fn embedded(effort: Effort) -> Vec<Row> {
    let app = App::start(Kind::Embedded, &[&ROOMY[..], &[PROXY]].concat());
    let (mut clients, mut rows) = fill(&app, "embedded");
    rows.extend(woken("embedded, the same server", effort, &app, &app, &mut clients));
    rows
}

/// On Redis: logins are completed on the same server, and on another.
pub fn redis(effort: Effort) -> Vec<Row> {
    let redis = RedisServer::start_with(&["--appendfsync", "everysec"]);
    let app = App::on(redis, &[&ROOMY[..], &[PROXY]].concat());
    let other = app.beside(&ROOMY);
    let (mut clients, mut rows) = fill(&app, "Redis");
    rows.extend(woken("Redis, the same server", effort, &app, &app, &mut clients));
    rows.extend(woken("Redis, another server", effort, &app, &other, &mut clients));
    rows
}

/// A client that waits for a minute.
struct Client {
    native: String,
    connection: Connection,
}

/// Lets them all wait; what it takes.
#[allow(clippy::cast_precision_loss, reason = "a few hundred MiB")]
fn fill(app: &App, store: &str) -> (Vec<Client>, Vec<Row>) {
    allow_open_files();
    // The first login takes memory of its own.
    app.open_session(&app.user());
    let before = resident_kib(app);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let native = native_token();
            let request = app.call("GET", "waitforauthentication?timeoutsec=60", &native);
            // A hundred offices of a hundred people.
            let request = request.header("X-Forwarded-For", &format!("192.0.2.{}", number % 100));
            let mut connection = Connection::open(app.address()).expect("accepted");
            connection.send(&request.bytes("keep-alive")).expect("sent");
            Client { native, connection }
        })
        .collect();
    until("all wait", Duration::from_secs(30), || {
        let page = app.request("GET", "/metrics").send().text();
        page.contains(&format!("bimgate_waiting_clients {CLIENTS}\n")).then_some(())
    });
    let after = resident_kib(app);
    let row = |figure: String, value, goal| Row { figure, ours: Series::new(vec![value]), beside: None, goal };
    let rows = vec![
        row(format!("resident memory before they wait, {store}, MiB"), before as f64 / 1_024.0, Goal::None),
        row(format!("resident memory, {CLIENTS} clients waiting, {store}, MiB"), after as f64 / 1_024.0, Goal::None),
        row(
            format!("memory a waiting client, {store}, KiB"),
            after.saturating_sub(before) as f64 / CLIENTS as f64,
            Goal::AtMost(32.0),
        ),
    ];
    (clients, rows)
}

/// From the person's yes to the client's answer, all others waiting on.
fn woken(what: &str, effort: Effort, app: &App, at: &App, clients: &mut Vec<Client>) -> Vec<Row> {
    let user = app.user();
    let samples = effort.rounds * 20;
    let mut millis: Vec<_> = (0..samples).map(|_| one(at, &user, clients.pop().expect("plenty")) * 1_000.0).collect();
    millis.sort_by(f64::total_cmp);
    let worst = millis[samples - 1 - samples / 100];
    let row = |figure: &str, values| Row {
        figure: format!("{figure}, {what}, ms"),
        ours: Series::new(values),
        beside: None,
        goal: Goal::AtMost(100.0),
    };
    vec![row("told of a login", millis), row("told of a login, 99th percentile", vec![worst])]
}

fn one(at: &App, user: &User, mut client: Client) -> f64 {
    thread::scope(|scope| {
        let start = at.authenticate_native(&client.native);
        let told = scope.spawn(move || {
            let reply = client.connection.reply().expect("an answer");
            assert_eq!(reply.status, 200, "{}", reply.text());
            Instant::now()
        });
        let said_yes = Visitor::default().open(&start, user).last_sent;
        told.join().expect("no panic").saturating_duration_since(said_yes).as_secs_f64()
    })
}

fn resident_kib(app: &App) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", app.server.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// For this process and the servers it starts.
fn allow_open_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|current| current < FILES) {
        let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(FILES), maximum });
        raised.expect("the hard limit of open files (ulimit -Hn) is 10,500 or more");
    }
}
