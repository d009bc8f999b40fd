//! The program that drives the browser, and how many tests may do so at once.

use std::process::{Child, Command, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};

use crate::support::lines::Lines;

/// A running `chromedriver` of one browser's own, killed when dropped.
pub struct Chromedriver {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Chromedriver {
    /// Starts one on a port that it chooses. It ends if another program takes that port on the other version of IP first;
    /// then the next one chooses another.
    pub fn start() -> Self {
        (0..5).find_map(|_| Self::try_start()).expect("chromedriver starts")
    }

    fn try_start() -> Option<Self> {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed (./scripts/test installs it; Debian: apt-get install chromium-driver)");
        let said = Lines::of("chromedriver", child.stdout.take().expect("piped"));
        let mut driver = Self { child, url: String::new() };
        let ports = std::iter::from_fn(|| said.next()).filter_map(|line| {
            line.strip_prefix("ChromeDriver was started successfully on port ")?.trim_end_matches('.').parse().ok()
        });
        let port: u16 = { ports }.next()?;
        driver.url = format!("http://127.0.0.1:{port}");
        Some(driver)
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// So many tests have browsers at once: each browser is half a dozen processes.
const AT_ONCE: usize = 4;

static RUNNING: Mutex<usize> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

/// The right of one test to have browsers; given back when dropped.
pub struct Permit(());

impl Permit {
    /// Waits until fewer than [`AT_ONCE`] tests have one.
    pub fn get() -> Self {
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut running =
            ENDED.wait_while(running, |running| *running >= AT_ONCE).unwrap_or_else(PoisonError::into_inner);
        *running += 1;
        Self(())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        ENDED.notify_one();
    }
}
