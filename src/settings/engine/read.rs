//! How values are read: durations as whole numbers, an empty string as "not set". Errors say what would be right.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use serde::de::Error as _;
use serde::de::IntoDeserializer as _;
use serde::{Deserialize, Deserializer};

pub fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    u64::deserialize(from).map(Duration::from_secs)
}

pub fn milliseconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    u64::deserialize(from).map(Duration::from_millis)
}

pub fn optional<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() {
        return Ok(None);
    }
    T::deserialize(text.into_deserializer()).map(Some)
}

pub fn address<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| D::Error::custom("must be address:port, as \"127.0.0.1:8080\" or \"[::]:8080\""))
}

pub fn optional_address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
    match String::deserialize(from)? {
        text if text.is_empty() => Ok(None),
        text => address(text.into_deserializer()).map(Some),
    }
}

/// Networks in CIDR notation; an address alone is a network of one.
pub fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    let network = |text: &String| text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let networks: Result<_, _> = Vec::<String>::deserialize(from)?.iter().map(network).collect();
    networks.map_err(|_| D::Error::custom("must hold addresses or networks, as \"10.1.2.3\" or \"10.0.0.0/8\""))
}

/// A URL to which paths are appended: without the slash at its end.
pub fn base_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text: Option<String> = optional(from)?;
    Ok(text.map(|url| url.strip_suffix('/').map(str::to_owned).unwrap_or(url)))
}
