//! What all pages that a person logs in with have in common: language, the way to their files, and the rules that a
//! browser is given for them.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, REFERRER_POLICY,
    VARY, X_FRAME_OPTIONS,
};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::asset::HTML;
use super::brand::Brand;
use super::language::Spoken;
use super::texts::Texts;
use crate::domain::{Language, RedirectUrl};
use crate::http::HttpSettings;
use crate::http::error::ApiError;
use crate::http::extract::{browser, from_head, shared};

/// Around the content of a page: who asked for it, and where.
pub struct Frame {
    /// The language that the person has chosen, or the browser prefers.
    pub language: Language,
    pub(super) texts: &'static Texts,
    /// Whose page it is.
    pub brand: Arc<Brand>,
    /// What the query of a link to the same page in another language begins with; none where there is no such page.
    choice: Option<String>,
    /// Whose browsers are told to keep the language, if it was chosen by this request.
    keeps: Option<Data<HttpSettings>>,
    /// From the page to where the server begins: relative, so that a proxy may serve it under any path.
    pub root: String,
}

impl Frame {
    /// The frame of a page that answers this request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let Spoken { language, choice, is_chosen } = Spoken::of(request);
        let keeps = if is_chosen { shared::<HttpSettings>(request).ok() } else { None };
        // As the browser sees the path: an escaped slash is none.
        Self { choice, keeps, brand: Brand::of(request), ..Self::new(language, request.path()) }
    }

    /// The frame of a page in this language at this path.
    #[must_use]
    pub fn new(language: Language, path: &str) -> Self {
        let folders = path.matches('/').count().saturating_sub(1);
        let root = if folders == 0 { "./".to_owned() } else { "../".repeat(folders) };
        Self { language, texts: Texts::of(language), brand: Brand::own(), choice: None, keeps: None, root }
    }

    /// The same page in every language: the language, the link there, and whether it is this one. None where the page
    /// cannot be asked for again.
    pub fn languages(&self) -> impl Iterator<Item = (Language, String, bool)> {
        let choice = self.choice.iter();
        choice.flat_map(|begun| {
            Language::ALL.map(|language| (language, format!("{begun}{}", language.tag()), language == self.language))
        })
    }

    /// Whether anything stands below the page.
    #[must_use]
    pub fn has_foot(&self) -> bool {
        self.choice.is_some() || self.links().next().is_some()
    }

    /// What else the page links to: what it is called, and where it leads.
    pub fn links(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.brand.links(&self.texts.foot)
    }

    /// What these links are, for who does not see them.
    #[must_use]
    pub const fn languages_title(&self) -> &'static str {
        self.texts.foot.languages
    }

    /// Has the browser keep the language, if it was chosen. Whether it was.
    pub(super) fn keep_language(&self, headers: &mut HeaderMap) -> bool {
        if let Some(settings) = &self.keeps {
            browser::keep_language(&settings.base, self.language.tag(), headers);
        }
        self.keeps.is_some()
    }

    /// Between what something is and which one it is, with the spaces around it.
    #[must_use]
    pub const fn colon(&self) -> &'static str {
        self.texts.colon
    }
}

from_head!(Frame);

/// Where a page's form may lead. Chromium holds every redirect that follows a form to the page's `form-action`, and
/// stops without a word to the person at one that is not in it.
#[derive(Clone, Copy)]
pub enum Forms<'a> {
    /// The page has none.
    None,
    /// To this server, which sends nobody elsewhere after one.
    Here,
    /// To this server, and by redirects to this application.
    To(&'a RedirectUrl),
    /// To this server, and by redirects anywhere: to an identity provider, which may lead on to others that only it
    /// knows. Not for a page where a secret is typed in.
    Anywhere,
}

impl Forms<'_> {
    fn policy(self) -> String {
        match self {
            Self::None => "'none'".to_owned(),
            Self::Here => "'self'".to_owned(),
            Self::To(url) => {
                let origin = url.origin();
                // The grammar of policies has no IPv6 addresses (CSP 3, 2.3.1), so such a one can only be let through with
                // its whole scheme.
                let source = if origin.contains('[') { origin.split_inclusive(':').next() } else { Some(&*origin) };
                format!("'self' {}", source.unwrap_or_default())
            }
            Self::Anywhere => "'self' https: http:".to_owned(),
        }
    }
}

/// What a browser may do with a page, beyond showing it.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// Send forms.
    pub forms: Forms<'a>,
    /// Run this server's own scripts, and let them call it.
    pub scripts: bool,
    /// Keep the tie to the window that opened this one. An application may log in in a pop-up window, and would lose it
    /// for good; a page that gives something away needs no such tie.
    pub opener: bool,
}

/// Renders a page as the answer to a request.
///
/// # Errors
/// [`ApiError::Unknown`] if the template could not be rendered.
pub fn respond(
    page: &impl Template,
    frame: &Frame,
    status: StatusCode,
    rules: Rules<'_>,
) -> Result<HttpResponse, ApiError> {
    let body = page.render().map_err(|error| ApiError::Unknown(error.to_string()))?;
    let scripts = if rules.scripts { "script-src 'self'; connect-src 'self'; " } else { "" };
    let policy = format!(
        "default-src 'none'; {scripts}style-src 'self'; img-src 'self'; form-action {}; base-uri 'none'; \
         frame-ancestors 'none'",
        rules.forms.policy(),
    );
    let opener = if rules.opener { "unsafe-none" } else { "same-origin" };
    let mut response = HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, HTML))
        .insert_header((CONTENT_LANGUAGE, frame.language.tag()))
        .insert_header((VARY, "Accept-Language, Cookie"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        // Not `no-referrer`: a form would then be sent with `Origin: null` (Fetch standard, 3.1). The address of a page,
        // with its state in it, goes to this server only.
        .insert_header((REFERRER_POLICY, "same-origin"))
        .insert_header((X_FRAME_OPTIONS, "DENY"))
        .insert_header((HeaderName::from_static("cross-origin-opener-policy"), opener))
        .insert_header((HeaderName::from_static("cross-origin-resource-policy"), "same-origin"))
        .body(body);
    frame.keep_language(response.headers_mut());
    Ok(response)
}
