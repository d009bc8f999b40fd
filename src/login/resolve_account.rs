//! Who of ours a provider's person is.

use super::LoginService;
use crate::auth::Identity;
use crate::auth::oidc::{Claimed, OpenId};
use crate::domain::{Account, AccountChange, Email, Refusal, Subject};
use crate::error::ServiceError;
use crate::settings::OpenIdSettings;

impl LoginService {
    /// The account of a person the provider has proven: by the provider's subject; else by an e-mail address that the
    /// provider has verified; else a new one, if the settings have it so. Notes what the provider says of them.
    ///
    /// A refusal if nobody of ours is meant, or somebody who is already known to the provider as another.
    pub(super) async fn known(
        &self,
        provider: &OpenId,
        mut claimed: Claimed,
    ) -> Result<Result<Account, Refusal>, ServiceError> {
        let remarks = std::mem::take(&mut claimed.remarks);
        let Subject { issuer, subject, .. } = claimed.subject.clone();
        let known = self.find(provider.settings(), claimed).await?;
        let user = known.as_ref().ok().map(|account| account.id.to_string()).unwrap_or_default();
        for remark in remarks {
            tracing::warn!(user, %issuer, subject = %subject.escape_debug(), remark, "of what the provider tells");
        }
        Ok(known)
    }

    async fn find(
        &self,
        settings: &OpenIdSettings,
        mut claimed: Claimed,
    ) -> Result<Result<Account, Refusal>, ServiceError> {
        let Subject { issuer, subject, .. } = &claimed.subject;
        let known = self.store().account_by_subject(issuer, subject).await?;
        let account = match (known, &claimed.email) {
            (Some(account), _) => Some(account),
            (None, Some(email)) if claimed.email_verified => self.store().account_by_email(email).await?,
            (None, _) => None,
        };
        let account = match (account, claimed.untold.take()) {
            (Some(account), _) => account,
            // Whether one of ours is meant, the userinfo endpoint may know.
            (None, Some(untold)) => return Err(untold.into()),
            (None, None) if settings.provision => match self.provision(&claimed).await? {
                Some(account) => account,
                None => return Ok(Err(Refusal::NoAccount)),
            },
            (None, None) => return Ok(Err(Refusal::NoAccount)),
        };
        let Claimed { subject, name, teams, .. } = claimed;
        let name = name.map(String::into_boxed_str);
        let same = account.profile.subject.as_ref() == Some(&subject)
            && name.as_ref().is_none_or(|name| *name == account.name)
            && teams.as_ref().is_none_or(|teams| *teams == account.profile.teams);
        if same {
            return Ok(Ok(account));
        }
        let relinks = settings.relink;
        let link = AccountChange::Link { subject, name, teams, relinks };
        let Ok(linked) = self.store().change_account(account.id, &link).await? else {
            return Ok(Err(Refusal::LinkedToAnother));
        };
        let of = |account: &Account| account.profile.subject.as_ref().map(|subject| subject.issuer.clone());
        if let (Some(from), Some(to)) = (of(&account), of(&linked))
            && from != to
        {
            tracing::info!(user = %account.id, %from, %to, "linked anew, to another issuer's person");
        }
        Ok(Ok(linked))
    }

    /// A new account.
    async fn provision(&self, claimed: &Claimed) -> Result<Option<Account>, ServiceError> {
        // An address that is only claimed is not the account's: else whoever claims it first has it.
        let verified = claimed.email.clone().filter(|_| claimed.email_verified);
        let unverified = || Email::new(&format!("{}@unverified.invalid", Identity::id_of(&claimed.subject)));
        let Some(email) = verified.or_else(unverified) else { return Ok(None) };
        let name = claimed.name.clone().unwrap_or_default().into();
        Ok(self.identity.provision(&claimed.subject, email, name).await?)
    }
}
