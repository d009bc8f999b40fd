//! `[log]`

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::engine::Checks;

/// What is logged, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// The shape of a line.
    pub format: LogFormat,
    /// A filter in `tracing`'s syntax, as `info` or `bimgate=debug,warn`.
    pub level: String,
    /// How much of a client's address the line of a login shows.
    pub client_address: ClientAddress,
}

/// How much of a client's address is logged.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub enum ClientAddress {
    /// All of it.
    Whole,
    /// The network: an IPv4 /24, an IPv6 /48.
    Network,
    /// Nothing.
    None,
}

impl ClientAddress {
    /// As much of an address as this allows.
    #[must_use]
    pub fn shown(self, address: IpAddr) -> Option<String> {
        match self {
            Self::Whole => Some(address.to_string()),
            Self::Network => {
                let bits = if address.is_ipv4() { 24 } else { 48 };
                IpNet::new(address, bits).ok().map(|network| network.trunc().to_string())
            }
            Self::None => None,
        }
    }
}

impl TryFrom<String> for ClientAddress {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        match name.as_str() {
            "whole" => Ok(Self::Whole),
            "network" => Ok(Self::Network),
            "none" => Ok(Self::None),
            _ => Err("must be \"whole\", \"network\" or \"none\""),
        }
    }
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub enum LogFormat {
    /// Pretty on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl TryFrom<String> for LogFormat {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        match name.as_str() {
            "auto" => Ok(Self::Auto),
            "pretty" => Ok(Self::Pretty),
            "json" => Ok(Self::Json),
            _ => Err("must be \"auto\", \"pretty\" or \"json\""),
        }
    }
}

impl LogSettings {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        if let Err(what) = self.targets() {
            checks.wrong("log.level", what);
        }
    }

    /// The filter that `level` stands for.
    ///
    /// # Errors
    /// What would be right.
    pub fn targets(&self) -> Result<Targets, String> {
        // `tracing` takes a bare word for a module and logs all of it, so `inof` would be accepted.
        let a_level = |part: &str| part.rsplit('=').next().is_some_and(|level| level.parse::<LevelFilter>().is_ok());
        let good = self.level.split(',').map(str::trim).all(|part| !part.is_empty() && a_level(part));
        let parsed = self.level.parse().ok().filter(|_| good);
        parsed.ok_or_else(|| {
            "must be error, warn, info, debug, trace or off, also by module, as \"bimgate::store=debug,info\""
                .to_owned()
        })
    }
}
