//! What an authenticator says of itself (Web Authentication, 6.1).

use minicbor::Decoder;
use minicbor::data::Type;

const PRESENT: u8 = 1;
const MAY_BE_BACKED_UP: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;
/// How long the make of the authenticator is, which nobody here asks about, in bytes.
const MAKE: usize = 16;

/// As far as it is looked at.
pub(super) struct AuthenticatorData<'a> {
    /// The digest of the relying party's id.
    pub(super) rp_id_hash: &'a [u8; 32],
    /// Whether somebody has touched it, or the like.
    pub(super) is_present: bool,
    /// Whether the passkey may leave it.
    pub(super) may_be_backed_up: bool,
    /// Whether it has.
    pub(super) is_backed_up: bool,
    /// How often it has signed; 0 if it does not count.
    pub(super) count: u32,
    /// The new passkey, if there is one.
    pub(super) attested: Option<Attested<'a>>,
}

/// A new passkey (6.5.2).
pub(super) struct Attested<'a> {
    pub(super) id: &'a [u8],
    /// The public key in COSE.
    pub(super) key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// `None` if it is cut short, or longer than its flags say.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (rp_id_hash, rest) = bytes.split_first_chunk()?;
        let (&[flags], rest) = rest.split_first_chunk()?;
        let (count, mut rest) = rest.split_first_chunk()?;
        let mut attested = None;
        if flags & ATTESTED != 0 {
            let (_make, behind) = rest.split_at_checked(MAKE)?;
            let (length, behind) = behind.split_first_chunk()?;
            let (id, behind) = behind.split_at_checked(u16::from_be_bytes(*length).into())?;
            let key;
            (key, rest) = one_map(behind)?;
            attested = Some(Attested { id, key });
        }
        if flags & EXTENSIONS != 0 {
            (_, rest) = one_map(rest)?;
        }
        rest.is_empty().then_some(Self {
            rp_id_hash,
            is_present: flags & PRESENT != 0,
            may_be_backed_up: flags & MAY_BE_BACKED_UP != 0,
            is_backed_up: flags & BACKED_UP != 0,
            count: u32::from_be_bytes(*count),
            attested,
        })
    }
}

/// One map in CBOR, and what follows it.
fn one_map(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut decoder = Decoder::new(bytes);
    if decoder.datatype().ok()? != Type::Map {
        return None;
    }
    decoder.skip().ok()?;
    bytes.split_at_checked(decoder.position())
}
