//! The first pass: is every row right, and does none collide with another account?

use super::numbered::NumberedRow;
use super::problems::Problems;
use super::rows::Rows;
use super::seen::Seen;
use crate::admin::{Answer, Claim, ImportStatus, MAX_BATCH, Request};
use crate::cli::complaint::CliError;
use crate::cli::target::Target;

/// What the first pass found.
#[derive(Default)]
pub(super) struct Checked {
    /// Whether to write each row, in turn.
    pub clean: Vec<bool>,
    /// How many rows to write.
    pub fit: u64,
    /// How many are in the store already.
    pub already: u64,
}

pub(super) async fn check(rows: &mut Rows, problems: &mut Problems, target: &mut Target) -> Result<Checked, CliError> {
    let mut checked = Checked::default();
    let mut seen = Seen::default();
    let mut batch = Batch::default();
    while let Some(NumberedRow { line, row }) = rows.next()? {
        let flaw = match row {
            Ok(account) => match seen.clash(line, &account) {
                None => {
                    batch.places.push((checked.clean.len(), line));
                    batch.claims.push(Claim { id: account.id, email: account.email });
                    None
                }
                clash => clash,
            },
            Err(flaw) => Some(flaw),
        };
        if let Some(flaw) = flaw {
            problems.add(line, &flaw)?;
        }
        checked.clean.push(false);
        if batch.claims.len() == MAX_BATCH {
            batch.ask(&mut checked, problems, target).await?;
        }
    }
    batch.ask(&mut checked, problems, target).await?;
    Ok(checked)
}

/// Rows that are right in themselves, before the store has been asked.
#[derive(Default)]
struct Batch {
    /// Which row it is, and on which line.
    places: Vec<(usize, u64)>,
    claims: Vec<Claim>,
}

impl Batch {
    async fn ask(
        &mut self,
        checked: &mut Checked,
        problems: &mut Problems,
        target: &mut Target,
    ) -> Result<(), CliError> {
        let request = Request::Check(std::mem::take(&mut self.claims));
        let Answer::Standings(standings) = target.call(request).await? else { return Err(Target::surprised()) };
        if standings.len() != self.places.len() {
            return Err(Target::surprised());
        }
        for ((row, line), standing) in self.places.drain(..).zip(standings) {
            match standing {
                ImportStatus::New => {
                    checked.clean[row] = true;
                    checked.fit += 1;
                }
                ImportStatus::AlreadyThere => checked.already += 1,
                taken => problems.add(line, &collision(taken))?,
            }
        }
        Ok(())
    }
}

/// What is wrong with a row that collides with an account.
pub(super) fn collision(standing: ImportStatus) -> String {
    match standing {
        ImportStatus::EmailTaken(by) => format!("its e-mail address is that of the user {by}"),
        _ => "its id is that of a user with another e-mail address".to_owned(),
    }
}
