//! `bimgate user list`

use clap::{Args, ValueEnum};

use crate::admin::{AccountView, Answer, MAX_PAGE, MAX_WHOLE_PAGE, Request, UserFilter};
use crate::cli::error::CliError;
use crate::cli::output::{self, plain};
use crate::cli::target::Target;

/// The most users that are sorted: they are all held at once.
const MAX_SORTED: usize = 10_000;

#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// How many users to list at the most.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// List those after this place, which the list before has named.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// Those alone whose e-mail address or name has this part, in any case.
    #[arg(long, value_name = "PART", value_parser = part)]
    search: Option<Box<str>>,
    /// Those alone who may not log in.
    #[arg(long)]
    disabled: bool,
    /// Those alone who have no password.
    #[arg(long)]
    no_password: bool,
    /// In this order; at most 10,000 users are sorted. Without it, in the order of the store.
    #[arg(long, value_name = "BY", conflicts_with = "after")]
    sort: Option<Order>,
    /// One line of JSON a user, with all that `bimgate user import` reads but for the password's hash.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Order {
    Email,
    Name,
    Created,
}

fn part(given: &str) -> Result<Box<str>, String> {
    let fits = (1..=UserFilter::MAX_SEARCH).contains(&given.len());
    fits.then(|| given.into()).ok_or_else(|| format!("must be 1 to {} bytes long", UserFilter::MAX_SEARCH))
}

pub(super) async fn run(args: &ListArgs, target: &mut Target) -> Result<(), CliError> {
    match args.sort {
        Some(order) => sorted(args, order, target).await,
        None => as_stored(args, target).await,
    }
}

async fn as_stored(args: &ListArgs, target: &mut Target) -> Result<(), CliError> {
    let mut left = args.limit as usize;
    let (mut after, mut gathered) = (args.after.clone(), Vec::new());
    loop {
        let (items, next) = page(args, after, left, target).await?;
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

async fn sorted(args: &ListArgs, order: Order, target: &mut Target) -> Result<(), CliError> {
    let (mut after, mut all) = (None, Vec::new());
    loop {
        let (items, next) = page(args, after, MAX_PAGE, target).await?;
        all.extend(items);
        if all.len() > MAX_SORTED {
            let sentence = format!("more than {MAX_SORTED} users are too many to sort; --search finds fewer");
            return Err(CliError::refused(sentence));
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    let key = |account: &AccountView| match order {
        Order::Email => account.email.clone(),
        Order::Name => account.name.to_lowercase(),
        // Instants are written so that they sort.
        Order::Created => account.created.clone(),
    };
    all.sort_by_cached_key(|account| (key(account), account.email.clone()));
    let more = all.len().saturating_sub(args.limit as usize);
    all.truncate(args.limit as usize);
    print(&all, args.json)?;
    if more > 0 {
        eprintln!("There are {more} more; --limit says how many are listed.");
    }
    Ok(())
}

async fn page(
    args: &ListArgs,
    after: Option<String>,
    most: usize,
    target: &mut Target,
) -> Result<(Vec<AccountView>, Option<String>), CliError> {
    let limit = most.min(if args.json { MAX_WHOLE_PAGE } else { MAX_PAGE });
    let ListArgs { search, disabled, no_password, .. } = args;
    let filter = UserFilter { search: search.clone(), disabled: *disabled, no_password: *no_password };
    let request = Request::List { after, limit, profiles: args.json, filter };
    let Answer::Accounts { items, next } = target.call(request).await? else { return Err(Target::surprised()) };
    Ok((items, next))
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
