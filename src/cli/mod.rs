//! The command line: one file a subcommand.
//!
//! Each file has the subcommand's arguments and one function `run`, which returns the exit code. Output for programs
//! goes to standard output, everything for people to standard error.

mod completions;
mod config;
mod confirm;
mod connect;
mod error;
mod events;
mod exit;
mod health;
mod key;
mod license;
mod man;
mod openapi;
mod output;
mod password;
mod redirect;
mod serve;
mod server_args;
mod session;
mod sso;
mod store;
mod target;
mod throttle;
mod token;
mod upstream;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::settings::{Settings, Sources};
use error::CliError;
use target::Aim;

pub use exit::Exit;

/// A drop-in server for the BimPlus v2 authorization API.
///
/// Exit codes: 0 done; 1 refused or failed; 2 wrong usage or settings; 3 store or server unreachable.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    /// The settings file; without it `bimgate.toml` in the working directory or in `/etc/bimgate`, if there is one.
    #[arg(long, global = true, value_name = "FILE", env = "BIMGATE_CONFIG", display_order = 900)]
    config: Option<PathBuf>,
    #[command(flatten)]
    server: server_args::ServerArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until told to stop.
    Serve(serve::ServeArgs),
    /// Check the settings, or show those in force.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Ask the server that runs here with these settings whether it is alive.
    Health,
    /// Print the API description, as the server gives it at `/openapi.json`.
    Openapi,
    Events(events::EventsArgs),
    /// Add, import, list and change users; also while the server runs.
    #[command(subcommand)]
    User(user::UserCommand),
    /// List and close users' sessions; also while the server runs.
    #[command(subcommand)]
    Session(session::SessionCommand),
    /// List and end users' single sign-on; also while the server runs.
    #[command(subcommand)]
    Sso(sso::SsoCommand),
    /// Say where browsers may be sent after a login; also while the server runs.
    #[command(subcommand)]
    Redirect(redirect::RedirectCommand),
    /// See who is throttled, and lift it; also while the server runs.
    #[command(subcommand)]
    Throttle(throttle::ThrottleCommand),
    /// List the licences that are out; also while the server runs.
    #[command(subcommand)]
    License(license::LicenseCommand),
    /// List and renew the keys that sign bearers; also while the server runs.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Make, list and remove tokens for programs that use the management API; also while the server runs.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// See how people come over from the old service; also while the server runs.
    #[command(subcommand)]
    Upstream(upstream::UpstreamCommand),
    /// Back everything up, also while the server runs; restore it, or copy it into another store.
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Print a script that has a shell complete commands and options.
    Completions(completions::CompletionsArgs),
    /// Write the manual pages into a folder.
    #[command(hide = true)]
    Man(man::ManArgs),
}

impl Cli {
    /// Runs the command.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let sources = Sources::of_process(self.config);
        let server = self.server;
        let aim = |sources| Aim { sources, server };
        let exit = match self.command {
            Command::Serve(args) => serve::run(&args, &sources),
            Command::Config(command) => config::run(&command, &sources),
            Command::Health => health::run(&sources),
            Command::Openapi => openapi::run(&sources),
            Command::Events(args) => events::run(&args, &aim(sources)),
            Command::User(command) => user::run(&command, &aim(sources)),
            Command::Session(command) => session::run(&command, &aim(sources)),
            Command::Sso(command) => sso::run(&command, &aim(sources)),
            Command::Redirect(command) => redirect::run(&command, &aim(sources)),
            Command::Throttle(command) => throttle::run(&command, &aim(sources)),
            Command::License(command) => license::run(&command, &aim(sources)),
            Command::Key(command) => key::run(&command, &aim(sources)),
            Command::Token(command) => token::run(&command, &aim(sources)),
            Command::Upstream(command) => upstream::run(&command, &aim(sources)),
            Command::Store(command) => store::run(&command, &aim(sources)),
            Command::Completions(args) => completions::run(&args),
            Command::Man(args) => man::run(&args),
        };
        exit.into()
    }
}

/// The settings in force; `None` if they are wrong: every problem is then printed to standard error.
fn load(sources: &Sources) -> Option<Settings> {
    Settings::load(sources).inspect_err(|problems| eprintln!("{problems}")).ok()
}

/// Prints to standard output; the exit code says whether that worked.
fn print(text: &str) -> Exit {
    output::line(text).map_or_else(CliError::report, |()| Exit::Done)
}
