//! The language that a page is written in: what the person has chosen, else what the browser prefers.
//!
//! A page that answers GET links to itself in each language, with the parameter `language`. Such an answer has the browser
//! keep the choice in a cookie, for all pages. Nobody is redirected, so nothing can lead elsewhere.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{AcceptLanguage, Header as _, Preference, Quality};

use crate::domain::Language;
use crate::http::extract::{browser, shared};
use crate::http::{HttpSettings, Route};

/// The parameter that chooses.
const PARAMETER: &str = "language";

/// What a request says of the language.
pub(super) struct Spoken {
    pub language: Language,
    /// What the query of a link to this page begins with, up to the name of a language; none where the page cannot be
    /// asked for again.
    pub choice: Option<String>,
    /// Whether it chooses the language.
    pub is_chosen: bool,
}

impl Spoken {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let (chosen, others): (Vec<_>, Vec<_>) = request
            .query_string()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .partition(|pair| name_of(pair).eq_ignore_ascii_case(PARAMETER));
        let chosen = chosen.first().and_then(|pair| Language::of_tag(pair.split_once('=')?.1));
        let language = chosen.or_else(|| kept(request)).unwrap_or_else(|| preferred(request));
        let choice = can_be_asked_again(request, &others).then(|| {
            let others: String = others.iter().flat_map(|pair| [pair, "&"]).collect();
            format!("?{others}{PARAMETER}=")
        });
        Self { language, choice, is_chosen: chosen.is_some() }
    }
}

fn name_of(pair: &str) -> &str {
    pair.split('=').next().unwrap_or_default()
}

/// Whether the same page comes when its address is opened once more. A form's answer is no such page; nor is what a
/// provider or a one-time link led to, and their secrets stand in no page.
fn can_be_asked_again(request: &HttpRequest, query: &[&str]) -> bool {
    let is_spent = match Route::of(request.match_info().as_str()) {
        Route::OnAuthenticated => true,
        Route::AccountLink => query.iter().any(|pair| name_of(pair).eq_ignore_ascii_case("link")),
        _ => false,
    };
    matches!(*request.method(), Method::GET | Method::HEAD) && !is_spent
}

/// The language that this browser was told to keep.
fn kept(request: &HttpRequest) -> Option<Language> {
    let settings = shared::<HttpSettings>(request).ok()?;
    Language::of_tag(browser::language(request.headers(), &settings.base)?)
}

/// The language that the browser prefers, by its weights (RFC 9110, 12.5.4); of equal ones the first.
fn preferred(request: &HttpRequest) -> Language {
    let accepted = AcceptLanguage::parse(request).map(|header| header.0).unwrap_or_default();
    let mut best = (Quality::ZERO, Language::English);
    for item in &accepted {
        let language = match &item.item {
            Preference::Any => Language::English,
            Preference::Specific(tag) => {
                let Some(spoken) = Language::of_tag(tag.primary_language()) else { continue };
                spoken
            }
        };
        if item.quality > best.0 {
            best = (item.quality, language);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ACCEPT_LANGUAGE;
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_weights_decide_and_then_the_order() {
        for (accepted, language) in [
            ("", Language::English),
            ("de", Language::German),
            ("DE-at", Language::German),
            ("de-CH-1996, en", Language::German),
            ("en, de", Language::English),
            ("de, en;q=0.9", Language::German),
            ("de;q=0.8, en;q=0.9", Language::English),
            ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", Language::French),
            ("it-CH, it;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", Language::English),
            ("de;q=0.7, fr-CA", Language::French),
            ("it, de;q=0.3", Language::German),
            ("it, de;q=0", Language::English),
            ("fr;q=0, *;q=0.1", Language::English),
            ("de;q=0, *;q=0.1", Language::English),
            ("*, de;q=0.5", Language::English),
            ("es, it", Language::English),
            ("den, deu", Language::English),
            ("\"<script>\", ;;;, de;q=nonsense, ,", Language::English),
            ("x;q=9, de;q=0.2", Language::German),
        ] {
            let request = TestRequest::default().insert_header((ACCEPT_LANGUAGE, accepted)).to_http_request();
            assert_eq!(preferred(&request), language, "{accepted:?}");
        }
        assert_eq!(preferred(&TestRequest::default().to_http_request()), Language::English);
    }

    #[test]
    fn a_page_links_to_itself_in_another_language() {
        for (uri, language, chosen, choice) in [
            ("/account", Language::German, false, Some("?language=")),
            ("/account?language=fr", Language::French, true, Some("?language=")),
            ("/account?page=2&language=FR&x", Language::French, true, Some("?page=2&x&language=")),
            ("/account?language=xx&page=2", Language::German, false, Some("?page=2&language=")),
            ("/account?language", Language::German, false, Some("?language=")),
            ("/account?Language=en&language=fr", Language::English, true, Some("?language=")),
            ("/account/link?link=0123", Language::German, false, None),
            ("/account/link?done=set&language=fr", Language::French, true, Some("?done=set&language=")),
            ("/directory/api/directorysession/onauthenticated?code=0123", Language::German, false, None),
        ] {
            let request = TestRequest::with_uri(uri).insert_header((ACCEPT_LANGUAGE, "de"));
            let spoken = Spoken::of(&request.to_http_request());
            let found = (spoken.language, spoken.is_chosen, spoken.choice.as_deref());
            assert_eq!(found, (language, chosen, choice), "{uri}");
        }
        let sent = TestRequest::post().uri("/account?language=fr").to_http_request();
        let spoken = Spoken::of(&sent);
        assert_eq!((spoken.language, spoken.choice), (Language::French, None), "a form is not sent twice");
    }
}
