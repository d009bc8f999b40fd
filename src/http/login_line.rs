//! What the log line of a login says besides.

use actix_web::{HttpMessage as _, HttpRequest};
use ipnet::IpNet;

use super::AppState;
use super::extract::address::client_address;
use crate::settings::ClientAddress;

/// From where somebody tried to log in, and, if that failed, at which account. A handler puts it into its request.
#[derive(Clone, Debug)]
pub struct LoginLine {
    /// The address, as much of it as the settings allow.
    pub client: Option<String>,
    /// A keyed digest of the account's e-mail address: attempts at one account can be followed without its name.
    pub account: Option<String>,
}

/// Has the request's log line say from where the login comes, and at which account it failed.
pub fn note(request: &HttpRequest, services: &AppState, failed_at: Option<String>) {
    let address = client_address(request, &services.trusted_proxies);
    let client = address.and_then(|address| match services.client_address {
        ClientAddress::Whole => Some(address.to_string()),
        ClientAddress::Network => {
            let bits = if address.is_ipv4() { 24 } else { 48 };
            IpNet::new(address, bits).ok().map(|network| network.trunc().to_string())
        }
        ClientAddress::None => None,
    });
    request.extensions_mut().insert(LoginLine { client, account: failed_at });
}
