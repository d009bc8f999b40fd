//! `bimgate user list`

use clap::Args;

use crate::admin::{AccountView, Answer, MAX_PAGE, MAX_WHOLE_PAGE, Request};
use crate::cli::error::CliError;
use crate::cli::output::{self, plain};
use crate::cli::target::Target;

#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// How many users to list at the most.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// List those after this place, which the list before has named.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// One line of JSON a user, with all that `bimgate user import` reads but for the password's hash.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &ListArgs, target: &mut Target) -> Result<(), CliError> {
    let mut left = args.limit as usize;
    let (mut after, mut gathered) = (args.after.clone(), Vec::new());
    loop {
        let limit = left.min(if args.json { MAX_WHOLE_PAGE } else { MAX_PAGE });
        let request = Request::List { after, limit, profiles: args.json };
        let Answer::Accounts { items, next } = target.call(request).await? else { return Err(Target::surprised()) };
        left = left.saturating_sub(items.len());
        gathered.extend(items);
        after = next;
        let over = left == 0 || after.is_none();
        // A page may be short although others follow, and a table for each page would be hard to read.
        if over || gathered.len() >= MAX_PAGE {
            print(&gathered, args.json)?;
            gathered.clear();
        }
        if over {
            break;
        }
    }
    if let Some(after) = after {
        eprintln!("There may be more: bimgate user list --after '{}'", plain(&after));
    }
    Ok(())
}

fn print(accounts: &[AccountView], json: bool) -> Result<(), CliError> {
    if json {
        return accounts.iter().try_for_each(output::json);
    }
    let yes = |yes| if yes { "yes" } else { "no" }.to_owned();
    let rows = accounts.iter().map(|account| {
        let enabled = yes(account.enabled);
        let password = if account.weak_hash { "yes, weakly hashed".to_owned() } else { yes(account.password) };
        [
            account.email.clone(),
            account.id.to_string(),
            account.name.clone(),
            enabled,
            password,
            yes(account.second_factor),
            account.created.clone(),
        ]
    });
    output::table(["E-MAIL", "ID", "NAME", "ENABLED", "PASSWORD", "SECOND FACTOR", "CREATED"], rows)
}
