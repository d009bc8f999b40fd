//! `bimgate events verify`

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::all;
use crate::admin::{EndView, EventQuery, EventView, ProofView};
use crate::cli::error::CliError;
use crate::cli::output::{self, count};
use crate::cli::target::Target;

/// The longest copy of the log that is read, in bytes.
const MAX_LOG: u64 = 256 << 20;

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// A copy of the servers' log in JSON, kept elsewhere: its heads must be among the events. `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    heads: Option<PathBuf>,
    /// What was found as one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &VerifyArgs, target: &mut Target) -> Result<(), CliError> {
    let heads_elsewhere = args.heads.as_ref().map(read_heads).transpose()?.unwrap_or_default();
    let mut found = walk(target, &heads_elsewhere).await?;
    if !found.problems.is_empty() {
        // A server may have written behind the place that was looked at. A chain is written in order, so what the first
        // look missed before an event is there at the second. What is wrong stays wrong.
        let again = walk(target, &heads_elsewhere).await?;
        found.problems.retain(|problem| again.problems.contains(problem));
    }
    let Found { problems, gaps, chains, events, heads } = found;
    let copies = heads_elsewhere.len();
    if args.json {
        let found = json!({
            "problems": problems, "gaps": gaps, "chains": chains, "events": events, "heads": heads, "copies": copies,
        });
        output::json(&found)?;
    }
    for gap in &gaps {
        eprintln!("Gap: {gap}");
    }
    if problems.is_empty() {
        let (events, chains) = (count(events, "event"), count(chains as u64, "chain"));
        let heads = count(heads, "sealed head");
        eprintln!("{events} in {chains} are as they were written; {heads} {}.", plural(copies));
        return Ok(());
    }
    for problem in &problems {
        eprintln!("Changed: {problem}");
    }
    Err(CliError::refused("events were changed, removed or moved after they had been written"))
}

/// Looks at all events once.
async fn walk(target: &mut Target, copied: &[EndView]) -> Result<Found, CliError> {
    let mut check = Check::default();
    all(target, EventQuery { proof: true, ..EventQuery::default() }, |event| {
        check.look(event);
        Ok(())
    })
    .await?;
    check.said.extend(copied.iter().map(|end| (end.clone(), "a copy of the log")));
    Ok(check.conclude())
}

fn plural(copies: usize) -> String {
    if copies == 0 {
        "hold; heads that the log took elsewhere prove more (--heads)".to_owned()
    } else {
        format!("hold, and so do {} of the log", count(copies as u64, "copied head"))
    }
}

/// The heads that a log tells of.
fn read_heads(path: &PathBuf) -> Result<Vec<EndView>, CliError> {
    let problem = |error: std::io::Error| CliError::usage(format!("{} cannot be read: {error}", path.display()));
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin().take(MAX_LOG).read_to_string(&mut text).map_err(problem)?;
    } else {
        fs::File::open(path).and_then(|file| file.take(MAX_LOG).read_to_string(&mut text)).map_err(problem)?;
    }
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let heads = lines.filter(|line| line["message"] == "head of the events");
    let heads: Vec<_> = heads.filter_map(|line| serde_json::from_value(line).ok()).collect();
    if heads.is_empty() {
        return Err(CliError::usage(format!("{} tells of no head: is it the log in JSON?", path.display())));
    }
    Ok(heads)
}

/// What is known of a chain.
struct Seen {
    /// The first event that is kept.
    first: u64,
    /// The hash of the last one, and its number.
    last: u64,
    hash: String,
    /// The beginnings of all hashes.
    hashes: Vec<u64>,
    /// The hash before the first.
    before: String,
    /// Whether its server stopped as it was told to.
    stopped: bool,
    /// When its last event was.
    at: String,
    lane_of_acts: bool,
    is_of_commands: bool,
}

#[derive(Default)]
struct Check {
    chains: BTreeMap<String, Seen>,
    problems: BTreeSet<String>,
    gaps: Vec<String>,
    /// What others say of events, and who.
    said: Vec<(EndView, &'static str)>,
    /// The parts that were removed because they were old: each chain's last event of them.
    trimmed: BTreeMap<String, EndView>,
    events: u64,
    heads: u64,
    newest: u64,
}

struct Found {
    problems: BTreeSet<String>,
    gaps: Vec<String>,
    chains: usize,
    events: u64,
    heads: u64,
}

impl Check {
    fn look(&mut self, event: EventView) {
        self.events += 1;
        self.newest = self.newest.max(event.millis);
        if event.event == "events lost" {
            let lost = event.facts.get("lost").map_or("", String::as_str);
            self.gaps.push(format!("{lost} events were lost before {}, because the store did not take them", event.at));
        }
        let Some(ProofView { end, previous, sealed, others, trimmed }) = event.proof else {
            self.problems.insert(format!("the event of {} cannot be read", event.at));
            return;
        };
        self.heads += u64::from(sealed == Some(true));
        if sealed == Some(false) {
            self.problems.insert(format!("the seal of the head of {} does not hold", event.at));
        }
        self.said.extend(others.into_iter().map(|end| (end, "a head")));
        if let Some(end) = trimmed {
            let known = self.trimmed.entry(end.chain.clone()).or_insert_with(|| end.clone());
            if known.number < end.number {
                *known = end;
            }
        }
        let stopped = event.event == "server stopped";
        let short = beginning(&end.hash);
        match self.chains.get_mut(&end.chain) {
            None => {
                let seen = Seen {
                    first: end.number,
                    last: end.number,
                    hash: end.hash,
                    hashes: vec![short],
                    before: previous,
                    stopped,
                    at: event.at,
                    lane_of_acts: end.chain.ends_with("00"),
                    is_of_commands: end.chain.trim_matches('0').is_empty(),
                };
                self.chains.insert(end.chain, seen);
            }
            Some(seen) => {
                if end.number != seen.last + 1 {
                    let missing =
                        format!("event {} of {} is missing or moved, before {}", seen.last + 1, end.chain, event.at);
                    self.problems.insert(missing);
                } else if previous != seen.hash {
                    let changed = format!("event {} of {} was changed, before {}", seen.last, end.chain, event.at);
                    self.problems.insert(changed);
                }
                // Of what is missing, nothing is known.
                let gap = usize::try_from(end.number.saturating_sub(seen.last + 1)).unwrap_or(0).min(1 << 24);
                seen.hashes.extend(std::iter::repeat_n(0, gap));
                seen.hashes.push(short);
                (seen.last, seen.hash, seen.stopped, seen.at) = (end.number, end.hash, stopped, event.at);
            }
        }
    }

    fn conclude(mut self) -> Found {
        for (chain, seen) in &self.chains {
            if seen.first > 1 {
                match self.trimmed.get(chain) {
                    Some(end) if end.number + 1 == seen.first && end.hash == seen.before => {}
                    _ => {
                        let sentence = format!(
                            "the events of {chain} before {} are missing, and were not removed for their age",
                            seen.first
                        );
                        self.problems.insert(sentence);
                    }
                }
            }
            if seen.lane_of_acts && !seen.stopped && !seen.is_of_commands {
                self.gaps.push(format!(
                    "the chain {chain} ends at {} without its server having stopped: it runs, or was killed, and then its last second is missing",
                    seen.at
                ));
            }
        }
        for (end, who) in std::mem::take(&mut self.said) {
            let gone = self.trimmed.get(&end.chain).is_some_and(|trimmed| trimmed.number >= end.number);
            let holds = match self.chains.get(&end.chain) {
                Some(seen) if (seen.first..=seen.last).contains(&end.number) => {
                    let place = usize::try_from(end.number - seen.first).unwrap_or(usize::MAX);
                    seen.hashes.get(place) == Some(&beginning(&end.hash))
                }
                Some(seen) if end.number < seen.first => gone,
                _ => gone,
            };
            if !holds {
                self.problems.insert(format!(
                    "event {} of {} is missing or was changed: {who} knows it otherwise",
                    end.number, end.chain
                ));
            }
        }
        Found {
            problems: self.problems,
            gaps: self.gaps,
            chains: self.chains.len(),
            events: self.events,
            heads: self.heads,
        }
    }
}

/// The first 64 bits of a hash.
fn beginning(hash: &str) -> u64 {
    hash.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
}
