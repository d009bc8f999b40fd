//! A small volume of a test's own, which can be full.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A mounted tmpfs, unmounted when dropped.
pub struct Volume(TempDir);

impl Volume {
    /// Mounts one of about so many bytes. Needs root, or a namespace in which one is root.
    pub fn mount(bytes: u64) -> Self {
        let folder = TempDir::with_prefix("bimgate-volume-").expect("a folder");
        let options = format!("size={bytes},mode=0755");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
        let mount = mount.expect("mount is installed");
        assert!(
            mount.status.success(),
            "a small volume cannot be mounted ({}): run the tests as root, or by ./scripts/test",
            String::from_utf8_lossy(&mount.stderr).trim()
        );
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The store in a folder on it, as `store.url` names it.
    pub fn store_url(&self) -> String {
        format!("embedded:{}", self.path().join("data").display())
    }

    /// Fills it until not one more byte can be written.
    pub fn fill(&self) {
        let mut ballast = File::options().create(true).append(true).open(self.ballast()).expect("a file");
        let piece = [1; 4096];
        let mut size = piece.len();
        while size > 0 {
            match ballast.write_all(&piece[..size]) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::StorageFull => size /= 2,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Makes room again.
    pub fn free(&self) {
        fs::remove_file(self.ballast()).expect("filled before");
    }

    /// From now on nothing can be written to it. Nothing may have a file on it open for writing.
    pub fn make_read_only(&self) {
        let status = Command::new("mount").args(["-o", "remount,ro"]).arg(self.path()).status();
        assert!(status.expect("mount is installed").success(), "remounted");
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // Lazily: a server that a failed test left behind may still have a file open.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}
