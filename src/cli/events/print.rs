//! Events as a table, as JSON, as CSV.

use crate::admin::EventView;
use crate::cli::error::CliError;
use crate::cli::output;

/// How events are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Table,
    Json,
    Csv,
}

/// Prints events as they come.
pub(super) struct Printer {
    shape: Shape,
    begun: bool,
}

/// The columns of CSV.
const COLUMNS: [&str; 14] = [
    "at",
    "event",
    "outcome",
    "way",
    "reason",
    "times",
    "user",
    "email",
    "session",
    "client",
    "application",
    "address",
    "request",
    "facts",
];

impl Printer {
    pub(super) const fn new(shape: Shape) -> Self {
        Self { shape, begun: false }
    }

    /// Prints these, under a head if they are the first.
    pub(super) fn print(&mut self, events: &[EventView]) -> Result<(), CliError> {
        let first = !std::mem::replace(&mut self.begun, true);
        match self.shape {
            Shape::Json => events.iter().try_for_each(output::json),
            Shape::Csv => output::csv(first.then_some(&COLUMNS[..]), events.iter().map(record)),
            Shape::Table if events.is_empty() => {
                self.begun = !first;
                Ok(())
            }
            Shape::Table => {
                let head = ["TIME", "EVENT", "WHO", "FROM", "WHAT"];
                output::more_of_table(head, first, events.iter().map(row))
            }
        }
    }
}

fn row(event: &EventView) -> [String; 5] {
    let who = event.email.clone().or_else(|| event.user.map(|user| user.to_string())).unwrap_or_default();
    let from = event.address.clone().unwrap_or_default();
    [event.at.clone(), event.event.clone(), who, from, what(event)]
}

/// All else that a person wants to know at once.
pub(super) fn what(event: &EventView) -> String {
    let mut parts: Vec<String> = Vec::new();
    let texts = [&event.outcome, &event.way, &event.reason];
    parts.extend(texts.into_iter().flatten().cloned());
    parts.extend(event.times.map(|times| format!("{times} times")));
    let facts = event.facts.iter().map(|(name, value)| match name.as_str() {
        "act" | "how" | "claims" | "kind" | "target" => value.clone(),
        name => format!("{name} {value}"),
    });
    parts.extend(facts);
    parts.extend(event.application.as_ref().map(|application| format!("application {application}")));
    parts.extend(event.client.as_ref().map(|client| format!("client {client}")));
    parts.join(", ")
}

fn record(event: &EventView) -> [String; 14] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let facts = event.facts.iter().map(|(name, value)| format!("{name}={value}"));
    [
        event.at.clone(),
        event.event.clone(),
        text(&event.outcome),
        text(&event.way),
        text(&event.reason),
        event.times.unwrap_or(1).to_string(),
        event.user.map(|user| user.to_string()).unwrap_or_default(),
        text(&event.email),
        event.session.map(|session| session.to_string()).unwrap_or_default(),
        text(&event.client),
        text(&event.application),
        text(&event.address),
        event.request.map(|request| request.to_string()).unwrap_or_default(),
        facts.collect::<Vec<_>>().join("; "),
    ]
}
