//! Who makes a request, as far as the request says.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;
use actix_web::http::header::USER_AGENT;

use super::address::client_address;
use crate::domain::{ClientInfo, Network};
use crate::http::AppState;

/// The client as it describes itself, but for the application, which some requests name.
#[must_use]
pub fn contact(request: &HttpRequest, services: &AppState) -> ClientInfo {
    let address = client_address(request, &services.trusted_proxies);
    let user_agent = request.headers().get(USER_AGENT).map(|value| {
        let bytes = value.as_bytes().iter().take(ClientInfo::MAX_USER_AGENT);
        // A person reads it: what is no plain letter must show that something stood there, and no more.
        bytes.map(|byte| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '?' }).collect()
    });
    ClientInfo { address, user_agent, application: None }
}

/// Where a request comes from, to count what fails.
#[must_use]
pub fn network(request: &HttpRequest, services: &AppState) -> Network {
    let address = client_address(request, &services.trusted_proxies);
    Network::of(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
}
