//! The browser login, and what comes with it, at real OpenID providers. `scripts/providers` installs and runs them, and
//! prints what of it works; it is no part of `scripts/test`, since some of them take long.

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

#[path = "../browser/browser.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod browser;
#[path = "../browser/chromedriver.rs"]
mod chromedriver;
#[path = "../browser/front_end.rs"]
mod front_end;
#[path = "../browser/person.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod person;

mod known;
mod running;
mod steps;

use std::process::ExitCode;

use comfy_table::{Table, presets};

use steps::{STEPS, Site};

/// Tries those that are named, or all. Fails when something does not work that should.
fn main() -> ExitCode {
    let named: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(["provider", "version"].into_iter().chain(STEPS.iter().map(|step| step.name)));
    let mut good = true;
    for known in known::ALL.iter().filter(|known| named.is_empty() || named.iter().any(|name| name == known.folder)) {
        println!("\n== {}", known.name);
        let site = Site::start(known);
        let mut row = vec![known.name.to_owned(), site.version()];
        for step in STEPS {
            let said = site.tries(step);
            println!("   {}: {said}", step.name);
            good &= said != "FAILED";
            row.push(said.to_owned());
        }
        table.add_row(row);
    }
    println!("\n{table}");
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
