//! One event as people read it: when, what and why, who, from where.

use askama::Template;
use chrono::DateTime;

use super::shell::{Place, with_query};
use super::texts::{ConsoleTexts, EventTexts};
use crate::admin::EventView;

/// One event of a list.
pub(super) struct EventRow {
    /// Its place among all: texts that sort as events do.
    pub cursor: String,
    /// When it happened.
    pub when: String,
    /// What happened.
    pub name: String,
    /// What became of it, and whether that is no success.
    pub outcome: Option<(String, bool)>,
    /// Why.
    pub why: Option<String>,
    /// What else is known.
    pub more: String,
    /// In which request.
    pub request: Option<String>,
    /// Whom it concerns, and where more is about them, from the root.
    pub who: Option<(String, String)>,
    /// From where.
    pub from: String,
}

/// The row by itself.
#[derive(Template)]
#[template(path = "event_row.html")]
pub(super) struct RowAlone<'a> {
    /// The event.
    pub row: &'a EventRow,
    /// The texts in its language.
    pub texts: &'static EventTexts,
    /// From the page that it is put into to where the server begins.
    pub root: &'a str,
}

impl EventRow {
    pub(super) fn of(event: &EventView, texts: &'static ConsoleTexts) -> Self {
        let texts = &texts.events;
        let word = |name: &str| (texts.word)(name).map_or_else(|| name.to_owned(), str::to_owned);
        let at = DateTime::parse_from_rfc3339(&event.at);
        let bad = !event.let_somebody_in();
        Self {
            cursor: event.cursor.clone(),
            when: at.map_or_else(|_| event.at.clone(), |at| at.format(texts.moment).to_string()),
            name: word(&event.event),
            outcome: event.outcome.as_deref().map(|outcome| (word(outcome), bad)),
            why: why(event, texts),
            more: more(event, texts),
            request: event.request.map(|request| request.to_string()),
            who: who(event),
            from: event.address.clone().unwrap_or_default(),
        }
    }
}

/// Why somebody was not let in, with the name that log and metrics have for it, or why a session closed.
fn why(event: &EventView, texts: &EventTexts) -> Option<String> {
    let reason = event.reason.as_deref();
    match event.outcome.as_deref() {
        Some(outcome) if !event.let_somebody_in() => {
            let why = (texts.because)(outcome, reason);
            Some(reason.map_or_else(|| why.clone(), |reason| format!("{why} ({reason})")))
        }
        _ => reason.map(|reason| (texts.word)(reason).unwrap_or(reason).to_owned()),
    }
}

fn more(event: &EventView, texts: &EventTexts) -> String {
    let word = |name: &str| (texts.word)(name).map_or_else(|| name.to_owned(), str::to_owned);
    let mut parts: Vec<String> = event.way.as_deref().map(word).into_iter().collect();
    parts.extend(event.times.map(texts.times));
    parts.extend(event.facts.iter().map(|(name, value)| match name.as_str() {
        "act" | "how" => word(value),
        "claims" | "kind" | "target" => value.clone(),
        name => format!("{} {}", word(name), word(value)),
    }));
    let named = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name} {value}"));
    parts.extend(named(texts.application, &event.application));
    parts.extend(named(texts.client, &event.client));
    parts.join(", ")
}

fn who(event: &EventView) -> Option<(String, String)> {
    let id = event.user?.to_string();
    Some(match &event.email {
        Some(email) => (email.clone(), format!("{}/{id}", Place::Users.as_str())),
        // Of somebody who is deleted there are events alone.
        None => (id.clone(), with_query(Place::Events.as_str(), &[("user", id.as_str())])),
    })
}
