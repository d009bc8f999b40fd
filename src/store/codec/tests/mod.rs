//! What holds for every record: see `docs/design/storage.md`.

use std::fmt::Debug;

use minicbor::Encoder;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::session::RememberMeHandle;
use crate::domain::{
    ApiTokenDirectory, ClientKey, CodeDigest, Passkey, SecondFactor, SessionId, SessionKey, Timestamp, UserId,
};

mod values;

/// Most fields that a record of a later release may have, for these tests.
const FIELDS: u8 = 40;

/// Makes a test of each record. `head` is how many bytes stand before its fields: the version, and of an enum its
/// variant.
macro_rules! keeps_the_promise {
    ($($name:ident: $values:expr, $head:literal;)*) => {
        proptest! {
            $(
                #[test]
                fn $name(
                    value in $values,
                    later in later_field(),
                    cut in any::<prop::sample::Index>(),
                    damage in any::<(prop::sample::Index, u8)>(),
                ) {
                    holds(&value, $head, &later, cut, &damage)?;
                }
            )*
        }
    };
}

/// It reads as it was written, also with a field of a later release; not cut short, with a byte too many, or in another
/// version; and a changed byte is no panic.
fn holds<R: Record + PartialEq + Debug>(
    value: &R,
    head: usize,
    later: &[u8],
    cut: prop::sample::Index,
    damage: &(prop::sample::Index, u8),
) -> Result<(), TestCaseError> {
    let mut record = encode(value);
    prop_assert_eq!(&decode::<R>(&record)?, value);
    prop_assert_eq!(&decode::<R>(&with_a_field(&record, head, later))?, value);
    is_refused::<R>(&record[..cut.index(record.len())])?;
    is_refused::<R>(&[&record[..], &[0]].concat())?;
    for version in [0, VERSION - 1, VERSION + 1, 255] {
        is_refused::<R>(&[&[version], &record[1..]].concat())?;
    }
    *damage.0.get_mut(&mut record) = damage.1;
    let _without_a_panic = decode::<R>(&record);
    Ok(())
}

/// Refused with the record's name.
fn is_refused<R: Record + Debug>(bytes: &[u8]) -> Result<(), TestCaseError> {
    let error = decode::<R>(bytes).expect_err("it is no such record").to_string();
    prop_assert!(error.contains(R::NAME), "{}", error);
    Ok(())
}

/// The record as a release writes it that knows a field more.
fn with_a_field(record: &[u8], head: usize, field: &[u8]) -> Vec<u8> {
    let mut fields = Decoder::new(&record[head..]);
    let count = fields.array().expect("fields").expect("a definite length");
    let mut longer = Encoder::new(record[..head].to_vec());
    longer.array(FIELDS.into()).expect("memory");
    longer.writer_mut().extend_from_slice(&record[head + fields.position()..]);
    // Optional fields that this record does not have, then one that this release does not know.
    for _absent in count..u64::from(FIELDS) - 1 {
        longer.null().expect("memory");
    }
    [longer.into_writer(), field.to_vec()].concat()
}

/// What a later release may add, encoded.
fn later_field() -> impl Strategy<Value = Vec<u8>> {
    (any::<u64>(), values::text(), prop::option::of(prop::collection::vec(values::text(), 0..4)))
        .prop_map(|field| minicbor::to_vec(field).expect("memory"))
}

keeps_the_promise! {
    an_account_keeps_the_promise: values::account(), 1;
    an_access_token_keeps_the_promise: values::access_token(), 1;
    a_token_owner_keeps_the_promise: values::token_owner(), 1;
    a_token_taken_over_keeps_the_promise: values::taken_over(), 1;
    a_session_keeps_the_promise: values::session(), 1;
    a_client_keeps_the_promise: values::contact(), 1;
    a_directory_session_keeps_the_promise: values::directory_session(), 1;
    a_pending_login_keeps_the_promise: values::pending(), 1;
    a_used_state_keeps_the_promise: values::used(), 3;
    a_native_login_keeps_the_promise: values::native(), 3;
    a_key_ring_keeps_the_promise: values::key_ring(), 1;
    groups_keep_the_promise: values::groups(), 1;
    api_tokens_keep_the_promise: values::api_tokens(), 1;
    a_borrow_keeps_the_promise: values::borrow(), 1;
    an_event_keeps_the_promise: values::event(), 1;
    an_entry_of_an_event_keeps_the_promise: values::chain_entry(), 1;
    an_entry_of_a_backup_keeps_the_promise: values::entry(), 3;
}

proptest! {
    #[test]
    fn a_session_key_reads_as_written_and_two_are_never_one(one in values::session_key(), other in values::session_key()) {
        prop_assert_eq!(SessionKey::from_bytes(&one.to_bytes()), Some(one.clone()));
        prop_assert_eq!(one.to_bytes() == other.to_bytes(), one == other);
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(mut bytes in any::<Vec<u8>>(), fields in 0..FIELDS) {
        let _ = SessionKey::from_bytes(&bytes);
        refuse(&bytes);
        // An array of fields.
        bytes.splice(..0, [VERSION, 0x98, fields]);
        refuse(&bytes);
    }

    #[test]
    fn what_a_record_has_many_of_may_have_more_fields_too(value in values::session(), later in later_field()) {
        let handle = |digest, expires, proven| minicbor::to_vec((digest, expires, proven, &later[..]));
        for RememberMeHandle { digest, expires, proven } in value.remember_me {
            let longer = handle(digest, expires, proven).expect("memory");
            prop_assert_eq!(minicbor::decode(&longer).ok(), Some(RememberMeHandle { digest, expires, proven }));
        }
    }
}

fn refuse(bytes: &[u8]) {
    let _ = (decode::<Account>(bytes), decode::<AccessToken>(bytes), decode::<Borrow>(bytes));
    let _ = (decode::<ClientInfo>(bytes), decode::<DirectorySession>(bytes), decode::<KeyRing>(bytes));
    let _ = (decode::<TokenOwner>(bytes), decode::<NativeLogin>(bytes), decode::<PendingLogin>(bytes));
    let _ = (decode::<Session>(bytes), decode::<UsedState>(bytes), decode::<TakenOver>(bytes));
    let _ = (decode::<GroupDirectory>(bytes), decode::<Event>(bytes), decode::<ChainEntry>(bytes));
    let _ = decode::<ApiTokenDirectory>(bytes);
}

/// A record of this release and of the next, which has two fields more.
#[derive(Debug, PartialEq, Encode, Decode)]
struct Now {
    #[n(0)]
    id: SessionId,
}

#[derive(Debug, PartialEq, Encode, Decode)]
struct Next {
    #[n(0)]
    id: SessionId,
    #[n(1)]
    note: Option<Box<str>>,
    #[cbor(n(2), default)]
    count: u32,
}

impl Record for Now {
    const NAME: &'static str = "now";
}

impl Record for Next {
    const NAME: &'static str = "next";
}

#[test]
fn a_field_that_is_not_there_yet_has_its_default() {
    let id = SessionId(Uuid::from_u128(1));
    assert_eq!(decode::<Next>(&encode(&Now { id })).ok(), Some(Next { id, note: None, count: 0 }));
    assert_eq!(decode::<Now>(&encode(&Next { id, note: Some("a".into()), count: 1 })).ok(), Some(Now { id }));
}

#[test]
fn a_length_that_a_record_claims_takes_no_memory() {
    let claims: [&[u8]; 3] = [&[0x82, 0, 0x9b], &[0x82, 0, 0x81, 0x81, 0x7b], &[0x82, 0, 0x81, 0x82, 0x60, 0x5b]];
    for claim in claims {
        let error = decode::<KeyRing>(&[&[VERSION], claim, &[0xff; 8]].concat());
        assert!(error.is_err(), "{claim:?}");
    }
}

#[test]
fn the_usual_access_token_is_small() {
    let token = AccessToken {
        user: UserId(Uuid::from_u128(1)),
        client: ClientKey::Uuid(Uuid::from_u128(2)),
        server_made: false,
        expires: Timestamp::MAX,
        proven: Timestamp::MAX,
        not_after: None,
        team: None,
        project: None,
    };
    // More than 52 take Redis 8 bytes more.
    assert_eq!(encode(&token).len(), 51);
}

/// A second factor as the release before passkeys knows it.
#[derive(Debug, PartialEq, Encode, Decode)]
struct AppAlone {
    #[cbor(n(0), with = "minicbor::bytes")]
    sealed: Box<[u8]>,
    #[n(1)]
    last_step: u64,
    #[n(2)]
    recovery: Vec<CodeDigest>,
    #[n(3)]
    since: Timestamp,
}

// It reads passkeys as a factor with an app that no code is of, so that nobody gets in by the password alone meanwhile.
#[test]
fn a_release_that_knows_no_passkeys_asks_for_a_code_all_the_same() {
    let (recovery, since) = (vec![CodeDigest([3; 16])], Timestamp::from_millis(5));
    let passkey = Passkey {
        id: [1; 16].into(),
        key: [2; 77].into(),
        count: 1,
        name: "phone".into(),
        created: since,
        used: Some(since),
    };
    let factor = SecondFactor { recovery: recovery.clone(), since, passkeys: vec![passkey], ..SecondFactor::default() };
    let seen: AppAlone = minicbor::decode(&minicbor::to_vec(&factor).expect("memory")).expect("one it can read");
    assert_eq!(seen, AppAlone { sealed: Box::default(), last_step: 0, recovery, since });
    // What it has written, as 0.1.0 did: an array of four.
    let written = [&[0x84, 0x42, 7, 8, 0x18, 40, 0x81, 0x50][..], &[3; 16], &[0x46, 0, 0, 0, 0, 0, 5]].concat();
    let read: SecondFactor = minicbor::decode(&written).expect("a factor with an app");
    let expected =
        SecondFactor { sealed: [7, 8].into(), last_step: 40, recovery: seen.recovery, since, passkeys: vec![] };
    assert_eq!(read, expected);
    assert_eq!(minicbor::to_vec(&read).expect("memory"), written, "and is written so where there are no passkeys");
}
