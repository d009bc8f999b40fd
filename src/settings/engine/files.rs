//! Files that settings name: secrets, and certificate authorities.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::checks::Checks;
use super::secret::Secret;

/// Checks that a file of certificate authorities looks like one. TLS checks the certificates.
pub fn check_authorities(checks: &mut Checks<'_>, key: &str, path: &str) {
    const MAX_BYTES: u64 = 1 << 20;
    let mut pem = Vec::new();
    if let Err(error) = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut pem)) {
        checks.wrong(key, format_args!("cannot be read: {error}"));
    } else if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
        checks.wrong(key, "must hold certificates as PEM (-----BEGIN CERTIFICATE-----)");
    }
}

/// Reads the secret of the setting `key` from `path`, the value of the setting of the same name with `_file`.
pub fn take_secret(checks: &mut Checks<'_>, key: &str, secret: &mut Option<Secret>, path: Option<&str>) {
    let Some(path) = path else { return };
    let file_key = format!("{key}_file");
    checks.agree(secret.is_none(), key, &file_key, format_args!("must be empty where {file_key} is set"));
    match read_secret(path) {
        Ok(read) => *secret = Some(read),
        Err(error) => checks.wrong(&file_key, format_args!("cannot be read: {error}")),
    }
}

/// Reads a secret of at most 4 KiB, without the newline at its end.
fn read_secret(path: &str) -> io::Result<Secret> {
    const MAX_BYTES: u64 = 4096;
    let mut text = String::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    let secret = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if secret.is_empty() || text.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("it must hold 1 to 4096 bytes"));
    }
    Ok(Secret::from(secret.to_owned()))
}

/// Whether users who are neither the owner nor in the group may read the file. Below `/run/secrets` no others are: that
/// is where container engines mount secrets.
#[must_use]
pub fn open_to_others(path: &Path) -> bool {
    let others = fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o004 != 0);
    others && !path.starts_with("/run/secrets")
}
