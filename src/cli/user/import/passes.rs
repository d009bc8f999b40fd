//! The two passes over the rows: the first checks each against the others and the store, the second writes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use sha2::{Digest as _, Sha256};

use super::problems::Problems;
use super::row::NumberedRow;
use super::rows::Rows;
use crate::admin::{Answer, Claim, ImportStatus, MAX_BATCH, NewAccount, Request, SubjectView};
use crate::cli::error::CliError;
use crate::cli::output;
use crate::cli::target::Target;

/// How much one request may hold before it is sent, in bytes of JSON.
const MAX_BATCH_BYTES: usize = 1 << 20;

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

/// The first pass: is every row right, and does none collide with another account?
pub(super) async fn check(rows: &mut Rows, problems: &mut Problems, target: &mut Target) -> Result<Checked, CliError> {
    let mut checked = Checked::default();
    let mut seen = Seen::default();
    let mut batch = Batch::default();
    while let Some(NumberedRow { line, row }) = rows.next()? {
        let flaw = match row {
            Ok(account) => match seen.clash(line, &account) {
                None => {
                    batch.places.push((checked.clean.len(), line));
                    let subject = account.profile.subject.as_ref().map(SubjectView::of);
                    batch.claims.push(Claim { id: account.id, email: account.email, subject });
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
fn collision(standing: ImportStatus) -> String {
    match standing {
        ImportStatus::EmailTaken(by) => format!("its e-mail address is that of the user {by}"),
        ImportStatus::SubjectTaken => {
            "its subject is that of another user, or the user is linked to another".to_owned()
        }
        _ => "its id is that of a user with another e-mail address".to_owned(),
    }
}

/// The ids, addresses and subjects of earlier rows, to find duplicates in one file: the first half of each address's
/// SHA-256, each id, each subject's digest, and their lines. 20 bytes an entry, without the table's spare room.
#[derive(Default)]
struct Seen {
    emails: HashMap<[u8; 16], u32>,
    ids: HashMap<[u8; 16], u32>,
    subjects: HashMap<[u8; 16], u32>,
}

impl Seen {
    /// Notes the claims of a row; if one was made before, says which and where.
    fn clash(&mut self, line: u64, account: &NewAccount) -> Option<String> {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let email = match self.emails.entry(digest(account.email.as_str())) {
            Entry::Occupied(held) => return Some(format!("its e-mail address is that of line {}", held.get())),
            Entry::Vacant(free) => free,
        };
        let subject = account.profile.subject.as_ref().map(|subject| self.subjects.entry(subject.digest()));
        let subject = match subject {
            Some(Entry::Occupied(held)) => return Some(format!("its subject is that of line {}", held.get())),
            Some(Entry::Vacant(free)) => Some(free),
            None => None,
        };
        if let Some(id) = account.id {
            match self.ids.entry(id.0.into_bytes()) {
                Entry::Occupied(held) => return Some(format!("its id is that of line {}", held.get())),
                Entry::Vacant(free) => free.insert(line),
            };
        }
        email.insert(line);
        if let Some(subject) = subject {
            subject.insert(line);
        }
        None
    }
}

fn digest(text: &str) -> [u8; 16] {
    let whole = Sha256::digest(text);
    let mut digest = [0; 16];
    digest.copy_from_slice(&whole[..16]);
    digest
}

/// What the second pass did.
#[derive(Default)]
pub(super) struct Written {
    /// How many users are new.
    pub created: u64,
    /// How many rows collided with users that were added since the first pass.
    pub collided: u64,
}

/// The second pass: writes the rows that the first found right.
pub(super) async fn write(
    rows: &mut Rows,
    checked: &Checked,
    problems: &mut Problems,
    target: &mut Target,
) -> Result<Written, CliError> {
    let mut written = Written::default();
    let mut lines = Vec::with_capacity(MAX_BATCH);
    let mut batch = Vec::with_capacity(MAX_BATCH);
    let mut bytes = 0;
    for &clean in &checked.clean {
        let Some(next) = rows.next()? else { return Err(changed()) };
        if !clean {
            continue;
        }
        let account = next.row.map_err(|_| changed())?;
        lines.push(next.line);
        bytes += serde_json::to_vec(&account).map_or(0, |text| text.len());
        batch.push(account);
        if batch.len() == MAX_BATCH || bytes > MAX_BATCH_BYTES {
            bytes = 0;
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
