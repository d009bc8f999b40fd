//! `bimgate session`: where users are logged in.

use clap::{Args, Subcommand};
use serde_json::json;

use super::complaint::Complaint;
use super::output;
use super::target::Target;
use super::user::who;
use super::{Exit, load, runtime};
use crate::admin::{Answer, Request, SessionView, Which, Who};
use crate::settings::{Settings, Sources};

/// `bimgate session …`
#[derive(Debug, Subcommand)]
pub(super) enum SessionCommand {
    /// List a user's open sessions.
    List(ListArgs),
    /// Close one session of a user, or all.
    Close(CloseArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// The user's e-mail address or id.
    #[arg(long, value_name = "E-MAIL|ID", value_parser = who)]
    user: Who,
    /// One line of JSON a session.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("closed").required(true).args(["session", "all"])))]
pub(super) struct CloseArgs {
    /// The user's e-mail address or id.
    #[arg(long, value_name = "E-MAIL|ID", value_parser = who)]
    user: Who,
    /// The session's id, or the client's.
    #[arg(value_name = "SESSION")]
    session: Option<String>,
    /// Every session, and every login under way.
    #[arg(long)]
    all: bool,
    /// Print how many were closed as one line of JSON: `{"closed":1}`.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &SessionCommand, sources: &Sources) -> Exit {
    let settings = match load(sources) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    runtime(dispatch(command, &settings))
}

async fn dispatch(command: &SessionCommand, settings: &Settings) -> Result<(), Complaint> {
    let mut target = Target::new(settings);
    let ended = match command {
        SessionCommand::List(args) => list(args, &mut target).await,
        SessionCommand::Close(args) => close(args, &mut target).await,
    };
    target.release().await;
    ended
}

async fn list(args: &ListArgs, target: &mut Target) -> Result<(), Complaint> {
    let answer = target.call(Request::Sessions(args.user.clone())).await?;
    let Answer::Sessions(sessions) = answer else { return Err(Target::surprised()) };
    if args.json {
        return sessions.iter().try_for_each(output::json);
    }
    let head = [
        "SESSION",
        "CLIENT",
        "BY",
        "OPENED",
        "LAST CONTACT",
        "ENDS",
        "ADDRESS",
        "ACCESS",
        "REMEMBER-ME",
        "CROSS",
        "USER AGENT",
    ];
    output::table(head, sessions.into_iter().map(row))
}

fn row(session: SessionView) -> [String; 11] {
    [
        session.id.to_string(),
        session.client,
        session.how,
        session.opened,
        session.last_contact,
        session.ends,
        session.address.unwrap_or_default(),
        session.access_tokens.to_string(),
        session.remember_me_tokens.to_string(),
        session.cross_tokens.to_string(),
        session.user_agent.unwrap_or_default(),
    ]
}

async fn close(args: &CloseArgs, target: &mut Target) -> Result<(), Complaint> {
    let which = args.session.clone().map_or(Which::All, Which::One);
    let answer = target.call(Request::Close(args.user.clone(), which)).await?;
    let Answer::Closed(count) = answer else { return Err(Target::surprised()) };
    match count {
        1 => eprintln!("1 session is closed, and its tokens are refused."),
        count => eprintln!("{count} sessions are closed, and their tokens are refused."),
    }
    if args.json { output::json(&json!({ "closed": count })) } else { Ok(()) }
}
