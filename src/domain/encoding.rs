//! How the values that records are made of are encoded: in CBOR (RFC 8949), each as short as it goes.
//!
//! What is made of such values derives the rest. Each field has a number, which it keeps: see
//! `docs/design/storage.md` for what a release may change. No optional field may hold an enum: minicbor reads a
//! variant that it does not know as an absent field.

use minicbor::data::Type;
use minicbor::decode::{self, Decode, Decoder};
use minicbor::encode::{self, Encode, Encoder, Write};
use uuid::Uuid;

use super::session::AccessHandle;
use super::{
    AppPasswordId, Chain, ClientKey, CodeDigest, Email, ExternalId, GroupId, Network, PasswordHash, ProviderSession,
    SessionId, SessionKey, Timestamp, TokenDigest, UserId,
};

/// Values that are encoded as a string of bytes: from the value, and back if the string is one.
macro_rules! byte_strings {
    ($($type:ty: $to_bytes:expr, $from_bytes:expr;)*) => {
        $(
            impl<C> Encode<C> for $type {
                fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
                    let to_bytes: fn(&Self) -> _ = $to_bytes;
                    e.bytes(to_bytes(self).as_ref())?.ok()
                }
            }

            impl<C> Decode<'_, C> for $type {
                fn decode(d: &mut Decoder<'_>, _: &mut C) -> Result<Self, decode::Error> {
                    let position = d.position();
                    let value = d.bytes()?.try_into().ok().and_then($from_bytes);
                    value.ok_or_else(|| decode::Error::message(concat!("no ", stringify!($type))).at(position))
                }
            }
        )*
    };
}

byte_strings! {
    UserId: |id| id.0.into_bytes(), |bytes| Some(Self(Uuid::from_bytes(bytes)));
    SessionId: |id| id.0.into_bytes(), |bytes| Some(Self(Uuid::from_bytes(bytes)));
    GroupId: |id| id.0.into_bytes(), |bytes| Some(Self(Uuid::from_bytes(bytes)));
    AppPasswordId: |id| id.0.into_bytes(), |bytes| Some(Self(Uuid::from_bytes(bytes)));
    SessionKey: Self::to_bytes, Self::from_bytes;
    CodeDigest: |digest| digest.0, |bytes| Some(Self(bytes));
    TokenDigest: |digest| digest.0, |bytes| Some(Self(bytes));
    Chain: |chain| chain.to_bytes(), Self::from_bytes;
    ProviderSession: |session| session.0, |bytes| Some(Self(bytes));
    Network: |network| network.to_bytes(), |bytes| Some(Self::from_bytes(bytes));
    Timestamp: |instant| to_six_bytes(*instant), |bytes| Some(from_six_bytes(bytes));
    // A session may have many, so both parts are one string: 2 bytes fewer than a derived encoding.
    AccessHandle: access_handle_to_bytes, |bytes| Some(access_handle_from_bytes(bytes));
}

/// Big-endian milliseconds, as far as [`Timestamp::MAX`]. A CBOR integer would take two bytes more.
fn to_six_bytes(instant: Timestamp) -> [u8; 6] {
    let [_, _, bytes @ ..] = instant.millis().to_be_bytes();
    bytes
}

fn from_six_bytes(bytes: [u8; 6]) -> Timestamp {
    let mut millis = [0; 8];
    millis[2..].copy_from_slice(&bytes);
    Timestamp::from_millis(u64::from_be_bytes(millis))
}

fn access_handle_to_bytes(handle: &AccessHandle) -> [u8; 22] {
    let mut bytes = [0; 22];
    bytes[..16].copy_from_slice(&handle.digest.0);
    bytes[16..].copy_from_slice(&to_six_bytes(handle.expires));
    bytes
}

fn access_handle_from_bytes(bytes: [u8; 22]) -> AccessHandle {
    let (mut digest, mut expires) = ([0; 16], [0; 6]);
    digest.copy_from_slice(&bytes[..16]);
    expires.copy_from_slice(&bytes[16..]);
    AccessHandle { digest: TokenDigest(digest), expires: from_six_bytes(expires) }
}

/// Values that are encoded as text, and checked anew when they are read.
macro_rules! texts {
    ($($type:ident)*) => {
        $(
            impl<C> Encode<C> for $type {
                fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
                    e.str(self.as_str())?.ok()
                }
            }

            impl<C> Decode<'_, C> for $type {
                fn decode(d: &mut Decoder<'_>, _: &mut C) -> Result<Self, decode::Error> {
                    let position = d.position();
                    let value = Self::new(d.str()?);
                    value.ok_or_else(|| decode::Error::message(concat!("no ", stringify!($type))).at(position))
                }
            }
        )*
    };
}

texts!(Email ExternalId PasswordHash);

/// A UUID is a string of 16 bytes, anything else is text.
impl<C> Encode<C> for ClientKey {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        match self {
            Self::Uuid(uuid) => e.bytes(uuid.as_bytes())?.ok(),
            Self::Text(text) => e.str(text)?.ok(),
        }
    }
}

impl<C> Decode<'_, C> for ClientKey {
    fn decode(d: &mut Decoder<'_>, _: &mut C) -> Result<Self, decode::Error> {
        let position = d.position();
        if d.datatype()? == Type::String {
            return Ok(Self::Text(d.str()?.into()));
        }
        let uuid = Uuid::from_slice(d.bytes()?);
        uuid.map(Self::Uuid).map_err(|_| decode::Error::message("no ClientKey").at(position))
    }
}

/// Lists that most records have nothing in, by `#[cbor(with = "…", has_nil)]`: an empty one at the end of a record takes no
/// byte, and one that is absent is empty.
pub(super) mod list {
    use super::{Decode, Decoder, Encode, Encoder, Type, Write, decode as decoding, encode as encoding};

    pub fn encode<C, T: Encode<C>, W: Write>(
        list: &[T],
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), encoding::Error<W::Error>> {
        list.encode(e, ctx)
    }

    pub fn decode<'b, C, T: Decode<'b, C>>(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Vec<T>, decoding::Error> {
        if d.datatype()? == Type::Null {
            d.skip()?;
            return Ok(Vec::new());
        }
        Vec::decode(d, ctx)
    }

    pub const fn is_nil<T>(list: &[T]) -> bool {
        list.is_empty()
    }

    #[expect(clippy::unnecessary_wraps, reason = "what minicbor asks for")]
    pub const fn nil<T>() -> Option<Vec<T>> {
        Some(Vec::new())
    }
}
