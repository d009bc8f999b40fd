//! `bimgate key`: the keys that sign bearers.

use clap::Subcommand;

use super::Exit;
use super::complaint::Complaint;
use super::output;
use super::target::{self, Target};
use crate::admin::{Answer, KeyView, Request};
use crate::settings::Sources;

/// `bimgate key …`
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// List the keys, oldest first: the one that signs, the next one, and those that bearers may still be signed with.
    List {
        /// One line of JSON a key.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: &KeyCommand, sources: &Sources) -> Exit {
    let KeyCommand::List { json } = command;
    target::run(sources, async |_, target| list(*json, target).await)
}

async fn list(json: bool, target: &mut Target) -> Result<(), Complaint> {
    let Answer::Keys(keys) = target.call(Request::Keys).await? else { return Err(Target::surprised()) };
    if json {
        return keys.iter().try_for_each(output::json);
    }
    if keys.is_empty() {
        eprintln!("There is no key yet; the server makes one when it starts.");
        return Ok(());
    }
    output::table(["KEY", "STATE", "MADE", "SIGNS FROM"], keys.into_iter().map(row))
}

fn row(key: KeyView) -> [String; 4] {
    [key.kid, key.state.as_str().to_owned(), key.made, key.signs_from]
}
