//! A rule finds the same whether it is given what it wants or everything.

use proptest::prelude::*;

use super::app_passwords::app_password;
use super::directory::{id, mint as mint_from_session, opening, somebody};
use super::v2::login;
use super::*;
use crate::domain::{
    AccountChange, CloseSession, CrossGrant, CrossParent, Expire, Grant, Issue, ListChange, MintCross, OpenSession,
    Revoke, SessionCommand,
};

const LIMITS: Limits =
    Limits { sessions_per_user: 4, directory_sessions_per_user: 2, tokens_per_user: 7, ..super::LIMITS };

#[derive(Clone, Debug)]
enum Step {
    Login { client: u8, server_made: bool, minutes: u32, remember_me: bool, by_app_password: bool },
    RevokeAppPassword,
    Silent { client: u8, token: u8 },
    Mint { client: u8, token: u8 },
    MintFromSession { number: u8 },
    Swap { from: u8, token: u8, to: u8 },
    Revoke { client: u8, token: u8 },
    Close(SessionKey),
    Open { number: u8 },
    Heartbeat { number: u8 },
    RemoveScope,
    LogOutEverywhere,
}

fn client(number: u8) -> ClientKey {
    ClientKey::Uuid(Uuid::from_u128(number.into()))
}

fn step() -> impl Strategy<Value = Step> {
    let client_number = || 0..7_u8;
    let number = || 0..4_u8;
    let token = || 0..80_u8;
    prop_oneof![
        8 => (client_number(), any::<bool>(), 1..90_u32, any::<bool>(), any::<bool>()).prop_map(
            |(client, server_made, minutes, remember_me, by_app_password)| {
                Step::Login { client, server_made, minutes, remember_me, by_app_password }
            }
        ),
        1 => Just(Step::RevokeAppPassword),
        2 => (client_number(), token()).prop_map(|(client, token)| Step::Silent { client, token }),
        3 => (client_number(), token()).prop_map(|(client, token)| Step::Mint { client, token }),
        2 => number().prop_map(|number| Step::MintFromSession { number }),
        2 => (client_number(), token(), client_number()).prop_map(|(from, token, to)| Step::Swap { from, token, to }),
        2 => (client_number(), token()).prop_map(|(client, token)| Step::Revoke { client, token }),
        1 => client_number().prop_map(|number| Step::Close(SessionKey::Client(client(number)))),
        1 => number().prop_map(|number| Step::Close(SessionKey::Directory(id(number)))),
        4 => number().prop_map(|number| Step::Open { number }),
        2 => number().prop_map(|number| Step::Heartbeat { number }),
        1 => Just(Step::RemoveScope),
        1 => Just(Step::LogOutEverywhere),
    ]
}

/// A store that loads a part, and one that loads all.
struct Stores(Person, Person);

impl Stores {
    fn act<C: Command<Answer: PartialEq + std::fmt::Debug>>(&mut self, command: &C, now: Timestamp) {
        let in_part = self.0.act(command, now).map(|(answer, _)| answer);
        assert_eq!(in_part, self.1.act_on_everything(command, now));
        assert_eq!(self.0, self.1);
    }

    /// Sessions that have ended are looked at by their timers, of which each store has one.
    fn expire(&mut self, now: Timestamp) {
        let clients: Vec<_> = self.0.clients.keys().cloned().map(SessionKey::Client).collect();
        let directory: Vec<_> = self.0.directory.keys().copied().map(SessionKey::Directory).collect();
        for key in clients.into_iter().chain(directory) {
            let expire = Expire { session: Some(key) };
            self.0.act(&expire, now).expect("it is no refusal");
            self.1.act_on_everything(&expire, now).expect("it is no refusal");
        }
        assert_eq!(self.0, self.1);
    }

    fn take(&mut self, step: Step, turn: u8, when: Duration) {
        let now = at(when);
        let generation = self.0.account.generation;
        let plain = |of: u8| {
            let grant = Grant::Proof { generation, proven: now };
            Issue { client: client(of), limits: LIMITS, grant, ..login("", 100 + turn, when) }
        };
        match step {
            Step::Login { client, server_made, minutes, remember_me, by_app_password } => {
                if by_app_password && self.0.account.app_passwords.is_empty() {
                    let app_password = app_password(1, None);
                    self.act(&AccountChange::AddAppPassword { app_password, most: 1, browser: None }, now);
                }
                let held = self.0.account.app_passwords.first().filter(|_| by_app_password);
                let grant = held.map_or(Grant::Proof { generation, proven: now }, |held| Grant::AppPassword {
                    id: held.id,
                    generation,
                    proven: now,
                });
                let access = (token(turn), MINUTE * minutes);
                let remember_me = remember_me.then_some((token(turn + 100), HOUR));
                self.act(&Issue { grant, server_made, access, remember_me, ..plain(client) }, now);
            }
            Step::Silent { client, token: remembered } => {
                let grant = Grant::RememberMe(token(remembered + 100));
                self.act(&Issue { grant, access: (token(turn), HOUR), ..plain(client) }, now);
            }
            Step::Mint { client: of, token: parent } => {
                let parent =
                    CrossParent::Access { token: token(parent), client: client(of), proven: now, not_after: None };
                let cross = (token(turn), 5 * MINUTE);
                self.act(&MintCross { parent, now, cross, limits: LIMITS }, now);
            }
            Step::MintFromSession { number } => {
                self.act(&MintCross { limits: LIMITS, ..mint_from_session(number, turn, when) }, now);
            }
            Step::Swap { from, token: cross, to } => {
                let minted_by = SessionKey::Client(client(from));
                let grant = Grant::Cross(CrossGrant { digest: token(cross), minted_by });
                self.act(&Issue { grant, access: (token(turn), HOUR), ..plain(to) }, now);
            }
            Step::Revoke { client: of, token: revoked } => {
                self.act(&Revoke { client: client(of), token: token(revoked) }, now);
            }
            Step::Close(session) => {
                self.act(&CloseSession { session, ask_again: false, why: CloseReason::ByApplication }, now);
            }
            Step::Open { number } => {
                let mut open = OpenSession { limits: LIMITS, ..opening(number, when) };
                open.proof.generation = generation;
                self.act(&SessionCommand::Open(Box::new(open)), now);
            }
            Step::Heartbeat { number } => {
                let before = now.plus(10 * MINUTE);
                self.act(&SessionCommand::Heartbeat { session: id(number), now, before }, now);
            }
            Step::RemoveScope => {
                let remove = AccountChange::Scopes(ListChange { add: Vec::new(), remove: vec!["plans".into()] });
                self.act(&remove, now);
                let add = AccountChange::Scopes(ListChange { add: vec!["plans".into()], remove: Vec::new() });
                self.act(&add, now);
            }
            Step::RevokeAppPassword => {
                self.act(&AccountChange::RevokeAppPasswords { which: None, why: CloseReason::ByAdmin }, now);
                assert!(self.0.clients.values().all(|session| session.by_app_password.is_empty()));
            }
            Step::LogOutEverywhere => self.act(&AccountChange::LogOutEverywhere(CloseReason::ByAdmin), now),
        }
    }
}

proptest! {
    #[test]
    fn a_part_is_as_good_as_everything(steps in prop::collection::vec((step(), 0..10_u32), 1..80)) {
        let mut stores = Stores(somebody(), somebody());
        let mut minute = 0;
        for (turn, (step, minutes)) in (0..).zip(steps) {
            minute += minutes;
            stores.expire(at(MINUTE * minute));
            stores.take(step, turn, MINUTE * minute);
            let totals = stores.0.totals;
            assert!(totals.clients <= LIMITS.sessions_per_user && totals.directory <= LIMITS.directory_sessions_per_user);
            assert!(totals.tokens <= LIMITS.tokens_per_user, "{totals:?}");
        }
    }
}
