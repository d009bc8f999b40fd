//! Arbitrary records.

use std::net::IpAddr;

use proptest::prelude::*;
use uuid::Uuid;

use crate::domain::account::KnownNetwork;
use crate::domain::event::{ChainEntry, Lane, Login, LoginWay, Opening, OperatorAct, Outcome};
use crate::domain::session::{AccessHandle, CrossHandle, RememberMeHandle};
use crate::domain::{
    AccessToken, Account, AccountLogin, ApiToken, ApiTokenDirectory, AppPassword, AppPasswordId, AuthMethod, Borrow,
    ByAppPassword, Chain, ChainEnd, ClientInfo, ClientKey, CodeDigest, ConsumedLogin, DirectorySession, Email, Event,
    ExternalId, Group, GroupDirectory, GroupId, KeyRing, LoginProof, NativeLogin, Network, OneTimeLink, Passkey,
    PasswordHash, PendingLogin, Profile, ProviderSession, Right, Rights, Scope, Scopes, SealedKey, SecondFactor,
    Session, SessionId, SessionKey, SignOn, Stage, Subject, TakenOver, Team, Timestamp, TokenDigest, TokenOwner,
    UpstreamMark, UsedState, UserId, What,
};
use crate::store::{Entry, Person};

pub(super) fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

pub(super) fn instant() -> impl Strategy<Value = Timestamp> {
    any::<u64>().prop_map(Timestamp::from_millis)
}

pub(super) fn digest() -> impl Strategy<Value = TokenDigest> {
    any::<[u8; 16]>().prop_map(TokenDigest)
}

pub(super) fn text() -> impl Strategy<Value = Box<str>> {
    any::<String>().prop_map(Into::into)
}

pub(super) fn client() -> impl Strategy<Value = ClientKey> {
    prop_oneof![uuid().prop_map(ClientKey::Uuid), text().prop_map(ClientKey::Text)]
}

pub(super) fn session_key() -> impl Strategy<Value = SessionKey> {
    prop_oneof![client().prop_map(SessionKey::Client), uuid().prop_map(|id| SessionKey::Directory(SessionId(id)))]
}

/// Often none.
fn app_passwords() -> impl Strategy<Value = Vec<AppPassword>> {
    let used =
        (any::<IpAddr>(), instant()).prop_map(|(address, seen)| KnownNetwork { network: Network::of(address), seen });
    let ends = (prop::option::of(instant()), prop::option::of(used));
    let one = (uuid(), digest(), text(), instant(), ends).prop_map(|(id, digest, name, created, (expires, used))| {
        AppPassword { id: AppPasswordId(id), digest, name, created, expires, used }
    });
    prop_oneof![Just(Vec::new()), prop::collection::vec(one, 1..4)]
}

pub(super) fn account() -> impl Strategy<Value = Account> {
    let network =
        (any::<IpAddr>(), instant()).prop_map(|(address, seen)| KnownNetwork { network: Network::of(address), seen });
    let networks = prop::collection::vec(network, 0..=Account::MAX_NETWORKS);
    let link = (digest(), instant(), any::<u32>()).prop_map(|(digest, expires, generation)| OneTimeLink {
        digest,
        expires,
        generation,
    });
    let links = prop::collection::vec(link, 0..=Account::MAX_LINKS);
    let rest = (any::<bool>(), any::<u32>(), instant(), networks, profile());
    let external_id = prop::option::of("[!-~é]{1,100}");
    let later = (
        app_passwords(),
        prop::option::of(upstream_mark()),
        instant(),
        links,
        external_id,
        prop::option::of(second_factor()),
        prop::option::of(instant()),
    );
    (uuid(), "[a-zé]{1,20}@[a-z]{1,20}", text(), prop::option::of("[!-~]{1,100}"), rest, later).prop_map(
        |(id, email, name, phc, rest, later)| {
            let (app_passwords, upstream, not_before, links, external_id, second_factor, vouched) = later;
            let (enabled, generation, created, networks, profile) = rest;
            Account {
                id: UserId(id),
                email: Email::new(&email).expect("an address"),
                name,
                password: phc.and_then(|phc| PasswordHash::new(&phc)),
                enabled,
                generation,
                created,
                networks,
                profile,
                app_passwords,
                upstream,
                second_factor,
                links,
                not_before,
                vouched,
                external_id: external_id.and_then(|id| ExternalId::new(&id)),
            }
        },
    )
}

fn second_factor() -> impl Strategy<Value = SecondFactor> {
    let recovery = prop::collection::vec(any::<[u8; 16]>().prop_map(CodeDigest), 0..=SecondFactor::RECOVERY_CODES);
    let sealed = prop::collection::vec(any::<u8>(), 0..60);
    let passkeys = prop_oneof![Just(Vec::new()), prop::collection::vec(passkey(), 1..=Passkey::MAX)];
    (sealed, any::<u64>(), recovery, instant(), passkeys).prop_map(|(sealed, last_step, recovery, since, passkeys)| {
        SecondFactor { sealed: sealed.into(), last_step, recovery, since, passkeys }
    })
}

fn passkey() -> impl Strategy<Value = Passkey> {
    let (id, key) = (prop::collection::vec(any::<u8>(), 1..80), prop::collection::vec(any::<u8>(), 1..80));
    (id, key, any::<u32>(), text(), instant(), prop::option::of(instant())).prop_map(
        |(id, key, count, name, created, used)| Passkey { id: id.into(), key: key.into(), count, name, created, used },
    )
}

pub(super) fn upstream_mark() -> impl Strategy<Value = UpstreamMark> {
    (any::<u32>(), prop::option::of(instant()), any::<u16>()).prop_map(|(generation, came_over, tokens)| UpstreamMark {
        generation,
        came_over,
        tokens,
    })
}

pub(super) fn taken_over() -> impl Strategy<Value = TakenOver> {
    (uuid(), digest(), prop::option::of(session_key()), instant())
        .prop_map(|(user, stands_for, session, expires)| TakenOver { user: UserId(user), stands_for, session, expires })
}

pub(super) fn access_token() -> impl Strategy<Value = AccessToken> {
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

pub(super) fn token_owner() -> impl Strategy<Value = TokenOwner> {
    (uuid(), prop::option::of(session_key()), instant()).prop_map(|(user, session, expires)| TokenOwner {
        user: UserId(user),
        session,
        expires,
    })
}

pub(super) fn how() -> impl Strategy<Value = AuthMethod> {
    prop::sample::select(vec![
        AuthMethod::Password,
        AuthMethod::RememberMe,
        AuthMethod::Cross,
        AuthMethod::Oidc,
        AuthMethod::SingleSignOn,
        AuthMethod::Upstream,
    ])
}

pub(super) fn contact() -> impl Strategy<Value = ClientInfo> {
    (prop::option::of(any::<IpAddr>()), prop::option::of(text()), prop::option::of(text()))
        .prop_map(|(address, user_agent, application)| ClientInfo { address, user_agent, application })
}

pub(super) fn cross_handle() -> impl Strategy<Value = CrossHandle> {
    (digest(), instant(), instant(), prop::option::of(instant()), prop::option::of(digest())).prop_map(
        |(digest, expires, proven, not_after, parent)| CrossHandle { digest, expires, proven, not_after, parent },
    )
}

pub(super) fn session() -> impl Strategy<Value = Session> {
    let access = (digest(), instant()).prop_map(|(digest, expires)| AccessHandle { digest, expires });
    let remember_me = (digest(), instant(), instant()).prop_map(|(digest, expires, proven)| RememberMeHandle {
        digest,
        expires,
        proven,
    });
    let handles = (
        prop::collection::vec(access, 0..5),
        prop::collection::vec(remember_me, 0..5),
        prop::collection::vec(cross_handle(), 0..5),
    );
    let by = (uuid(), digest()).prop_map(|(id, token)| ByAppPassword { app_password: AppPasswordId(id), token });
    let handles = (handles, prop_oneof![Just(Vec::new()), prop::collection::vec(by, 1..4)]);
    let instants = (instant(), instant(), instant(), instant());
    (uuid(), any::<bool>(), how(), instants, contact(), handles).prop_map(
        |(id, server_made, how, instants, contact, ((access, remember_me, cross), by_app_password))| {
            let id = SessionId(id);
            let (opened, authenticated, last_contact, ends) = instants;
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
                by_app_password,
            }
        },
    )
}

fn provider_session() -> impl Strategy<Value = Option<ProviderSession>> {
    prop::option::of(any::<[u8; 16]>().prop_map(ProviderSession))
}

pub(super) fn texts() -> impl Strategy<Value = Vec<Box<str>>> {
    prop::collection::vec(text(), 0..4)
}

pub(super) fn right() -> impl Strategy<Value = Right> {
    prop::sample::select(&Right::ALL)
}

pub(super) fn session_id() -> impl Strategy<Value = SessionId> {
    uuid().prop_map(SessionId)
}

/// Often that of a user of v2 alone.
pub(super) fn profile() -> impl Strategy<Value = Profile> {
    let rights = any::<[bool; 3]>().prop_map(|[frontend, client_dev, admin]| Rights { frontend, client_dev, admin });
    let team = || (text(), text()).prop_map(|(id, name)| Team { id, name });
    let groups = prop_oneof![Just(Vec::new()), prop::collection::vec(team(), 1..4)];
    let subject = (text(), text(), text()).prop_map(|(issuer, subject, claims)| Subject { issuer, subject, claims });
    let instants = (instant(), instant(), prop::option::of(instant()), prop::option::of(instant()));
    let sign_on = (digest(), instants, provider_session(), prop::option::of(contact())).prop_map(
        |(digest, (expires, proven, asked, used), provider_session, contact)| SignOn {
            digest,
            expires,
            proven,
            provider_session,
            asked,
            contact,
            used,
        },
    );
    let lists = (texts(), texts(), prop::collection::vec(team(), 0..4), prop::collection::vec(sign_on, 0..4), groups);
    let known = (rights, lists, prop::option::of(subject), prop::option::of(instant()), any::<u32>()).prop_map(
        |(rights, (scopes, tags, teams, sign_ons, groups), subject, reauth_request, logouts)| Profile {
            rights,
            scopes,
            teams,
            tags,
            subject,
            reauth_request,
            sign_ons,
            groups,
            logouts,
        },
    );
    prop_oneof![1 => Just(Profile::default()), 3 => known]
}

pub(super) fn directory_session() -> impl Strategy<Value = DirectorySession> {
    let instants = (instant(), instant(), instant(), instant(), instant());
    let rest = (prop::option::of(digest()), prop::option::of(instant()), any::<[bool; 2]>(), text());
    let lists = (texts(), prop::collection::vec(cross_handle(), 0..4), provider_session());
    (session_id(), right(), how(), instants, contact(), rest, lists).prop_map(
        |(id, right, how, instants, contact, (native, collected, [extended, beaten], redirect_url), lists)| {
            let (opened, authenticated, last_contact, heartbeat_before, end_of_life) = instants;
            let (app_claims, cross, provider_session) = lists;
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
                provider_session,
            }
        },
    )
}

pub(super) fn stage() -> impl Strategy<Value = Stage> {
    let proof = || {
        (
            uuid(),
            any::<u32>(),
            instant(),
            how(),
            prop::option::of(digest()),
            prop::option::of(instant()),
            provider_session(),
            any::<u32>(),
        )
            .prop_map(|(user, generation, proven, how, sign_on, meets, provider_session, logouts)| {
                LoginProof { user: UserId(user), generation, proven, how, sign_on, meets, provider_session, logouts }
            })
    };
    prop_oneof![
        Just(Stage::Started),
        Just(Stage::Redeeming),
        proof().prop_map(Stage::Confirming),
        (proof(), any::<u8>()).prop_map(|(proof, tries)| Stage::AwaitingCode { proof, tries }),
    ]
}

pub(super) fn pending() -> impl Strategy<Value = PendingLogin> {
    let texts = (texts(), prop::option::of(text()), text());
    let instants = (instant(), instant(), prop::option::of(instant()));
    let network = any::<std::net::IpAddr>().prop_map(Network::of);
    let ids = (session_id(), digest(), prop::option::of(digest()));
    let account = (prop::option::of(digest()), prop::option::of(digest()));
    let account = prop::option::of(account.prop_map(|(replaces, console)| AccountLogin { replaces, console }));
    (ids, right(), texts, any::<[bool; 2]>(), contact(), network, instants, (stage(), account)).prop_map(
        |(ids, right, texts, [extended, registers], contact, network, instants, (stage, account))| {
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
                account,
            }
        },
    )
}

pub(super) fn native() -> impl Strategy<Value = NativeLogin> {
    let open = (uuid(), session_id()).prop_map(|(user, session)| NativeLogin::Open { user: UserId(user), session });
    prop_oneof![Just(NativeLogin::Pending), Just(NativeLogin::Failed), open]
}

pub(super) fn used() -> impl Strategy<Value = UsedState> {
    let spent = (uuid(), session_id())
        .prop_map(|(user, session)| UsedState::Spent(ConsumedLogin { user: UserId(user), session }));
    prop_oneof![Just(UsedState::Ended), spent]
}

pub(super) fn key_ring() -> impl Strategy<Value = KeyRing> {
    let bytes = || any::<Vec<u8>>().prop_map(Vec::into_boxed_slice);
    let key = (text(), bytes(), bytes(), instant(), instant())
        .prop_map(|(id, public, sealed, made, signs_from)| SealedKey { id, public, sealed, made, signs_from });
    (any::<u64>(), prop::collection::vec(key, 0..4)).prop_map(|(version, keys)| KeyRing { version, keys })
}

pub(super) fn groups() -> impl Strategy<Value = GroupDirectory> {
    let external_id = prop::option::of("[^\\pC]{1,40}".prop_map(|id| ExternalId::new(&id).expect("an id")));
    let group =
        (uuid(), text(), external_id, any::<u64>(), instant()).prop_map(|(id, name, external_id, version, created)| {
            Group { id: GroupId(id), name, external_id, version, created }
        });
    (any::<u64>(), prop::collection::vec(group, 0..4)).prop_map(|(version, groups)| GroupDirectory { version, groups })
}

pub(super) fn api_tokens() -> impl Strategy<Value = ApiTokenDirectory> {
    let scopes = prop::sample::subsequence(Scope::ALL.to_vec(), 0..=4).prop_map(|scopes| Scopes::of(&scopes));
    let ends = (prop::option::of(instant()), prop::option::of(instant()));
    let token =
        (text(), digest(), scopes, instant(), ends).prop_map(|(name, digest, scopes, made, (expires, used))| {
            ApiToken { name, digest, scopes, made, expires, used }
        });
    let tokens = prop::collection::vec(token, 0..4);
    (any::<u64>(), tokens).prop_map(|(version, tokens)| ApiTokenDirectory { version, tokens })
}

pub(super) fn borrow() -> impl Strategy<Value = Borrow> {
    (digest(), uuid(), session_id(), instant(), instant()).prop_map(|(native, user, session, since, until)| Borrow {
        native,
        user: UserId(user),
        session,
        since,
        until,
    })
}

fn chain_end() -> impl Strategy<Value = ChainEnd> {
    (instant(), any::<u32>(), any::<bool>(), any::<u64>(), any::<[u8; 32]>()).prop_map(
        |(started, process, acts, number, hash)| {
            let lane = if acts { Lane::Acts } else { Lane::Refusals };
            ChainEnd { chain: Chain { started, process, lane }, number, hash }
        },
    )
}

fn what() -> impl Strategy<Value = What> {
    let chosen = |names: &'static [AuthMethod]| prop::sample::select(names);
    let login = (
        prop::sample::select(&LoginWay::ALL[..]),
        prop::sample::select(&Outcome::ALL[..]),
        prop::option::of(text()),
        any::<u32>(),
    );
    let opening =
        (chosen(&AuthMethod::ALL), prop::sample::select(&Right::ALL[..]), any::<[bool; 3]>(), prop::option::of(text()));
    prop_oneof![
        login.prop_map(|(way, outcome, reason, times)| What::Login(Login { way, outcome, reason, times })),
        opening.prop_map(|(how, right, [directory, native, registered], redirect_url)| {
            let subject = redirect_url.clone();
            What::SessionOpened(Opening { how, right, directory, native, registered, redirect_url, subject })
        }),
        text().prop_map(|reason| What::SessionClosed { reason }),
        text().prop_map(|scope| What::Revoked { scope }),
        text().prop_map(|act| What::Account { act }),
        (
            prop::option::of(any::<u32>()),
            text(),
            prop::option::of(text()),
            prop::option::of(text()),
            prop::option::of(uuid())
        )
            .prop_map(|(uid, act, target, token, person)| {
                What::Operator(OperatorAct { uid, act, target, token, person: person.map(UserId) })
            }),
        (text(), any::<u32>()).prop_map(|(newest, count)| What::Keys { newest, count }),
        any::<bool>().prop_map(|out| What::License { out }),
        (text(), text()).prop_map(|(version, settings)| What::Started { version, settings }),
        Just(What::Stopped),
        any::<u64>().prop_map(|lost| What::Gap { lost }),
        (prop::collection::vec(chain_end(), 0..4), any::<[u8; 32]>())
            .prop_map(|(others, seal)| What::Head { others, seal }),
        chain_end().prop_map(What::Trimmed),
        prop::option::of(text()).prop_map(|token| What::ConsoleEntered { token }),
    ]
}

pub(super) fn event() -> impl Strategy<Value = Event> {
    let who = (prop::option::of(uuid()), prop::option::of(uuid()), prop::option::of(any::<[u8; 16]>()));
    let texts = (prop::option::of(text()), prop::option::of(text()), prop::option::of(text()));
    (instant(), what(), who, texts).prop_map(|(at, what, (user, session, request), (client, application, address))| {
        let (user, session) = (user.map(UserId), session.map(SessionId));
        Event { at, what, request, user, session, client, application, address }
    })
}

pub(super) fn chain_entry() -> impl Strategy<Value = ChainEntry> {
    (chain_end(), any::<[u8; 32]>(), any::<Vec<u8>>()).prop_map(|(end, previous, event)| {
        let ChainEnd { chain, number, .. } = end;
        ChainEntry { chain, number, previous, event }
    })
}

pub(super) fn entry() -> impl Strategy<Value = Entry> {
    let clients = prop::collection::vec((client(), session()), 0..3);
    let access = prop::collection::vec((digest(), access_token()), 0..3);
    let person = (account(), clients, prop::collection::vec(directory_session(), 0..3), access);
    let person =
        person.prop_map(|(account, clients, directory, access)| Person { account, clients, directory, access });
    let noted = (any::<[u8; 16]>().prop_map(ProviderSession), token_owner());
    prop_oneof![
        person.prop_map(|person| Entry::Person(person.into())),
        uuid().prop_map(|id| Entry::Gone(UserId(id))),
        (digest(), taken_over()).prop_map(|(digest, over)| Entry::TakenOver(digest, over)),
        noted.prop_map(|(session, owner)| Entry::ProviderSession(session, owner)),
        borrow().prop_map(Entry::License),
        text().prop_map(Entry::RedirectUrl),
        groups().prop_map(Entry::Groups),
        key_ring().prop_map(Entry::KeyRing),
        instant().prop_map(Entry::UpstreamUntil),
    ]
}
