//! The second pass: writes the rows that the first found right.

use super::check::{Checked, collision};
use super::problems::Problems;
use super::rows::Rows;
use crate::admin::{Answer, ImportStatus, MAX_BATCH, NewAccount, Request};
use crate::cli::complaint::CliError;
use crate::cli::output;
use crate::cli::target::Target;

/// What the second pass did.
#[derive(Default)]
pub(super) struct Written {
    /// How many users are new.
    pub created: u64,
    /// How many rows collided with users that were added since the first pass.
    pub collided: u64,
}

pub(super) async fn write(
    rows: &mut Rows,
    checked: &Checked,
    problems: &mut Problems,
    target: &mut Target,
) -> Result<Written, CliError> {
    let mut written = Written::default();
    let mut lines = Vec::with_capacity(MAX_BATCH);
    let mut batch = Vec::with_capacity(MAX_BATCH);
    for &clean in &checked.clean {
        let Some(next) = rows.next()? else { return Err(changed()) };
        if !clean {
            continue;
        }
        lines.push(next.line);
        batch.push(next.row.map_err(|_| changed())?);
        if batch.len() == MAX_BATCH {
            create(&mut lines, &mut batch, &mut written, problems, target).await?;
        }
    }
    create(&mut lines, &mut batch, &mut written, problems, target).await?;
    Ok(written)
}

async fn create(
    lines: &mut Vec<u64>,
    batch: &mut Vec<NewAccount>,
    written: &mut Written,
    problems: &mut Problems,
    target: &mut Target,
) -> Result<(), CliError> {
    let answer = target.call(Request::Create(std::mem::take(batch))).await;
    let answer = answer.inspect_err(|_| {
        let users = output::count(written.created, "user");
        eprintln!("Interrupted; imported so far: {users}. Run the same command again to finish.");
    })?;
    let Answer::Standings(standings) = answer else { return Err(Target::surprised()) };
    for (line, standing) in lines.drain(..).zip(standings) {
        match standing {
            ImportStatus::New => written.created += 1,
            ImportStatus::AlreadyThere => {}
            taken => {
                written.collided += 1;
                problems.add(line, &collision(taken))?;
            }
        }
    }
    Ok(())
}

fn changed() -> CliError {
    CliError::refused("the file was changed while it was imported; run the same command again")
}
