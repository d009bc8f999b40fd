//! Passkeys: keys on a person's devices by which they show their second factor (W3C, Web Authentication Level 3).

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use minicbor::{Decode, Encode};

use super::{Denied, Profile, Ruling, Timestamp};

/// What an account keeps of one. Nothing in it is secret.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Passkey {
    /// What the authenticator that made it calls it, at most [`Passkey::MAX_ID`] bytes.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: Box<[u8]>,
    /// The public key in COSE (RFC 9053), as the authenticator wrote it, at most [`Passkey::MAX_KEY`] bytes.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub key: Box<[u8]>,
    /// How often it has signed, as it counted when it was last used; 0 of one that does not count.
    #[n(2)]
    pub count: u32,
    /// What the person calls it; see [`Self::is_name`].
    #[n(3)]
    pub name: Box<str>,
    /// When it was added.
    #[n(4)]
    pub created: Timestamp,
    /// When it was last used.
    #[n(5)]
    pub used: Option<Timestamp>,
}

impl Passkey {
    /// How many a person may have.
    pub const MAX: usize = 5;
    /// How long an id may be, in bytes (Web Authentication, 4, "Credential ID").
    pub const MAX_ID: usize = 1023;
    /// How long a public key may be, in bytes: one of RSA with 4096 bits takes 530.
    pub const MAX_KEY: usize = 640;

    /// Whether a text can be the name of one.
    #[must_use]
    pub fn is_name(text: &str) -> bool {
        Profile::is_entry(text)
    }

    /// The id as pages have it.
    #[must_use]
    pub fn id_to_text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(&self.id)
    }

    /// An id that a page has sent; `None` for what can be none.
    #[must_use]
    pub fn parse_id(text: &str) -> Option<Box<[u8]>> {
        let [id] = parts(text)?;
        (1..=Self::MAX_ID).contains(&id.len()).then_some(id)
    }

    /// Takes note that it has signed once more. A count that does not go up is that of a copy, or of an answer that was
    /// used before (Web Authentication, 7.2); one that never counts says 0 each time.
    pub(super) fn note_use(&mut self, count: u32, now: Timestamp) -> Ruling<()> {
        if (count, self.count) != (0, 0) && count <= self.count {
            return Err(Denied::PasskeyCount);
        }
        self.count = count;
        self.used = Some(now);
        Ok(())
    }
}

impl fmt::Debug for Passkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passkey").field("name", &self.name).field("created", &self.created).finish_non_exhaustive()
    }
}

/// What a browser brings of a passkey that has signed: `navigator.credentials.get`. Prints as `[redacted]`.
pub struct Assertion {
    /// Which passkey it says it was.
    pub id: Box<[u8]>,
    /// What the browser has had signed.
    pub client_data: Box<[u8]>,
    /// What the authenticator has signed besides.
    pub authenticator_data: Box<[u8]>,
    /// The signature over both.
    pub signature: Box<[u8]>,
    /// Whose passkey the authenticator says it is; empty if it does not.
    pub user: Box<[u8]>,
}

impl Assertion {
    /// Reads what the page's script sends: the five parts in base64url, with dots in between.
    ///
    /// ```
    /// use bimgate::domain::Assertion;
    ///
    /// let read = Assertion::parse("AQ.e30.AAAA._w.").expect("five parts");
    /// assert_eq!((&*read.client_data, &*read.signature, read.user.len()), (&b"{}"[..], &[0xff][..], 0));
    /// assert!(Assertion::parse("AQ.e30.AAAA._w").is_none() && Assertion::parse("AQ.e30.AAAA._w.=").is_none());
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let [id, client_data, authenticator_data, signature, user] = parts(text)?;
        Some(Self { id, client_data, authenticator_data, signature, user })
    }
}

impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What a browser brings of a passkey that was made: `navigator.credentials.create`.
#[derive(Debug)]
pub struct Attestation {
    /// For what page it was made.
    pub client_data: Box<[u8]>,
    /// What the authenticator says of it.
    pub object: Box<[u8]>,
}

impl Attestation {
    /// Reads what the page's script sends: both parts in base64url, with a dot in between.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let [client_data, object] = parts(text)?;
        Some(Self { client_data, object })
    }
}

fn parts<const N: usize>(text: &str) -> Option<[Box<[u8]>; N]> {
    let read = text.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).map(Vec::into_boxed_slice));
    read.collect::<Result<Vec<_>, _>>().ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_a_page_sends_never_panics(text in "[A-Za-z0-9_.=-]{0,60}|(?s).{0,20}") {
            let dots = text.matches('.').count();
            prop_assert!(Assertion::parse(&text).is_none() || dots == 4);
            prop_assert!(Attestation::parse(&text).is_none() || dots == 1);
            prop_assert!(Passkey::parse_id(&text).is_none() || dots == 0);
        }
    }

    #[test]
    fn an_id_is_read_as_it_is_written_and_bounded() {
        let of = |bytes: usize| Passkey {
            id: vec![0xfb; bytes].into(),
            key: Box::default(),
            count: 0,
            name: "a".into(),
            created: Timestamp::default(),
            used: None,
        };
        for (bytes, good) in [(0, false), (1, true), (Passkey::MAX_ID, true), (Passkey::MAX_ID + 1, false)] {
            assert_eq!(Passkey::parse_id(&of(bytes).id_to_text()), good.then(|| of(bytes).id), "{bytes}");
        }
    }

    #[test]
    fn a_count_goes_up_or_stays_away() {
        for (held, next, goes) in
            [(0, 0, true), (0, 1, true), (1, 2, true), (1, 1, false), (2, 1, false), (1, 0, false), (7, u32::MAX, true)]
        {
            let mut passkey = Passkey {
                id: [1].into(),
                key: Box::default(),
                count: held,
                name: "a".into(),
                created: Timestamp::default(),
                used: None,
            };
            let now = Timestamp::from_millis(5);
            assert_eq!(passkey.note_use(next, now), if goes { Ok(()) } else { Err(Denied::PasskeyCount) });
            let expected = if goes { (next, Some(now)) } else { (held, None) };
            assert_eq!((passkey.count, passkey.used), expected, "{held}, then {next}");
        }
    }
}
