//! What holds for every record: it reads as it was written, whatever comes after it, and nothing read panics.

use std::net::IpAddr;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::account::KnownNetwork;
use crate::domain::session::{AccessHandle, CrossHandle, RememberMeHandle};
use crate::domain::{
    AccessToken, Account, AuthMethod, ClientInfo, ClientKey, Email, Network, PasswordHash, Profile, Session, SessionId,
    SessionKey, Timestamp, TokenDigest, TokenOwner, UserId,
};

/// A record reads as it was written; with a tail that a later release appended; not when cut short; and not in a
/// version that this release does not know.
macro_rules! reads_as_written {
    ($($name:ident: $values:expr, $encode:expr, $decode:expr;)*) => {
        proptest! {
            $(
                #[test]
                fn $name(
                    value in $values,
                    tail in any::<Vec<u8>>(),
                    cut in any::<prop::sample::Index>(),
                    damage in any::<(prop::sample::Index, u8)>(),
                ) {
                    let mut record = $encode(&value);
                    prop_assert_eq!($decode(&record).ok(), Some(value.clone()));
                    let longer = [record.as_slice(), &tail].concat();
                    prop_assert_eq!($decode(&longer).ok(), Some(value));
                    prop_assert!($decode(&record[..cut.index(record.len())]).is_err());
                    for version in [0, 255] {
                        let mut other = record.clone();
                        other[0] = version;
                        prop_assert!($decode(&other).is_err());
                    }
                    *damage.0.get_mut(&mut record) = damage.1;
                    let _without_a_panic = $decode(&record);
                }
            )*
        }
    };
}

mod directory;

fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn instant() -> impl Strategy<Value = Timestamp> {
    any::<u64>().prop_map(Timestamp::from_millis)
}

fn digest() -> impl Strategy<Value = TokenDigest> {
    any::<[u8; 16]>().prop_map(TokenDigest)
}

fn text() -> impl Strategy<Value = Box<str>> {
    any::<String>().prop_map(Into::into)
}

fn client() -> impl Strategy<Value = ClientKey> {
    prop_oneof![uuid().prop_map(ClientKey::Uuid), text().prop_map(ClientKey::Text)]
}

fn session_key() -> impl Strategy<Value = SessionKey> {
    prop_oneof![client().prop_map(SessionKey::Client), uuid().prop_map(|id| SessionKey::Directory(SessionId(id)))]
}

fn account() -> impl Strategy<Value = Account> {
    let network =
        (any::<IpAddr>(), instant()).prop_map(|(address, seen)| KnownNetwork { network: Network::of(address), seen });
    let networks = prop::collection::vec(network, 0..=Account::MAX_NETWORKS);
    let rest = (any::<bool>(), any::<u32>(), instant(), networks, directory::profile());
    (uuid(), "[a-zé]{1,20}@[a-z]{1,20}", text(), prop::option::of("[!-~]{1,100}"), rest).prop_map(
        |(id, email, name, phc, (enabled, generation, created, networks, profile))| Account {
            id: UserId(id),
            email: Email::new(&email).expect("an address"),
            name,
            password: phc.and_then(|phc| PasswordHash::new(&phc)),
            enabled,
            generation,
            created,
            networks,
            profile,
        },
    )
}

fn access_token() -> impl Strategy<Value = AccessToken> {
    let texts = (prop::option::of(text()), prop::option::of(text()));
    let instants = (instant(), instant(), prop::option::of(instant()));
    (uuid(), client(), any::<bool>(), instants, texts).prop_map(
        |(user, client, server_made, (expires, proven, not_after), (team, project))| AccessToken {
            user: UserId(user),
            client,
            server_made,
            expires,
            proven,
            not_after,
            team,
            project,
        },
    )
}

fn located() -> impl Strategy<Value = TokenOwner> {
    (uuid(), prop::option::of(session_key()), instant()).prop_map(|(user, session, expires)| TokenOwner {
        user: UserId(user),
        session,
        expires,
    })
}

fn how() -> impl Strategy<Value = AuthMethod> {
    prop::sample::select(vec![
        AuthMethod::Password,
        AuthMethod::RememberMe,
        AuthMethod::Cross,
        AuthMethod::Oidc,
        AuthMethod::SingleSignOn,
    ])
}

fn contact() -> impl Strategy<Value = ClientInfo> {
    (prop::option::of(any::<IpAddr>()), prop::option::of(text()), prop::option::of(text()))
        .prop_map(|(address, user_agent, application)| ClientInfo { address, user_agent, application })
}

fn session() -> impl Strategy<Value = Session> {
    let access = (digest(), instant()).prop_map(|(digest, expires)| AccessHandle { digest, expires });
    let remember_me = (digest(), instant(), instant()).prop_map(|(digest, expires, proven)| RememberMeHandle {
        digest,
        expires,
        proven,
    });
    // The latest instant that a record holds stands for none.
    let not_after = prop::option::of((0..Timestamp::MAX.millis()).prop_map(Timestamp::from_millis));
    let cross = (digest(), instant(), instant(), not_after, digest()).prop_map(
        |(digest, expires, proven, not_after, parent)| CrossHandle {
            digest,
            expires,
            proven,
            not_after,
            parent: Some(parent),
        },
    );
    let handles = (
        prop::collection::vec(access, 0..5),
        prop::collection::vec(remember_me, 0..5),
        prop::collection::vec(cross, 0..5),
    );
    let instants = (instant(), instant(), instant(), instant());
    (uuid(), any::<bool>(), how(), instants, contact(), handles).prop_map(
        |(id, server_made, how, (opened, authenticated, last_contact, ends), contact, (access, remember_me, cross))| {
            let id = SessionId(id);
            Session {
                id,
                server_made,
                how,
                opened,
                authenticated,
                last_contact,
                ends,
                contact,
                access,
                remember_me,
                cross,
            }
        },
    )
}

reads_as_written! {
    an_access_token_reads_as_written: access_token(), encode_access_token, decode_access_token;
    a_location_reads_as_written: located(), encode_located, decode_located;
    a_session_reads_as_written: session(), encode_session, decode_session;
}

proptest! {
    #[test]
    fn an_account_reads_as_written(
        value in account(),
        tail in any::<Vec<u8>>(),
        cut in any::<prop::sample::Index>(),
        version in 2..=255_u8,
    ) {
        let record = encode_account(&value);
        prop_assert_eq!(decode_account(&record).ok(), Some(value.clone()));
        prop_assert_eq!(decode_account(&[record.as_slice(), &tail].concat()).ok(), Some(value.clone()));
        prop_assert!(decode_account(&[&[version], &record[1..]].concat()).is_err());
        // The last release's record ends before the profile, whose absence takes one byte.
        let without = Account { profile: Profile::default(), ..value };
        let before = encode_account(&without).len() - 1;
        prop_assert_eq!(decode_account(&record[..before]).ok(), Some(without));
        let cut = cut.index(record.len());
        prop_assert!(cut == before || decode_account(&record[..cut]).is_err());
    }

    #[test]
    fn a_session_key_reads_as_written_and_two_are_never_one(one in session_key(), other in session_key()) {
        prop_assert_eq!(decode_session_key(&encode_session_key(&one)).ok(), Some(one.clone()));
        prop_assert_eq!(encode_session_key(&one) == encode_session_key(&other), one == other);
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(mut bytes in any::<Vec<u8>>(), ours in any::<bool>()) {
        if ours && let Some(version) = bytes.first_mut() {
            *version = bytes::VERSION;
        }
        let _ = (decode_account(&bytes), decode_session(&bytes), decode_session_key(&bytes));
        let _ = (decode_access_token(&bytes), decode_located(&bytes), decode_directory_session(&bytes));
        let _ = (decode_pending(&bytes), decode_native(&bytes), decode_key_ring(&bytes), decode_borrow(&bytes));
    }
}

#[test]
fn the_usual_access_token_is_small() {
    let client = ClientKey::Uuid(Uuid::from_u128(2));
    let token = AccessToken {
        user: UserId(Uuid::from_u128(1)),
        client,
        server_made: false,
        expires: Timestamp::MAX,
        proven: Timestamp::MAX,
        not_after: None,
        team: None,
        project: None,
    };
    assert_eq!(encode_access_token(&token).len(), 47);
}
