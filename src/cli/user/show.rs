//! `bimgate user show`

use clap::Args;

use super::UserArg;
use super::teams::named;
use crate::admin::{AccountView, Answer, ProfileView, Request};
use crate::cli::error::CliError;
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

pub(super) async fn run(args: &ShowArgs, target: &mut Target) -> Result<(), CliError> {
    let request = Request::Show(args.user.user.clone());
    let Answer::Account(account) = target.call(request).await? else { return Err(Target::surprised()) };
    if args.json {
        return output::json(&account);
    }
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
    output::facts(login.into_iter().chain(profile.into_iter().flat_map(of_directory)))
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
