//! `bimgate user show`

use clap::Args;
use serde::Serialize;

use super::UserArg;
use super::teams::named;
use crate::admin::{AccountView, Answer, EventView, ProfileView, Request, ThrottleView, UserSelector, explain};
use crate::cli::error::CliError;
use crate::cli::output;
use crate::cli::target::Target;
use crate::cli::throttle;

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArgs {
    #[command(flatten)]
    user: UserArg,
    /// One line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &ShowArgs, target: &mut Target) -> Result<(), CliError> {
    let request = Request::Show(args.user.user.clone());
    let Answer::Account(account) = target.call(request).await? else { return Err(Target::surprised()) };
    let user = UserSelector::Id(account.id);
    let seen = Seen::of(&target.events_of(user.clone()).await?);
    let throttle = throttle::of_user(&user, None, target).await?;
    if args.json {
        return output::json(&Shown { account: &account, seen, throttle });
    }
    let throttled = throttled(&account.email, &throttle);
    let AccountView {
        id,
        email,
        name,
        enabled,
        password,
        weak_hash,
        second_factor,
        created,
        known_networks,
        rights,
        sessions,
        app_passwords,
        external_id,
        groups,
        recovery_codes,
        profile,
    } = *account;
    let password = match (password, weak_hash) {
        (false, _) => "none",
        (true, false) => "set",
        (true, true) => "set, weakly hashed until the next login with it",
    };
    let second_factor = if second_factor {
        format!("set up, {} left", output::count(recovery_codes.unwrap_or_default() as u64, "recovery code"))
    } else {
        "none".to_owned()
    };
    let login = [
        ("e-mail", email),
        ("id", id.to_string()),
        ("name", name),
        ("may log in", if enabled { "yes" } else { "no, disabled" }.to_owned()),
        ("password", password.to_owned()),
        ("second factor", second_factor),
        ("app passwords", app_passwords.unwrap_or_default().to_string()),
        ("created", created),
        ("open sessions", sessions.unwrap_or_default().to_string()),
        ("known networks", known_networks.to_string()),
        ("granted rights", list(&rights)),
        ("external id", external_id.unwrap_or_else(|| "none".to_owned())),
        ("groups", list(&groups.iter().flatten().map(named).collect::<Vec<_>>())),
    ];
    output::facts(
        login.into_iter().chain(seen.facts()).chain(throttled).chain(profile.into_iter().flat_map(of_directory)),
    )
}

/// What `--json` prints.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    account: &'a AccountView,
    #[serde(flatten)]
    seen: Seen,
    throttle: ThrottleView,
}

/// When the user was let in last, and when and why not, as far as events tell.
#[derive(Serialize)]
struct Seen {
    last_login: Option<EventView>,
    last_refusal: Option<EventView>,
}

impl Seen {
    /// Of a user's events, newest first.
    fn of(events: &[EventView]) -> Self {
        let last_login = events.iter().find(|event| event.let_somebody_in()).cloned();
        let refused = |event: &&EventView| event.outcome.is_some() && !event.let_somebody_in();
        Self { last_login, last_refusal: events.iter().find(refused).cloned() }
    }

    fn facts(self) -> Vec<(&'static str, String)> {
        let last_login = self.last_login.as_ref().map_or_else(
            || "none that is known".to_owned(),
            |event| {
                let way = event.way.as_ref().or_else(|| event.facts.get("how"));
                with(&event.at, &[way.map(|way| format!("by {way}")), from(event)])
            },
        );
        let mut facts = vec![("last login", last_login)];
        let Some(refusal) = self.last_refusal else { return facts };
        let explained = explain(refusal.outcome.as_deref().unwrap_or_default(), refusal.reason.as_deref());
        let times = refusal.times.map(|times| format!("{times} times in that minute"));
        let way = refusal.way.as_ref().map(|way| format!("by {way}"));
        facts.push(("last refusal", with(&refusal.at, &[way, from(&refusal), times])));
        facts.push(("why", format!("{}{}", explained.why, named_reason(refusal.reason.as_deref()))));
        if self.last_login.is_none_or(|login| login.millis < refusal.millis) {
            facts.push(("what to do", explained.next.to_owned()));
        }
        facts
    }
}

/// Whether the throttle holds them up at the moment, and what to do.
fn throttled(email: &str, view: &ThrottleView) -> Vec<(&'static str, String)> {
    let summary = throttle::summary(view).unwrap_or_else(|| "no".to_owned());
    let advice = throttle::advice(email, view).map(|advice| ("to let them in", advice));
    std::iter::once(("throttled", summary)).chain(advice).collect()
}

/// The reason by the name that the log and the metrics have for it.
fn named_reason(reason: Option<&str>) -> String {
    reason.map(|reason| format!(" ({reason})")).unwrap_or_default()
}

fn from(event: &EventView) -> Option<String> {
    event.address.as_ref().map(|address| format!("from {address}"))
}

fn with(at: &str, more: &[Option<String>]) -> String {
    std::iter::once(at).chain(more.iter().flatten().map(String::as_str)).collect::<Vec<_>>().join(", ")
}

fn of_directory(profile: ProfileView) -> [(&'static str, String); 6] {
    let subject = profile.subject.map(|subject| format!("{} at {}", subject.subject, subject.issuer));
    let consent = profile.consent_since.map(|since| format!("at the next login, since {since}"));
    [
        ("scopes", list(&profile.scopes)),
        ("teams", list(&profile.teams.iter().map(named).collect::<Vec<_>>())),
        ("tags", list(&profile.tags)),
        ("identity provider", subject.unwrap_or_else(|| "not linked".to_owned())),
        ("single sign-on", output::count(profile.sign_ons as u64, "browser")),
        ("forced consent", consent.unwrap_or_else(|| "no".to_owned())),
    ]
}

fn list(entries: &[String]) -> String {
    if entries.is_empty() { "none".to_owned() } else { entries.join(", ") }
}
