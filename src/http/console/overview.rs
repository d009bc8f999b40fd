//! `GET /console`: the state of the server.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::chart::Chart;
use super::operator::{Failed, Operator, Shown, Visitor, surprised};
use super::shell::{self, Place, Shell};
use super::week::{self, WeekView};
use crate::admin::{Answer, KeyState, MAX_PAGE, Request, UserFilter};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::openapi::errors::PageErrors;

/// What the server says of itself, a tile each.
#[derive(Template)]
#[template(path = "overview.html")]
pub(super) struct OverviewPage<'a> {
    /// What stands around it.
    pub shell: &'a Shell<'a>,
    /// What is told.
    pub tiles: &'a [Tile],
    /// The logins of the last hour.
    pub chart: Chart,
    /// The logins of the last days, unless the store is away.
    pub week: Option<WeekView>,
    /// What the operator should know about the store, in English.
    pub warnings: &'a [String],
}

/// One thing that is told.
pub(super) struct Tile {
    /// What it is about.
    pub name: &'static str,
    /// How it stands.
    pub value: String,
    /// Whether somebody should do something about it.
    pub bad: bool,
}

/// Shows it.
#[utoipa::path(
    get, path = Route::Console.pattern(), tag = "console", operation_id = "console",
    summary = "The console: the state of the server",
    description = "For whoever has entered by an API token, in this browser; anybody else is led to where one enters.",
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To where one enters."),
        PageErrors,
    ),
)]
pub(in crate::http) async fn show(visitor: Visitor) -> Result<HttpResponse, ApiError> {
    visitor.sees(Place::Overview, async |operator| tell(operator).await).await
}

async fn tell(operator: &Operator<'_>) -> Shown {
    let visitor = operator.visitor();
    let (all, console, store) = (visitor.texts(), &visitor.console, &visitor.store);
    let texts = &all.overview;
    let shell = &operator.shell(Place::Overview);
    let chart = || Chart::of_hour(&visitor.metrics.last_hour());
    let tile = |name, value: String, bad| Tile { name, value, bad };
    let state = match store.takes_logins().await {
        Ok(true) => tile(texts.store, texts.store_well.to_owned(), false),
        Ok(false) => tile(texts.store, texts.store_full.to_owned(), true),
        Err(error) => {
            // Everything else would be asked in vain.
            visitor.log(&error.to_string());
            let tiles = [tile(texts.store, texts.store_away.to_owned(), true)];
            let page = OverviewPage { shell, tiles: &tiles, chart: chart(), week: None, warnings: &[] };
            return Ok(shell::respond(&page, shell.frame, StatusCode::SERVICE_UNAVAILABLE)?);
        }
    };
    let warnings = store.warnings().await.unwrap_or_default();
    let (out, key) = (licenses_out(operator).await?, signing_since(operator).await?);
    let week = week::told(visitor, shell).await;
    let open = console.census.last().map(|census| (census.client_sessions, census.directory_sessions));
    let (programs, web) = open.unwrap_or_default();
    let minutes = visitor.management.clock.monotonic().saturating_sub(console.started).as_secs() / 60;
    let tiles = [
        state,
        tile(texts.users, users(operator).await?, false),
        tile(texts.sessions, (texts.open)(programs, web), false),
        tile(texts.checks, (texts.a_second)(visitor.metrics.checks_a_second()), false),
        tile(texts.licenses, (texts.out_of)(out, console.licenses), console.licenses > 0 && out >= console.licenses),
        tile(texts.key, key.map_or_else(|| texts.no_key.to_owned(), |since| shell.when(&since)), false),
        tile(texts.queue, (texts.waiting)(console.passwords.queued(), console.passwords.running()), false),
        tile(texts.provider, console.provider.clone().unwrap_or_else(|| texts.no_provider.to_owned()), false),
        tile(texts.version, env!("CARGO_PKG_VERSION").to_owned(), false),
        tile(texts.started, (texts.uptime)(minutes / 1440, minutes / 60 % 24, minutes % 60), false),
    ];
    let page = OverviewPage { shell, tiles: &tiles, chart: chart(), week: Some(week), warnings: &warnings };
    Ok(shell::respond(&page, shell.frame, StatusCode::OK)?)
}

/// How many people there are, as far as one page of the list tells.
async fn users(operator: &Operator<'_>) -> Result<String, Failed> {
    let request = Request::List { after: None, limit: MAX_PAGE, profiles: false, filter: UserFilter::default() };
    let Answer::Accounts { items, next } = operator.execute(request).await? else { return Err(surprised()) };
    let texts = operator.visitor().texts();
    Ok(if next.is_some() { (texts.more_than)(items.len()) } else { items.len().to_string() })
}

async fn licenses_out(operator: &Operator<'_>) -> Result<usize, Failed> {
    match operator.execute(Request::Licenses).await? {
        Answer::Licenses { out, .. } => Ok(out),
        _ => Err(surprised()),
    }
}

/// Since when the key signs that does.
async fn signing_since(operator: &Operator<'_>) -> Result<Option<String>, Failed> {
    let Answer::Keys(keys) = operator.execute(Request::Keys).await? else { return Err(surprised()) };
    Ok(keys.into_iter().find(|key| key.state == KeyState::Signing).map(|key| key.signs_from))
}
