//! One cross token, swapped by many at once: one winner.

use serde_json::json;

use crate::soak::rounds;
use crate::support::app::{App, Kind, ROOMY, token};
use crate::support::connection::Connection;
use crate::support::redis_server::RedisServer;

const CALLERS: usize = 64;

/// A swap that is refused costs the caller's network a token of its bucket ([`ROOMY`]); and on a busy machine the last
/// of so many may wait longer than people would.
const SETTINGS: [(&str, &str); 4] = [
    ("passwords.memory_kib", "8"),
    ("passwords.iterations", "1"),
    ("store.timeout_ms", "10000"),
    ("log.level", "warn"),
];

#[test]
fn a_cross_token_swapped_on_two_servers_at_once_has_one_winner() {
    let settings = [&ROOMY[..], &SETTINGS].concat();
    // Nothing crashes here: no write needs to wait for a disk.
    let app = App::on(RedisServer::start_with(&["--appendonly", "no"]), &settings);
    let other = app.beside(&settings);
    race(&[&app, &other], rounds(1_000));
}

#[test]
fn a_cross_token_swapped_at_once_has_one_winner_on_the_embedded_store() {
    let app = App::start(Kind::Embedded, &[&ROOMY[..], &SETTINGS].concat());
    race(&[&app], rounds(200));
}

fn race(servers: &[&App], rounds: usize) {
    let app = servers[0];
    let mut callers: Vec<_> = (0..CALLERS).map(|n| connect(servers[n % servers.len()])).collect();
    let access = app.login(&app.user());
    for round in 0..rounds {
        let cross = app.cross_token(&access);
        let body = json!({"cross_token": cross, "client_id": "the other app"}).to_string();
        let swap = app.request("POST", "/v2/cross-authorize").body(body).bytes("keep-alive");
        let (last, all_but_last) = swap.split_last().expect("not empty");
        for caller in &mut callers {
            caller.send(all_but_last).expect("sent");
        }
        for caller in &mut callers {
            caller.send(&[*last]).expect("sent");
        }
        let won: Vec<_> = callers.iter_mut().filter_map(outcome).collect();
        assert_eq!(won.len(), 1, "round {round}");
        for server in servers {
            server.accepts(&won[0]);
        }
        app.revoke(&won[0], "").ok();
    }
}

fn connect(server: &App) -> Connection {
    Connection::open(server.address()).expect("it listens")
}

/// The access token of whoever won. The others are told apart by their bytes alone: there are many.
fn outcome(caller: &mut Connection) -> Option<String> {
    let reply = caller.reply().expect("an answer");
    if reply.status == 200 {
        return Some(token(&reply.json(), "access_token"));
    }
    assert!(reply.status == 401 && reply.text().contains("E_InvalidCredentials"), "{}", reply.text());
    None
}
