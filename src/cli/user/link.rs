//! `bimgate user invite` and `bimgate user reset-link`

use clap::Args;
use serde_json::json;

use super::UserArg;
use crate::account::LINK_PAGE;
use crate::admin::{Answer, Request};
use crate::cli::error::CliError;
use crate::cli::output::{self, plain};
use crate::cli::target::Target;
use crate::domain::{Email, LinkPurpose, LinkSecret};
use crate::mail::{Letter, MailError, Mailer};
use crate::settings::Settings;

#[derive(Debug, Args)]
pub(in crate::cli) struct LinkArgs {
    #[command(flatten)]
    user: UserArg,
    /// Print it as one line of JSON: `{"link":…,"seconds":1800}`.
    #[arg(long)]
    json: bool,
}

/// The secret is made here, and mailed from here: the server is told only its digest. It is printed also where it is mailed,
/// since mail gets lost.
pub(super) async fn run(
    args: &LinkArgs,
    purpose: LinkPurpose,
    settings: &Settings,
    target: &mut Target,
) -> Result<(), CliError> {
    let elsewhere = target.setting_elsewhere("server.public_url").await?;
    let base = match &elsewhere {
        Some(url) => url.as_str().map(|url| url.trim_end_matches('/')).filter(|url| !url.is_empty()),
        None => settings.server.public_url.as_deref(),
    };
    let base = base.ok_or_else(|| {
        CliError::usage("server.public_url is empty; set it to the URL that people type in: the link leads there")
    })?;
    let Answer::Account(found) = target.call(Request::Show(args.user.user.clone())).await? else {
        return Err(Target::surprised());
    };
    let secret =
        LinkSecret::draw(found.id).map_err(|error| CliError::refused(format!("no random numbers: {error}")))?;
    target.call(Request::AddLink { user: found.id, purpose, digest: secret.digest().0 }).await?;
    let link = format!("{base}{LINK_PAGE}?link={}", secret.reveal());
    let email = plain(&found.email);
    if args.json {
        output::json(&json!({ "link": link, "seconds": purpose.lifetime().as_secs() }))?;
    } else {
        let lifetime = match purpose {
            LinkPurpose::Invitation => "a week",
            LinkPurpose::Reset => "30 minutes",
        };
        eprintln!("Whoever opens this link sets the password of {email}; it counts once, for {lifetime}:");
        output::line(&link)?;
    }
    if elsewhere.is_some() {
        // That server's mail is not this command's to send.
        return Ok(());
    }
    let unsent =
        |error: MailError| CliError::refused(format!("{error}; the link counts, but was not mailed to {email}"));
    let Some(mailer) = Mailer::new(&settings.mail).map_err(unsent)? else { return Ok(()) };
    let to = Email::new(&found.email).ok_or_else(|| unsent(MailError::Address))?;
    let letter = match purpose {
        LinkPurpose::Invitation => Letter::Invitation { place: base, link: &link },
        LinkPurpose::Reset => Letter::Reset { place: base, link: &link },
    };
    mailer.send(&to, &letter).await.map_err(unsent)?;
    eprintln!("It is mailed to {email}.");
    Ok(())
}
