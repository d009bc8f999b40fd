//! What one user costs who has very much: a technical account that a thousand devices share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bimgate::clock::{Clock as _, SystemClock};
use bimgate::domain::{AccountChange, ClientKey, CloseReason, Grant, Issue, TokenDigest, TokenValue, UserId};
use bimgate::store::Store;
use futures_util::stream::{self, StreamExt as _};
use uuid::Uuid;

use crate::Effort;
use crate::support::given::{self, HOUR, LIMITS};
use crate::support::redis_server::RedisServer;
use crate::table::{Goal, Row, Series};

/// Acts under way at once.
const AT_ONCE: usize = 64;
/// The devices of the account, and how many tokens each has: an access token from each login, and a remember-me token.
const DEVICES: usize = 1_000;
const TOKENS: usize = 16;

pub fn redis(effort: Effort) -> Vec<Row> {
    let redis = RedisServer::start_with(&["--appendfsync", "always"]);
    measure("Redis", &redis.url(), effort)
}

pub fn embedded(effort: Effort) -> Vec<Row> {
    let folder = tempfile::tempdir().expect("a folder");
    measure("embedded", &format!("embedded:{}", folder.path().display()), effort)
}

fn measure(name: &str, url: &str, effort: Effort) -> Vec<Row> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (_settings, store) = given::store(url);
        let (mut logins, mut silent_many, mut silent_one, mut ended) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..effort.rounds {
            let (one, many) = (User::create(&store).await, User::create(&store).await);
            let single = one.device().await;
            let began = Instant::now();
            let devices: Vec<_> =
                stream::iter((0..DEVICES).map(|_| many.device())).buffer_unordered(AT_ONCE).collect().await;
            logins.push(per_second(DEVICES, began));
            let rest = devices.iter().flat_map(|device| (2..TOKENS).map(|_| many.silent_login(device)));
            stream::iter(rest).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
            // In turn, one act at a time.
            let (mut of_one, mut of_many) = (Duration::ZERO, Duration::ZERO);
            for device in devices.iter().take(300) {
                let began = Instant::now();
                one.silent_login(&single).await;
                of_one += began.elapsed();
                let began = Instant::now();
                many.silent_login(device).await;
                of_many += began.elapsed();
            }
            silent_one.push(of_one.as_secs_f64() * 1_000.0 / 300.0);
            silent_many.push(of_many.as_secs_f64() * 1_000.0 / 300.0);
            let began = Instant::now();
            let everything = AccountChange::LogOutEverywhere(CloseReason::ByAdmin);
            let _account =
                store.change_account(many.id, &everything).await.expect("the store answers").expect("a user");
            ended.push(began.elapsed().as_secs_f64() * 1_000.0);
        }
        store.close().await;
        vec![
            Row {
                figure: format!("{name}: silent login, 1,000 sessions of 16 tokens, ms"),
                ours: Series::new(silent_many),
                beside: Some(("1 session", Series::new(silent_one))),
                goal: Goal::RatioAtMost(1.5),
            },
            Row {
                figure: format!("{name}: first logins of one user on 1,000 devices, a second"),
                ours: Series::new(logins),
                beside: None,
                goal: Goal::None,
            },
            Row {
                figure: format!("{name}: ending 1,000 sessions of 16 tokens, ms"),
                ours: Series::new(ended),
                beside: None,
                goal: Goal::None,
            },
        ]
    })
}

#[allow(clippy::cast_precision_loss, reason = "a thousand")]
fn per_second(count: usize, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

struct User<'a> {
    id: UserId,
    store: &'a Arc<dyn Store>,
}

/// A client with a remember-me token.
struct Device {
    client: ClientKey,
    remember_me: TokenDigest,
}

impl<'a> User<'a> {
    async fn create(store: &'a Arc<dyn Store>) -> Self {
        let account = given::account(SystemClock.now());
        store.create_accounts(std::slice::from_ref(&account)).await.expect("created");
        Self { id: account.id, store }
    }

    fn draw(&self) -> TokenDigest {
        TokenValue::draw_for(self.id).expect("randomness").digest()
    }

    async fn issue(&self, login: Issue) {
        let login = Issue { access: (self.draw(), HOUR), limits: LIMITS, ..login };
        let _issued = self.store.issue(self.id, &login).await.expect("the store answers").expect("issued");
    }

    async fn device(&self) -> Device {
        let (client, remember_me) = (ClientKey::Uuid(Uuid::new_v4()), self.draw());
        let login = given::login(SystemClock.now(), &client);
        self.issue(Issue { remember_me: Some((remember_me, 24 * HOUR)), ..login }).await;
        Device { client, remember_me }
    }

    async fn silent_login(&self, device: &Device) {
        let grant = Grant::RememberMe(device.remember_me);
        self.issue(Issue { grant, ..given::login(SystemClock.now(), &device.client) }).await;
    }
}
