//! `bimgate license`: licences that native clients have borrowed.

use clap::Subcommand;
use serde_json::json;

use super::Exit;
use super::error::CliError;
use super::output::{self, count};
use super::target::{self, Aim, Target};
use crate::admin::{Answer, BorrowView, Request};

/// `bimgate license …`
#[derive(Debug, Subcommand)]
pub(super) enum LicenseCommand {
    /// List the licences that are out, who has them and until when; at most 1,000, those that come back first.
    List {
        /// As one line of JSON: `{"total":5,"out":1,"licenses":[…]}`, `total` being `licenses.total` of the settings.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: &LicenseCommand, aim: &Aim) -> Exit {
    let LicenseCommand::List { json } = command;
    target::run(aim, async |settings, target| list(*json, settings.licenses.total, target).await)
}

async fn list(json: bool, total: usize, target: &mut Target) -> Result<(), CliError> {
    let elsewhere = target.setting_elsewhere("licenses.total").await?;
    let total = elsewhere.and_then(|total| total.as_u64()).and_then(|total| total.try_into().ok()).unwrap_or(total);
    let Answer::Licenses { items, out } = target.call(Request::Licenses).await? else {
        return Err(Target::surprised());
    };
    if json {
        return output::json(&json!({ "total": total, "out": out, "licenses": items }));
    }
    eprintln!("{out} of {} out.", count(total as u64, "licence"));
    if items.is_empty() {
        Ok(())
    } else {
        output::table(["E-MAIL", "ID", "SESSION", "SINCE", "UNTIL"], items.into_iter().map(row))
    }
}

fn row(borrow: BorrowView) -> [String; 5] {
    let email = borrow.email.unwrap_or_else(|| "deleted".to_owned());
    [email, borrow.user.to_string(), borrow.session.to_string(), borrow.since, borrow.until]
}
