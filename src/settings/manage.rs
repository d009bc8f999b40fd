//! `[manage]`

use std::net::SocketAddr;

use serde::Deserialize;
use url::{Host, Url};

use super::engine::Checks;
use super::server::{collide, is_base_url};
use super::{DirectorySettings, ServerSettings, TlsSettings};

/// Where operators reach the management API from elsewhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManageSettings {
    /// Where their programs connect; empty: nowhere.
    #[serde(deserialize_with = "super::engine::read::optional_address")]
    pub listen: Option<SocketAddr>,
    /// The URL by which people reach the console, without a slash at its end, to enter it as themselves; empty: they
    /// enter it by API tokens alone.
    #[serde(deserialize_with = "super::engine::read::base_url")]
    pub public_url: Option<String>,
}

impl ManageSettings {
    pub(super) fn check(
        &self,
        checks: &mut Checks<'_>,
        server: &ServerSettings,
        tls: &TlsSettings,
        directory: &DirectorySettings,
    ) {
        if let Some(url) = &self.public_url {
            self.check_url(url, checks, server, directory);
        }
        let Some(listen) = self.listen else { return };
        checks.agree(
            !collide(listen, server.listen),
            "manage.listen",
            "server.listen",
            "must not take the port of server.listen at the same address",
        );
        checks.agree(
            !server.private_listen.is_some_and(|private| collide(listen, private)),
            "manage.listen",
            "server.private_listen",
            "must not take the port of server.private_listen at the same address",
        );
        checks.agree(
            tls.is_on() || listen.ip().is_loopback(),
            "manage.listen",
            "tls.certificate",
            "must be a loopback address where there is no TLS: no API token may cross a network in the clear",
        );
    }

    fn check_url(&self, url: &str, checks: &mut Checks<'_>, server: &ServerSettings, directory: &DirectorySettings) {
        let key = "manage.public_url";
        if !is_base_url(url) || !is_private_to_people(url) {
            checks.wrong(
                key,
                "must be an https URL in its plainest spelling, as \"https://console.example.org\" or with a path, or \
                 an http URL of a loopback address; no user, query, fragment or dot segments",
            );
        }
        checks.agree(
            self.listen.is_some(),
            key,
            "manage.listen",
            "must be empty while manage.listen is: no console is there",
        );
        checks.agree(
            server.public_url.is_some(),
            key,
            "server.public_url",
            "needs server.public_url, where people log in before they enter",
        );
        checks.agree(
            !directory.single_sign_on.is_zero(),
            key,
            "directory.single_sign_on",
            "needs directory.single_sign_on: a person is in the console while their browser is signed on",
        );
    }
}

/// Whether nobody on the network reads what a browser sends there.
fn is_private_to_people(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let on_this_machine = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "https" || on_this_machine
}
