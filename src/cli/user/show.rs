//! `bimgate user show`

use clap::Args;

use super::UserArg;
use crate::admin::{Answer, Request};
use crate::cli::complaint::Complaint;
use crate::cli::output;
use crate::cli::target::Target;

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArgs {
    #[command(flatten)]
    user: UserArg,
    /// One line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &ShowArgs, target: &mut Target) -> Result<(), Complaint> {
    let request = Request::Show(args.user.user.clone());
    let Answer::Account(account) = target.call(request).await? else { return Err(Target::surprised()) };
    if args.json {
        return output::json(&account);
    }
    output::facts([
        ("e-mail", account.email),
        ("id", account.id.to_string()),
        ("name", account.name),
        ("may log in", if account.enabled { "yes" } else { "no, disabled" }.to_owned()),
        ("password", if account.password { "set" } else { "none" }.to_owned()),
        ("created", account.created),
        ("open sessions", account.sessions.unwrap_or_default().to_string()),
        ("known networks", account.known_networks.to_string()),
    ])
}
