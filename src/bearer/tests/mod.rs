//! Bearers and their keys, as one server and as several of one store.

mod attacks;

use std::error::Error;

use serde_json::Value;

use super::*;
use crate::clock::{Clock, ManualClock};
use crate::domain::{Account, AuthMethod, ClientInfo, DirectorySession, Email, KeyRing, Profile, Right, Subject, Team};
use crate::error::ServiceError;
use crate::settings::Settings;
use crate::store::embedded::EmbeddedStore;

type Outcome = Result<(), Box<dyn Error>>;

const SECRET: &[u8] = b"a secret of at least thirty-two bytes";
const DAY: Duration = Duration::from_hours(24);

/// One store and its servers.
struct House {
    store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
}

impl House {
    fn new() -> Result<Self, Box<dyn Error>> {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
        let store = Arc::new(EmbeddedStore::throw_away(clock.clone(), Duration::from_secs(5))?);
        Ok(Self { store, clock })
    }

    async fn server(&self) -> Result<Bearers, Box<dyn Error>> {
        let bearers = self.unread(SECRET, &Settings::defaults()?)?;
        bearers.read(self.now()).await?;
        Ok(bearers)
    }

    fn unread(&self, secret: &[u8], settings: &Settings) -> Result<Bearers, Box<dyn Error>> {
        let sealer = Sealer::new(secret).map_err(|_| "derivation")?;
        Ok(Bearers::new(Arc::clone(&self.store), sealer, settings)?)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A session that must be kept alive within ten minutes.
    fn session(&self) -> Result<SessionWithAccount, Box<dyn Error>> {
        let now = self.now();
        let account = Account {
            name: "A".into(),
            ..Account::new(UserId(Uuid::new_v4()), Email::new("a@b").ok_or("address")?, 0, now)
        };
        let session = DirectorySession {
            id: SessionId(Uuid::new_v4()),
            right: Right::Frontend,
            app_claims: vec!["model".into()],
            extended: false,
            native: None,
            how: AuthMethod::Password,
            opened: now,
            authenticated: now,
            last_contact: now,
            heartbeat_before: now.plus(Duration::from_secs(600)),
            end_of_life: now.plus(DAY / 2),
            collected: None,
            beaten: false,
            contact: ClientInfo::default(),
            redirect_url: "https://app.example.org/".into(),
            cross: Vec::new(),
            provider_session: None,
        };
        Ok(SessionWithAccount { account, session })
    }
}

/// A part of a JWT, decoded.
fn part(token: &str, at: usize) -> Result<Value, Box<dyn Error>> {
    let part = token.split('.').nth(at).ok_or("too few parts")?;
    Ok(serde_json::from_slice(&base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, part)?)?)
}

#[tokio::test]
async fn a_bearer_says_what_the_documents_say_and_verifies_until_a_minute_after_the_heartbeat() -> Outcome {
    let house = House::new()?;
    let bearers = house.server().await?;
    let held = house.session()?;
    let signed = bearers.sign(&held, house.now()).await?;
    assert_eq!(format!("{signed:?}"), "[redacted]");

    let key = &house.store.key_ring().await?.keys[0];
    assert_eq!(part(&signed.directory, 0)?, serde_json::json!({"typ": "JWT", "alg": "RS256", "kid": &*key.id}));
    let mut claims = part(&signed.directory, 1)?;
    assert!(Uuid::try_parse(claims["jti"].take().as_str().unwrap_or_default()).is_ok());
    let expected = serde_json::json!({
        "iss": "bimgate", "aud": "directory", "sub": held.account.id, "sid": held.session.id, "iat": 1_700_000_000,
        "exp": 1_700_000_660, "jti": null, "claims": "access:frontend", "appclaims": ["model"],
    });
    assert_eq!(claims, expected);
    assert_eq!(part(&signed.http, 1)?["aud"], "http");

    house.clock.advance(Duration::from_secs(659));
    for (token, audience) in [(&signed.directory, Audience::Directory), (&signed.http, Audience::Http)] {
        let presented = bearers.verify(token, audience, house.now()).await?;
        assert_eq!((presented.user, presented.session), (held.account.id, held.session.id));
        assert_eq!(presented.expires.seconds(), 1_700_000_660);
    }
    house.clock.advance(Duration::from_secs(1));
    assert!(bearers.verify(&signed.directory, Audience::Directory, house.now()).await.is_err(), "it has expired");
    Ok(())
}

#[tokio::test]
async fn a_bearer_lives_no_longer_than_the_setting_whatever_its_session() -> Outcome {
    let house = House::new()?;
    let bearers = house.server().await?;
    let mut held = house.session()?;
    held.session.heartbeat_before = house.now().plus(30 * DAY);
    held.session.end_of_life = held.session.heartbeat_before;
    let signed = bearers.sign(&held, house.now()).await?;
    for token in [&signed.directory, &signed.http] {
        assert_eq!(part(token, 1)?["exp"], 1_700_003_600);
    }
    Ok(())
}

#[tokio::test]
async fn an_extended_bearer_says_more_and_the_longest_one_is_taken() -> Outcome {
    let house = House::new()?;
    let bearers = house.server().await?;
    let mut held = house.session()?;
    held.session.extended = true;
    let claims = |claims: &Value| claims.clone();
    let plain = part(&bearers.sign(&held, house.now()).await?.http, 1)?;
    assert_eq!(claims(&plain["oidc"]), serde_json::json!({}));

    let long = |letter: &str| letter.repeat(Profile::MAX_ENTRY);
    let claims = format!(r#"{{"email":"{}"}}"#, "x".repeat(Subject::MAX_CLAIMS - 12));
    held.account.profile = Profile {
        subject: Some(Subject { issuer: "https://id".into(), subject: "s".into(), claims: claims.into() }),
        teams: vec![Team { id: long("t").into(), name: long("n").into() }; Profile::MAX_ENTRIES],
        tags: vec![long("g").into(); Profile::MAX_ENTRIES],
        ..Profile::default()
    };
    let signed = bearers.sign(&held, house.now()).await?;
    let said = part(&signed.directory, 1)?;
    assert_eq!(said["oidc"]["sub"], "s");
    assert_eq!(said["teams"][63], serde_json::json!({"id": long("t"), "name": long("n")}));
    assert_eq!(said["tags"][63], *long("g"));
    bearers.verify(&signed.directory, Audience::Directory, house.now()).await?;
    Ok(())
}

#[tokio::test]
async fn servers_of_one_store_share_the_first_key_whoever_made_it() -> Outcome {
    let house = House::new()?;
    let (one, other) = (house.unread(SECRET, &Settings::defaults()?)?, house.unread(SECRET, &Settings::defaults()?)?);
    assert!(matches!(one.sign(&house.session()?, house.now()).await, Err(ServiceError::NoKeys)));
    tokio::try_join!(one.read(house.now()), other.read(house.now()))?;
    assert_eq!(house.store.key_ring().await?.keys.len(), 1);
    let signed = one.sign(&house.session()?, house.now()).await?;
    other.verify(&signed.directory, Audience::Directory, house.now()).await?;
    assert_eq!(one.published()?.json, other.published()?.json);
    Ok(())
}

#[tokio::test]
async fn a_new_key_is_published_before_it_signs_and_an_old_one_while_its_bearers_live() -> Outcome {
    let house = House::new()?;
    let (one, other) = (house.server().await?, house.server().await?);
    let settings = Settings::defaults()?;
    let first = house.store.key_ring().await?.keys[0].id.to_string();
    let second = one.rotate(house.now()).await?;
    assert!([&first, &second].iter().all(|id| one.published().is_ok_and(|keys| keys.json.contains(*id))));
    let kid = async |bearers: &Bearers| -> Result<String, Box<dyn Error>> {
        let signed = bearers.sign(&house.session()?, house.now()).await?;
        Ok(part(&signed.directory, 0)?["kid"].as_str().unwrap_or_default().to_owned())
    };
    let second_before = |lead: Duration| lead.saturating_sub(Duration::from_secs(1));
    house.clock.advance(second_before(LEAD));
    assert_eq!(kid(&one).await?, first);
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(kid(&one).await?, second);

    // The other server has not looked since, and learns of the key by its first bearer.
    let signed = one.sign(&house.session()?, house.now()).await?;
    other.verify(&signed.directory, Audience::Directory, house.now()).await?;
    assert_eq!(kid(&other).await?, second);

    house.clock.advance(second_before(retention(&settings.directory)));
    one.read(house.now()).await?;
    assert!(one.published()?.json.contains(&first));
    house.clock.advance(Duration::from_secs(1));
    one.read(house.now()).await?;
    assert!(!one.published()?.json.contains(&first) && one.published()?.json.contains(&second));
    Ok(())
}

#[tokio::test]
async fn the_next_key_is_made_when_the_newest_is_old_once_for_all_servers() -> Outcome {
    let house = House::new()?;
    let (one, other) = (house.server().await?, house.server().await?);
    house.clock.advance(DAY * 89);
    one.read(house.now()).await?;
    assert_eq!(house.store.key_ring().await?.keys.len(), 1);
    house.clock.advance(DAY);
    tokio::try_join!(one.read(house.now()), other.read(house.now()))?;
    assert_eq!(house.store.key_ring().await?.keys.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_ring_sealed_with_another_secret_is_refused_and_can_be_thrown_away() -> Outcome {
    let house = House::new()?;
    let old = house.server().await?;
    let signed = old.sign(&house.session()?, house.now()).await?;
    let stranger = house.unread(&[b'x'; 32], &Settings::defaults()?)?;
    assert!(matches!(stranger.read(house.now()).await, Err(KeyError::Foreign(_))));
    assert!(matches!(stranger.rotate(house.now()).await, Err(KeyError::Foreign(_))));
    stranger.start_over(house.now()).await?;
    let refused = stranger.verify(&signed.directory, Audience::Directory, house.now()).await;
    assert!(matches!(refused, Err(ServiceError::NoSession(_))));
    Ok(())
}

#[tokio::test]
async fn a_key_planted_in_the_store_is_refused() -> Outcome {
    let house = House::new()?;
    house.server().await?;
    let (mut ring, elsewhere) = (house.store.key_ring().await?, House::new()?);
    elsewhere.server().await?;
    ring.keys[0].public = elsewhere.store.key_ring().await?.keys[0].public.clone();
    assert!(house.store.replace_key_ring(&ring).await?);
    assert!(matches!(house.server().await.map(drop), Err(error) if error.to_string().contains("does not open")));
    Ok(())
}

#[tokio::test]
async fn the_ring_holds_as_many_keys_as_it_may() -> Outcome {
    let house = House::new()?;
    let bearers = house.server().await?;
    let ring = house.store.key_ring().await?;
    let full = KeyRing { keys: vec![ring.keys[0].clone(); KeyRing::MAX_KEYS], ..ring };
    assert!(house.store.replace_key_ring(&full).await?);
    assert!(matches!(bearers.rotate(house.now()).await, Err(KeyError::Full)));
    house.clock.advance(DAY * 90);
    bearers.read(house.now()).await?;
    assert_eq!(house.store.key_ring().await?.keys.len(), KeyRing::MAX_KEYS);
    Ok(())
}

#[tokio::test]
async fn the_published_keys_are_the_public_halves() -> Outcome {
    let house = House::new()?;
    let published = house.server().await?.published()?;
    let id = house.store.key_ring().await?.keys[0].id.clone();
    let set: Value = serde_json::from_str(&published.json)?;
    let key = set["keys"][0].as_object().ok_or("a key")?;
    let members: Vec<_> = key.keys().map(String::as_str).collect();
    assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!(
        (&key["alg"], &key["kty"], &key["use"], &key["kid"]),
        (&"RS256".into(), &"RSA".into(), &"sig".into(), &(*id).into())
    );
    assert_eq!(key["n"].as_str().map(str::len), Some(2048_usize.div_ceil(6)));
    Ok(())
}
