//! What an earlier build wrote, read by the present one: `docs/operations/upgrade.md`.
//!
//! `tests/upgrade/0.1.0.redb.deflate` is an embedded store with every kind of record, compressed; `0.1.0.backup` a backup of
//! it; `0.1.0.redis.deflate` the same in Redis, as the commands that write it. Before a release, keep others of its build:
//! `BIMGATE_KEEP_STORE=VERSION cargo test --test cli upgrade`.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bimgate::clock::{Clock as _, SystemClock};
use bimgate::domain::{
    Account, AccountChange, AppPassword, AppPasswordId, ClientInfo, ClientKey, CodeDigest, CrossParent, ExternalId,
    Grant, Group, GroupDirectory, GroupId, Issue, KnownNetwork, LicenseLimits, Limits, LoginProof, MintCross, Network,
    OpenSession, ProviderSession, SecondFactor, SessionCommand, SessionId, Subject, TakenOver, Timestamp, TokenOwner,
    TokenValue, UpstreamMark, UserId,
};
use bimgate::store::Store;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::support::client::Request;
use super::support::given::{self, LIMITS};
use super::support::redis_server::RedisServer;
use super::support::server::{SIGNING_KEY, Server};
use super::support::wait::until;

type Done = Result<(), Box<dyn std::error::Error>>;

/// Longer than anybody will read it.
const AGES: Duration = Duration::from_secs(100 * 365 * 86_400);
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/upgrade");
const EMAIL: &str = "someone@example.org";
const PASSWORD: &str = "the password of someone";
const TOKEN: &str = "9c1874a62c974dcfa75e0132c423a088";
const USER: Uuid = Uuid::from_u128(0xb37b_60d4_0f1b_4158_99c4_8472_5478_6517);
const SESSION: Uuid = Uuid::from_u128(0x5e55_0000_0000_4000_8000_0000_0000_0001);

fn token() -> TokenValue {
    TokenValue::parse(TOKEN.as_bytes()).expect("a token")
}

/// A person who has whatever an account may have besides.
fn somebody_else(now: Timestamp) -> Account {
    let app_password = AppPassword {
        id: AppPasswordId(USER),
        digest: given::digest(),
        name: "plugin".into(),
        created: now,
        expires: Some(now.plus(AGES)),
        used: Some(KnownNetwork { network: Network::of([192, 0, 2, 7].into()), seen: now }),
    };
    Account {
        second_factor: Some(SecondFactor {
            sealed: Box::new([1; 49]),
            last_step: 1,
            recovery: vec![CodeDigest([2; 16])],
            since: now,
            passkeys: Vec::new(),
        }),
        app_passwords: vec![app_password],
        upstream: Some(UpstreamMark::new(0).arrived(now)),
        vouched: Some(now),
        enabled: false,
        ..given::account(now)
    }
}

/// One of every kind of record that a backup keeps, besides the person who has the password.
async fn fill(store: &dyn Store) -> Done {
    let (now, user) = (SystemClock.now(), UserId(USER));
    store.create_accounts(&[somebody_else(now)]).await?;
    let generation = store.account(user).await?.ok_or("nobody")?.generation;
    let subject = Subject { issuer: "https://idp.example.org".into(), subject: "s-1".into(), claims: "{}".into() };
    for change in [
        AccountChange::Link { subject, name: None, teams: None, relinks: false },
        AccountChange::ExternalId(ExternalId::new("e-1")),
        AccountChange::AddLink(given::digest(), now.plus(AGES)),
    ] {
        store.change_account(user, &change).await??;
    }
    let limits = Limits { login_age: AGES, ..LIMITS };
    let client = ClientKey::of("0864b512-1776-4a55-8ee5-2b19d7d9b7ea");
    let login = Issue {
        grant: Grant::Proof { generation, proven: now },
        access: (token().digest(), AGES),
        remember_me: Some((given::digest(), AGES)),
        network: Some(Network::of([192, 0, 2, 7].into())),
        contact: ClientInfo { user_agent: Some("phone/1".into()), ..ClientInfo::default() },
        limits,
        ..given::login(now, &client)
    };
    store.issue(user, &login).await??;
    let parent = CrossParent::Access { token: token().digest(), client: client.clone(), proven: now, not_after: None };
    store.mint_cross(user, &MintCross { parent, now, cross: (given::digest(), AGES), limits }).await??;
    let open = OpenSession {
        session: SessionId(SESSION),
        proof: LoginProof { generation, ..given::proof(now, user) },
        heartbeat_before: now.plus(AGES),
        end_of_life: now.plus(AGES),
        sign_on: Some((given::digest(), AGES)),
        limits,
        ..given::opening(now, user)
    };
    store.update_session(user, &SessionCommand::Open(Box::new(open))).await??;
    let owner = TokenOwner { user, session: None, expires: now.plus(AGES) };
    store.note_provider_session(ProviderSession([3; 16]), &owner).await?;
    let native = given::digest();
    store.check_out(native, user, SessionId(SESSION), AGES, LicenseLimits { total: 5, per_user: 5 }).await?;
    let over = TakenOver { user, stands_for: given::digest(), session: None, expires: now.plus(AGES) };
    store.take_over(given::digest(), &over).await?;
    store.upstream_until(now.plus(AGES)).await?;
    store.register_redirect("https://viewer.example.org/done").await?;
    let group = Group { id: GroupId(USER), name: "Planners".into(), external_id: None, version: 1, created: now };
    store.replace_groups(&GroupDirectory { version: 0, groups: vec![group] }).await?;
    Ok(())
}

/// A server of this build on a store, which has the person and every kind of record.
fn served(url: &str) -> Result<Server, Box<dyn std::error::Error>> {
    let mut server = Server::start(&[("store.url", url), ("signing.key_file", SIGNING_KEY)]);
    server.run(&["user", "add", "--email", EMAIL, "--id", &USER.to_string(), "--password-stdin"], PASSWORD);
    server.ask_to_stop();
    server.stopped();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (_, store) = given::store(url);
        let filled = fill(&*store).await;
        store.close().await;
        filled
    })?;
    server.restart();
    Ok(server)
}

/// Keeps stores of this build under a name, and a backup.
fn keep(name: &str) -> Done {
    fs::create_dir_all(FOLDER)?;
    let folder = TempDir::new()?;
    let mut server = served(&format!("embedded:{}", folder.path().join("data").display()))?;
    server.run(&["store", "backup", &format!("{FOLDER}/{name}.backup")], "");
    server.ask_to_stop();
    server.stopped();
    pack(&folder.path().join("data/bimgate.redb"), &format!("{name}.redb.deflate"))?;
    let redis = RedisServer::start();
    let mut server = served(&redis.url())?;
    server.ask_to_stop();
    server.stopped();
    pack(&commands_in(&redis), &format!("{name}.redis.deflate"))
}

/// The file of a Redis that has everything as commands, which Redis servers of all versions know.
fn commands_in(redis: &RedisServer) -> PathBuf {
    redis.command("CONFIG SET aof-use-rdb-preamble no");
    redis.command("BGREWRITEAOF");
    until("Redis has written everything anew", Duration::from_secs(20), || {
        let under_way = redis.info("aof_rewrite_in_progress") + redis.info("aof_rewrite_scheduled");
        (under_way == 0).then_some(())
    });
    let files = fs::read_dir(redis.folder().join("appendonlydir")).expect("a folder");
    let mut files = files.map(|file| file.expect("a file").path());
    files.find(|path| path.to_str().is_some_and(|path| path.ends_with(".base.aof"))).expect("a file of commands")
}

fn pack(file: &Path, name: &str) -> Done {
    let mut kept = DeflateEncoder::new(File::create(format!("{FOLDER}/{name}"))?, Compression::best());
    kept.write_all(&fs::read(file)?)?;
    Ok(kept.finish()?.sync_all()?)
}

/// The files that are kept with this ending.
fn kept(ending: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(FOLDER).expect("stores are kept").map(|file| file.expect("a file").path());
    files.filter(|path| path.to_str().is_some_and(|path| path.ends_with(ending))).collect()
}

fn unpack(kept: &Path, to: &Path) -> io::Result<()> {
    let mut store = Vec::new();
    DeflateDecoder::new(File::open(kept)?).read_to_end(&mut store)?;
    fs::write(to, store)
}

/// Everything in the store is there, and counts. A backup of it goes to a file.
fn is_served(url: &str, backup: &Path) {
    // However old the key is that was kept, no other one is made.
    let settings = [("store.url", url), ("signing.key_file", SIGNING_KEY), ("signing.rotate_every", "0")];
    let server = Server::start(&settings);
    let log_in = json!({"user_id": EMAIL, "password": PASSWORD}).to_string();
    Request::new(server.address, "POST", "/v2/authorize").body(log_in).send().ok();
    server.request("GET", "/v2/authorize").token(TOKEN).send().ok();
    assert!(server.run(&["session", "list", "--user", EMAIL, "--json"], "").contains(&SESSION.to_string()));
    let shown: Value = serde_json::from_str(&server.run(&["user", "show", EMAIL, "--json"], "")).expect("JSON");
    assert_eq!(shown["id"], USER.to_string(), "{shown}");
    server.run(&["store", "backup", backup.to_str().expect("a path")], "");
    let said = server.run(&["store", "verify", backup.to_str().expect("a path"), "--json"], "");
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said["people"], 2, "{said}");
    let kinds = ["sign_ons", "groups", "redirect_urls", "licenses", "keys", "taken_over"];
    assert!(kinds.iter().all(|kind| said[*kind] == 1), "{said}");
    assert!(said["sessions"].as_u64() >= Some(2) && said["tokens"].as_u64() >= Some(4), "{said}");
}

#[test]
fn a_store_of_an_earlier_build_is_served() {
    if let Some(name) = std::env::var_os("BIMGATE_KEEP_STORE") {
        keep(name.to_str().expect("a name")).expect("kept");
    }
    let folder = TempDir::new().expect("a folder");
    let stores = kept(".redb.deflate");
    assert!(!stores.is_empty());
    for store in stores {
        let data = folder.path().join(store.file_stem().expect("a name"));
        fs::create_dir(&data).expect("made");
        unpack(&store, &data.join("bimgate.redb")).expect("unpacked");
        is_served(&format!("embedded:{}", data.display()), &data.with_extension("backup"));
    }
}

#[test]
fn a_redis_of_an_earlier_build_is_served() {
    let folder = TempDir::new().expect("a folder");
    let stores = kept(".redis.deflate");
    assert!(!stores.is_empty());
    for store in stores {
        let commands = folder.path().join(store.file_stem().expect("a name"));
        unpack(&store, &commands).expect("unpacked");
        let redis = RedisServer::start();
        let mut load = Command::new("redis-cli");
        load.args(["-u", &redis.url(), "--pipe"]).stdin(File::open(&commands).expect("there"));
        let output = load.output().expect("redis-cli runs");
        let said = super::stdout(&output);
        assert!(output.status.success() && said.contains("errors: 0,"), "{said}{}", super::stderr(&output));
        is_served(&redis.url(), &commands.with_extension("backup"));
    }
}

#[test]
fn a_backup_of_an_earlier_build_is_restored() {
    let folder = TempDir::new().expect("a folder");
    let backups = kept(".backup");
    assert!(!backups.is_empty());
    for backup in backups {
        let data = folder.path().join(backup.file_stem().expect("a name"));
        let mut restore = super::bimgate(folder.path());
        restore.args(["store", "restore", "--with-sessions"]).arg(&backup);
        restore.env("BIMGATE__STORE__URL", format!("embedded:{}", data.display()));
        let output = restore.env("BIMGATE__SIGNING__KEY_FILE", SIGNING_KEY).output().expect("it ends");
        assert!(output.status.success(), "{}", super::stderr(&output));
        let told = super::stderr(&output);
        assert!(told.contains("1 second factor cannot be opened with the secret that is here"), "{told}");
        is_served(&format!("embedded:{}", data.display()), &data.with_extension("backup"));
    }
}
