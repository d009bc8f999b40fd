//! `--server`: which server a command asks, where it is not the one that runs here.

use std::fs::File;
use std::io::{self, Read as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use url::{Host, Url};
use zeroize::Zeroizing;

use super::error::CliError;
use crate::admin::Client;
use crate::settings::open_to_others;

/// Longer than any token.
const MAX_TOKEN_BYTES: u64 = 4096;

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Another server", next_display_order = 910)]
pub(super) struct ServerArgs {
    /// Ask the server at this URL, that of its `manage.listen`, and not the store of these settings.
    #[arg(long, global = true, value_name = "URL", env = "BIMGATE_SERVER", value_parser = place)]
    server: Option<Url>,
    /// The file that holds the API token for that server, as `bimgate token add` prints it; or the directory bearer of a
    /// session that a person has opened for `access:admin`.
    #[arg(long, global = true, value_name = "FILE", env = "BIMGATE_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// A PEM file of authorities that may vouch for that server, besides the system's.
    #[arg(long, global = true, value_name = "FILE", env = "BIMGATE_CA")]
    ca: Option<PathBuf>,
}

impl ServerArgs {
    /// Whether a server is named.
    pub(super) const fn is_named(&self) -> bool {
        self.server.is_some()
    }

    /// The server, if one is named.
    pub(super) fn client(&self) -> Result<Option<Client>, CliError> {
        let Some(server) = &self.server else { return Ok(None) };
        let path = self.token_file.as_deref();
        let path = path.ok_or_else(|| {
            CliError::usage("--server needs --token-file FILE, the file of an API token or of a person's bearer")
        })?;
        let wrong =
            |path: &Path, error: &dyn std::fmt::Display| CliError::usage(format!("{}: {error}", path.display()));
        if open_to_others(path) {
            return Err(wrong(path, &"other users can read it; chmod 600 it, and make another token if they may have"));
        }
        let token = read(path).map_err(|error| wrong(path, &error))?;
        let ca = match &self.ca {
            Some(path) => Some(std::fs::read(path).map_err(|error| wrong(path, &error))?),
            None => None,
        };
        Client::remote(server.clone(), &token, ca.as_deref()).map(Some).map_err(CliError::usage)
    }
}

/// The token in a file, without the newline at its end.
fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    File::open(path)?.take(MAX_TOKEN_BYTES).read_to_string(&mut text)?;
    let token = text.trim();
    if token.is_empty() { Err(io::Error::other("it holds no token")) } else { Ok(Zeroizing::new(token.to_owned())) }
}

/// A URL that a token may be sent to: by TLS, or to this machine.
fn place(given: &str) -> Result<Url, &'static str> {
    let url = Url::parse(given).map_err(|_| "is no URL")?;
    let bare =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    };
    match url.scheme() {
        _ if !bare || url.cannot_be_a_base() => Err("must have no user, query or fragment"),
        "https" => Ok(url),
        "http" if is_here => Ok(url),
        _ => Err("must begin with https, unless it is on this machine: a token must not cross a network in the clear"),
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_token_goes_by_tls_or_nowhere_else() {
        for good in [
            "https://a.example.org",
            "https://a.example.org:8443/x",
            "http://127.0.0.1:1",
            "http://[::1]:1",
            "http://localhost",
        ] {
            assert!(place(good).is_ok(), "{good}");
        }
        for bad in [
            "http://a.example.org",
            "http://127.0.0.1.example.org",
            "ftp://127.0.0.1",
            "https://a:b@c",
            "https://a/?b",
            "x",
        ] {
            assert!(place(bad).is_err(), "{bad}");
        }
    }
}
