//! The records of the directory session API.

use proptest::prelude::*;

use super::{contact, digest, how, instant, text, uuid};
use crate::domain::session::CrossHandle;
use crate::domain::{
    Borrow, ConsumedLogin, DirectorySession, KeyRing, LoginProof, NativeLogin, Network, PendingLogin, Profile, Right,
    Rights, SealedKey, SessionId, SignOn, Stage, Subject, Team, UsedState, UserId,
};
use crate::store::codec::*;

fn texts() -> impl Strategy<Value = Vec<Box<str>>> {
    prop::collection::vec(text(), 0..4)
}

fn right() -> impl Strategy<Value = Right> {
    prop::sample::select(&Right::ALL)
}

fn session_id() -> impl Strategy<Value = SessionId> {
    uuid().prop_map(SessionId)
}

/// Often that of a user of v2 alone.
pub(super) fn profile() -> impl Strategy<Value = Profile> {
    let rights = any::<[bool; 2]>().prop_map(|[frontend, client_dev]| Rights { frontend, client_dev });
    let team = (text(), text()).prop_map(|(id, name)| Team { id, name });
    let subject = (text(), text(), text()).prop_map(|(issuer, subject, claims)| Subject { issuer, subject, claims });
    let sign_on =
        (digest(), instant(), instant()).prop_map(|(digest, expires, proven)| SignOn { digest, expires, proven });
    let lists = (texts(), texts(), prop::collection::vec(team, 0..4), prop::collection::vec(sign_on, 0..4));
    let known = (rights, lists, prop::option::of(subject), prop::option::of(instant())).prop_map(
        |(rights, (scopes, tags, teams, sign_ons), subject, reauth_request)| Profile {
            rights,
            scopes,
            teams,
            tags,
            subject,
            reauth_request,
            sign_ons,
        },
    );
    prop_oneof![1 => Just(Profile::default()), 3 => known]
}

fn directory_session() -> impl Strategy<Value = DirectorySession> {
    let cross = (digest(), instant(), instant()).prop_map(|(digest, expires, proven)| CrossHandle {
        digest,
        expires,
        proven,
        not_after: None,
        parent: None,
    });
    let instants = (instant(), instant(), instant(), instant(), instant());
    let rest = (prop::option::of(digest()), prop::option::of(instant()), any::<[bool; 2]>(), text());
    let lists = (texts(), prop::collection::vec(cross, 0..4));
    (session_id(), right(), how(), instants, contact(), rest, lists).prop_map(
        |(id, right, how, instants, contact, (native, collected, [extended, beaten], redirect_url), lists)| {
            let (opened, authenticated, last_contact, heartbeat_before, end_of_life) = instants;
            let (app_claims, cross) = lists;
            DirectorySession {
                id,
                right,
                app_claims,
                extended,
                native,
                how,
                opened,
                authenticated,
                last_contact,
                heartbeat_before,
                end_of_life,
                collected,
                beaten,
                contact,
                redirect_url,
                cross,
            }
        },
    )
}

fn stage() -> impl Strategy<Value = Stage> {
    let proof = || {
        (uuid(), any::<u32>(), instant(), how(), prop::option::of(digest()), prop::option::of(instant())).prop_map(
            |(user, generation, proven, how, sign_on, meets)| LoginProof {
                user: UserId(user),
                generation,
                proven,
                how,
                sign_on,
                meets,
            },
        )
    };
    prop_oneof![
        Just(Stage::Started),
        Just(Stage::Redeeming),
        (digest(), proof()).prop_map(|(code, proof)| Stage::Coded { code, proof }),
        proof().prop_map(Stage::Confirming),
    ]
}

fn pending() -> impl Strategy<Value = PendingLogin> {
    let texts = (texts(), prop::option::of(text()), text());
    let instants = (instant(), instant(), prop::option::of(instant()));
    let network = any::<std::net::IpAddr>().prop_map(Network::of);
    let ids = (session_id(), digest(), prop::option::of(digest()));
    (ids, right(), texts, any::<[bool; 2]>(), contact(), network, instants, stage()).prop_map(
        |(ids, right, texts, [extended, registers], contact, network, instants, stage)| {
            let ((session, browser, native), (app_claims, app_data, redirect_url)) = (ids, texts);
            let (begun, expires, asks_again) = instants;
            PendingLogin {
                session,
                browser,
                native,
                right,
                app_claims,
                extended,
                app_data,
                redirect_url,
                registers,
                contact,
                network,
                begun,
                expires,
                asks_again,
                stage,
            }
        },
    )
}

fn native() -> impl Strategy<Value = NativeLogin> {
    let open = (uuid(), session_id()).prop_map(|(user, session)| NativeLogin::Open { user: UserId(user), session });
    prop_oneof![Just(NativeLogin::Pending), Just(NativeLogin::Failed), open]
}

fn used() -> impl Strategy<Value = UsedState> {
    let spent = (uuid(), session_id())
        .prop_map(|(user, session)| UsedState::Spent(ConsumedLogin { user: UserId(user), session }));
    prop_oneof![Just(UsedState::Ended), spent]
}

fn key_ring() -> impl Strategy<Value = KeyRing> {
    let bytes = || any::<Vec<u8>>().prop_map(Vec::into_boxed_slice);
    let key = (text(), bytes(), bytes(), instant(), instant())
        .prop_map(|(id, public, sealed, made, signs_from)| SealedKey { id, public, sealed, made, signs_from });
    (any::<u64>(), prop::collection::vec(key, 0..4)).prop_map(|(version, keys)| KeyRing { version, keys })
}

fn borrow() -> impl Strategy<Value = Borrow> {
    (digest(), uuid(), session_id(), instant(), instant()).prop_map(|(native, user, session, since, until)| Borrow {
        native,
        user: UserId(user),
        session,
        since,
        until,
    })
}

reads_as_written! {
    a_directory_session_reads_as_written: directory_session(), encode_directory_session, decode_directory_session;
    a_pending_login_reads_as_written: pending(), encode_pending, decode_pending;
    a_used_state_reads_as_written: used(), |used: &UsedState| encode_used(*used), decode_used;
    a_native_login_reads_as_written: native(), |native: &NativeLogin| encode_native(*native), decode_native;
    a_key_ring_reads_as_written: key_ring(), encode_key_ring, decode_key_ring;
    a_borrow_reads_as_written: borrow(), encode_borrow, decode_borrow;
}
