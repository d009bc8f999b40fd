//! Who is this? Passwords, the throttle in front of them, and the OpenID Connect provider.

use std::sync::Arc;
use std::time::Duration;

use uuid::{Builder, Uuid};

use crate::clock::Clock;
use crate::domain::event::LoginWay;
use crate::domain::{
    Account, AccountChange, AppPasswordId, AppPasswordValue, Denied, Email, Network, Password, PasswordHash, Subject,
    Timestamp, UserId, named,
};
use crate::error::{Elsewhere, ServiceError};
use crate::settings::{PasswordSettings, ThrottleSettings};
use crate::store::{Admission, Attempt, Bucket, Creation, Store, StoreError};
use ldap::Ldap;

mod administrator;
mod app_password;
mod by_ldap;
mod calls;
mod digest;
pub mod ldap;
mod metrics;
pub mod oidc;
mod password;
mod second_factor;
mod standing;
mod throttle;
mod upstream;

pub use administrator::AdministratorBrowser;
pub(crate) use calls::{http_client, of_reqwest, retry_after};
pub use digest::DigestKey;
use metrics::Judge;
pub use metrics::{PasswordMetrics, Peer, PeerMetrics};
pub use password::Requester;
pub(crate) use password::lower_priority;
pub use password::{HashProblem, check_hash, is_weak};
pub use password::{Passwords, PasswordsError, PoolError, Verdict};
pub use password::{WeakPassword, check_own_password, check_password};
pub use second_factor::{FactorKey, NewFactor, PasskeyRequest, RelyingParty, TotpSecret};
pub use standing::{Empty, Standing, Throttles};
pub use throttle::{Counted, Device, Origin};
pub use upstream::{Person, TokenFacts, Upstream, UpstreamError, remind};

/// Proves people.
#[derive(Clone)]
pub struct Identity {
    store: Arc<dyn Store>,
    passwords: Arc<Passwords>,
    throttle: Arc<ThrottleSettings>,
    key: DigestKey,
    factors: FactorKey,
    /// Who passkeys are for; `None`: there can be none.
    relying_party: Option<RelyingParty>,
    /// How many app passwords a person may have; 0: none counts.
    app_passwords: usize,
    /// How long those of a person who is proven elsewhere count without such a proof; zero: however long.
    app_passwords_without_login: Duration,
    /// Whether the password alone of somebody with a second factor counts where no page can ask for the code.
    skips_second_factor: bool,
    upstream: Option<Arc<Upstream>>,
    clock: Arc<dyn Clock>,
    ldap: Option<Arc<Ldap>>,
    metrics: PasswordMetrics,
}

/// A person proven by password, at a generation of the account: see [`crate::domain::Grant`].
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    /// The proven user.
    pub user: UserId,
    /// The account's generation when it was read.
    pub generation: u32,
    /// When the password was verified.
    pub proven: Timestamp,
    /// See [`crate::domain::LoginProof::meets`].
    pub meets: Option<Timestamp>,
    /// Which app password it was, if it was one.
    pub app_password: Option<AppPasswordId>,
    /// By what, and who found it to be right.
    pub way: LoginWay,
    /// Whether a code of the person's second factor is needed besides, see [`Identity::prove_code`]. Only where nothing but
    /// the person's own password counts.
    pub needs_code: bool,
}

/// What proves a person in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// The person's own password: where it opens what can change credentials.
    PasswordAlone,
    /// An app password too.
    AppPasswordToo,
}

named! {
    /// A kind of token whose guesses are counted by network.
    pub enum GuessedToken {
        /// A cross token.
        Cross = "cross token",
        /// A remember-me token.
        RememberMe = "remember-me token",
        /// An access token that the old service has to be asked about.
        Upstream = "token of the old service",
        /// The secret of a back end that asks about tokens.
        Introspection = "introspection",
        /// The secret of a licence server.
        Internal = "internal secret",
        /// The token of a provisioning client.
        Provisioning = "provisioning",
        /// A token of the management API.
        Management = "management",
        /// An authorization code of the identity provider.
        Code = "authorization code",
        /// The state of an unknown login.
        State = "state",
        /// A logout token of the identity provider.
        Logout = "logout token",
        /// The secret of a one-time link.
        Link = "one-time link",
    }
}

/// What a logged-in person does, counted by person.
#[derive(Clone, Copy, Debug)]
pub enum Activity {
    /// Gets a token without a password.
    Issue,
    /// Gets bearers for an open session.
    Heartbeat,
    /// Borrows a licence, or extends it.
    License,
    /// Opens the account page, or sends a form of it.
    AccountPage,
}

impl Identity {
    /// The service on one handle of the store; `passwords` are the process's own. `keys` are those of digests and of second
    /// factors.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        passwords: Arc<Passwords>,
        throttle: ThrottleSettings,
        (key, factors): (DigestKey, FactorKey),
        settings: &PasswordSettings,
        upstream: Option<Arc<Upstream>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let PasswordSettings { app_passwords, app_passwords_without_login, skip_second_factor, .. } = *settings;
        Self {
            store,
            passwords,
            throttle: Arc::new(throttle),
            key,
            factors,
            relying_party: None,
            app_passwords,
            app_passwords_without_login,
            skips_second_factor: skip_second_factor,
            upstream,
            ldap: None,
            clock,
            metrics: PasswordMetrics::default(),
        }
    }

    /// The same with an LDAP server, if there is one, that proves people who have no password here.
    #[must_use]
    pub fn with_ldap(self, ldap: Option<Arc<Ldap>>) -> Self {
        Self { ldap, ..self }
    }

    /// The same, counting into `metrics`.
    #[must_use]
    pub fn with_metrics(self, metrics: PasswordMetrics) -> Self {
        Self { metrics, ..self }
    }

    /// The same for this server, as passkeys know it.
    #[must_use]
    pub fn with_relying_party(self, relying_party: Option<RelyingParty>) -> Self {
        Self { relying_party, ..self }
    }

    /// The same with another handle of the store.
    #[must_use]
    pub fn with_store(&self, store: Arc<dyn Store>) -> Self {
        Self { store, ..self.clone() }
    }

    /// Proves a person by e-mail address and password.
    ///
    /// One of its lanes must admit an attempt before the account is read and anything is hashed, see [`throttle`]. A
    /// success, and a full queue, put back what the attempt took; a failure puts back the bucket of successes alone. A
    /// client that hangs up gets nothing back. After a success the account knows the network and the device.
    ///
    /// What is entered as an app password is nothing else: one that counts is found without hashing, any other is a wrong
    /// password, and nobody else is asked. A password that is not here is asked for at the LDAP server, or at the old
    /// service if the person is to come over from there; see [`Upstream`]. Else unknown, disabled and passwordless users
    /// and a wrong password cannot be distinguished: each asks the store the same and does the same hashing (see
    /// [`Passwords::verify`]). So is the password of a person with a second factor where no page can ask for the code, be it
    /// right or wrong, unless the settings skip the factor there. Where an LDAP server is asked about people without a password here, each of these takes the
    /// same exchanges with it instead.
    ///
    /// Replaces a hash that is not as the settings ask; if that fails, the next login does.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn prove(
        &self,
        email: &Email,
        password: Password,
        accepts: Accepts,
        from: &Origin,
    ) -> Result<Proof, ServiceError> {
        let admitted = self.admit(email, from).await?;
        let verified = self.verify(email, password, accepts, admitted.requester).await;
        // Who has only guessed the password makes nothing known.
        let is_proven = verified.as_ref().is_ok_and(|proof| !proof.needs_code);
        self.settle(&admitted, email, from, verified, is_proven).await
    }

    /// Proves the person of an account once more, by the password that they have here and by nothing that may stand for it.
    /// Throttled, counted and as much work as [`Self::prove`].
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn confirm(&self, account: &Account, present: Password, from: &Origin) -> Result<(), ServiceError> {
        let admitted = self.admit(&account.email, from).await?;
        let verdict = self.passwords.verify(present, account.password.clone(), admitted.requester).await;
        let verified = match verdict.map_err(|error| busy(&error)) {
            Ok(Verdict::Right | Verdict::Outdated(_)) => Ok(()),
            Ok(Verdict::Wrong) => Err(ServiceError::InvalidCredentials(Denied::WrongPassword)),
            Ok(Verdict::Unverifiable(_)) => Err(ServiceError::InvalidCredentials(Denied::UnverifiableHash)),
            Err(error) => Err(error),
        };
        self.settle(&admitted, &account.email, from, verified, true).await
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`ServiceError::HashingBusy`].
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, ServiceError> {
        self.passwords.hash(password).await.map_err(|error| busy(&error))
    }

    /// Lets an attempt at a password in, or not.
    async fn admit(&self, email: &Email, from: &Origin) -> Result<Admitted, ServiceError> {
        let attempt = throttle::login(&self.throttle, &self.key, email, from);
        let admission = self.store.admit(&attempt).await?.map_err(ServiceError::Throttled)?;
        let known = attempt.lanes.get(admission.lane).is_some_and(|lane| lane.mark.is_some());
        Ok(Admitted { attempt, admission, requester: Requester { network: Some(from.network), known } })
    }

    /// Puts back what does not count of an attempt, now that its outcome is known. `remembers`: a success makes known where
    /// it came from.
    async fn settle<T>(
        &self,
        Admitted { attempt, admission, .. }: &Admitted,
        email: &Email,
        from: &Origin,
        verified: Result<T, ServiceError>,
        remembers: bool,
    ) -> Result<T, ServiceError> {
        let [cost_of_failure, cost_of_success] =
            [true, false].map(|succeeded| put_back_of(attempt, admission, succeeded));
        match &verified {
            Ok(_) if remembers => {
                tokio::join!(self.put_back(&cost_of_failure), self.remember(email, from));
            }
            Ok(_) => self.put_back(&cost_of_failure).await,
            // A question that was asked elsewhere costs as much as a wrong password: others must not make us ask for ever.
            Err(ServiceError::InvalidCredentials(_) | ServiceError::Elsewhere(Elsewhere { asked: true, .. })) => {
                self.put_back(&cost_of_success).await;
            }
            Err(_) => self.put_back(&[cost_of_failure, cost_of_success].concat()).await,
        }
        verified
    }

    /// Where a password is looked up: among the app passwords if it is written as one; here if the account has one; at the
    /// LDAP server if that is asked about such people; at the old service if the person is to come over; else nowhere.
    /// Every refusal by one of them takes the same work.
    async fn verify(
        &self,
        email: &Email,
        password: Password,
        accepts: Accepts,
        requester: Requester,
    ) -> Result<Proof, ServiceError> {
        let account = self.store.account_by_email(email).await?;
        let (judge, judged) = if AppPasswordValue::is_meant(&password) {
            let judged = self.verify_app_password(account.as_ref(), password, accepts, requester).await;
            (Judge::AppPassword, judged)
        } else if let Some(ldap) = self.ldap.as_deref().filter(|ldap| ldap.is_asked_for(email, account.as_ref())) {
            (Judge::Ldap, self.prove_by_ldap(ldap, email, password, account).await)
        } else if let Some(upstream) = self.upstream_for(email, account.as_ref()).await? {
            (Judge::Upstream, self.verify_upstream(&upstream, email, account, password, requester).await)
        } else {
            (Judge::Here, self.verify_here(account, password, accepts, requester).await)
        };
        self.metrics.count(judge, &judged);
        judged
    }

    /// The old service, if it is to be asked about this person's password.
    async fn upstream_for(
        &self,
        email: &Email,
        account: Option<&Account>,
    ) -> Result<Option<Arc<Upstream>>, ServiceError> {
        let Some(upstream) = &self.upstream else { return Ok(None) };
        if !account.map_or_else(|| upstream.takes_strangers(email), Account::awaits_password) {
            return Ok(None);
        }
        Ok(self.upstream_until().await?.map(|_| Arc::clone(upstream)))
    }

    /// The old service, if there is one: tokens that came over from it count also when it is not asked any more.
    #[must_use]
    pub const fn upstream(&self) -> Option<&Arc<Upstream>> {
        self.upstream.as_ref()
    }

    /// Until when the old service is asked; `None`: there is none, or that time is over.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn upstream_until(&self) -> Result<Option<Timestamp>, ServiceError> {
        let Some(upstream) = &self.upstream else { return Ok(None) };
        let now = self.clock.now();
        let until = upstream.until(&*self.store, now).await?;
        Ok((now < until).then_some(until))
    }

    async fn verify_upstream(
        &self,
        upstream: &Arc<Upstream>,
        email: &Email,
        account: Option<Account>,
        password: Password,
        requester: Requester,
    ) -> Result<Proof, ServiceError> {
        let Some(person) = upstream.log_in(email, &password).await.map_err(ServiceError::Elsewhere)? else {
            self.passwords.verify(password, None, requester).await.map_err(|error| busy(&error))?;
            return Err(ServiceError::InvalidCredentials(Denied::WrongPassword));
        };
        let hash = self.passwords.hash(password).await.map_err(|error| busy(&error))?;
        self.arrive_by_password(email, account, person, hash).await
    }

    async fn verify_here(
        &self,
        account: Option<Account>,
        password: Password,
        accepts: Accepts,
        requester: Requester,
    ) -> Result<Proof, ServiceError> {
        let denied = match &account {
            None => Denied::NoSuchUser,
            Some(account) if !account.enabled => Denied::Disabled,
            Some(account) if account.password.is_none() => Denied::NoPassword,
            Some(account) if self.needs_app_password(account, accepts) => Denied::NeedsAppPassword,
            Some(_) => Denied::WrongPassword,
        };
        // An account whose password may not be used is verified against no hash: a rehash would show that it is right.
        let account = account.filter(|account| account.enabled && !self.needs_app_password(account, accepts));
        let hash = account.as_ref().and_then(|account| account.password.clone());
        let verdict = self.passwords.verify(password, hash.clone(), requester).await.map_err(|error| busy(&error))?;
        let (Some(account), Some(hash)) = (account, hash) else { return Err(ServiceError::InvalidCredentials(denied)) };
        match verdict {
            Verdict::Wrong => return Err(ServiceError::InvalidCredentials(denied)),
            Verdict::Unverifiable(problem) => {
                tracing::error!(user = %account.id, %problem, "a stored password hash cannot be verified");
                return Err(ServiceError::InvalidCredentials(Denied::UnverifiableHash));
            }
            Verdict::Right => {}
            Verdict::Outdated(better) => self.rehash(&account, hash, better).await,
        }
        let needs_code = accepts == Accepts::PasswordAlone && account.second_factor.is_some();
        Ok(Proof { needs_code, ..Proof::of(&account, self.clock.now(), None) })
    }

    /// Whether the person's own password does not count in a place that has no page to ask for a code.
    const fn needs_app_password(&self, account: &Account, accepts: Accepts) -> bool {
        account.second_factor.is_some() && matches!(accepts, Accepts::AppPasswordToo) && !self.skips_second_factor
    }

    /// Remembers for 30 days, with the account, where a login came from that succeeded without [`Self::prove`]. A
    /// failure is logged and does not fail the login.
    pub async fn remember(&self, email: &Email, from: &Origin) {
        let (account, marks) = throttle::marks(&self.key, email, from);
        if let Err(error) = self.store.remember(account, &marks).await {
            tracing::warn!(%error, "where a login came from is not known from now on");
        }
    }

    /// Counts an unknown token against its network.
    ///
    /// # Errors
    /// [`ServiceError::Throttled`] when the network has none left, [`ServiceError::Store`].
    pub async fn count_unknown(&self, token: GuessedToken, network: Network) -> Result<(), ServiceError> {
        let buckets = throttle::guess(&self.throttle, &self.key, token, network);
        self.store.take(&buckets).await?.map_err(ServiceError::Throttled)
    }

    /// Counts that somebody says that this person has forgotten their password.
    ///
    /// # Errors
    /// [`ServiceError::Throttled`] when the address or the network has none left, [`ServiceError::Store`].
    pub async fn count_forgotten(&self, email: &Email, network: Network) -> Result<(), ServiceError> {
        let buckets = throttle::forgotten(&self.throttle, &self.key, email, network);
        self.store.take(&buckets).await?.map_err(ServiceError::Throttled)
    }

    /// Counts what a logged-in person is about to do.
    ///
    /// # Errors
    /// [`ServiceError::Throttled`] when the person has none left, [`ServiceError::Store`].
    pub async fn count(&self, activity: Activity, user: UserId) -> Result<(), ServiceError> {
        let buckets = throttle::activity(&self.throttle, &self.key, activity, user);
        self.store.take(&buckets).await?.map_err(ServiceError::Throttled)
    }

    /// Puts back what [`Self::count_unknown`] took for a token that turned out to be known.
    pub async fn put_back_known(&self, token: GuessedToken, network: Network) {
        self.put_back(&throttle::guess(&self.throttle, &self.key, token, network)).await;
    }

    /// The name in the log of an account at which a login failed: the same for each attempt, and no e-mail address.
    #[must_use]
    pub fn name_in_log(&self, email: &Email) -> String {
        let digest = self.key.digest("account in the log", &[email.as_str().as_bytes()]);
        format!("{:016x}", u128::from_be_bytes(digest) >> 64)
    }

    /// The id of the account that [`Self::provision`] makes for this person.
    #[must_use]
    pub fn id_of(subject: &Subject) -> UserId {
        UserId(Builder::from_custom_bytes(subject.digest()).into_uuid())
    }

    /// A new account for a person whom another has proven. Its id follows from the subject, so that a creation that was
    /// interrupted is found again; then, and if somebody has the address, the account that is there. The subject is not
    /// linked yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn provision(
        &self,
        subject: &Subject,
        email: Email,
        name: Box<str>,
    ) -> Result<Option<Account>, StoreError> {
        let id = Self::id_of(subject);
        let generation = Uuid::new_v4().as_fields().0;
        let account = Account { name, ..Account::new(id, email, generation, self.clock.now()) };
        match self.store.create_accounts(std::slice::from_ref(&account)).await?.first() {
            Some(Creation::Created) => {
                tracing::info!(user = %id, "user provisioned");
                Ok(Some(account))
            }
            Some(Creation::IdTaken) => self.store.account(id).await,
            Some(Creation::EmailTaken(user)) => self.store.account(*user).await,
            None => Ok(None),
        }
    }

    /// A failure is logged and does not fail the login: the buckets refill with time.
    async fn put_back(&self, buckets: &[Bucket]) {
        if let Err(error) = self.store.put_back(buckets).await {
            tracing::warn!(%error, "an attempt that did not fail stays counted");
        }
    }

    async fn rehash(&self, account: &Account, from: PasswordHash, to: PasswordHash) {
        if let Err(error) = self.store.change_account(account.id, &AccountChange::Rehash { from, to }).await {
            tracing::warn!(user = %account.id, %error, "a better password hash could not be stored");
        }
    }
}

impl Proof {
    fn of(account: &Account, proven: Timestamp, app_password: Option<AppPasswordId>) -> Self {
        let Account { id: user, generation, ref profile, .. } = *account;
        let way = if app_password.is_some() { LoginWay::AppPassword } else { LoginWay::Password };
        Self { user, generation, proven, meets: profile.reauth_request, app_password, way, needs_code: false }
    }
}

/// An attempt at a password that was let in.
struct Admitted {
    attempt: Attempt,
    admission: Admission,
    requester: Requester,
}

/// The buckets to put back after an attempt that succeeded, or failed by its own fault.
fn put_back_of(attempt: &Attempt, Admission { lane, charged }: &Admission, succeeded: bool) -> Vec<Bucket> {
    attempt.lanes.get(*lane).map_or_else(Vec::new, |lane| throttle::to_put_back(lane, charged, succeeded))
}

/// Every problem in hashing passes: the queue empties, memory becomes free.
fn busy(error: &PasswordsError) -> ServiceError {
    if !matches!(error, PasswordsError::Pool(PoolError::Busy)) {
        tracing::error!(%error, "a password could not be verified");
    }
    ServiceError::HashingBusy
}

#[cfg(test)]
mod tests;
