//! What all pages of the console have in common: the way to the others, who is there, and what they may do.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use chrono::DateTime;
use url::form_urlencoded::Serializer;

use super::said::Said;
use super::texts::{ConsoleTexts, Question};
use crate::domain::named;
use crate::http::error::ApiError;
use crate::http::pages::page::{self, Forms, Frame, Rules};

/// Around the content of a page of the console.
pub(super) struct Shell<'a> {
    /// Language and paths of this response.
    pub frame: &'a Frame,
    /// The texts in that language.
    pub texts: &'static ConsoleTexts,
    /// Who is there, by name.
    pub operator: &'a str,
    /// The hidden value of every form.
    pub csrf: &'a str,
    /// What they may change.
    pub may: May,
    /// Which page it is.
    pub place: Place,
}

/// What somebody may change. Whoever is in may read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct May {
    /// Accounts, and what they log in with.
    pub users: bool,
    /// Sessions.
    pub sessions: bool,
    /// All the rest.
    pub everything: bool,
}

named! {
    /// A page that every other leads to.
    pub(super) enum Place {
        /// The state of the server.
        Overview = "console",
        /// People.
        Users = "console/users",
        /// Where people are logged in.
        Sessions = "console/sessions",
        /// What happened.
        Events = "console/events",
        /// Licences that are out.
        Licenses = "console/licenses",
        /// Where browsers may be sent.
        Redirects = "console/redirects",
        /// The keys that sign bearers.
        Keys = "console/keys",
        /// What the server runs with.
        Settings = "console/settings",
    }
}

impl Place {
    const fn title(self, texts: &ConsoleTexts) -> &'static str {
        match self {
            Self::Overview => texts.overview.title,
            Self::Users => texts.users.title,
            Self::Sessions => texts.sessions.title,
            Self::Events => texts.events.title,
            Self::Licenses => texts.licenses.title,
            Self::Redirects => texts.redirects.title,
            Self::Keys => texts.keys.title,
            Self::Settings => texts.settings.title,
        }
    }
}

impl Shell<'_> {
    /// The pages: path from the root, name, and whether this is it.
    pub(super) fn ways(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        Place::ALL.into_iter().map(|place| (place.as_str(), place.title(self.texts), place == self.place))
    }

    /// An instant of a view, as people read it.
    pub(super) fn when(&self, iso: &str) -> String {
        let at = DateTime::parse_from_rfc3339(iso);
        at.map_or_else(|_| iso.to_owned(), |at| at.format(self.texts.date).to_string())
    }
}

/// Renders a page of the console.
///
/// # Errors
/// [`ApiError::Unknown`] if it could not be rendered.
pub(super) fn respond(page: &impl Template, frame: &Frame, status: StatusCode) -> Result<HttpResponse, ApiError> {
    page::respond(page, frame, status, Rules { forms: Forms::Here, scripts: false, opener: false })
}

/// As [`respond`], a page that has a script of this server's.
///
/// # Errors
/// [`ApiError::Unknown`] if it could not be rendered.
pub(super) fn respond_with_script(
    page: &impl Template,
    frame: &Frame,
    status: StatusCode,
) -> Result<HttpResponse, ApiError> {
    page::respond(page, frame, status, Rules { forms: Forms::Here, scripts: true, opener: false })
}

/// How a list goes on.
pub(super) struct Further {
    /// The list from its beginning, as a path from the root with the query that chose it, without an end of `&` or `?`.
    path: String,
    /// Whether this is not its beginning.
    pub(super) later: bool,
    /// Where the next page begins.
    pub(super) next: Option<String>,
}

impl Further {
    /// Of the list at a path, chosen by these parameters; those that are empty choose nothing.
    pub(super) fn new(place: Place, chosen: &[(&str, &str)], later: bool, next: Option<String>) -> Self {
        let chosen = chosen.iter().filter(|(_, value)| !value.is_empty());
        Self { path: with_query(place.as_str(), chosen), later, next }
    }

    pub(super) fn first(&self) -> &str {
        &self.path
    }

    pub(super) fn next(&self) -> Option<String> {
        let sign = if self.path.contains('?') { '&' } else { '?' };
        self.next.as_ref().map(|next| with_query(&format!("{}{sign}", self.path), [&("after", next.as_str())]))
    }
}

/// A path with parameters, which are escaped.
pub(super) fn with_query<'a>(path: &str, query: impl IntoIterator<Item = &'a (&'a str, &'a str)>) -> String {
    let begun = path.ends_with(['?', '&']);
    let query = Serializer::new(String::new()).extend_pairs(query).finish();
    let sign = if begun || query.is_empty() { "" } else { "?" };
    format!("{path}{sign}{query}")
}

/// Asks once more before something is done that cannot be undone.
#[derive(Template)]
#[template(path = "ask.html")]
pub(super) struct AskPage<'a> {
    /// What stands around it.
    pub shell: &'a Shell<'a>,
    /// What is asked.
    pub question: Question,
    /// To whom or what it is done.
    pub about: &'a str,
    /// A second name of that; empty if there is none.
    pub more: &'a str,
    /// Where the form leads, from the root.
    pub to: &'a str,
    /// What it sends.
    pub fields: &'a [(&'a str, &'a str)],
    /// Where whoever thinks better of it goes, from the root.
    pub back: &'a str,
}

impl AskPage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub(super) fn respond(&self) -> Result<HttpResponse, ApiError> {
        respond(self, self.shell.frame, StatusCode::OK)
    }
}

/// Says why a page cannot be shown, or an act was not done.
#[derive(Template)]
#[template(path = "trouble.html")]
pub(super) struct TroublePage<'a> {
    /// What stands around it.
    pub shell: &'a Shell<'a>,
    /// Why.
    pub said: Said,
}

impl TroublePage<'_> {
    /// The page, with the status of the problem.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub(super) fn respond(&self) -> Result<HttpResponse, ApiError> {
        respond(self, self.shell.frame, self.said.status())
    }

    const fn back(&self) -> &'static str {
        self.shell.place.title(self.shell.texts)
    }
}
