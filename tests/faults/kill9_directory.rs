//! As [`crate::kill9`], in the middle of logins through browsers, heartbeats and closes.

use std::sync::atomic::Ordering;
use std::thread;

use crate::directory_ledger::DirectoryLedger;
use crate::directory_load::Browser;
use crate::kill9::{PATIENCE, SETTINGS, Victim};
use crate::load::Progress;
use crate::soak::rounds;
use crate::support::app::{App, Kind, ROOMY, User};
use crate::support::wait::until;

const ROUNDS: usize = 4;
const USERS: usize = 4;

/// Room for what one round opens.
const ROOM: (&str, &str) = ("limits.max_directory_sessions_per_user", "1000");

#[test]
fn what_sessions_were_told_survives_a_killed_server_on_the_embedded_store() {
    kill_again_and_again(Kind::Embedded, Victim::Server);
}

#[test]
fn what_sessions_were_told_survives_a_killed_server_on_redis() {
    kill_again_and_again(Kind::Redis, Victim::Server);
}

#[test]
fn what_sessions_were_told_survives_a_killed_redis() {
    kill_again_and_again(Kind::Redis, Victim::Redis);
}

fn kill_again_and_again(kind: Kind, victim: Victim) {
    let mut app = App::start(kind, &[&ROOMY[..], &SETTINGS, &[ROOM]].concat());
    let users: Vec<_> = (0..USERS).map(|_| app.user()).collect();
    let mut acknowledged = 0;
    for round in 0..rounds(ROUNDS) {
        // Not at the same point each time.
        let ledgers = load_until(&mut app, &users, 60 + 37 * round % 101, victim);
        victim.restart(&mut app);
        for ledger in &ledgers {
            ledger.holds(&app);
            acknowledged += ledger.len();
        }
        for user in &users {
            app.revoke(&app.login(user), "?scope=user").ok();
        }
        for bearer in ledgers.iter().flat_map(|ledger| ledger.open.keys()) {
            app.heartbeat(bearer).refused(401, "E_InvalidToken");
        }
    }
    assert!(acknowledged > 20 * rounds(ROUNDS), "there was a load: {acknowledged}");
}

/// What the browsers were told before something was killed, after about so many answers.
fn load_until(app: &mut App, users: &[User], answers: usize, victim: Victim) -> Vec<DirectoryLedger> {
    let (to, progress) = (app.address(), &Progress::default());
    thread::scope(|scope| {
        let browsers = users.iter().map(|user| Browser::new(to, user, progress));
        let browsers: Vec<_> = browsers.map(|browser| scope.spawn(|| browser.work())).collect();
        let answered = || progress.answered.load(Ordering::SeqCst) >= answers;
        until("a load", PATIENCE, || answered().then_some(()));
        progress.killing.store(true, Ordering::SeqCst);
        victim.kill(app);
        browsers.into_iter().map(|browser| browser.join().expect("a browser that was answered well")).collect()
    })
}
