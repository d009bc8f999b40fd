//! A browser with a profile of its own: how it starts, obeys, complains and ends.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use thirtyfour::error::WebDriverResult;
use thirtyfour::{ChromiumLikeCapabilities as _, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver};
use tokio::runtime::Runtime;
use url::Url;

use crate::chromedriver::{Chromedriver, Permit};

/// What a browser does not do within this it will not do. Long, for on a busy machine it is slow.
pub const PATIENCE: Duration = Duration::from_secs(30);

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
    permit: Arc<Permit>,
}

impl Browser {
    /// Starts one, with an English person in front of it.
    pub fn start() -> Self {
        Self::of(Arc::new(Permit::get()))
    }

    /// Someone else's: it shares nothing with this one.
    pub fn someone_elses(&self) -> Self {
        Self::of(Arc::clone(&self.permit))
    }

    fn of(permit: Arc<Permit>) -> Self {
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
        Self { driver: Some(driver), process, runtime, _chromedriver: chromedriver, _profile: profile, permit }
    }

    /// What commands are given to.
    pub fn driver(&self) -> &WebDriver {
        self.driver.as_ref().expect("until it is dropped")
    }

    /// What the browser says to a command, which must succeed.
    #[track_caller]
    pub fn run<T>(&self, command: impl Future<Output = WebDriverResult<T>>) -> T {
        self.runtime.block_on(command).unwrap_or_else(|error| panic!("the browser: {error}"))
    }

    /// What it says to a command that may fail, for the page may just be changing.
    pub fn try_to<T>(&self, command: impl Future<Output = WebDriverResult<T>>) -> Option<T> {
        self.runtime.block_on(command).ok()
    }

    /// Sends a command of the browser's own protocol.
    pub fn command(&self, name: &str, parameters: Value) -> Value {
        self.run(self.driver().cdp().send_raw(name, parameters))
    }

    /// Runs a script in the page; what it returns.
    pub fn script(&self, script: &str) -> Value {
        self.run(async { Ok(self.driver().execute(script, Vec::new()).await?.json().clone()) })
    }

    /// What the pages complained about since it was last asked. That a page tells of a failure by its status is no
    /// complaint, that a file of it does is one; but for the icon that is guessed where a page (of others) names none.
    pub fn complaints(&self) -> Vec<String> {
        let entries = self.run(self.driver().browser_log()).into_iter();
        let bad = entries.filter(|entry| matches!(entry.level.as_str(), "WARNING" | "SEVERE"));
        let is_file = |url: &Url| url.path().contains('.') && url.path() != "/favicon.ico";
        let of_file = |said: &String| {
            let url = said.split_once(" - Failed to load").and_then(|(url, _)| Url::parse(url).ok());
            url.is_none_or(|url| is_file(&url))
        };
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
