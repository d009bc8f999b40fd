//! A program on a terminal of its own (pty(7)), which it can ask at, and which shows what is typed unless told not to.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use super::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(30);

/// A running program, killed when dropped.
pub struct Terminal {
    /// Where a person would sit.
    person: File,
    shown: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
    child: Child,
}

impl Terminal {
    /// Starts a program in `folder`, with nothing in the environment but the terminal's kind and where programs are.
    pub fn start(folder: &Path, program: &str, arguments: &[&str]) -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&person).expect("ours");
        unlockpt(&person).expect("ours");
        tcsetwinsize(&person, Winsize { ws_row: 24, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 }).expect("a size");
        let name = ptsname(&person, Vec::new()).expect("a name");
        let name = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
        let end = open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).expect("the other end");
        let end = || end.try_clone().expect("a descriptor");
        // It makes the terminal the one that the program finds as /dev/tty.
        let child = Command::new("setsid")
            .args(["--ctty", program])
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TERM", "xterm")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("setsid runs");
        let person = File::from(person);
        let shown = Arc::new(Mutex::new(Vec::new()));
        let (mut from, into) = (person.try_clone().expect("a descriptor"), Arc::clone(&shown));
        let reader = thread::spawn(move || {
            let mut some = [0; 4096];
            // The end is told as an error: nobody has the other end open any more.
            while let Ok(read) = from.read(&mut some) {
                into.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&some[..read]);
            }
        });
        Self { person, shown, reader: Some(reader), child }
    }

    /// Waits until it shows `words`.
    pub fn shows(&self, words: &str) {
        until(words, PATIENCE, || self.screen().contains(words).then_some(()));
    }

    /// Waits until it asks for something that is not to be seen, after `words`.
    pub fn asks_secretly(&self, words: &str) {
        self.shows(words);
        let hides = || !tcgetattr(&self.person).expect("a terminal").local_modes.contains(LocalModes::ECHO);
        until("what is typed is hidden", PATIENCE, || hides().then_some(()));
    }

    /// Types a line.
    pub fn types(&mut self, line: &str) {
        self.person.write_all(format!("{line}\n").as_bytes()).expect("typed");
    }

    /// Waits for its end: the exit code, and all that was shown.
    pub fn ends(mut self) -> (Option<i32>, String) {
        let status = until("it ends", PATIENCE, || self.child.try_wait().expect("a child"));
        self.reader.take().expect("once").join().expect("it only reads");
        (status.code(), self.screen())
    }

    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
