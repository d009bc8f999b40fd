//! The figures that matter, each beside what it is held against: `./scripts/bench`, see there.
//!
//! Everything runs on loopback, ours and the comparison in turn, several rounds; medians with minimum and maximum.
//! Ratios travel from machine to machine, absolute figures do not.

mod bare;
mod checks;
mod heartbeats;
mod logins;
mod memory;
mod seed;
mod start;
#[path = "../../tests/support/mod.rs"]
mod support;
mod table;
mod users;
mod waiting;
mod wrk;

use table::Row;

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Rounds of each measurement.
    rounds: usize,
    /// Seconds a round lasts, where it is load.
    seconds: u64,
    /// Tokens in the stores.
    tokens: usize,
}

fn main() {
    // Cargo adds --bench.
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let effort = match words[..] {
        // The comparisons run as programs of their own, as bimgate does.
        ["bare-server", response, redis] => return bare::serve(response, (!redis.is_empty()).then_some(redis)),
        ["bare-rsa", seconds] => return bare::sign(seconds.parse().expect("seconds")),
        ["bare-argon2", seconds] => return bare::verify(seconds.parse().expect("seconds")),
        ["--quick"] => Effort { rounds: 3, seconds: 2, tokens: 20_000 },
        [] => Effort { rounds: 5, seconds: 8, tokens: 100_000 },
        _ => {
            eprintln!("usage: scripts/bench [--quick]");
            std::process::exit(2);
        }
    };
    let mut rows: Vec<Row> = Vec::new();
    let measures: [fn(Effort) -> Vec<Row>; 12] = [
        checks::embedded,
        checks::redis,
        logins::run,
        heartbeats::embedded,
        heartbeats::redis,
        waiting::embedded,
        waiting::redis,
        users::embedded,
        users::redis,
        start::run,
        memory::resident,
        memory::in_redis,
    ];
    for measure in measures {
        for row in measure(effort) {
            eprintln!("{row}");
            rows.push(row);
        }
    }
    println!("\n{}", table::render(&rows));
}
