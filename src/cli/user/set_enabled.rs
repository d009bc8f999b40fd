//! `bimgate user enable` and `disable`

use crate::admin::{Answer, Change, Request, Who};
use crate::cli::complaint::Complaint;
use crate::cli::output::plain;
use crate::cli::target::Target;

pub(super) async fn run(user: &Who, enabled: bool, target: &mut Target) -> Result<(), Complaint> {
    let change = if enabled { Change::Enable } else { Change::Disable };
    let answer = target.call(Request::Change(user.clone(), change)).await?;
    let Answer::Account(account) = answer else { return Err(Target::surprised()) };
    let outcome = if enabled { "may log in." } else { "may no longer log in, and every login has ended." };
    eprintln!("{} {outcome}", plain(&account.email));
    Ok(())
}
