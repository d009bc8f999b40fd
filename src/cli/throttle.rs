//! `bimgate throttle`: who is throttled, and who is let in before time.

use clap::{Args, Subcommand};
use serde_json::json;

use super::Exit;
use super::error::CliError;
use super::output::{self, count, plain};
use super::target::{self, Aim, Target};
use crate::admin::{
    Answer, EmptyView, Request, StandingView, ThrottleView, ThrottledUserView, ThrottledView, UserSelector,
};
use crate::domain::Network;

/// `bimgate throttle …`
#[derive(Debug, Subcommand)]
pub(super) enum ThrottleCommand {
    /// List from where logins were throttled in the last hour, as events tell, and which users are throttled by that
    /// at this moment.
    List(ListArgs),
    /// Tell whether a user, or a network, is throttled at this moment, by what, and for how long.
    Show(WhomArgs),
    /// Lift the throttle of a user, who may then try at once; of no network, unless no user is named.
    Lift(WhomArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// One line of JSON an address, and one a user.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("whom").required(true).multiple(true).args(["user", "address"])))]
pub(super) struct WhomArgs {
    /// The user's e-mail address or id.
    #[arg(value_name = "E-MAIL|ID", value_parser = user)]
    user: Option<UserSelector>,
    /// Of the user in the network of this address, instead of those that the last logins came from; without a user, of
    /// the network for all accounts.
    #[arg(long, value_name = "ADDRESS", value_parser = network)]
    address: Option<Network>,
    /// One line of JSON.
    #[arg(long)]
    json: bool,
}

fn user(given: &str) -> Result<UserSelector, &'static str> {
    UserSelector::parse(given).ok_or("neither an e-mail address nor an id")
}

fn network(given: &str) -> Result<Network, &'static str> {
    Network::parse(given).ok_or("no IP address")
}

pub(super) fn run(command: &ThrottleCommand, aim: &Aim) -> Exit {
    target::run(aim, async |_, target| {
        match command {
            ThrottleCommand::List(args) => return list(args, target).await,
            ThrottleCommand::Show(args) => show(args, target).await?,
            ThrottleCommand::Lift(args) => lift(args, target).await?,
        }
        if target.is_without_throttle() {
            eprintln!("No server runs here, and the embedded store has its throttle in memory: nobody is throttled.");
        }
        Ok(())
    })
}

async fn list(args: &ListArgs, target: &mut Target) -> Result<(), CliError> {
    let Answer::Throttled { items, users, since } = target.call(Request::Throttled).await? else {
        return Err(Target::surprised());
    };
    let none = format!("No login was throttled since {since}; those of the last minute are not told yet.");
    let row = |ThrottledView { address, times, last }| {
        [address.unwrap_or_else(|| "others".to_owned()), times.to_string(), last]
    };
    output::list(items, args.json, &none, ["ADDRESS", "TIMES", "LAST"], row)?;
    if users.is_empty() {
        return Ok(());
    }
    if !args.json {
        output::line("")?;
    }
    let row = |ThrottledUserView { email, times, last, throttle, .. }| {
        let wait = throttle.throttled().map(|standing| standing.wait).max().unwrap_or_default();
        [email, times.to_string(), last, time(wait)]
    };
    output::list(users, args.json, "", ["USER", "TIMES", "LAST", "THROTTLED FOR ANOTHER"], row)
}

async fn show(args: &WhomArgs, target: &mut Target) -> Result<(), CliError> {
    match (&args.user, args.address) {
        (Some(user), address) => {
            let view = of_user(user, address, target).await?;
            if args.json { output::json(&view) } else { tell(user, &view) }
        }
        (None, Some(address)) => {
            let view = of_network(address, target).await?;
            if args.json { output::json(&view) } else { tell_network(&view) }
        }
        (None, None) => Ok(()),
    }
}

async fn lift(args: &WhomArgs, target: &mut Target) -> Result<(), CliError> {
    let request = match (&args.user, args.address) {
        (Some(user), address) => Request::Lift(user.clone(), address),
        (None, Some(address)) => Request::LiftNetwork(address),
        (None, None) => return Ok(()),
    };
    let Answer::Lifted { lifted, .. } = target.call(request).await? else { return Err(Target::surprised()) };
    if args.json {
        return output::json(&json!({ "lifted": lifted }));
    }
    match lifted {
        0 => eprintln!("Nothing was empty; attempts count anew."),
        _ => eprintln!("{} filled; attempts count anew.", count(lifted as u64, "empty bucket")),
    }
    // What is of a network is not lifted with a user.
    if let Some(user) = &args.user
        && let Some(advice) = advice(&user.to_string(), &of_user(user, args.address, target).await?)
    {
        eprintln!("Still throttled: {advice}.");
    }
    Ok(())
}

/// How a user stands, in this network or else in those that the last logins came from.
pub(super) async fn of_user(
    user: &UserSelector,
    address: Option<Network>,
    target: &mut Target,
) -> Result<ThrottleView, CliError> {
    match target.call(Request::Throttle(user.clone(), address)).await? {
        Answer::Throttle(view) => Ok(view),
        _ => Err(Target::surprised()),
    }
}

async fn of_network(network: Network, target: &mut Target) -> Result<StandingView, CliError> {
    match target.call(Request::NetworkThrottle(network)).await? {
        Answer::NetworkThrottle(view) => Ok(view),
        _ => Err(Target::surprised()),
    }
}

fn tell(user: &UserSelector, view: &ThrottleView) -> Result<(), CliError> {
    let place = |standing: &StandingView| {
        let known = if standing.known { ", which the account knows" } else { "" };
        format!("from {}{known}", standing.network.as_deref().unwrap_or_default())
    };
    let mut facts: Vec<_> = view.networks.iter().map(|standing| (place(standing), standing)).collect();
    facts.extend([("from elsewhere".to_owned(), &view.elsewhere), ("second factor".to_owned(), &view.codes)]);
    let told = facts.iter().map(|(name, standing)| (name.as_str(), told(standing)));
    let advice = advice(&user.to_string(), view).map(|advice| ("what to do", advice));
    output::facts(told.chain(advice))?;
    if view.networks.is_empty() {
        eprintln!("No event tells from where the person tried; --address looks at one network.");
    }
    Ok(())
}

fn tell_network(standing: &StandingView) -> Result<(), CliError> {
    let network = standing.network.clone().unwrap_or_default();
    let advice = (!standing.empty.is_empty())
        .then(|| ("what to do", format!("`bimgate throttle lift --address {network}` lifts it")));
    output::facts([("network", network), ("any other account", told(standing))].into_iter().chain(advice))
}

/// Where a user is throttled at the moment, for how long, and by what; `None`: nowhere.
pub(super) fn summary(view: &ThrottleView) -> Option<String> {
    let places = view.networks.iter().map(|standing| (format!("from {}", network_of(standing)), standing));
    let rest = [
        ("from networks that the account does not know".to_owned(), &view.elsewhere),
        ("codes".to_owned(), &view.codes),
    ];
    let throttled = places.chain(rest).filter(|(_, standing)| standing.is_throttled());
    let told: Vec<_> = throttled.map(|(place, standing)| format!("{place}: {}", told(standing))).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// What lets a throttled user in at once; `None`: they are not throttled.
pub(super) fn advice(user: &str, view: &ThrottleView) -> Option<String> {
    let own = view.has_own().then(|| format!("`bimgate throttle lift {}` lets them try at once", plain(user)));
    let of_network = view.throttled().find(|standing| standing.is_of_network()).map(|standing| {
        let network = network_of(standing);
        format!("`bimgate throttle lift --address {network}` lifts the throttle of that network for everybody")
    });
    let advice: Vec<_> = [own, of_network].into_iter().flatten().collect();
    (!advice.is_empty()).then(|| advice.join("; "))
}

fn network_of(standing: &StandingView) -> &str {
    standing.network.as_deref().unwrap_or_default()
}

fn told(standing: &StandingView) -> String {
    let why = standing.empty.iter().map(why).collect::<Vec<_>>().join(", ");
    match (standing.is_throttled(), why.is_empty()) {
        (true, _) => format!("throttled for another {}: {why}", time(standing.wait)),
        (false, true) => "let in".to_owned(),
        (false, false) => format!("let in, although there were {why}"),
    }
}

/// What emptied a bucket, in plain words.
fn why(empty: &EmptyView) -> String {
    let why = match empty.bucket.as_str() {
        "account_network" | "first_account_network" => "too many failed attempts at this account from there",
        "network" | "first_network" => "failed attempts at too many accounts from there",
        "account" | "first_account" => "too many failed attempts at this account from everywhere",
        "successes" => "too many logins of this account that succeeded",
        "codes" => "too many wrong codes",
        "tokens" => "too many unknown tokens from there",
        _ => "too many attempts",
    };
    match &empty.network {
        Some(network) if network.contains('/') => format!("{why} ({}, {network})", empty.bucket),
        _ => format!("{why} ({})", empty.bucket),
    }
}

/// `55 s`, `12 min`, `5 h`
fn time(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}
