//! What makes the pages those of an operator: their name, logo and colour, and links of theirs.

use std::sync::{Arc, LazyLock};

use actix_web::HttpRequest;
use actix_web::web::Bytes;
use arc_swap::ArcSwap;

use super::asset::{Asset, CSS};
use super::texts::FootTexts;
use crate::http::extract::shared;
use crate::settings::{BrandingSettings, Colour, OWN_NAME};

/// The brand of the pages. May change while requests come: the app holds an `ArcSwap` of it.
pub struct Brand {
    /// What people know this server by.
    pub name: String,
    pub(super) logo: Option<Asset>,
    pub(super) sheet: Option<Asset>,
    help: Option<String>,
    privacy: Option<String>,
    imprint: Option<String>,
}

/// Where the settings say nothing.
static OWN: LazyLock<Arc<Brand>> = LazyLock::new(|| {
    let (logo, sheet) = (None, None);
    Arc::new(Brand { name: OWN_NAME.to_owned(), logo, sheet, help: None, privacy: None, imprint: None })
});

impl Brand {
    /// That of these settings.
    #[must_use]
    pub fn new(settings: &BrandingSettings) -> Self {
        let logo = settings.picture.as_ref();
        Self {
            name: settings.name.clone(),
            logo: logo.map(|logo| Asset::picture(logo.content_type, Bytes::copy_from_slice(&logo.bytes))),
            sheet: settings.colour().map(|accent| Asset::new(CSS, sheet(accent))),
            help: settings.help.clone(),
            privacy: settings.privacy.clone(),
            imprint: settings.imprint.clone(),
        }
    }

    /// This program's own.
    #[must_use]
    pub fn own() -> Arc<Self> {
        Arc::clone(&OWN)
    }

    /// That of the app.
    pub(super) fn of(request: &HttpRequest) -> Arc<Self> {
        shared::<ArcSwap<Self>>(request).map_or_else(|_| Self::own(), |brand| brand.load_full())
    }

    /// Whether there is a logo.
    #[must_use]
    pub const fn has_logo(&self) -> bool {
        self.logo.is_some()
    }

    /// Whether the mark of this program stands before the name: it is none of others.
    #[must_use]
    pub fn has_mark(&self) -> bool {
        self.name == OWN_NAME
    }

    /// Whether there is a style sheet.
    #[must_use]
    pub const fn has_sheet(&self) -> bool {
        self.sheet.is_some()
    }

    /// What each link is called, and where it leads.
    pub(super) fn links(&self, texts: &FootTexts) -> impl Iterator<Item = (&'static str, &str)> {
        let links = [(texts.help, &self.help), (texts.privacy, &self.privacy), (texts.imprint, &self.imprint)];
        links.into_iter().filter_map(|(text, link)| Some((text, link.as_deref()?)))
    }
}

/// The accent over that of `pages.css`, where pages are light and where they are dark.
fn sheet(accent: Colour) -> String {
    let (light, dark) = (accent.in_the_light(), accent.in_the_dark());
    format!(
        ":root {{ --accent: {light}; --on-accent: #ffffff; --strong: {}; }}\n\
         @media (prefers-color-scheme: dark) {{\n  \
           :root {{ --accent: {dark}; --on-accent: {}; --strong: {}; }}\n}}\n",
        light.deeper(),
        Colour::DARK_GROUND,
        dark.brighter(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grounds_are_those_of_the_style_sheet() {
        let (light, dark) =
            include_str!("assets/pages.css").split_once("@media (prefers-color-scheme: dark)").expect("two schemes");
        let colours = |css: &str, names: &[&str]| -> Vec<Colour> {
            let of = |name: &&str| Colour::parse(css.split_once(&format!("--{name}: "))?.1.get(..7)?);
            names.iter().map(|name| of(name).expect("a colour")).collect()
        };
        let grounds = ["ground", "sheet", "code"];
        for (css, worst, end) in [(light, Colour::LIGHT_GROUND, "#000000"), (dark, Colour::DARK_GROUND, "#ffffff")] {
            let (end, grounds) = (Colour::parse(end).expect("a colour"), colours(css, &grounds));
            assert!(grounds.contains(&worst));
            assert!(grounds.iter().all(|ground| ground.contrast(end) >= worst.contrast(end)), "{grounds:?}");
        }
    }
}
