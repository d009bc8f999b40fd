//! A browser with a profile of its own, used in verbs as a person uses it: by what labels and buttons say.

use std::future::Future;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::error::WebDriverResult;
use thirtyfour::support::base64_decode;
use thirtyfour::{By, ChromiumLikeCapabilities as _, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver, WebElement};
use tokio::runtime::Runtime;
use url::Url;

use crate::chromedriver::{Chromedriver, Permit};
use crate::support::wait::until;

/// A page that does not come within this will not come. Long, for on a busy machine a browser is slow.
const PATIENCE: Duration = Duration::from_secs(30);

const OPTIONS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--accept-lang=en",
    "--window-size=1280,800",
];

/// A running browser. When dropped it is closed, and the test fails if a page broke its own rules meanwhile: an error
/// on the console, or something that its content security policy forbids.
pub struct Browser {
    driver: Option<WebDriver>,
    process: Option<Pid>,
    runtime: Runtime,
    _chromedriver: Chromedriver,
    _profile: TempDir,
    _permit: Permit,
}

impl Browser {
    /// Starts one, with an English person in front of it.
    pub fn start() -> Self {
        let permit = Permit::get();
        // The client that speaks to chromedriver wants one, though it never uses TLS. The second time it is there.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let profile = TempDir::with_prefix("bimgate-browser-").expect("a folder");
        let chromedriver = Chromedriver::start();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let driver = runtime.block_on(async {
            let mut wanted = DesiredCapabilities::chrome();
            for option in OPTIONS {
                wanted.add_arg(option)?;
            }
            wanted.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
            wanted.set_browser_log_level(LoggingPrefsLogLevel::All)?;
            WebDriver::builder(&chromedriver.url, wanted).request_timeout(2 * PATIENCE).await
        });
        let driver = driver.expect("chromium starts (Debian: apt-get install chromium)");
        let id = driver.capabilities().get("goog:processID").and_then(Value::as_i64);
        let process = id.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Self { driver: Some(driver), process, runtime, _chromedriver: chromedriver, _profile: profile, _permit: permit }
    }

    fn driver(&self) -> &WebDriver {
        self.driver.as_ref().expect("until it is dropped")
    }

    /// What the browser says to a command, which must succeed.
    #[track_caller]
    fn run<T>(&self, command: impl Future<Output = WebDriverResult<T>>) -> T {
        self.runtime.block_on(command).unwrap_or_else(|error| panic!("the browser: {error}"))
    }

    /// Sends a command of the browser's own protocol.
    pub fn command(&self, name: &str, parameters: Value) -> Value {
        self.run(self.driver().cdp().send_raw(name, parameters))
    }

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
            self.runtime.block_on(async { self.driver().find(By::XPath(&*xpath)).await?.click().await }).ok()
        });
    }

    /// Waits for the page with this heading.
    #[track_caller]
    pub fn sees(&self, heading: &str) {
        self.waits_for(&format!("a page {heading:?}"), || {
            let xpath = format!("//h1[normalize-space() = '{heading}']");
            self.runtime.block_on(self.driver().find(By::XPath(xpath))).ok()
        });
    }

    /// Waits until the page says this.
    #[track_caller]
    pub fn reads(&self, words: &str) {
        self.waits_for(&format!("{words:?}"), || {
            let text = self.runtime.block_on(async { self.driver().find(By::Tag("body")).await?.text().await });
            text.ok().filter(|text| text.contains(words))
        });
    }

    #[track_caller]
    fn find(&self, xpath: &str, what: &str) -> WebElement {
        self.waits_for(what, || self.runtime.block_on(self.driver().find(By::XPath(xpath))).ok())
    }

    /// Asks until there is an answer; fails with what the browser shows instead.
    #[track_caller]
    fn waits_for<T>(&self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        let started = Instant::now();
        let found = until(what, 2 * PATIENCE, || match ask() {
            Some(found) => Some(Some(found)),
            None => (started.elapsed() > PATIENCE).then_some(None),
        });
        found.unwrap_or_else(|| panic!("waiting for {what}, but at {}:\n{}", self.url(), self.text()))
    }

    /// Runs a script in the page; what it returns.
    pub fn script(&self, script: &str) -> Value {
        self.run(async { Ok(self.driver().execute(script, Vec::new()).await?.json().clone()) })
    }

    /// Lets no page run a script in this tab, as a careful person does.
    pub fn forbids_scripts(&self) {
        self.command("Emulation.setScriptExecutionDisabled", json!({"value": true}));
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

    /// What the pages complained about since it was last asked. That a page tells of a failure by its status is no
    /// complaint; that a file of it does is one.
    pub fn complaints(&self) -> Vec<String> {
        let entries = self.run(self.driver().browser_log()).into_iter();
        let bad = entries.filter(|entry| matches!(entry.level.as_str(), "WARNING" | "SEVERE"));
        let is_page = |url: &str| Url::parse(url).is_ok_and(|url| !url.path().contains('.'));
        let of_file = |said: &String| !said.split_once(" - Failed to load").is_some_and(|(url, _)| is_page(url));
        bad.map(|entry| entry.message).filter(of_file).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let complaints = if std::thread::panicking() { Vec::new() } else { self.complaints() };
        let Some(driver) = self.driver.take() else { return };
        // It takes its processes with it; when it does not answer, they are ended by the first one's end.
        let quit = self.runtime.block_on(driver.quit());
        if let (Err(_), Some(process)) = (quit, self.process) {
            let _ = kill_process(process, Signal::KILL);
        }
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
}
