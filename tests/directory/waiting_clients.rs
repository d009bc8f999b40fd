//! Many who wait: woken by any server, sent away by one that stops, and no burden once they are gone.

use std::thread;
use std::time::{Duration, Instant};

use crate::support::app::App;
use crate::support::connection::Connection;
use crate::support::directory::{Session, native_token};
use crate::support::redis_server::RedisServer;
use crate::support::visitor::Visitor;
use crate::support::wait::until;

const SOON: Duration = Duration::from_secs(30);

/// How many wait, as the server tells.
fn waiting(app: &App) -> usize {
    let page = app.request("GET", "/metrics").send().text();
    let line = page.lines().find_map(|line| line.strip_prefix("bimgate_waiting_clients "));
    line.and_then(|number| number.trim().parse().ok()).unwrap_or_else(|| panic!("{page}"))
}

fn begin_to_wait(app: &App, native: &str) -> Connection {
    let request = app.call("GET", "waitforauthentication?timeoutsec=60", native);
    let mut connection = Connection::open(app.address()).expect("it listens");
    connection.send(&request.bytes("keep-alive")).expect("sent");
    connection
}

on_both_stores!(who_waits_is_sent_away_when_the_server_stops, |kind| {
    let mut app = App::start(kind, &[]);
    let mut clients: Vec<_> = (0..20).map(|_| begin_to_wait(&app, &native_token())).collect();
    until("all wait", SOON, || (waiting(&app) == clients.len()).then_some(()));
    let asked = Instant::now();
    app.server.ask_to_stop();
    for client in &mut clients {
        assert_eq!(client.reply().expect("an answer").status, 204);
    }
    assert!(app.server.stopped().success());
    assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
});

on_both_stores!(who_hangs_up_gives_the_place_back, |kind| {
    let app = App::start(kind, &[]);
    let clients: Vec<_> = (0..20).map(|_| begin_to_wait(&app, &native_token())).collect();
    until("all wait", SOON, || (waiting(&app) == clients.len()).then_some(()));
    drop(clients);
    until("nobody waits", SOON, || (waiting(&app) == 0).then_some(()));
    // One that has merely said all it has to say hears that it must ask again.
    let mut half_closed = begin_to_wait(&app, &native_token());
    until("it waits", SOON, || (waiting(&app) == 1).then_some(()));
    half_closed.finish_sending().expect("open");
    assert_eq!(half_closed.reply().expect("an answer").status, 204);
});

on_both_stores!(beyond_its_places_a_server_says_so, |kind| {
    let share = ("directory.waiting_share_per_network", "100");
    let app = App::start(kind, &[("server.max_connections", "8"), ("server.workers", "1"), share]);
    let clients: Vec<_> = (0..6).map(|_| begin_to_wait(&app, &native_token())).collect();
    until("all wait", SOON, || (waiting(&app) == clients.len()).then_some(()));
    let reply = app.wait(&native_token(), 30);
    reply.refused(503, "E_Unavailable");
    assert_eq!(reply.header("retry-after"), Some("1"));
    // Browsers find room all the same.
    app.open_session(&app.user());
    drop(clients);
    until("there is room again", SOON, || (app.wait(&native_token(), 0).status == 204).then_some(()));
});

// An attack: as many waits as a server has places, from one machine with many addresses, then from many networks.
on_both_stores!(one_network_takes_no_more_than_its_share_of_the_places, |kind| {
    const PLACES: usize = 60;
    const SHARE: usize = 6;
    let app = App::start(kind, &[("server.max_connections", "80"), ("server.trusted_proxies", "127.0.0.1/32")]);
    let wait = |address: &str, native: &str, seconds: u8| {
        let call = format!("waitforauthentication?timeoutsec={seconds}");
        app.call("GET", &call, native).header("X-Forwarded-For", address)
    };
    let begin = |address: &str, native: &str| {
        let mut connection = Connection::open(app.address()).expect("it listens");
        connection.send(&wait(address, native, 60).bytes("keep-alive")).expect("sent");
        connection
    };
    // Whoever finds no place is told at once, whoever has one is silent.
    let refused = |clients: &mut Vec<Connection>, refused: usize| {
        let before = clients.len();
        until("so many are refused", SOON, || {
            clients.retain(|client| !client.has_answer());
            (before - clients.len() == refused).then_some(())
        });
    };
    for attacker in ["192.0.2.1".to_owned(), "2001:db8:7:NNNN::1".to_owned()] {
        let of = |number: usize| attacker.replace("NNNN", &format!("{number:x}"));
        let mut clients: Vec<_> = (0..18).map(|number| begin(&of(number), &native_token())).collect();
        refused(&mut clients, 18 - SHARE);
        assert_eq!(waiting(&app), SHARE, "{attacker}");
        let reply = wait(&of(19), &native_token(), 0).send();
        reply.refused(503, "E_Unavailable");
        assert_eq!(reply.header("retry-after"), Some("1"));
        // Everybody else finds room.
        assert_eq!(wait("198.51.100.7", &native_token(), 0).send().status, 204);
        drop(clients);
        until("nobody waits", SOON, || (waiting(&app) == 0).then_some(()));
    }
    // From so many networks that all places are taken.
    let mut crowd: Vec<_> =
        (0..PLACES).map(|number| begin(&format!("203.0.113.{}", number / SHARE), &native_token())).collect();
    until("all places are taken", SOON, || (waiting(&app) == PLACES).then_some(()));
    let (user, native, other) = (app.user(), native_token(), native_token());
    wait("198.51.100.7", &native, 0).send().refused(503, "E_Unavailable");
    // A client whose login somebody has begun takes the place of one whose login nobody has: that one asks again.
    let mut visitor = Visitor::default();
    let page = visitor.get(&app.authenticate_native(&native));
    assert_eq!(page.status, 302, "{}", page.text());
    let mut client = begin("198.51.100.7", &native);
    let displaced = until("one has gone", SOON, || crowd.iter().position(Connection::has_answer));
    assert_eq!(crowd[displaced].reply().expect("an answer").status, 204);
    assert_eq!(waiting(&app), PLACES);
    wait("198.51.100.7", &other, 0).send().refused(503, "E_Unavailable");
    // In a network whose share is taken it is that network's.
    let neighbour = native_token();
    assert_eq!(Visitor::default().get(&app.authenticate_native(&neighbour)).status, 302);
    let home = if displaced / SHARE == 9 { 8 } else { 9 };
    let _neighbour = begin(&format!("203.0.113.{home}"), &neighbour);
    let neighbours = &crowd[home * SHARE..][..SHARE];
    until("a neighbour has gone", SOON, || neighbours.iter().any(Connection::has_answer).then_some(()));
    // It hears of its login, and whoever asks for one that is decided needs no place.
    let page = app.url(page.header("location").expect("a page"));
    visitor.open(&page, &user);
    Session::of_body(&client.reply().expect("an answer").ok());
    let _next = begin("198.51.100.8", &native_token());
    until("all places are taken again", SOON, || (waiting(&app) == PLACES).then_some(()));
    Session::of_body(&wait("198.51.100.9", &native, 0).send().ok());
});

on_both_stores!(all_who_wait_for_one_login_are_told, |kind| {
    let app = App::start(kind, &[]);
    let (user, native) = (app.user(), native_token());
    let mut clients: Vec<_> = (0..10).map(|_| begin_to_wait(&app, &native)).collect();
    let mut other = begin_to_wait(&app, &native_token());
    until("all wait", SOON, || (waiting(&app) == 11).then_some(()));
    app.open_native(&user, &native);
    for client in &mut clients {
        Session::of_body(&client.reply().expect("an answer").ok());
    }
    assert_eq!(waiting(&app), 1);
    assert!(!other.is_closed());
});

/// A login completed on one server wakes who waits on the others of the same Redis.
#[test]
fn the_other_servers_of_a_store_wake_who_waits() {
    let settings = [("store.timeout_ms", "10000")];
    let first = App::on(RedisServer::start(), &settings);
    let servers = [&first, &first.beside(&settings), &first.beside(&settings)];
    let user = first.user();
    for _ in 0..3 {
        let native = native_token();
        thread::scope(|scope| {
            let waiters = servers.map(|server| scope.spawn(|| (server.wait(&native, 15), Instant::now())));
            until("all wait", SOON, || servers.iter().all(|server| waiting(server) == 1).then_some(()));
            first.open_native(&user, &native);
            let complete = Instant::now();
            for waiter in waiters {
                let (reply, told) = waiter.join().expect("no panic");
                let session = Session::of_body(&reply.ok());
                // Sooner than anybody would ask the store again by themselves.
                assert!(told.saturating_duration_since(complete) < Duration::from_secs(4));
                servers[1].user_info(&session.directory).ok();
            }
        });
    }
}

/// Redis goes and comes back while somebody waits: what was decided meanwhile is told.
#[test]
fn who_waits_through_an_outage_is_told_in_the_end() {
    let mut app = App::on(RedisServer::start(), &[]);
    let (user, native) = (app.user(), native_token());
    let mut client = begin_to_wait(&app, &native);
    until("it waits", SOON, || (waiting(&app) == 1).then_some(()));
    // It asks once as soon as it has its place, and is refused if that is in vain. Who comes later is answered later.
    assert_eq!(app.wait(&native, 0).status, 204);
    app.redis().kill();
    until("Redis is missed", SOON, || (app.request("GET", "/readyz").send().status == 503).then_some(()));
    app.redis().restart();
    until("Redis is back", SOON, || (app.request("GET", "/readyz").send().status == 200).then_some(()));
    app.open_native(&user, &native);
    Session::of_body(&client.reply().expect("an answer").ok());
}
