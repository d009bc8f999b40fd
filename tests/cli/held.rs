//! A user who has everything, put into the store as the server does: a login of a phone by v2, one of the directory by a
//! native client, a browser signed on, an identity provider's name, and a licence.

use bimgate::clock::{Clock as _, SystemClock};
use bimgate::domain::{
    Account, AccountChange, AuthMethod, ClientInfo, ClientKey, CrossParent, Email, Issue, KeyRing, LicenseLimits,
    ListChange, LoginProof, MintCross, OpenSession, Right, Rights, SealedKey, SessionCommand, SessionId, Subject, Team,
    Timestamp, TokenDigest, UserId,
};
use bimgate::store::Store;
use uuid::Uuid;

use super::place::Place;
use super::support::given::{self, HOUR, LIMITS};

type Done = Result<(), Box<dyn std::error::Error>>;

pub const EMAIL: &str = "held@example.org";
pub const PHONE: &str = "0864b512-1776-4a55-8ee5-2b19d7d9b7ea";
pub const REDIRECT: &str = "https://viewer.example.org/done?from=app";
const ACCESS: TokenDigest = TokenDigest([0xaa; 16]);
const CROSS: TokenDigest = TokenDigest([0xbb; 16]);
const NATIVE: TokenDigest = TokenDigest([0xcc; 16]);
const COOKIE: TokenDigest = TokenDigest([0xdd; 16]);
const SEALED: [u8; 16] = [0xee; 16];

/// The user, and where they are.
pub struct SessionWithAccount {
    pub place: Place,
    pub user: Uuid,
    /// The directory session.
    pub session: Uuid,
    /// When everything was put there.
    pub now: Timestamp,
}

impl SessionWithAccount {
    /// Puts the user into the store of a place; a server that owns it stops for that long.
    pub fn at(mut place: Place) -> Self {
        let url = match &mut place {
            Place::Alone(folder) => format!("embedded:{}", folder.path().join("data").display()),
            Place::Redis(_, redis) => redis.url(),
            Place::Beside(server) | Place::Elsewhere(_, server) => {
                server.ask_to_stop();
                server.stopped();
                format!("embedded:{}", server.data().display())
            }
        };
        let (user, session, now) = (Uuid::new_v4(), Uuid::new_v4(), SystemClock.now());
        let held = Self { place, user, session, now };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(held.fill(&url)).expect("the store takes it");
        let Self { mut place, .. } = held;
        if let Place::Beside(server) | Place::Elsewhere(_, server) = &mut place {
            server.restart();
        }
        Self { place, user, session, now }
    }

    /// No value from which anybody could make a login is in what was printed.
    pub fn is_silent(printed: &str) {
        for secret in [&[0xaa; 16], &[0xbb; 16], &[0xcc; 16], &[0xdd; 16], &SEALED] {
            let hex = secret.map(|byte: u8| format!("{byte:02x}")).concat();
            let decimal = secret.map(|byte| byte.to_string()).join(",");
            assert!(!printed.contains(&hex) && !printed.contains(&decimal), "{printed}");
        }
    }

    async fn fill(&self, url: &str) -> Done {
        let (_, store) = given::store(url);
        let user = UserId(self.user);
        let account = Account { id: user, email: Email::new(EMAIL).ok_or("an address")?, ..given::account(self.now) };
        store.create_accounts(&[account]).await?;
        self.profile(&*store).await?;
        self.sessions(&*store).await?;
        store.check_out(NATIVE, user, SessionId(self.session), HOUR, LicenseLimits { total: 5, per_user: 5 }).await?;
        store.register_redirect("https://viewer.example.org/done").await?;
        if matches!(self.place, Place::Redis(..)) {
            // Elsewhere the server or a command makes real ones.
            let key = |id: &str, made: Timestamp| SealedKey {
                id: id.into(),
                public: Box::new([1]),
                sealed: Box::new(SEALED),
                made,
                signs_from: made.plus(HOUR),
            };
            let before = |hours: u64| Timestamp::from_millis(self.now.millis() - hours * 3_600_000);
            let keys = vec![key("old", before(48)), key("now", before(24)), key("next", self.now)];
            store.replace_key_ring(&KeyRing { version: 0, keys }).await?;
        }
        store.close().await;
        Ok(())
    }

    async fn profile(&self, store: &dyn Store) -> Done {
        let list =
            |texts: &[&str]| ListChange { add: texts.iter().map(|text| (*text).into()).collect(), remove: vec![] };
        let link = AccountChange::Link {
            subject: Subject { issuer: "https://idp.example.org".into(), subject: "s-1".into(), claims: "{}".into() },
            name: None,
            teams: None,
            relinks: false,
        };
        let rights = Rights { frontend: true, ..Rights::default() };
        for change in [
            link,
            AccountChange::Rights { grant: rights, revoke: Rights::default() },
            AccountChange::Scopes(list(&["model:read", "model:write"])),
            AccountChange::Teams(ListChange {
                add: vec![Team { id: "7".into(), name: "Blue".into() }],
                remove: vec![],
            }),
            AccountChange::Tags(list(&["planner"])),
        ] {
            store.change_account(UserId(self.user), &change).await??;
        }
        Ok(())
    }

    async fn sessions(&self, store: &dyn Store) -> Done {
        let (user, now, client) = (UserId(self.user), self.now, ClientKey::of(PHONE));
        let contact = |agent: &str| ClientInfo {
            address: Some([192, 0, 2, 7].into()),
            user_agent: Some(agent.into()),
            application: Some("planner".into()),
        };
        let login = Issue { contact: contact("phone/1"), access: (ACCESS, HOUR), ..given::login(now, &client) };
        store.issue(user, &login).await??;
        let open = OpenSession {
            session: SessionId(self.session),
            proof: LoginProof { how: AuthMethod::Oidc, ..given::proof(now, user) },
            right: Right::Frontend,
            app_claims: vec!["model:read".into()],
            native: Some(NATIVE),
            end_of_life: now.plus(HOUR * 12),
            contact: contact("viewer/2"),
            redirect_url: REDIRECT.into(),
            sign_on: Some((COOKIE, HOUR * 12)),
            ..given::opening(now, user)
        };
        store.update_session(user, &SessionCommand::Open(Box::new(open))).await??;
        let parent = CrossParent::Directory(SessionId(self.session));
        store.mint_cross(user, &MintCross { parent, now, cross: (CROSS, HOUR), limits: LIMITS }).await??;
        Ok(())
    }
}
