//! What a page is looked at with: how large the screen is, how bright, in which language.

use std::path::Path;

use serde_json::{Value, json};
use thirtyfour::support::base64_decode;

use crate::browser::Browser;

/// The size of the screen.
#[derive(Clone, Copy, Debug)]
pub enum Screen {
    Desktop,
    Phone,
}

/// What the person prefers.
#[derive(Clone, Copy, Debug)]
pub enum Scheme {
    Light,
    Dark,
}

/// The size of the screen, and how bright.
pub type Look = (Screen, Scheme);

/// All that a page must look good in.
pub const LOOKS: [Look; 4] = [
    (Screen::Desktop, Scheme::Light),
    (Screen::Phone, Scheme::Dark),
    (Screen::Desktop, Scheme::Dark),
    (Screen::Phone, Scheme::Light),
];

impl Browser {
    /// Shows this tab's pages so from now on.
    pub fn looks(&self, screen: Screen, scheme: Scheme) {
        let (width, height, scale, mobile) = match screen {
            Screen::Desktop => (1280, 800, 1, false),
            Screen::Phone => (375, 667, 2, true),
        };
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile});
        self.command("Emulation.setDeviceMetricsOverride", metrics);
        let scheme = format!("{scheme:?}").to_lowercase();
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.command("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// Asks for pages in this language in this tab, named as in the header `Accept-Language`.
    pub fn speaks(&self, language: &str) {
        self.command("Network.enable", json!({}));
        self.command("Network.setExtraHTTPHeaders", json!({"headers": {"Accept-Language": language}}));
    }

    /// Keeps the page as it looks so, where everyone must be able to use it.
    #[track_caller]
    pub fn poses(&self, name: &str, looks: &[Look]) {
        self.checks(name, looks, include_str!("readable.js"));
    }

    /// As [`Self::poses`], a page made by others: axe finds nothing in it, and nobody has to move it sideways.
    #[track_caller]
    pub fn poses_as_it_is(&self, name: &str, looks: &[Look]) {
        let check = "const { scrollWidth, clientWidth } = document.documentElement;
            return scrollWidth > clientWidth ? ['it is wider than the screen'] : []";
        self.checks(name, looks, check);
    }

    /// What axe finds, one text each: every rule that it has, on the page as it is now.
    fn axe_finds(&self) -> Value {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/axe/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(path).expect("axe is installed (./scripts/test installs it)");
        self.run(async {
            // It stays with the page from look to look.
            if !self.driver().execute("return 'axe' in window", Vec::new()).await?.convert()? {
                self.driver().execute(axe, Vec::new()).await?;
            }
            Ok(self.driver().execute_async(include_str!("axe.js"), Vec::new()).await?.json().clone())
        })
    }

    /// Keeps the whole page as `target/screenshots/NAME.png`, what is below the window's edge too.
    pub fn screenshot(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
        std::fs::create_dir_all(&folder).expect("a folder");
        let mut part = self.command("Page.getLayoutMetrics", json!({}))["cssContentSize"].clone();
        part["scale"] = json!(1);
        let taken = self.command("Page.captureScreenshot", json!({"captureBeyondViewport": true, "clip": part}));
        let picture = base64_decode(taken["data"].as_str().unwrap_or_default()).expect("a picture");
        std::fs::write(folder.join(name).with_extension("png"), picture).expect("written");
    }

    #[track_caller]
    fn checks(&self, name: &str, looks: &[Look], check: &str) {
        for &(screen, scheme) in looks {
            self.looks(screen, scheme);
            self.script("for (const animation of document.getAnimations()) animation.finish()");
            let shot = format!("{name}-{screen:?}-{scheme:?}").to_lowercase();
            self.screenshot(&shot);
            assert_eq!(self.script(check), json!([]), "{shot}");
            assert_eq!(self.axe_finds(), json!([]), "{shot}");
        }
    }
}
