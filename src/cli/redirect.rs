//! `bimgate redirect`: where browsers may be sent after a login.

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use super::Exit;
use super::error::CliError;
use super::output;
use super::target::{self, Aim, Target};
use crate::admin::{Answer, MAX_PAGE, Request};
use crate::domain::RedirectUrl;
use crate::settings::Settings;

/// The setting that names such URLs too.
const SETTING: &str = "directory.redirect_urls";

/// `bimgate redirect …`
#[derive(Debug, Subcommand)]
pub(super) enum RedirectCommand {
    /// Register a redirect URL; prints it as it is compared: scheme, host, port and path.
    Add(UrlArgs),
    /// Remove a registered redirect URL.
    Remove(UrlArgs),
    /// List the redirect URLs that are registered, and those of the settings.
    List {
        /// One line of JSON a URL.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct UrlArgs {
    /// The URL, http or https; a query does not count.
    #[arg(value_name = "URL", value_parser = RedirectUrl::parse)]
    url: RedirectUrl,
    /// Print the URL as it is compared as one line of JSON: `{"url":…,"changed":true}`.
    #[arg(long)]
    json: bool,
}

/// A redirect URL, and what names it.
#[derive(Serialize)]
struct Listed {
    url: String,
    from: &'static str,
}

pub(super) fn run(command: &RedirectCommand, aim: &Aim) -> Exit {
    target::run(aim, async |settings, target| match command {
        RedirectCommand::Add(args) => add(args, target).await,
        RedirectCommand::Remove(args) => remove(args, settings, target).await,
        RedirectCommand::List { json } => list(*json, settings, target).await,
    })
}

async fn add(args: &UrlArgs, target: &mut Target) -> Result<(), CliError> {
    let (url, changed) = told(target.call(Request::AddRedirect(args.url.target())).await?)?;
    eprintln!("{}, compared by scheme, host, port and path:", if changed { "Registered" } else { "It is registered" });
    if args.json { output::json(&json!({ "url": url, "changed": changed })) } else { output::line(url) }
}

async fn remove(args: &UrlArgs, settings: &Settings, target: &mut Target) -> Result<(), CliError> {
    let (url, changed) = told(target.call(Request::RemoveRedirect(args.url.target())).await?)?;
    let stays = named(settings, target).await?.contains(&url);
    match (changed, stays) {
        (true, false) => eprintln!("Removed: {url}"),
        (true, true) => eprintln!("Removed: {url}\nBrowsers may still be sent there, for {SETTING} names it."),
        (false, true) => {
            return Err(CliError::refused(format!("{url} is not registered but named by {SETTING}: remove it there")));
        }
        (false, false) => {
            let advice = "`bimgate redirect list` shows those that are";
            return Err(CliError::refused(format!("{url} is not registered; {advice}")));
        }
    }
    if args.json { output::json(&json!({ "url": url, "changed": changed })) } else { Ok(()) }
}

async fn list(json: bool, settings: &Settings, target: &mut Target) -> Result<(), CliError> {
    let (mut registered, mut after) = (Vec::new(), None);
    loop {
        let answer = target.call(Request::Redirects { after, limit: MAX_PAGE }).await?;
        let Answer::Redirects { items, next } = answer else { return Err(Target::surprised()) };
        registered.extend(items);
        after = next;
        if after.is_none() {
            break;
        }
    }
    let named = named(settings, target).await?.into_iter().map(|url| Listed { url, from: "settings" });
    let listed = registered.into_iter().map(|url| Listed { url, from: "registered" }).chain(named).collect();
    let none = "No redirect URL is registered; `bimgate redirect add URL` registers one.";
    let row = |listed: Listed| [listed.url, listed.from.to_owned()];
    output::list(listed, json, none, ["REDIRECT URL", "FROM"], row)
}

/// The redirect URLs that the settings of the server name, as they are compared.
async fn named(settings: &Settings, target: &Target) -> Result<BTreeSet<String>, CliError> {
    let Some(elsewhere) = target.setting_elsewhere(SETTING).await? else {
        return Ok(settings.directory.redirect_targets().map(|url| url.to_string()).collect());
    };
    let urls = elsewhere.as_array().into_iter().flatten().filter_map(|url| url.as_str());
    Ok(urls.filter_map(|url| RedirectUrl::parse(url).ok()).map(|url| url.target().to_string()).collect())
}

fn told(answer: Answer) -> Result<(String, bool), CliError> {
    match answer {
        Answer::Redirect { url, changed } => Ok((url, changed)),
        _ => Err(Target::surprised()),
    }
}
