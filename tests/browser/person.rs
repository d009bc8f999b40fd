//! What a person does in a browser and sees in it, by what labels and buttons say.

use std::time::Instant;

use serde_json::json;
use thirtyfour::{By, Cookie, Key, WebElement, WindowHandle};
use url::Url;

use crate::browser::{Browser, PATIENCE};
use crate::support::wait::until;

impl Browser {
    /// Goes to an address, by redirects also to another.
    pub fn open(&self, url: impl AsRef<str>) {
        self.run(self.driver().goto(url.as_ref()));
    }

    /// Where it is.
    pub fn url(&self) -> Url {
        self.run(self.driver().current_url())
    }

    /// What can be read on the page.
    pub fn text(&self) -> String {
        self.run(async { self.driver().find(By::Tag("body")).await?.text().await })
    }

    /// What the tab is called.
    pub fn title(&self) -> String {
        self.run(self.driver().title())
    }

    /// What is said at once to who cannot see the page.
    #[track_caller]
    pub fn alert(&self) -> String {
        self.waits_for("an alert", || {
            self.try_to(async { self.driver().find(By::XPath("//*[@role = 'alert']")).await?.text().await })
        })
    }

    /// What the focus is on: the label of a field, the words of a button.
    pub fn focused(&self) -> String {
        let focused = self.script(
            "const { labels, innerText } = document.activeElement;
            return labels?.length && innerText === '' ? labels[0].innerText : innerText",
        );
        focused.as_str().unwrap_or_default().to_owned()
    }

    /// Types into the field of this label, over what stands there.
    pub fn fill(&self, label: &str, text: &str) {
        let label = format!("//label[normalize-space() = '{label}']");
        self.type_into(&format!("//*[@id = {label}/@for] | {label}//input"), text);
    }

    /// Types into what is found by this `XPath`, over what stands there.
    pub fn type_into(&self, xpath: &str, text: &str) {
        let field = self.find(xpath, xpath);
        self.run(async {
            field.clear().await?;
            field.send_keys(text).await
        });
    }

    /// Presses the button, or follows the link, that says this, as soon as it can be pressed.
    #[track_caller]
    pub fn press(&self, label: &str) {
        let says = format!("normalize-space() = '{label}'");
        let xpath = format!("(//button | //a)[{says} or .//*[{says}]]");
        self.waits_for(&format!("a button {label:?}"), || {
            self.try_to(async { self.driver().find(By::XPath(&*xpath)).await?.click().await })
        });
    }

    /// Presses what is found by this `XPath`, as soon as it can be pressed.
    #[track_caller]
    pub fn click(&self, xpath: &str) {
        self.waits_for(xpath, || self.try_to(async { self.driver().find(By::XPath(xpath)).await?.click().await }));
    }

    /// Whether all of what is found by this `XPath` can be seen without moving the page.
    pub fn is_on_screen(&self, xpath: &str) -> bool {
        let place = self.run(async { self.driver().find(By::XPath(xpath)).await?.rect().await });
        let screen = self.command("Page.getLayoutMetrics", json!({}))["cssVisualViewport"].take();
        let number = |name: &str| screen[name].as_f64().unwrap_or_default();
        let (top, bottom) = (number("pageY"), number("pageY") + number("clientHeight"));
        place.y >= top && place.y + place.height <= bottom
    }

    /// Types where the focus is.
    pub fn types(&self, text: &str) {
        self.run(self.driver().action_chain().send_keys(text).perform());
    }

    /// Presses a key where the focus is.
    pub fn key(&self, key: Key) {
        self.run(self.driver().action_chain().send_keys(key).perform());
    }

    /// Waits for the page with this heading.
    #[track_caller]
    pub fn sees(&self, heading: &str) {
        self.waits_for(&format!("a page {heading:?}"), || {
            let xpath = format!("//h1[normalize-space() = '{heading}']");
            self.try_to(self.driver().find(By::XPath(xpath)))
        });
    }

    /// Waits until the page says this.
    #[track_caller]
    pub fn reads(&self, words: &str) {
        self.waits_for(&format!("{words:?}"), || {
            let text = self.try_to(async { self.driver().find(By::Tag("body")).await?.text().await });
            text.filter(|text| text.contains(words))
        });
    }

    /// Waits until it is somewhere that `is_it` says yes to.
    #[track_caller]
    pub fn arrives(&self, where_to: &str, is_it: impl Fn(&Url) -> bool) -> Url {
        self.waits_for(where_to, || self.try_to(self.driver().current_url()).filter(|url| is_it(url)))
    }

    #[track_caller]
    fn find(&self, xpath: &str, what: &str) -> WebElement {
        self.waits_for(what, || self.try_to(self.driver().find(By::XPath(xpath))))
    }

    /// Asks until there is an answer; fails with what the browser shows instead.
    #[track_caller]
    pub fn waits_for<T>(&self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        let started = Instant::now();
        let found = until(what, 2 * PATIENCE, || match ask() {
            Some(found) => Some(Some(found)),
            None => (started.elapsed() > PATIENCE).then_some(None),
        });
        found.unwrap_or_else(|| panic!("waiting for {what}, but at {}:\n{}", self.url(), self.text()))
    }

    /// Lets no page run a script in this tab, as a careful person does.
    pub fn forbids_scripts(&self) {
        self.command("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    }

    /// Opens another tab, and goes there; the one before.
    pub fn new_tab(&self) -> WindowHandle {
        self.run(async {
            let before = self.driver().window().await?;
            let tab = self.driver().new_tab().await?;
            self.driver().switch_to_window(tab).await?;
            Ok(before)
        })
    }

    /// Goes to another tab.
    pub fn switch_to(&self, tab: &WindowHandle) {
        self.run(self.driver().switch_to_window(tab.clone()));
    }

    /// Drops the cookies that go to a site.
    pub fn forgets(&self, site: &Url) {
        let held = self.command("Network.getCookies", json!({"urls": [site.as_str()]}))["cookies"].take();
        for cookie in held.as_array().expect("cookies") {
            self.command("Network.deleteCookies", json!({"name": cookie["name"], "url": site.as_str()}));
        }
    }

    /// The cookies that go to where it is.
    pub fn cookies(&self) -> Vec<Cookie> {
        self.run(self.driver().get_all_cookies())
    }
}
