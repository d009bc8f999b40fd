//! `kill -9` in the middle of a load: what was acknowledged is so after the restart.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crate::ledger::Ledger;
use crate::load::{Client, Progress};
use crate::soak::rounds;
use crate::support::app::{App, Kind, ROOMY, User};
use crate::support::wait::until;

const ROUNDS: usize = 20;
const CLIENTS: usize = 6;
const USERS: usize = 3;
/// For the load to come about, and for the service to be back, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Cheap passwords, so that the load is on the store; and room for what one round issues.
pub const SETTINGS: [(&str, &str); 4] = [
    ("passwords.memory_kib", "8"),
    ("passwords.iterations", "1"),
    ("limits.max_sessions_per_user", "2000"),
    ("log.level", "warn"),
];

/// An access token that nobody was given.
const UNKNOWN: &str = "00000000000000000000000000000000";

/// What is killed.
#[derive(Clone, Copy)]
pub enum Victim {
    Server,
    Redis,
}

impl Victim {
    pub fn kill(self, app: &mut App) {
        match self {
            Self::Server => app.server.kill(),
            Self::Redis => app.redis().kill(),
        }
    }

    /// Starts it again, and waits until the service is ready.
    pub fn restart(self, app: &mut App) {
        match self {
            Self::Server => app.server.restart(),
            Self::Redis => app.redis().restart(),
        }
        // Often, so that every thread of the server is asked.
        let ready = || (0..16).all(|_| app.check(UNKNOWN).status != 503);
        until("ready again", PATIENCE, || ready().then_some(()));
    }
}

#[test]
fn what_was_acknowledged_survives_a_killed_server_on_the_embedded_store() {
    kill_again_and_again(Kind::Embedded, Victim::Server);
}

#[test]
fn what_was_acknowledged_survives_a_killed_server_on_redis() {
    kill_again_and_again(Kind::Redis, Victim::Server);
}

#[test]
fn what_was_acknowledged_survives_a_killed_redis() {
    kill_again_and_again(Kind::Redis, Victim::Redis);
}

fn kill_again_and_again(kind: Kind, victim: Victim) {
    let mut app = App::start(kind, &[&ROOMY[..], &SETTINGS].concat());
    let users: Vec<_> = (0..USERS).map(|_| app.user()).collect();
    let mut acknowledged = 0;
    for round in 0..rounds(ROUNDS) {
        // Not at the same point each time.
        let ledgers = load_until(&mut app, &users, 20 + 37 * round % 101, victim);
        victim.restart(&mut app);
        for ledger in &ledgers {
            ledger.holds(&app);
            acknowledged += ledger.len();
        }
        // The next round finds as little as this one did.
        for user in &users {
            app.revoke(&app.login(user), "?scope=user").ok();
        }
        for token in ledgers.iter().flat_map(|ledger| &ledger.live) {
            app.refuses(token);
        }
    }
    assert!(acknowledged > 20 * rounds(ROUNDS), "there was a load: {acknowledged}");
}

/// What the clients were told before something was killed, after about so many answers.
fn load_until(app: &mut App, users: &[User], answers: usize, victim: Victim) -> Vec<Ledger> {
    let (to, progress) = (app.address(), &Progress::default());
    thread::scope(|scope| {
        let clients = (0..CLIENTS).map(|n| Client::new(to, &users[n % USERS], progress));
        let clients: Vec<_> = clients.map(|client| scope.spawn(|| client.work())).collect();
        let answered = || progress.answered.load(Ordering::SeqCst) >= answers;
        until("a load", PATIENCE, || answered().then_some(()));
        progress.killing.store(true, Ordering::SeqCst);
        victim.kill(app);
        clients.into_iter().map(|client| client.join().expect("a client that was answered well")).collect()
    })
}
