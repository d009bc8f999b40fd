//! Licences: a native client borrows one, and may keep it beyond its session.

use super::SessionService;
use crate::auth::Activity;
use crate::domain::{Borrow, Checkout, Denied, Happened, NativeLogin, SessionId, TokenDigest, UserId};
use crate::error::ServiceError;

/// What a native client does with a licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Borrowing {
    /// Takes one.
    Checkout,
    /// Keeps it for longer.
    Renew,
    /// Gives it back.
    Checkin,
}

impl SessionService {
    /// The longest list of licences that is told.
    pub const MAX_LICENSES_TOLD: usize = 10_000;

    /// Borrows, extends or gives back the licence of a native client. Only giving back needs no open session.
    ///
    /// # Errors
    /// [`ServiceError::NoSession`] without an open session, [`ServiceError::LicenseIsOut`], [`ServiceError::NoLicenseLeft`],
    /// [`ServiceError::NoLicenseForUser`], [`ServiceError::NoLicenseIsOut`], [`ServiceError::Throttled`], [`ServiceError::Store`].
    pub async fn borrow_license(&self, native: TokenDigest, borrowing: Borrowing) -> Result<(), ServiceError> {
        let lifetime = self.licenses.borrow_time;
        match borrowing {
            Borrowing::Checkout => {
                let (user, session) = self.native_session(native).await?;
                self.identity.count(Activity::License, user).await?;
                match self.store.check_out(native, user, session, lifetime, self.licenses.limits()).await? {
                    Checkout::Out => {
                        tracing::info!(%user, %session, "licence borrowed");
                        let (user, session) = (Some(user), Some(session));
                        self.store.events().report([Happened::License { out: true, user, session }]);
                    }
                    Checkout::AlreadyOut => return Err(ServiceError::LicenseIsOut),
                    Checkout::NoneLeft => return Err(ServiceError::NoLicenseLeft),
                    Checkout::NoneForUser => return Err(ServiceError::NoLicenseForUser),
                }
            }
            Borrowing::Renew => {
                let (user, _) = self.native_session(native).await?;
                self.identity.count(Activity::License, user).await?;
                if !self.store.renew_license(native, lifetime).await? {
                    return Err(ServiceError::NoLicenseIsOut);
                }
            }
            Borrowing::Checkin => {
                if !self.store.check_in(native).await? {
                    return Err(ServiceError::NoLicenseIsOut);
                }
                tracing::info!("licence given back");
                // Whose it was is known while their session is open.
                let (user, session) = self.native_session(native).await.ok().unzip();
                self.store.events().report([Happened::License { out: false, user, session }]);
            }
        }
        Ok(())
    }

    /// The licences that are out, at most [`Self::MAX_LICENSES_TOLD`], and how many they are.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn licenses(&self) -> Result<(Vec<Borrow>, usize), ServiceError> {
        Ok(self.store.licenses(Self::MAX_LICENSES_TOLD).await?)
    }

    /// The open session of a native client.
    async fn native_session(&self, native: TokenDigest) -> Result<(UserId, SessionId), ServiceError> {
        let Some(NativeLogin::Open { user, session }) = self.store.native_login(native).await? else {
            return Err(ServiceError::NoSession(Denied::UnknownToken));
        };
        let held = self.store.directory_session(user, session, self.clock.now()).await?;
        let open = held.is_some_and(|held| held.account.enabled);
        if open { Ok((user, session)) } else { Err(ServiceError::NoSession(Denied::SessionClosed)) }
    }
}
