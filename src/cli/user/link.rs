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
use crate::settings::{MailSettings, Settings};

#[derive(Debug, Args)]
pub(in crate::cli) struct LinkArgs {
    #[command(flatten)]
    user: UserArg,
    /// Print it as one line of JSON: `{"link":…,"seconds":1800}`.
    #[arg(long)]
    json: bool,
}

/// The secret is made here, and mailed from here: the server is told only its digest. Another server than that of the
/// settings makes and mails it itself. It is printed also where it is mailed, since mail gets lost.
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
    let mailed = if let Some(made) = target.link_elsewhere(found.id, purpose).await? {
        tell(args, purpose, &found.email, &made.link)?;
        made.problem.map_or(Ok(made.mailed), Err)
    } else {
        let secret =
            LinkSecret::draw(found.id).map_err(|error| CliError::refused(format!("no random numbers: {error}")))?;
        target.call(Request::AddLink { user: found.id, purpose, digest: secret.digest().0 }).await?;
        let link = format!("{base}{LINK_PAGE}?link={}", secret.reveal());
        tell(args, purpose, &found.email, &link)?;
        let letter = Letter::of_link(purpose, base, &link);
        mail(&found.email, &letter, &settings.mail).await.map_err(|error| error.to_string())
    };
    let email = plain(&found.email);
    match mailed {
        Ok(true) => eprintln!("It is mailed to {email}."),
        Ok(false) => {}
        Err(problem) => {
            return Err(CliError::refused(format!("{problem}; the link counts, but was not mailed to {email}")));
        }
    }
    Ok(())
}

fn tell(args: &LinkArgs, purpose: LinkPurpose, email: &str, link: &str) -> Result<(), CliError> {
    if args.json {
        return output::json(&json!({ "link": link, "seconds": purpose.lifetime().as_secs() }));
    }
    let lifetime = match purpose {
        LinkPurpose::Invitation => "a week",
        LinkPurpose::Reset => "30 minutes",
    };
    eprintln!("Whoever opens this link sets the password of {}; it counts once, for {lifetime}:", plain(email));
    output::line(link)
}

/// Whether it was sent; not, where there is no mail.
async fn mail(to: &str, letter: &Letter<'_>, settings: &MailSettings) -> Result<bool, MailError> {
    let Some(mailer) = Mailer::new(settings)? else { return Ok(false) };
    let to = Email::new(to).ok_or(MailError::Address)?;
    mailer.send(&to, letter).await.map(|()| true)
}
