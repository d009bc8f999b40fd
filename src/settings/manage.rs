//! `[manage]`

use std::net::SocketAddr;

use serde::Deserialize;

use super::engine::Checks;
use super::server::collide;
use super::{ServerSettings, TlsSettings};

/// Where operators reach the management API from elsewhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManageSettings {
    /// Where their programs connect; empty: nowhere.
    #[serde(deserialize_with = "super::engine::read::optional_address")]
    pub listen: Option<SocketAddr>,
}

impl ManageSettings {
    pub(super) fn check(&self, checks: &mut Checks<'_>, server: &ServerSettings, tls: &TlsSettings) {
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
            tls.certificate.is_some() || listen.ip().is_loopback(),
            "manage.listen",
            "tls.certificate",
            "must be a loopback address where tls.certificate is empty: no API token may cross a network in the clear",
        );
    }
}
