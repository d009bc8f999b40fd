//! `bimgate session`: where users are logged in.

use clap::{Args, Subcommand};
use serde_json::json;

use super::Exit;
use super::error::CliError;
use super::output::{self, count};
use super::target::{self, Aim, Target};
use super::user::who;
use crate::admin::{
    Answer, MAX_WHOLE_PAGE, Request, SessionFilter, SessionKind, SessionSelector, SessionView, UserSelector,
    UserSessionView,
};

/// `bimgate session …`
#[derive(Debug, Subcommand)]
pub(super) enum SessionCommand {
    /// List a user's open sessions, or everybody's: those of v2 clients and those of the directory.
    List(ListArgs),
    /// Close one session of a user, or all; `bimgate sso end` has a signed-on browser ask the person again.
    Close(CloseArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// The user's e-mail address or id; without it, everybody.
    #[arg(long, value_name = "E-MAIL|ID", value_parser = who, conflicts_with_all = ["kind", "address", "application"])]
    user: Option<UserSelector>,
    /// Of everybody's, those alone that were opened through this API.
    #[arg(long, value_name = "v2|directory", value_parser = kind)]
    kind: Option<SessionKind>,
    /// Of everybody's, those alone whose client was last seen at this address.
    #[arg(long)]
    address: Option<Box<str>>,
    /// Of everybody's, those alone of this application.
    #[arg(long)]
    application: Option<Box<str>>,
    /// One line of JSON a session.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("closed").required(true).args(["session", "all"])))]
pub(super) struct CloseArgs {
    /// The user's e-mail address or id.
    #[arg(long, value_name = "E-MAIL|ID", value_parser = who)]
    user: UserSelector,
    /// The session's id, or the client's.
    #[arg(value_name = "SESSION")]
    session: Option<String>,
    /// Every session, every login under way, and single sign-on in every browser.
    #[arg(long)]
    all: bool,
    /// Print how many were closed as one line of JSON: `{"closed":1}`.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &SessionCommand, aim: &Aim) -> Exit {
    target::run(aim, async |_, target| match command {
        SessionCommand::List(args) => list(args, target).await,
        SessionCommand::Close(args) => close(args, target).await,
    })
}

async fn list(args: &ListArgs, target: &mut Target) -> Result<(), CliError> {
    let Some(user) = args.user.clone() else { return list_all(args, target).await };
    let answer = target.call(Request::Sessions(user)).await?;
    let Answer::Sessions(sessions) = answer else { return Err(Target::surprised()) };
    if args.json {
        return sessions.iter().try_for_each(output::json);
    }
    if sessions.is_empty() {
        eprintln!("No session is open.");
    }
    for (number, session) in sessions.into_iter().enumerate() {
        if number > 0 {
            output::line("")?;
        }
        output::facts(facts(session))?;
    }
    Ok(())
}

fn kind(given: &str) -> Result<SessionKind, &'static str> {
    SessionKind::ALL.into_iter().find(|kind| kind.as_str() == given).ok_or("neither v2 nor directory")
}

/// Everybody's sessions, as they come: there may be very many.
async fn list_all(args: &ListArgs, target: &mut Target) -> Result<(), CliError> {
    let ListArgs { kind, address, application, json, .. } = args;
    let filter = SessionFilter { kind: *kind, address: address.clone(), application: application.clone() };
    let (mut after, mut found) = (None, 0_usize);
    loop {
        let request = Request::AllSessions { after, limit: MAX_WHOLE_PAGE, filter: filter.clone() };
        let Answer::AllSessions { items, next } = target.call(request).await? else { return Err(Target::surprised()) };
        for UserSessionView { user, email, session } in items {
            if *json {
                output::json(&UserSessionView { user, email, session })?;
            } else {
                if found > 0 {
                    output::line("")?;
                }
                output::facts([("e-mail", email), ("user", user.to_string())].into_iter().chain(facts(session)))?;
            }
            found += 1;
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    if found == 0 {
        eprintln!("No such session is open.");
    }
    Ok(())
}

/// All facts of a session, by the names of `docs/api/directory-session.md`: more than a line of a table can hold.
fn facts(session: SessionView) -> impl Iterator<Item = (&'static str, String)> {
    let held = [
        (session.access_tokens, "access token"),
        (session.remember_me_tokens, "remember-me token"),
        (session.cross_tokens, "cross token"),
    ];
    let held: Vec<_> = held.into_iter().filter(|(of, _)| *of > 0).map(|(of, what)| count(of as u64, what)).collect();
    let facts = [
        ("session", session.id.to_string()),
        ("kind", session.kind.as_str().to_owned()),
        ("client", session.client.unwrap_or_default()),
        ("claims", session.claims),
        ("app claims", session.app_claims.join(", ")),
        ("native", if session.native { "yes" } else { "no" }.to_owned()),
        ("how", session.how),
        ("app passwords", session.app_passwords.join(", ")),
        ("opened", session.opened),
        ("authenticated", session.authenticated),
        ("last contact", session.last_contact),
        ("heartbeat before", session.heartbeat_before),
        ("end of life", session.end_of_life),
        ("address", session.address.unwrap_or_default()),
        ("user agent", session.user_agent.unwrap_or_default()),
        ("redirect URL", session.redirect_url.unwrap_or_default()),
        ("application", session.application.unwrap_or_default()),
        ("holds", held.join(", ")),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty())
}

async fn close(args: &CloseArgs, target: &mut Target) -> Result<(), CliError> {
    let which = args.session.clone().map_or(SessionSelector::All, SessionSelector::One);
    let answer = target.call(Request::Close(args.user.clone(), which)).await?;
    let Answer::Closed(count) = answer else { return Err(Target::surprised()) };
    match count {
        1 => eprintln!("1 session is closed, and its tokens are refused."),
        count => eprintln!("{count} sessions are closed, and their tokens are refused."),
    }
    if args.json { output::json(&json!({ "closed": count })) } else { Ok(()) }
}
