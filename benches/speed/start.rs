//! From the start of the program to the first ready answer.

use std::time::{Duration, Instant};

use crate::Effort;
use crate::seed::Seed;
use crate::support::server::Server;
use crate::support::wait::until;
use crate::table::{Goal, Row, Series};

/// On an embedded store full of tokens: after a clean stop, and after a crash.
pub fn run(effort: Effort) -> Vec<Row> {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("embedded:{}", folder.path().join("data").display());
    let seed = Seed::open(&url);
    let users = seed.users(effort.tokens / 5);
    seed.tokens(&users, 5);
    seed.close();

    let mut server = Server::start(&[("store.url", &url)]);
    let mut measure = |crash: bool| {
        if crash {
            server.kill();
        } else {
            server.ask_to_stop();
            server.stopped();
        }
        let started = Instant::now();
        server.restart();
        let ready = || (server.request("GET", "/readyz").try_send().ok()?.status == 200).then_some(());
        until("ready", Duration::from_secs(60), ready);
        started.elapsed().as_secs_f64() * 1_000.0
    };
    let mut row = |after: &str, crash, goal| Row {
        figure: format!("start to ready, {} tokens, after {after}, ms", effort.tokens),
        ours: Series::new((0..effort.rounds).map(|_| measure(crash)).collect()),
        beside: None,
        goal,
    };
    vec![row("a stop", false, Goal::AtMost(150.0)), row("kill -9", true, Goal::None)]
}
