//! A user of ours: what is stored, and how it may change.

use std::fmt;
use std::time::Duration;

use minicbor::{Decode, Encode};

use super::email::trimmed;
use super::{
    AppPassword, AppPasswordId, CloseReason, CodeDigest, Denied, Email, ExternalId, ListChange, Network, OneTimeLink,
    Profile, ProviderSession, Rights, Ruling, SecondFactor, SignOn, Subject, Team, Timestamp, TokenDigest,
    UpstreamMark, UsedCode, UserId,
};

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Account {
    /// The user's id; a foreign key in other programs' data, so it never changes.
    #[n(0)]
    pub id: UserId,
    /// What the user logs in with; unique.
    #[n(1)]
    pub email: Email,
    /// The name shown to people; may be empty.
    #[n(2)]
    pub name: Box<str>,
    /// The password's hash; without one nobody can log in by password.
    #[n(3)]
    pub password: Option<PasswordHash>,
    /// A disabled user is refused everywhere.
    #[n(4)]
    pub enabled: bool,
    /// Raised by a password change, a disabling and a logout everywhere: a login proven before never takes effect
    /// after it.
    #[n(5)]
    pub generation: u32,
    /// When the account was made.
    #[n(6)]
    pub created: Timestamp,
    /// Networks the user has lately logged in from with a password, for operators to see: at most
    /// [`Account::MAX_NETWORKS`], oldest first.
    #[n(7)]
    pub networks: Vec<KnownNetwork>,
    /// What the directory knows of the user.
    #[n(8)]
    pub profile: Profile,
    /// App passwords, oldest first. Some may have ended.
    #[cbor(n(9), with = "super::encoding::list", has_nil)]
    pub app_passwords: Vec<AppPassword>,
    /// How the user stands with the old service; `None`: nobody is asked there about them.
    #[n(10)]
    pub upstream: Option<UpstreamMark>,
    /// What the login page asks for besides the password.
    #[n(11)]
    pub second_factor: Option<SecondFactor>,
    /// About when a login was last proven elsewhere, by an identity provider or an LDAP server: to a day. `None`: never.
    #[n(13)]
    pub vouched: Option<Timestamp>,
    /// Links by which a password may be set, at most [`Account::MAX_LINKS`].
    #[cbor(n(14), with = "super::encoding::list", has_nil)]
    pub links: Vec<OneTimeLink>,
    /// What the program that manages accounts calls the user; unique.
    #[n(12)]
    pub external_id: Option<ExternalId>,
    /// Tokens that the identity provider issued before do not count: when the generation was last raised, by the store's
    /// clock, or all sessions of the person ended at the provider; 0 if neither ever was.
    #[n(15)]
    pub not_before: Timestamp,
}

/// What only one account may have: stores keep who has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Unique {
    /// An e-mail address.
    Email(Email),
    /// A person of an identity provider, by [`Subject::digest`].
    Subject([u8; 16]),
    /// What a provisioning client calls the user, by [`ExternalId::digest`].
    ExternalId([u8; 16]),
}

impl Unique {
    /// Why an account that wants it is refused while another has it.
    #[must_use]
    pub const fn taken(&self) -> Denied {
        match self {
            Self::Email(_) => Denied::EmailTaken,
            Self::Subject(_) => Denied::LinkedToAnother,
            Self::ExternalId(_) => Denied::ExternalIdTaken,
        }
    }
}

/// A network a user has logged in from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct KnownNetwork {
    /// Which network.
    #[n(0)]
    pub network: Network,
    /// The last login from there, to the day.
    #[n(1)]
    pub seen: Timestamp,
}

impl KnownNetwork {
    const NOTED_EVERY: Duration = Duration::from_secs(86_400);

    /// Whether the login that is noted is younger than a day: so that few logins write.
    pub(super) fn is_of_today(&self, now: Timestamp) -> bool {
        now.since(self.seen) < Self::NOTED_EVERY
    }
}

impl Account {
    /// How long a name may be, in bytes.
    pub const MAX_NAME: usize = 256;
    /// How many networks an account remembers.
    pub const MAX_NETWORKS: usize = 32;
    /// How many app passwords the settings may let an account have.
    pub const MAX_APP_PASSWORDS: usize = 64;
    /// How long a network stays known after a login from it.
    pub const NETWORK_KNOWN_FOR: Duration = Duration::from_secs(30 * 86_400);
    /// How many one-time links count at once. Somebody who asks for links of another person must not make the one void that
    /// the person has.
    pub const MAX_LINKS: usize = 4;

    /// An enabled account of which nothing more is known.
    ///
    /// The generation is a number that no earlier account of this id had: a login that was proven for that one must not
    /// count for this one.
    #[must_use]
    pub fn new(id: UserId, email: Email, generation: u32, created: Timestamp) -> Self {
        Self {
            id,
            email,
            name: "".into(),
            password: None,
            enabled: true,
            generation,
            created,
            networks: Vec::new(),
            profile: Profile::default(),
            app_passwords: Vec::new(),
            upstream: None,
            second_factor: None,
            links: Vec::new(),
            not_before: Timestamp::default(),
            external_id: None,
            vouched: None,
        }
    }

    /// Whether the old service may be asked about a password for this user: it is to be had from nowhere else, and the
    /// user has never been given any other way in.
    #[must_use]
    pub const fn awaits_password(&self) -> bool {
        self.enabled
            && self.upstream.is_some()
            && self.password.is_none()
            && self.profile.subject.is_none()
            && self.app_passwords.is_empty()
    }

    /// Whether the user is proven by another service alone: has no password here, and is linked to a subject.
    #[must_use]
    pub const fn is_proven_elsewhere(&self) -> bool {
        self.password.is_none() && self.profile.subject.is_some()
    }

    /// Whether an app password rests on a proof that is younger than `most`; zero: it may be of any age. A user who has a
    /// password here, or is linked to nobody, needs no proof but that. Else the last login that was proven elsewhere counts,
    /// and the making of the app password, which takes such a login or an operator.
    #[must_use]
    pub fn is_vouched_for(&self, app_password: &AppPassword, most: Duration, now: Timestamp) -> bool {
        let last = self.vouched.unwrap_or_default().max(app_password.created);
        most.is_zero() || !self.is_proven_elsewhere() || now.since(last) < most
    }

    /// Notes a login that was proven elsewhere. True if that changed the record, which it does once a day.
    pub(super) fn note_vouched(&mut self, now: Timestamp) -> bool {
        let is_noted = self.vouched.is_some_and(|vouched| now.since(vouched) < KnownNetwork::NOTED_EVERY);
        if !is_noted {
            self.vouched = Some(now);
        }
        !is_noted
    }

    /// Whether the browser with this cookie of single sign-on, digested, may act for an operator: its person has
    /// `access:admin`, and is signed on there.
    #[must_use]
    pub fn is_operator_in(&self, browser: TokenDigest, now: Timestamp) -> bool {
        let Profile { rights, reauth_request, .. } = &self.profile;
        self.enabled && rights.admin && reauth_request.is_none() && self.profile.is_signed_on(browser, now)
    }

    /// The app password with this id.
    #[must_use]
    pub fn app_password(&self, id: AppPasswordId) -> Option<&AppPassword> {
        self.app_passwords.iter().find(|held| held.id == id)
    }

    /// The account as a restored backup has it that keeps no session: the generation is another one, so that no proof, link
    /// or token from before takes effect, and nobody is signed on.
    #[must_use]
    pub fn without_sessions(mut self, now: Timestamp) -> Self {
        self.generation = self.generation.wrapping_add(1);
        self.not_before = now;
        self.profile.sign_ons.clear();
        self.links.clear();
        self
    }

    /// Adds a one-time link that counts until `expires`; of too many, the one that ends first goes.
    pub(super) fn add_link(&mut self, digest: TokenDigest, expires: Timestamp, now: Timestamp) {
        let generation = self.generation;
        self.links.retain(|link| link.generation == generation && link.expires > now);
        if self.links.len() >= Self::MAX_LINKS
            && let Some(first) = (0..self.links.len()).min_by_key(|at| self.links[*at].expires)
        {
            self.links.remove(first);
        }
        self.links.push(OneTimeLink { digest, expires, generation });
    }

    /// Whether the one-time link of this digest counts.
    ///
    /// # Errors
    /// [`Denied`]: why not.
    pub fn judge_link(&self, digest: TokenDigest, now: Timestamp) -> Ruling<()> {
        if !self.enabled {
            return Err(Denied::Disabled);
        }
        let link = self.links.iter().find(|link| link.digest == digest).ok_or(Denied::UnknownToken)?;
        if link.generation != self.generation {
            return Err(Denied::StaleProof);
        }
        if link.expires <= now { Err(Denied::Expired) } else { Ok(()) }
    }

    /// A name as it is stored, or `None` if it is too long or has control characters.
    #[must_use]
    pub fn name_of(given: &str) -> Option<Box<str>> {
        let name = trimmed(given);
        (name.len() <= Self::MAX_NAME && !name.contains(char::is_control)).then(|| name.into())
    }

    /// What it has that no other account may have.
    pub fn uniques(&self) -> impl Iterator<Item = Unique> + use<> {
        let subject = self.profile.subject.as_ref().map(|subject| Unique::Subject(subject.digest()));
        let external_id = self.external_id.as_ref().map(|id| Unique::ExternalId(id.digest()));
        [Some(Unique::Email(self.email.clone())), subject, external_id].into_iter().flatten()
    }

    /// Notes a login from `network`. True if that changed the record, which it does at most once a day and network.
    pub(super) fn note_network(&mut self, network: Network, now: Timestamp) -> bool {
        let known = self.networks.iter().position(|known| known.network == network);
        if let Some(at) = known {
            if self.networks[at].is_of_today(now) {
                return false;
            }
            self.networks.remove(at);
        }
        self.networks.retain(|known| now.since(known.seen) < Self::NETWORK_KNOWN_FOR);
        if self.networks.len() >= Self::MAX_NETWORKS {
            self.networks.remove(0);
        }
        self.networks.push(KnownNetwork { network, seen: now });
        true
    }
}

/// A password hash as text: a PHC string (`$argon2id$v=19$m=…`), or what another system made of a password that was
/// imported. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Box<str>);

impl PasswordHash {
    /// The longest hash accepted, in bytes.
    pub const MAX_BYTES: usize = 512;
    /// The most memory that verifying one may need, in KiB: 256 MiB, the "moderate" of libsodium.
    pub const MAX_MEMORY_KIB: u32 = 256 * 1024;
    /// The most work that verifying one may be, in KiB written (memory times passes): 1 GiB, about half a second.
    pub const MAX_WORK_KIB: u64 = 1024 * 1024;

    /// Wraps a hash; whether it is a good one is for the identity layer to say.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        (!text.is_empty() && text.len() <= Self::MAX_BYTES).then(|| Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash([redacted])")
    }
}

/// What a person changes of their own credentials.
#[derive(Clone, Debug)]
pub enum OwnChange {
    /// The password.
    Password {
        /// The new one.
        hash: PasswordHash,
        /// Whether app passwords end too: they may be the back door of whoever knew the old password.
        revokes_app_passwords: bool,
    },
    /// An app or a passkey, as a second factor beside the password; the first comes with recovery codes. Does not apply
    /// if there is one such, or no password.
    AddFactor(SecondFactor),
    /// Other recovery codes. Does not apply if there is no second factor.
    RecoveryCodes(Vec<CodeDigest>),
    /// No app any more, and with the last factor no recovery codes. Does not apply if there is none.
    RemoveApp,
    /// The same of the passkey with this id.
    RemovePasskey(Box<[u8]>),
}

/// A change to an account. A new password, disabling and a logout everywhere end every session of the user.
#[derive(Clone, Debug)]
pub enum AccountChange {
    /// A new password: every earlier login ends.
    Password {
        /// Its hash.
        hash: PasswordHash,
        /// Whether app passwords go too: they may be the back door of whoever knew the old password.
        revokes_app_passwords: bool,
    },
    /// A one-time link, by its digest, counts until then. Does not apply to a disabled user.
    AddLink(TokenDigest, Timestamp),
    /// A new password by a one-time link, which is used up with every other: every earlier login ends. Does not apply if the
    /// link does not count.
    PasswordByLink {
        /// The link, digested.
        link: TokenDigest,
        /// The password.
        password: PasswordHash,
    },
    /// The same password hashed with better parameters, if the hash still is `from`; ends nothing.
    Rehash {
        /// The hash that was verified.
        from: PasswordHash,
        /// The one to store instead.
        to: PasswordHash,
    },
    /// The password that the old service has found to be right, from now on kept here; ends nothing. Does not apply if the
    /// user is not to come over any more: has a password by now, is linked to a subject, is disabled.
    ComeOver {
        /// Its hash.
        password: PasswordHash,
        /// When.
        now: Timestamp,
    },
    /// What the user logs in with from now on; ends nothing. Does not apply if another user has it.
    Email(Email),
    /// The name shown to people; ends nothing.
    Name(Box<str>),
    /// What a provisioning client calls the user; ends nothing. Does not apply if another user is called so.
    ExternalId(Option<ExternalId>),
    /// The user may log in.
    Enable,
    /// The user may not; every session ends.
    Disable,
    /// Every session of the user ends, for this reason; the account stays as it is.
    LogOutEverywhere(CloseReason),
    /// Rights granted, and rights taken away. Ends directory sessions that were opened by one the user no longer has.
    Rights {
        /// Those the user has from now on.
        grant: Rights,
        /// Those the user no longer has; a right in both is granted.
        revoke: Rights,
    },
    /// Third-party scopes. Ends directory sessions that were granted one the user no longer has.
    Scopes(ListChange<Box<str>>),
    /// Teams, by their ids; one that is added again takes the new name.
    Teams(ListChange<Team>),
    /// Groups, as teams of their ids; one that is added again takes the new name.
    Groups(ListChange<Team>),
    /// The name of a group, if the user is in it.
    RenameGroup(Team),
    /// Tags.
    Tags(ListChange<Box<str>>),
    /// What the identity provider says of the user now. Does not apply if the user is linked to another subject and stays
    /// so, or the subject to another user.
    Link {
        /// Who it is there.
        subject: Subject,
        /// The name shown to people, if the provider tells it.
        name: Option<Box<str>>,
        /// The teams, if the provider tells them.
        teams: Option<Vec<Team>>,
        /// Whether a link to a subject of another issuer gives way. One to another subject of the same issuer never does.
        relinks: bool,
    },
    /// The user is linked to no subject any more. Ends nothing. Does not apply if the user is linked to none, or not to one
    /// of this issuer.
    Unlink {
        /// Whose subject; none: whichever it is.
        issuer: Option<Box<str>>,
    },
    /// The identity provider says that a session of the person has ended there, or with `None` every one. Ends here, if it
    /// was proven no later than `until`, what was opened in it: directory sessions and single sign-on. With `everything`:
    /// every session of the user.
    LoggedOutAtProvider {
        /// Which session there.
        session: Option<ProviderSession>,
        /// When the provider said so, and as much longer as clocks may differ.
        until: Timestamp,
        /// Whether v2 sessions end too.
        everything: bool,
    },
    /// One more app password. Does not apply if the user has so many that have not ended.
    AddAppPassword {
        /// The new one.
        app_password: AppPassword,
        /// How many a user may have.
        most: usize,
        /// The cookie, digested, of the browser in which the person makes it. Does not apply if that browser is not signed
        /// on any more, as after a change of the password. `None`: an operator makes it.
        browser: Option<TokenDigest>,
    },
    /// A code of the second factor is used up; ends nothing. Does not apply if it was used before, if the user is disabled, or
    /// if the account has another generation than this.
    UseCode {
        /// The account's generation when the password was proven.
        generation: u32,
        /// Which code.
        code: UsedCode,
    },
    /// The user has no second factor any more: every earlier login ends. Does not apply if there is none.
    ResetFactor,
    /// An app password, or all, and every token that comes of a login by it. Does not apply if the user has not the one
    /// that is named.
    RevokeAppPasswords {
        /// Which one; `None`: all.
        which: Option<AppPasswordId>,
        /// Why sessions close that have no token left.
        why: CloseReason,
    },
    /// Ends single sign-on in every browser, but no session.
    SignOffEverywhere,
    /// Ends single sign-on in the browser that has this cookie, digested, but no session.
    SignOff(TokenDigest),
    /// From this instant on no sign-on counts until the person has been asked again; see [`Profile::reauth_request`].
    AskAgain(Timestamp),
    /// A browser is signed on, as it was by a cookie that has ended. Does not apply if the account has another generation
    /// than this, or is disabled.
    SignOn {
        /// The account's generation when the former one ended.
        generation: u32,
        /// By the new cookie.
        sign_on: SignOn,
    },
    /// What a person does in a browser that is signed on: every session and every sign-on ends, that one too. Does not apply
    /// if that browser is not signed on.
    EndEverything {
        /// That browser's cookie, digested.
        browser: TokenDigest,
        /// What the person changes besides.
        change: Option<OwnChange>,
    },
    /// The person need not be asked again. Ends single sign-on in every browser, so that nothing of before counts.
    Waive,
    /// That change, unless the user has `access:admin`: what somebody asks for who may not become an operator by it.
    UnlessAdmin(Box<AccountChange>),
}

impl AccountChange {
    /// What is changed, whoever may do it.
    #[must_use]
    pub fn bare(&self) -> &Self {
        if let Self::UnlessAdmin(change) = self { change.bare() } else { self }
    }

    /// What the account comes to have that no other account may have.
    #[must_use]
    pub fn claims(&self) -> Option<Unique> {
        match self.bare() {
            Self::Email(email) => Some(Unique::Email(email.clone())),
            Self::ExternalId(Some(id)) => Some(Unique::ExternalId(id.digest())),
            Self::Link { subject, .. } => Some(Unique::Subject(subject.digest())),
            _ => None,
        }
    }

    /// Whether it may take this from the account.
    #[must_use]
    pub fn may_free(&self, unique: &Unique) -> bool {
        matches!(
            (self.bare(), unique),
            (Self::Email(_), Unique::Email(_))
                | (Self::ExternalId(_), Unique::ExternalId(_))
                | (Self::Link { relinks: true, .. } | Self::Unlink { .. }, Unique::Subject(_))
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_counts_until_its_end_and_for_its_generation() -> Result<(), Box<dyn std::error::Error>> {
        let mut account =
            Account::new(UserId(uuid::Uuid::nil()), Email::new("a@b").ok_or("address")?, 7, Timestamp::default());
        let (link, start) = (TokenDigest([1; 16]), Timestamp::from_millis(1_000_000));
        let end = start.plus(Duration::from_secs(1800));
        account.add_link(link, end, start);
        let just_before = Timestamp::from_millis(end.millis() - 1);
        assert_eq!(account.judge_link(link, just_before), Ok(()));
        assert_eq!(account.judge_link(link, end), Err(Denied::Expired));
        assert_eq!(account.judge_link(TokenDigest([2; 16]), start), Err(Denied::UnknownToken));
        let later = Account { generation: 8, ..account.clone() };
        assert_eq!(later.judge_link(link, start), Err(Denied::StaleProof));
        let disabled = Account { enabled: false, ..account };
        assert_eq!(disabled.judge_link(link, start), Err(Denied::Disabled));
        Ok(())
    }

    #[test]
    fn of_too_many_links_the_one_that_ends_first_goes() -> Result<(), Box<dyn std::error::Error>> {
        let mut account =
            Account::new(UserId(uuid::Uuid::nil()), Email::new("a@b").ok_or("address")?, 0, Timestamp::default());
        let at = Timestamp::from_millis;
        account.add_link(TokenDigest([0; 16]), at(1_000_000), at(0));
        for number in 1..=10_u8 {
            account.add_link(TokenDigest([number; 16]), at(100 * u64::from(number)), at(0));
            assert!(account.links.len() <= Account::MAX_LINKS);
        }
        let counts = |number: u8, now| account.judge_link(TokenDigest([number; 16]), at(now)).is_ok();
        assert_eq!([0, 7, 8, 9, 10].map(|number| counts(number, 0)), [true, false, true, true, true]);
        let mut later = account.clone();
        later.add_link(TokenDigest([11; 16]), at(2_000_000), at(950));
        assert_eq!(later.links.len(), 3, "those that have ended are gone");
        Ok(())
    }

    #[test]
    fn an_app_password_rests_on_the_last_proof_from_elsewhere() -> Result<(), Box<dyn std::error::Error>> {
        let (day, start) = (Duration::from_secs(86_400), Timestamp::from_millis(1_000_000_000_000));
        let limit = day * 90;
        let subject = Subject { issuer: "i".into(), subject: "s".into(), claims: "{}".into() };
        let mut account =
            Account::new(UserId(uuid::Uuid::nil()), Email::new("a@b").ok_or("address")?, 0, Timestamp::default());
        account.profile.subject = Some(subject);
        let held = AppPassword {
            id: AppPasswordId(uuid::Uuid::nil()),
            digest: TokenDigest([1; 16]),
            name: "phone".into(),
            created: start,
            expires: None,
            used: None,
        };
        let counts = |account: &Account, since: Duration| account.is_vouched_for(&held, limit, start.plus(since));
        let just_before = limit.checked_sub(Duration::from_millis(1)).ok_or("too short")?;
        assert!(
            counts(&account, just_before) && !counts(&account, limit),
            "on the making of it, if there was no login"
        );
        assert!(account.is_vouched_for(&held, Duration::ZERO, start.plus(limit * 9)), "the settings do not ask for it");
        assert!(account.note_vouched(start.plus(day * 50)), "the first");
        assert!(!account.note_vouched(start.plus(day * 50 + Duration::from_secs(86_399))), "once a day");
        assert!(counts(&account, day * 50 + just_before) && !counts(&account, day * 50 + limit));
        assert!(account.note_vouched(start.plus(day * 200)), "later");
        assert!(counts(&account, day * 201));
        let here = Account { password: PasswordHash::new("$argon2id$"), ..account.clone() };
        let linked_to_nobody = Account { profile: Profile::default(), ..account };
        assert!(counts(&here, limit * 9) && counts(&linked_to_nobody, limit * 9));
        Ok(())
    }

    #[test]
    fn a_network_is_known_for_thirty_days_and_noted_once_a_day() -> Result<(), Box<dyn std::error::Error>> {
        let day = Duration::from_secs(86_400);
        let network = Network::of("192.0.2.7".parse()?);
        let mut account =
            Account::new(UserId(uuid::Uuid::nil()), Email::new("a@b").ok_or("address")?, 0, Timestamp::default());
        let start = Timestamp::from_millis(1_000_000_000_000);
        assert!(account.note_network(network, start));
        assert!(!account.note_network(network, start.plus(day / 2)));
        assert!(account.note_network(network, start.plus(day)));
        assert_eq!(account.networks.len(), 1);
        account.note_network(Network::of("192.0.2.8".parse()?), start.plus(day * 31));
        assert_eq!(account.networks.len(), 1, "the other is forgotten");
        for host in 0..=255 {
            account.note_network(Network::of([192, 0, 2, host].into()), start.plus(day * 2));
        }
        assert_eq!(account.networks.len(), Account::MAX_NETWORKS);
        Ok(())
    }
}
