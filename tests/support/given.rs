//! What stores are given: accounts, logins and sessions that nobody else has.

use std::sync::Arc;
use std::time::Duration;

use bimgate::clock::SystemClock;
use bimgate::domain::{
    Account, AuthMethod, ClientInfo, ClientKey, CloseReason, CloseSession, Email, Grant, Issue, Limits, LoginProof,
    Network, OpenSession, PendingLogin, Revoke, Right, SessionId, SessionKey, Shard, Stage, Timestamp, TokenDigest,
    TokenValue, UserId,
};
use bimgate::settings::{Settings, Sources};
use bimgate::store::{self, Store};
use uuid::Uuid;

use super::server::SIGNING_KEY;

pub const HOUR: Duration = Duration::from_secs(3600);

pub const LIMITS: Limits = Limits {
    tokens_per_client: 64,
    remember_me_per_client: 16,
    sessions_per_user: 1024,
    directory_sessions_per_user: 1024,
    cross_tokens_per_session: 32,
    tokens_per_user: 16_384,
    login_age: Duration::from_secs(90 * 86_400),
};

/// The store at this URL, as a server opens it: inside a runtime, with these settings.
pub fn store(url: &str) -> (Settings, Arc<dyn Store>) {
    let environment = [
        ("BIMGATE__STORE__URL", url),
        ("BIMGATE__STORE__TIMEOUT_MS", "10000"),
        ("BIMGATE__SIGNING__KEY_FILE", SIGNING_KEY),
    ];
    let environment = environment.map(|(key, value)| (key.into(), value.into())).to_vec();
    let settings = Settings::load(&Sources { file: None, environment }).expect("good settings");
    let store = store::open(&settings.store, Arc::new(SystemClock), HOUR).expect("a store");
    (settings, store)
}

/// One of the users whose shard all accounts and tokens here are of, so that any token can be any user's.
const NEIGHBOUR: UserId = UserId(Uuid::nil());

/// An account not yet in the store.
pub fn account(created: Timestamp) -> Account {
    let mut ids = std::iter::repeat_with(|| UserId(Uuid::new_v4()));
    let id = ids.find(|id| Shard::of_user(*id) == Shard::of_user(NEIGHBOUR)).expect("endless");
    Account {
        name: "Someone".into(),
        ..Account::new(id, Email::new(&format!("{id}@example.org")).expect("an address"), 0, created)
    }
}

pub fn digest() -> TokenDigest {
    TokenValue::draw_for(NEIGHBOUR).expect("random bits").digest()
}

pub fn client() -> ClientKey {
    ClientKey::Uuid(Uuid::new_v4())
}

/// A network that no other case has.
pub fn network() -> Network {
    Network::of(Uuid::new_v4().as_u128().to_be_bytes().into())
}

/// A login by password of a user of generation 0, for an hour, without a remember-me token.
pub fn login(now: Timestamp, client: &ClientKey) -> Issue {
    Issue {
        grant: Grant::Proof { generation: 0, proven: now },
        now,
        client: client.clone(),
        server_made: false,
        team: None,
        project: None,
        contact: ClientInfo::default(),
        network: None,
        session: SessionId(Uuid::new_v4()),
        access: (digest(), HOUR),
        remember_me: None,
        limits: LIMITS,
    }
}

/// The revocation of an access token of this client.
pub fn revoke(client: &ClientKey, token: TokenDigest) -> Revoke {
    Revoke { client: client.clone(), token }
}

/// The closing of this client's session.
pub fn close_client(client: &ClientKey) -> CloseSession {
    CloseSession { session: SessionKey::Client(client.clone()), ask_again: false, why: CloseReason::ByApplication }
}

/// A proof by password, just now, of a user of generation 0.
pub fn proof(now: Timestamp, user: UserId) -> LoginProof {
    LoginProof {
        user,
        generation: 0,
        proven: now,
        how: AuthMethod::Password,
        sign_on: None,
        meets: None,
        provider_session: None,
        logouts: 0,
    }
}

/// A directory session of a user of generation 0, for an hour without heartbeat and a day in all.
pub fn opening(now: Timestamp, user: UserId) -> OpenSession {
    OpenSession {
        session: SessionId(Uuid::new_v4()),
        proof: proof(now, user),
        now,
        right: Right::Client,
        registers: false,
        app_claims: Vec::new(),
        extended: true,
        native: Some(digest()),
        heartbeat_before: now.plus(HOUR),
        end_of_life: now.plus(24 * HOUR),
        contact: ClientInfo { user_agent: Some("Browser".into()), ..ClientInfo::default() },
        network: None,
        redirect_url: "https://example.org/done".into(),
        sign_on: None,
        account: None,
        limits: LIMITS,
    }
}

/// A login under way for ten minutes, with a native client.
pub fn pending(now: Timestamp) -> PendingLogin {
    PendingLogin {
        session: SessionId(Uuid::new_v4()),
        browser: digest(),
        native: Some(digest()),
        right: Right::Frontend,
        app_claims: vec!["plans".into()],
        extended: true,
        app_data: Some("a=b&ü".into()),
        redirect_url: "https://example.org/done".into(),
        registers: false,
        contact: ClientInfo::default(),
        network: network(),
        begun: now,
        expires: now.plus(Duration::from_secs(600)),
        asks_again: None,
        stage: Stage::Started,
        account: None,
    }
}
