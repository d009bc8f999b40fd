//! Who makes a request, and where it comes from. Only proxies that the settings name are believed.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, USER_AGENT};
use ipnet::IpNet;

use super::{from_head, shared};
use crate::domain::{ClientInfo, Network};
use crate::http::HttpSettings;
use crate::http::error::ApiError;
use crate::settings::ClientAddress;

/// The conventional header of proxies that do not speak RFC 7239.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The most hops to follow. A chain is as long as the operator has proxies.
const MAX_HOPS: usize = 32;

/// The client of a request, as far as the request says. Found out once, for all that a handler makes of it.
pub struct Client {
    address: Option<IpAddr>,
    user_agent: Option<Box<str>>,
    logged: ClientAddress,
}

impl Client {
    pub(in crate::http) fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let settings = shared::<HttpSettings>(request)?;
        let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
        let user_agent = request.headers().get(USER_AGENT).map(|value| {
            let bytes = value.as_bytes().iter().take(ClientInfo::MAX_USER_AGENT);
            // A person reads it: what is no plain letter must show that something stood there, and no more.
            bytes.map(|byte| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '?' }).collect()
        });
        Ok(Self {
            address: peer.map(|peer| behind_proxies(peer, request.headers(), &settings.trusted_proxies)),
            user_agent,
            logged: settings.client_address,
        })
    }

    /// Where it is, to count what fails.
    pub fn network(&self) -> Network {
        Network::of(self.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
    }

    /// The client as it describes itself, and the application that it names, if it does.
    pub fn info(&self, application: Option<Box<str>>) -> ClientInfo {
        ClientInfo { address: self.address, user_agent: self.user_agent.clone(), application }
    }

    /// As much of its address as the settings have logs say.
    pub fn logged_address(&self) -> Option<String> {
        self.logged.shown(self.address?)
    }
}

from_head!(try Client);

/// The client's address: the peer's, or, if that is a trusted proxy, the first from the right in `Forwarded` (RFC 7239)
/// or `X-Forwarded-For` that is no trusted proxy. An address that cannot be read ends the walk: the hop before it
/// counts.
///
/// A proxy writes one of the two headers and often passes on what a client wrote into the other. So if both are there
/// and disagree, the proxy's own address counts: a liar can then only pass for the proxy.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    if !is_trusted(peer) {
        return peer;
    }
    let walk = |name| {
        let mut nearest = peer;
        for hop in hops(headers, name).take(MAX_HOPS) {
            let Some(address) = hop else { break };
            nearest = address;
            if !is_trusted(address) {
                break;
            }
        }
        headers.contains_key(name).then_some(nearest)
    };
    match (walk(&FORWARDED), walk(&X_FORWARDED_FOR)) {
        (Some(one), Some(other)) if one != other => peer,
        (one, other) => one.or(other).unwrap_or(peer),
    }
}

/// The addresses of a header, from the right; `None` for one that cannot be read. A client may have written any bytes
/// on the left, which must not spoil the element that the proxy added: each element is decoded alone.
fn hops(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = Option<IpAddr>> {
    let forwarded = *name == FORWARDED;
    let mut values: Vec<_> = headers.get_all(name).collect();
    values.reverse();
    values.into_iter().flat_map(move |value| {
        value.as_bytes().rsplit(|byte| *byte == b',').map(move |element| {
            let element = str::from_utf8(element).ok()?;
            let node = if forwarded { forwarded_for(element)? } else { element };
            parse_node(node.trim())
        })
    })
}

/// The `for` parameter of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<&str> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, node) = pairs.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    Some(node.trim().trim_matches('"'))
}

/// An address, with or without a port; IPv6 also in brackets. `None` for `unknown` and obfuscated nodes.
fn parse_node(node: &str) -> Option<IpAddr> {
    let address = if let Some(rest) = node.strip_prefix('[') {
        rest.split_once(']')?.0.parse()
    } else if node.matches(':').count() == 1 {
        node.split_once(':')?.0.parse()
    } else {
        node.parse()
    };
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn walk(peer: &str, name: &'static str, values: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
        let trusted = ["10.0.0.0/8".parse()?, "fd00::/8".parse()?];
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value)?);
        }
        Ok(behind_proxies(peer.parse()?, &headers, &trusted).to_string())
    }

    #[test]
    fn proxies_are_believed_only_when_trusted() -> Result<(), Box<dyn std::error::Error>> {
        let xff = "x-forwarded-for";
        assert_eq!(walk("192.0.2.1", xff, &["198.51.100.7"])?, "192.0.2.1");
        assert_eq!(walk("10.0.0.1", xff, &["198.51.100.7"])?, "198.51.100.7");
        assert_eq!(walk("10.0.0.1", xff, &["203.0.113.9, 198.51.100.7, 10.0.0.2"])?, "198.51.100.7");
        assert_eq!(walk("10.0.0.1", xff, &["203.0.113.9", "198.51.100.7:443, 10.0.0.2"])?, "198.51.100.7");
        assert_eq!(walk("10.0.0.1", xff, &["198.51.100.7, nonsense"])?, "10.0.0.1");
        assert_eq!(walk("10.0.0.1", xff, &["\u{ff}, 198.51.100.7"])?, "198.51.100.7");
        assert_eq!(walk("10.0.0.1", xff, &["\u{ff}", "198.51.100.7"])?, "198.51.100.7");
        assert_eq!(walk("10.0.0.1", xff, &["198.51.100.7, \u{ff}"])?, "10.0.0.1");
        assert_eq!(walk("10.0.0.1", xff, &[])?, "10.0.0.1");
        let forwarded = "forwarded";
        assert_eq!(
            walk("10.0.0.1", forwarded, &["for=192.0.2.60;proto=http, For=\"[2001:db8::7]:80\""])?,
            "2001:db8::7"
        );
        assert_eq!(walk("10.0.0.1", forwarded, &["for=192.0.2.60, for=_hidden"])?, "10.0.0.1");
        assert_eq!(walk("10.0.0.1", forwarded, &["for=\"[fd00::1]\";by=10.1.1.1"])?, "fd00::1");
        assert_eq!(walk("10.0.0.1", forwarded, &["for=\"\u{ff}\", for=192.0.2.60"])?, "192.0.2.60");
        Ok(())
    }

    #[test]
    fn two_headers_that_disagree_are_not_believed() -> Result<(), Box<dyn std::error::Error>> {
        let trusted = ["10.0.0.0/8".parse()?];
        let from = |forwarded, x_forwarded_for| -> Result<String, Box<dyn std::error::Error>> {
            let mut headers = HeaderMap::new();
            headers.insert(FORWARDED, HeaderValue::from_static(forwarded));
            headers.insert(X_FORWARDED_FOR, HeaderValue::from_static(x_forwarded_for));
            Ok(behind_proxies("10.0.0.1".parse()?, &headers, &trusted).to_string())
        };
        assert_eq!(from("for=198.51.100.7", "203.0.113.9")?, "10.0.0.1");
        assert_eq!(from("for=198.51.100.7;proto=https", "192.0.2.1, 198.51.100.7")?, "198.51.100.7");
        Ok(())
    }

    proptest! {
        #[test]
        fn arbitrary_headers_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for name in [FORWARDED, X_FORWARDED_FOR] {
                let mut headers = HeaderMap::new();
                if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                    headers.insert(name, value);
                }
                let peer = IpAddr::from([10, 0, 0, 1]);
                let _ = behind_proxies(peer, &headers, &[IpNet::from(peer)]);
            }
        }
    }
}
