//! What people call a session.

use url::Url;

use super::texts::SessionTexts;
use crate::admin::{SessionKind, SessionView};
use crate::http::pages::program::{self, Described};

/// What its program is called.
pub(super) fn program_of(session: &SessionView, texts: &SessionTexts) -> String {
    match program::describe(session.user_agent.as_deref().unwrap_or_default()) {
        Described::Browser { name, system: Some(system) } => format!("{name}, {system}"),
        Described::Browser { name, system: None } => name.to_owned(),
        Described::Program(name) => name,
        Described::Unnamed => session.client.clone().unwrap_or_else(|| texts.unnamed.to_owned()),
    }
}

/// What it is for.
pub(super) fn kind_of(session: &SessionView, texts: &SessionTexts, colon: &str) -> String {
    let kind = match (session.kind, session.native) {
        (SessionKind::V2, _) => texts.v2,
        (SessionKind::Directory, true) => texts.native,
        (SessionKind::Directory, false) => texts.directory,
    };
    let url = session.redirect_url.as_ref().and_then(|url| Url::parse(url).ok());
    let host = url.as_ref().and_then(|url| url.host_str()).filter(|_| !session.native);
    let of = session.application.as_deref().or(host);
    of.map_or_else(|| kind.to_owned(), |of| format!("{kind}{colon}{of}"))
}
