//! What the directory knows of a user beyond what a password login needs. Users of v2 alone have an empty one.

use std::time::Duration;

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::{ClientInfo, GroupId, Rights, Timestamp, TokenDigest};

/// Rights, third-party scopes, teams, tags, and how the user is known elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Profile {
    /// The rights of the user.
    #[n(0)]
    pub rights: Rights,
    /// The `appclaims` the user may be asked for, at most [`Profile::MAX_ENTRIES`].
    #[n(1)]
    pub scopes: Vec<Box<str>>,
    /// The teams the user is in, at most [`Profile::MAX_ENTRIES`].
    #[n(2)]
    pub teams: Vec<Team>,
    /// Tags, at most [`Profile::MAX_ENTRIES`].
    #[n(3)]
    pub tags: Vec<Box<str>>,
    /// Who the user is at the identity provider.
    #[n(4)]
    pub subject: Option<Subject>,
    /// If set, the next login must ask the person again. The value is an opaque id (a timestamp only by origin): a
    /// login satisfies it if it began after reading exactly this value. Never compare it with a clock: clocks differ
    /// and are set back.
    #[n(5)]
    pub reauth_request: Option<Timestamp>,
    /// Browsers in which the user stays signed on, at most [`SignOn::MAX_BROWSERS`], oldest first.
    #[n(6)]
    pub sign_ons: Vec<SignOn>,
    /// The groups the user is in, as teams of their ids, at most [`Profile::MAX_ENTRIES`]. They are apart from the other
    /// teams, because a login by an identity provider or an LDAP server replaces those.
    #[cbor(n(7), with = "super::encoding::list", has_nil)]
    pub groups: Vec<Team>,
    /// How often the identity provider has said that a session of the person ended there: a login that it proved before
    /// never takes effect after. Wraps.
    #[cbor(n(8), default)]
    pub logouts: u32,
}

impl Profile {
    /// How many scopes, teams or tags a user may have.
    pub const MAX_ENTRIES: usize = 64;
    /// How long each may be, in bytes.
    pub const MAX_ENTRY: usize = 128;

    /// The groups and the teams that the user is in, as everybody is told them: at most [`Self::MAX_ENTRIES`], groups first.
    pub fn all_teams(&self) -> impl Iterator<Item = &Team> {
        self.groups.iter().chain(&self.teams).take(Self::MAX_ENTRIES)
    }

    /// Whether the user is in a group.
    #[must_use]
    pub fn is_in(&self, group: GroupId) -> bool {
        let id = group.to_string();
        self.groups.iter().any(|held| *held.id == *id)
    }

    /// Demands that the next login ask the person again. Always a new id, whatever the clock says: a login that
    /// satisfies the former request does not satisfy this one.
    pub(super) fn ask_again(&mut self, now: Timestamp) {
        let next = self.reauth_request.map(|since| since.plus(Duration::from_millis(1)));
        self.reauth_request = next.max(Some(now));
    }

    /// Whether the browser with this cookie, digested, is signed on.
    pub(super) fn is_signed_on(&self, browser: TokenDigest, now: Timestamp) -> bool {
        self.sign_ons.iter().any(|held| held.digest == browser && held.expires > now)
    }

    /// Whether a text can be a scope, a tag, or the id or name of a team: 1 to [`Self::MAX_ENTRY`] bytes, no control
    /// characters.
    #[must_use]
    pub fn is_entry(text: &str) -> bool {
        (1..=Self::MAX_ENTRY).contains(&text.len()) && !text.contains(char::is_control)
    }

    /// A name from outside as it is stored: on one line, and cut off after so many bytes.
    #[must_use]
    pub fn plain(name: &str, most: usize) -> String {
        let mut length = 0;
        let short = name.chars().filter(|letter| !letter.is_control()).take_while(|letter| {
            length += letter.len_utf8();
            length <= most
        });
        short.collect()
    }
}

/// What to add to a list of a profile, and what to remove. It is not the whole new list, so that two operators who
/// change a list at the same time do not undo each other's change. Does not apply if the list would grow beyond
/// [`Profile::MAX_ENTRIES`].
#[derive(Clone, Debug)]
pub struct ListChange<T> {
    /// Entries to add, each once.
    pub add: Vec<T>,
    /// Names of entries to remove; teams by their ids. An entry in both lists is kept or added.
    pub remove: Vec<Box<str>>,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Team {
    /// Its id, to the letter.
    #[n(0)]
    pub id: Box<str>,
    /// Its name.
    #[n(1)]
    pub name: Box<str>,
}

/// A user as an identity provider knows them (OpenID Connect Core, 2: `iss` and `sub` together are unique and never
/// change).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Subject {
    /// The provider.
    #[n(0)]
    pub issuer: Box<str>,
    /// Its name for the user.
    #[n(1)]
    pub subject: Box<str>,
    /// What the provider last said of the user, as a JSON object of at most [`Subject::MAX_CLAIMS`] bytes.
    #[n(2)]
    pub claims: Box<str>,
}

impl Subject {
    /// How much of a provider's claims is kept, in bytes of JSON.
    pub const MAX_CLAIMS: usize = 4096;

    /// The key of a subject: the first half of a SHA-256 of issuer, a zero byte, and subject.
    #[must_use]
    pub fn digest_of(issuer: &str, subject: &str) -> [u8; 16] {
        let whole = Sha256::new_with_prefix(issuer).chain_update([0]).chain_update(subject).finalize();
        let mut digest = [0; 16];
        digest.copy_from_slice(&whole[..16]);
        digest
    }

    /// The key of this subject.
    #[must_use]
    pub fn digest(&self) -> [u8; 16] {
        Self::digest_of(&self.issuer, &self.subject)
    }

    /// Whether both are the same person, even if their claims differ.
    #[must_use]
    pub fn is(&self, issuer: &str, subject: &str) -> bool {
        *self.issuer == *issuer && *self.subject == *subject
    }
}

/// A session of a person at an identity provider (`sid`), as a digest: equal sessions of one provider have equal ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProviderSession(pub [u8; 16]);

impl ProviderSession {
    /// The session that the provider names so.
    #[must_use]
    pub fn of(issuer: &str, sid: &str) -> Self {
        Self(Subject::digest_of(issuer, sid))
    }
}

/// A browser in which a person stays signed on, by the cookie `directory_sso`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SignOn {
    /// The cookie's value, digested.
    #[n(0)]
    pub digest: TokenDigest,
    /// When it ends.
    #[n(1)]
    pub expires: Timestamp,
    /// When the person proved who they are.
    #[n(2)]
    pub proven: Timestamp,
    /// The session at the identity provider in which they did, if it has named one.
    #[n(3)]
    pub provider_session: Option<ProviderSession>,
    /// The same instant, if the person was asked then for sure: typed their password here, or came back from a provider that
    /// was told to ask. What changes credentials rests on it. A provider that remembers people proves them without asking.
    #[n(4)]
    pub asked: Option<Timestamp>,
    /// The browser as it described itself.
    #[n(5)]
    pub contact: Option<ClientInfo>,
    /// About when the last session was opened because of it: to [`SignOn::USE_NOTED_EVERY`].
    #[n(6)]
    pub used: Option<Timestamp>,
}

impl SignOn {
    /// How many browsers one user may be signed on in; the oldest goes first.
    pub const MAX_BROWSERS: usize = 16;
    /// How often its use is noted: opening a session rarely changes the account.
    pub const USE_NOTED_EVERY: Duration = Duration::from_secs(3600);
    /// How long after the person was asked who they are credentials may be changed in the browser: long enough to think of
    /// a password, and short for whoever finds the browser open.
    pub const FRESH_FOR: Duration = Duration::from_secs(600);

    /// Whether the person was asked lately enough for that.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.asked.is_some_and(|asked| now.since(asked) <= Self::FRESH_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_may_be_changed_for_ten_minutes_after_the_person_was_asked() {
        let asked = Timestamp::from_millis(1_000_000_000_000);
        let sign_on = SignOn {
            digest: TokenDigest([1; 16]),
            expires: asked.plus(Duration::from_secs(43_200)),
            proven: asked,
            provider_session: None,
            asked: Some(asked),
            contact: None,
            used: None,
        };
        let late = asked.plus(Duration::from_secs(600));
        assert!(sign_on.is_fresh(asked) && sign_on.is_fresh(late));
        assert!(!sign_on.is_fresh(late.plus(Duration::from_millis(1))));
        assert!(!SignOn { asked: None, ..sign_on }.is_fresh(asked), "a provider that remembers people asks nobody");
    }
}
