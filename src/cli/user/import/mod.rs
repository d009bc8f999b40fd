//! `bimgate user import`: many users at once.
//!
//! Two passes over the file: the first checks every row, against the others and against the store, and the second
//! writes. So nothing is imported while anything is wrong. A pass holds one batch of rows at a time, and some 100 bytes of
//! every row, to find duplicates.

mod csv_rows;
mod dump;
mod json_rows;
mod keycloak;
mod passes;
mod problems;
mod row;
mod rows;
mod shape;
mod source;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::cli::error::CliError;
use crate::cli::output;
use crate::cli::target::Target;
use crate::settings::Settings;
use problems::Problems;
use rows::{Format, Rows};
use shape::Shape;
use source::Source;

/// Imports users from a file, all or none.
///
/// A row has an id (a UUID; a random one if it has none), an e-mail address, a name, a password hash, `enabled`, rights,
/// scopes, teams, tags, and issuer and subject of an identity provider; all but the address may be missing. A table
/// begins with a line that names the columns: `id`, `email`, `name`, `password_hash`, `enabled`, `rights`, `scopes`,
/// `teams`, `tags`, `issuer`, `subject`, in any case; commas, semicolons, tabs or vertical bars separate them, and
/// semicolons the entries of one field. A team is `id=name`. JSON has objects with the same names, one a line or as one
/// list; what `bimgate user list --json` prints is read too, as are a realm that Keycloak exported with its users, and
/// the `users.json` that the vendor's `dumpdirectorydbmigration.py` wrote, with the `teams.json` beside it. Text is
/// UTF-8 or UTF-16. Other columns are not read, and named.
///
/// Hashes are those of argon2, bcrypt, PBKDF2 (PHC, Django, passlib, ASP.NET Identity, Keycloak, `OpenLDAP`), scrypt
/// (PHC, Django), sha-crypt, and LDAP's SHA, recognised by their form. The first login replaces them by argon2id.
///
/// A user who is there already, with the row's address and id, is left as is, but linked to the row's subject if they
/// are linked to none. So an import that was interrupted is finished by running it again.
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArgs {
    /// The file; `-` is standard input.
    file: PathBuf,
    /// What the file holds; by its name (.csv, .json, .jsonl, .ndjson) if not given.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Check everything, import nothing.
    #[arg(long)]
    dry_run: bool,
    /// Import the rows that are right, and leave out the others; of rows that collide in the file, the first counts.
    #[arg(long)]
    clean_only: bool,
    /// Write every problem to this file, one a line; without it the first 50 are shown.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print every problem as a line of JSON, `{"line":2,"problem":…}`, and the counts as the last one.
    #[arg(long)]
    json: bool,
}

/// The outcome as JSON.
#[derive(Serialize)]
struct Outcome {
    rows: usize,
    to_import: u64,
    already_there: u64,
    problems: u64,
    imported: u64,
}

pub(super) async fn run(args: &ImportArgs, settings: &Settings, target: &mut Target) -> Result<(), CliError> {
    let format = rows::format_of(&args.file, args.format)?;
    let mut source = Source::open(&args.file)?;
    let mut problems = Problems::new(args.report.as_deref(), args.json)?;
    let shape = match format {
        Format::Csv => Shape::Rows,
        Format::Jsonl => Shape::of(source.rewound()?, &args.file, settings.openid.issuer.as_deref())?,
    };
    shape.tell();
    let shape = Arc::new(shape);

    let progress = progress("Checking", source.bytes());
    let mut rows = Rows::new(source.rewound()?, format, &shape, &progress)?;
    let checked = passes::check(&mut rows, &mut problems, target).await?;
    progress.finish_and_clear();
    problems.report()?;
    if let Some(names) = rows.unread().list() {
        eprintln!("Not read: {}.", output::plain(&names));
    }
    eprintln!(
        "{}: {} to import, {} there already, {} with a problem.",
        output::count(checked.clean.len() as u64, "row"),
        checked.fit,
        checked.already,
        problems.count(),
    );
    let tell = |problems: &Problems, imported| {
        let (rows, problems) = (checked.clean.len(), problems.count());
        let outcome = Outcome { rows, to_import: checked.fit, already_there: checked.already, problems, imported };
        if args.json { output::json(&outcome) } else { Ok(()) }
    };
    if problems.count() > 0 && !args.clean_only {
        tell(&problems, 0)?;
        let advice = "nothing was imported; mend the file, or give --clean-only to leave those rows out";
        return Err(CliError::refused(advice));
    }
    if args.dry_run {
        eprintln!("A dry run: nothing was imported.");
        return tell(&problems, 0);
    }

    let progress = self::progress("Importing", source.bytes());
    let mut rows = Rows::new(source.rewound()?, format, &shape, &progress)?;
    let written = passes::write(&mut rows, &checked, &mut problems, target).await?;
    progress.finish_and_clear();
    eprintln!("Imported: {}.", output::count(written.created, "user"));
    problems.report()?;
    tell(&problems, written.created)?;
    if written.collided > 0 {
        let rows = output::count(written.collided, "row");
        return Err(CliError::refused(format!("not imported, because of users that were added meanwhile: {rows}")));
    }
    Ok(())
}

/// A bar over the bytes of the file; on a terminal only.
fn progress(what: &'static str, bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes).with_prefix(what);
    let template = "{prefix} [{wide_bar}] {percent} % {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
