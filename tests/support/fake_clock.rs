//! A clock for one program, ahead of the machine's or behind it: Debian's `faketime`.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

/// The clock of one program: so many seconds off the machine's, and what sets it.
pub struct FakeClock {
    folder: TempDir,
    library: String,
}

impl FakeClock {
    /// So many seconds ahead of the machine's.
    pub fn off_by(seconds: i64) -> Self {
        let library = Command::new("faketime").args(["-m", "-f", "+0", "printenv", "LD_PRELOAD"]).output();
        let library =
            library.expect("faketime is installed (./scripts/test installs it; Debian: apt-get install faketime)");
        let library = String::from_utf8(library.stdout).expect("a path").trim().to_owned();
        let clock = Self { folder: TempDir::with_prefix("bimgate-clock-").expect("a folder"), library };
        clock.set(seconds);
        clock
    }

    /// Sets it at once, for good: the program reads the file whenever it asks for the time.
    pub fn set(&self, seconds: i64) {
        let path = self.folder.path();
        fs::write(path.join("next"), format!("{seconds:+}\n")).expect("written");
        fs::rename(path.join("next"), path.join("now")).expect("renamed");
    }

    /// The settings of a server that goes by it; waiting and timeouts go by what no clock change touches, as ever.
    pub fn settings<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, String)> {
        let own = [
            ("LD_PRELOAD", self.library.clone()),
            ("FAKETIME_TIMESTAMP_FILE", self.folder.path().join("now").display().to_string()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
        ];
        own.into_iter().chain(more.iter().map(|(key, value)| (*key, (*value).to_owned()))).collect()
    }
}

/// Settings as they are passed on.
pub fn borrowed<'a>(settings: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    settings.iter().map(|(key, value)| (*key, value.as_str())).collect()
}
