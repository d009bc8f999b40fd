//! Attempts at the administrator's password.

use std::time::Duration;

use subtle::ConstantTimeEq as _;

use super::{DigestKey, Identity, throttle};
use crate::domain::{Network, Timestamp};
use crate::error::ServiceError;
use crate::store::{Attempt, Charge, Lane};

/// A browser in which the administrator has given the right password, as its cookie says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdministratorBrowser {
    id: [u8; 16],
    expires: Timestamp,
}

impl AdministratorBrowser {
    /// How long the browser is known.
    pub const LIFETIME: Duration = Duration::from_secs(30 * 86_400);

    /// The value of the cookie: the browser, its end, and a keyed digest of both and of the password, so that nobody
    /// else can make one and a new password ends it.
    fn sign(&self, key: &DigestKey, password: &str) -> [u8; 16] {
        let expires = self.expires.millis().to_be_bytes();
        key.digest("administrator's browser", &[&self.id, &expires, password.as_bytes()])
    }
}

impl Identity {
    /// Counts an attempt at the administrator's password, which was `right` or wrong. A browser that the administrator
    /// has used has a bucket of its own; all others take from those of their network, and from one for all networks
    /// together. Once they are empty, the right password is refused too.
    ///
    /// # Errors
    /// [`ServiceError::Throttled`], [`ServiceError::Store`].
    pub async fn judge_administrator(
        &self,
        network: Network,
        browser: Option<&AdministratorBrowser>,
        right: bool,
    ) -> Result<(), ServiceError> {
        let lanes = throttle::administrator(&self.throttle, &self.key, network, browser.map(|browser| &browser.id));
        let lane = |buckets: Vec<_>| Lane { mark: None, charges: buckets.into_iter().map(Charge::always).collect() };
        let attempt = Attempt { account: [0; 16], lanes: lanes.into_iter().map(lane).collect() };
        let admission = self.store.admit(&attempt).await?.map_err(ServiceError::Throttled)?;
        if right {
            let charged = attempt.lanes.get(admission.lane).map_or(&[][..], |lane| lane.charges.as_slice());
            self.put_back(&charged.iter().map(|charge| charge.bucket.clone()).collect::<Vec<_>>()).await;
        }
        Ok(())
    }

    /// The browser of a cookie, if we made it for this password and it has not expired.
    #[must_use]
    pub fn administrator_browser(&self, cookie: &str, password: &str) -> Option<AdministratorBrowser> {
        let mut parts = cookie.splitn(3, '.');
        let [id, expires, signed] = [(); 3].map(|()| parts.next());
        let [id, signed] = [id, signed].map(|part| u128::from_str_radix(part?, 16).ok().map(u128::to_be_bytes));
        let expires = Timestamp::from_millis(expires?.parse().ok()?);
        let browser = AdministratorBrowser { id: id?, expires };
        let good: bool = browser.sign(&self.key, password).ct_eq(&signed?).into();
        (good && expires > self.clock.now()).then_some(browser)
    }

    /// A cookie for the browser that the administrator has just used.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn new_administrator_browser(&self, password: &str) -> Result<String, getrandom::Error> {
        let mut id = [0; 16];
        getrandom::fill(&mut id)?;
        let browser = AdministratorBrowser { id, expires: self.clock.now().plus(AdministratorBrowser::LIFETIME) };
        let [id, signed] = [id, browser.sign(&self.key, password)].map(u128::from_be_bytes);
        Ok(format!("{id:032x}.{}.{signed:032x}", browser.expires.millis()))
    }
}
