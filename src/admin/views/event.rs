//! Events.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::iso;
use crate::domain::event::{ChainEntry, Login, Opening, OperatorAct, Outcome};
use crate::domain::{ChainEnd, Event, SessionId, UserId, What};
use crate::events::{HeadKey, hash_of, hex};
use crate::store::StoredEvent;
use crate::store::codec::decode;

/// Something that happened. What an event does not have is left out.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventView {
    /// Its place: lists go on after it.
    pub cursor: String,
    /// When.
    pub at: String,
    /// The same, in milliseconds since the epoch.
    pub millis: u64,
    /// What: `login`, `session opened`, …
    pub event: String,
    /// Whom it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub user: Option<UserId>,
    /// Their address, unless the account is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub session: Option<SessionId>,
    /// By which client, as it names itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// For which application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// From where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// In which request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Uuid>,
    /// What became of it; logins only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// By what; logins only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<String>,
    /// Why it was refused, or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For how many attempts it stands, if for several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The facts that only this kind of event has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// Its place in its chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofView>,
}

/// The place of an event in its chain, and what proves it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProofView {
    /// The event.
    pub end: EndView,
    /// The hash of the event before, as this one has it.
    pub previous: String,
    /// Whether the seal of a head holds; none if it is no head, or the secret cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<bool>,
    /// Where other chains stood, as a head says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<EndView>,
    /// The last event of a part that was removed because it was old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trimmed: Option<EndView>,
}

/// An event of a chain, and its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndView {
    /// Which chain.
    pub chain: String,
    /// Which event of it: the first is 1.
    pub number: u64,
    /// The SHA-256 of its entry, in hexadecimal digits.
    pub hash: String,
}

impl EventView {
    /// An event as it is stored. One of a kind that a later release knows is told as that.
    pub(in crate::admin) fn of(stored: &StoredEvent, proof: bool, key: Option<&HeadKey>) -> Self {
        let entry = decode::<ChainEntry>(&stored.entry);
        let event = entry.as_ref().ok().and_then(|entry| decode::<Event>(&entry.event).ok());
        let mut view = Self::unread(stored);
        if proof {
            view.proof = entry.as_ref().ok().map(|entry| ProofView {
                end: EndView::of(&ChainEnd {
                    chain: stored.place.chain,
                    number: stored.place.number,
                    hash: hash_of(&stored.entry),
                }),
                previous: hex(&entry.previous),
                sealed: event.as_ref().zip(key).and_then(|(event, key)| key.holds(entry, event)),
                others: Vec::new(),
                trimmed: None,
            });
        }
        match event {
            Some(event) => view.with(event),
            None => view,
        }
    }

    fn unread(stored: &StoredEvent) -> Self {
        Self {
            cursor: stored.place.to_text(),
            at: iso(stored.place.at),
            millis: stored.place.at.millis(),
            event: "of a later release".to_owned(),
            user: None,
            email: None,
            session: None,
            client: None,
            application: None,
            address: None,
            request: None,
            outcome: None,
            way: None,
            reason: None,
            times: None,
            facts: BTreeMap::new(),
            proof: None,
        }
    }

    fn with(self, event: Event) -> Self {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let mut view = Self {
            user: event.user,
            session: event.session,
            client: text(&event.client),
            application: text(&event.application),
            address: text(&event.address),
            request: event.request_id(),
            ..self
        };
        name(&event.what).clone_into(&mut view.event);
        match event.what {
            What::Login(Login { way, outcome, reason, times }) => {
                view.way = Some(way.as_str().to_owned());
                view.outcome = Some(outcome.as_str().to_owned());
                view.reason = text(&reason);
                view.times = (times > 1).then_some(times);
            }
            What::SessionOpened(opening) => view.opened(&opening),
            What::SessionClosed { reason } => view.reason = Some(reason.into()),
            What::Revoked { scope } => view.fact("scope", &scope),
            What::Account { act } => view.fact("act", &act),
            What::Operator(OperatorAct { uid, act, target, token, person }) => {
                if let Some(uid) = uid {
                    view.fact("uid", &uid.to_string());
                }
                if let Some(token) = token {
                    view.fact("token", &token);
                }
                if let Some(person) = person {
                    view.fact("person", &person.to_string());
                }
                view.fact("act", &act);
                if let Some(target) = target {
                    view.fact("target", &target);
                }
            }
            What::Keys { newest, count } => {
                view.fact("newest", &newest);
                view.fact("keys", &count.to_string());
            }
            What::License { .. } | What::Stopped => {}
            What::Started { version, settings } => {
                view.fact("version", &version);
                view.fact("settings", &settings);
            }
            What::Gap { lost } => view.fact("lost", &lost.to_string()),
            What::Head { others, .. } => {
                view.fact("chains", &(others.len() + 1).to_string());
                if let Some(proof) = &mut view.proof {
                    proof.others = others.iter().map(EndView::of).collect();
                }
            }
            What::ConsoleEntered { token } => {
                if let Some(token) = token {
                    view.fact("token", &token);
                }
            }
            What::Trimmed(end) => {
                view.fact("chain", &end.chain.to_string());
                view.fact("through", &end.number.to_string());
                if let Some(proof) = &mut view.proof {
                    proof.trimmed = Some(EndView::of(&end));
                }
            }
        }
        view
    }

    fn opened(&mut self, opening: &Opening) {
        let Opening { how, right, directory, native, registered, redirect_url, subject } = opening;
        self.fact("how", how.as_str());
        self.fact("claims", right.as_str());
        self.fact("kind", if *directory { "directory" } else { "v2" });
        for (name, holds) in [("native", *native), ("registered", *registered)] {
            if holds {
                self.fact(name, "yes");
            }
        }
        for (name, value) in [("redirect_url", redirect_url), ("subject", subject)] {
            if let Some(value) = value {
                self.fact(name, value);
            }
        }
    }

    fn fact(&mut self, name: &str, value: &str) {
        self.facts.insert(name.to_owned(), value.to_owned());
    }

    /// Whether it is a login that took effect, or a session that opened by one.
    #[must_use]
    pub fn let_somebody_in(&self) -> bool {
        self.outcome.as_deref() == Some(Outcome::Success.as_str()) || self.event == "session opened"
    }
}

impl EndView {
    fn of(end: &ChainEnd) -> Self {
        Self { chain: end.chain.to_string(), number: end.number, hash: hex(&end.hash) }
    }
}

fn name(what: &What) -> &'static str {
    match what {
        What::Login(Login { way: crate::domain::event::LoginWay::Cross, .. }) => "swap",
        What::Login(_) => "login",
        What::SessionOpened(_) => "session opened",
        What::SessionClosed { .. } => "session closed",
        What::Revoked { .. } => "tokens revoked",
        What::Account { .. } => "account changed",
        What::Operator(_) => "operator",
        What::Keys { .. } => "signing keys changed",
        What::License { out: true } => "licence out",
        What::License { out: false } => "licence back",
        What::Started { .. } => "server started",
        What::Stopped => "server stopped",
        What::Gap { .. } => "events lost",
        What::Head { .. } => "head",
        What::Trimmed(_) => "old events removed",
        What::ConsoleEntered { .. } => "console entered",
    }
}
