//! One order: an account, the proofs that the domains are this server's, and the certificate.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Error, Identifier, NewAccount, NewOrder, Order,
    OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};

use super::{Acme, AcmeError, on_disk, state};
use crate::settings::AcmeSettings;

/// How long the ACME server may take to look at the proofs, and to make the certificate.
const PATIENCE: RetryPolicy =
    RetryPolicy::new().initial_delay(Duration::from_millis(500)).timeout(Duration::from_secs(120));

/// What an ACME server says that has no such account (RFC 8555, 6.7).
const UNKNOWN_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";

/// An account as it is kept.
#[derive(Deserialize, Serialize)]
struct KeptAccount {
    /// Where it is one.
    directory: String,
    contact: Vec<String>,
    credentials: AccountCredentials,
}

impl KeptAccount {
    const NAME: &str = "account.json";
}

impl Acme {
    /// Gets a certificate, and puts it where the server reads it.
    pub(super) async fn order(&self) -> Result<(), AcmeError> {
        let account = self.account().await?;
        let domains: Vec<_> = self.settings.domains.iter().cloned().map(Identifier::Dns).collect();
        let mut order = match account.new_order(&NewOrder::new(&domains)).await {
            Err(Error::Api(problem)) if problem.r#type.as_deref() == Some(UNKNOWN_ACCOUNT) => {
                let path = self.folder.join(KeptAccount::NAME);
                on_disk(move || fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))).await?;
                return Err(AcmeError::UnknownAccount);
            }
            begun => begun?,
        };
        self.prove(&mut order).await?;
        match order.poll_ready(&PATIENCE).await {
            Ok(OrderStatus::Ready) => {}
            Ok(_) | Err(Error::Api(_)) => {
                return Err(AcmeError::Unproven(why_unproven(&mut order).await));
            }
            Err(error) => return Err(error.into()),
        }
        let key = order.finalize().await?;
        let chain = order.poll_certificate(&PATIENCE).await?;
        // One file, so that both change at once.
        let path = self.folder.join(AcmeSettings::CERTIFICATE);
        on_disk(move || state::write(&path, format!("{chain}\n{key}").as_bytes())).await
    }

    /// The account, which is made if there is none at this ACME server.
    async fn account(&self) -> Result<Account, AcmeError> {
        let path = self.folder.join(KeptAccount::NAME);
        let directory = self.settings.directory.clone().unwrap_or_default();
        let contact: Vec<_> = self.settings.contact.iter().map(|address| format!("mailto:{address}")).collect();
        let builder = Account::builder_with_http(Box::new(self.http.clone()));
        let kept: Option<KeptAccount> = on_disk({
            let path = path.clone();
            move || state::read(&path)
        })
        .await?;
        if let Some(kept) = kept.filter(|kept| kept.directory == directory && kept.contact == contact) {
            return Ok(builder.from_credentials(kept.credentials).await?);
        }
        let contacts: Vec<_> = contact.iter().map(String::as_str).collect();
        let wanted = NewAccount { contact: &contacts, terms_of_service_agreed: true, only_return_existing: false };
        let (account, credentials) = builder.create(&wanted, directory.clone(), None).await?;
        on_disk(move || {
            let kept = serde_json::to_vec(&KeptAccount { directory, contact, credentials });
            state::write(&path, &kept.map_err(|error| error.to_string())?)
        })
        .await?;
        Ok(account)
    }

    /// Puts up what the ACME server will look for, and tells it so.
    async fn prove(&self, order: &mut Order) -> Result<(), AcmeError> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let Some(mut challenge) = authorization.challenge(ChallengeType::TlsAlpn01) else {
                return Err(AcmeError::Unproven("the ACME server offers no tls-alpn-01".to_owned()));
            };
            let domain = challenge.identifier().to_string();
            let proof = proof(&domain, challenge.key_authorization().digest().as_ref());
            self.certificate.put_up_proof(domain, proof.map_err(|error| AcmeError::Local(error.to_string()))?);
            challenge.set_ready().await?;
        }
        Ok(())
    }
}

/// The certificate that shows whose the domain is (RFC 8737, 3).
fn proof(domain: &str, digest: &[u8]) -> Result<Arc<CertifiedKey>, Box<dyn std::error::Error + Send + Sync>> {
    let mut params = CertificateParams::new([domain.to_owned()])?;
    params.custom_extensions.push(CustomExtension::new_acme_identifier(digest));
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key.into())?;
    Ok(Arc::new(CertifiedKey::new(vec![certificate.der().clone()], key)))
}

/// What the ACME server has found.
async fn why_unproven(order: &mut Order) -> String {
    let mut found = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let Ok(authorization) = authorization else { break };
        let errors = authorization.challenges.iter().filter_map(|challenge| challenge.error.as_ref());
        found.extend(errors.map(|error| format!("{}: {error}", authorization.identifier())));
    }
    if found.is_empty() { "the ACME server did not say why".to_owned() } else { found.join("; ") }
}
