//! Chains, counts and trimming, on a store in memory.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use uuid::Uuid;

use super::recorder::{Recorder, Tried};
use super::{Day, HeadKey, Week, Writer, append_of_command, hash_of};
use crate::clock::{Clock as _, ManualClock};
use crate::domain::event::{AccountAct, ChainEntry, Lane, Login, LoginWay, Opening, Outcome};
use crate::domain::{
    Account, AuthMethod, Chain, ClientInfo, Email, Event, Happened, OpenedSession, Right, SessionId, Timestamp, UserId,
    What,
};
use crate::settings::{ClientAddress, EventSettings, Settings};
use crate::store::codec::decode;
use crate::store::embedded::EmbeddedStore;
use crate::store::{EventSearch, Store};

type Outcomes = Result<(), Box<dyn std::error::Error>>;

struct Place {
    store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
    writer: Writer,
    recorder: Recorder,
}

fn key(secret: &[u8]) -> HeadKey {
    HeadKey::new(&Salt::new(HKDF_SHA256, b"salt").extract(secret))
}

impl Place {
    fn new(queue: usize, keep: usize) -> Result<Self, Box<dyn std::error::Error>> {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_800_000_000_000)));
        let store: Arc<dyn Store> = Arc::new(EmbeddedStore::throw_away(clock.clone(), Duration::from_secs(10))?);
        let settings = EventSettings { keep_days: 1, keep, keep_refusals: keep, ..Settings::defaults()?.events };
        let (writer, recorder) =
            Writer::with_queue(queue, Arc::clone(&store), clock.clone(), key(b"one"), settings, ClientAddress::Whole);
        Ok(Self { store, clock, writer, recorder })
    }

    fn tries(&self, outcome: Outcome, reason: &str, email: &str, address: &str) {
        let login = Login { way: LoginWay::Password, outcome, reason: Some(reason.into()), times: 1 };
        let email = Email::new(email);
        let tried = Tried { login, email, client: None, application: None, session: None };
        self.recorder.tried(&tried, Uuid::new_v4(), None, Some(address));
    }

    /// Every entry that is kept, in the order of time, and its event.
    async fn kept(&self) -> Result<Vec<(Vec<u8>, ChainEntry, Event)>, Box<dyn std::error::Error>> {
        let page = self.store.list_events(&EventSearch { limit: 10_000, ..EventSearch::default() }).await?;
        let read = |bytes: Vec<u8>| {
            let entry: ChainEntry = decode(&bytes)?;
            let event = decode(&entry.event)?;
            Ok((bytes, entry, event))
        };
        page.items.into_iter().map(|item| read(item.entry)).collect()
    }

    async fn events(&self) -> Result<Vec<Event>, Box<dyn std::error::Error>> {
        Ok(self.kept().await?.into_iter().map(|(_, _, event)| event).collect())
    }
}

fn account(number: u128) -> Happened {
    Happened::Account(UserId(Uuid::from_u128(number)), AccountAct::Name)
}

#[tokio::test]
async fn each_entry_has_the_hash_of_the_one_before() -> Outcomes {
    let mut place = Place::new(100, 1_000)?;
    for number in 0..5 {
        place.recorder.happened(account(number));
        if number == 2 {
            place.writer.turn().await;
        }
    }
    place.clock.set_back(Duration::from_secs(60));
    place.recorder.happened(account(5));
    place.writer.turn().await;
    let kept = place.kept().await?;
    assert_eq!(kept.len(), 6);
    let mut previous = [0; 32];
    for (number, (bytes, entry, event)) in (1..).zip(&kept) {
        assert_eq!((entry.number, entry.previous), (number, previous));
        assert!(event.at >= kept[0].2.at, "a clock that is set back makes no event older than the one before");
        previous = hash_of(bytes);
    }
    Ok(())
}

#[tokio::test]
async fn a_head_is_sealed_every_hour_and_names_the_other_chains() -> Outcomes {
    let mut place = Place::new(100, 1_000)?;
    append_of_command(&*place.store, &[Event::new(place.clock.now(), What::Stopped)]).await?;
    place.writer.turn().await;
    assert!(place.events().await?.iter().all(|event| !matches!(event.what, What::Head { .. })));
    place.clock.advance(Duration::from_secs(3_600));
    place.writer.turn().await;
    let kept = place.kept().await?;
    let (_, entry, event) = kept.last().ok_or("nothing")?;
    let What::Head { others, .. } = &event.what else { return Err("no head".into()) };
    assert_eq!(
        others.iter().map(|end| (end.chain, end.hash)).collect::<Vec<_>>(),
        [(Chain::COMMANDS, hash_of(&kept[0].0))]
    );
    assert_eq!(key(b"one").holds(entry, event), Some(true));
    assert_eq!(key(b"two").holds(entry, event), Some(false), "another secret");
    let moved = ChainEntry { number: entry.number + 1, ..entry.clone() };
    assert_eq!(key(b"one").holds(&moved, event), Some(false));
    assert_eq!(key(b"one").holds(&kept[0].1, &kept[0].2), None, "no head");
    Ok(())
}

#[tokio::test]
async fn what_does_not_fit_is_counted_and_told() -> Outcomes {
    let mut place = Place::new(3, 1_000)?;
    (0..10).for_each(|number| place.recorder.happened(account(number)));
    place.writer.turn().await;
    let events = place.events().await?;
    assert_eq!(events.iter().map(|event| &event.what).filter(|what| matches!(what, What::Account { .. })).count(), 3);
    assert!(events.iter().any(|event| event.what == What::Gap { lost: 7 }), "{events:?}");
    Ok(())
}

#[tokio::test]
async fn attempts_of_nobody_and_throttled_ones_are_counted_by_minute_and_place() -> Outcomes {
    let mut place = Place::new(10_000, 1_000)?;
    let user = UserId(Uuid::from_u128(1));
    let somebody = Account::new(user, Email::new("a@example.org").ok_or("an address")?, 1, place.clock.now());
    place.store.create_accounts(&[somebody]).await?;
    for turn in 0..200 {
        place.tries(Outcome::Refused, "no_such_user", "nobody@example.org", "192.0.2.1");
        place.tries(Outcome::Throttled, "", "a@example.org", "192.0.2.1");
        place.tries(Outcome::Refused, "no_such_user", "nobody@example.org", &format!("198.51.100.{turn}"));
    }
    place.tries(Outcome::Refused, "wrong_password", "a@example.org", "192.0.2.1");
    place.writer.turn().await;
    let told: Vec<_> = place.events().await?;
    assert_eq!(told.len(), 1, "somebody who is known is told of at once: {told:?}");
    assert_eq!((told[0].user, told[0].lane()), (Some(user), Lane::Refusals));
    place.clock.advance(Duration::from_secs(60));
    place.writer.turn().await;
    let events = place.events().await?;
    assert!(events.len() <= 1 + 32 + 2, "bounded: {}", events.len());
    let times = |of: &dyn Fn(&Event, &Login) -> bool| -> u32 {
        let logins = events.iter().filter_map(|event| match &event.what {
            What::Login(login) if of(event, login) => Some(login.times),
            _ => None,
        });
        logins.sum()
    };
    assert_eq!(times(&|event, login| login.outcome == Outcome::Throttled && event.user == Some(user)), 200);
    assert_eq!(times(&|event, _| event.user.is_none() && event.address.as_deref() == Some("192.0.2.1")), 200);
    assert_eq!(times(&|_, login| login.outcome == Outcome::Refused), 401, "the rest is summed");
    assert!(events.iter().all(|event| event.lane() == Lane::Refusals));
    Ok(())
}

#[tokio::test]
async fn old_events_go_by_age_and_number_and_what_went_is_told() -> Outcomes {
    let mut place = Place::new(10_000, 100)?;
    for number in 0..250 {
        place.clock.advance(Duration::from_millis(10));
        place.recorder.happened(account(number));
    }
    place.writer.turn().await;
    let kept = place.kept().await?;
    // A little more goes than must, and what is told of it comes on top.
    assert_eq!(kept.len(), 99, "by number");
    let (_, oldest, _) = kept.first().ok_or("nothing")?;
    let trimmed = kept.iter().find_map(|(_, _, event)| match &event.what {
        What::Trimmed(end) => Some(*end),
        _ => None,
    });
    let trimmed = trimmed.ok_or("not told")?;
    assert_eq!((trimmed.number + 1, trimmed.hash), (oldest.number, oldest.previous), "it proves the oldest");

    place.clock.advance(Duration::from_secs(86_400 + 1));
    place.recorder.happened(account(999));
    place.writer.turn().await;
    let events = place.events().await?;
    assert!(events.len() <= 4, "by age: {events:?}");
    Ok(())
}

#[tokio::test]
async fn a_chain_that_another_has_changed_is_left_and_another_begins() -> Outcomes {
    let mut place = Place::new(100, 1_000)?;
    place.recorder.happened(account(1));
    place.writer.turn().await;
    let last = place.store.event_chains().await?.pop().ok_or("no chain")?.last;
    place.store.trim_events(last.place).await?;
    place.recorder.happened(account(2));
    place.writer.turn().await;
    place.writer.turn().await;
    let kept = place.kept().await?;
    assert_eq!(kept.len(), 1);
    assert!(kept[0].1.number == 1 && kept[0].1.chain != last.place.chain, "{:?}", kept[0].1);
    Ok(())
}

#[tokio::test]
async fn while_the_store_is_away_so_many_wait_and_the_rest_is_counted() -> Outcomes {
    let mut place = Place::new(100, 1_000)?;
    place.store.close().await;
    for minute in 0..100 {
        (0..100).for_each(|number| place.recorder.happened(account(number)));
        place.tries(Outcome::Refused, "no_such_user", "nobody@example.org", &format!("192.0.2.{minute}"));
        place.clock.advance(Duration::from_secs(60));
        place.writer.turn().await;
    }
    let waiting = place.writer.waiting();
    assert!((400..700).contains(&waiting), "bounded: {waiting}");
    let lost = place.recorder.lost.load(std::sync::atomic::Ordering::Relaxed);
    assert!(lost > 9_000, "counted until there is room to tell: {lost}");
    Ok(())
}

#[tokio::test]
async fn the_logins_of_a_week_are_counted_once_and_then_followed() -> Outcomes {
    let mut place = Place::new(4_000, 10_000)?;
    let week = Week::default();
    let user = UserId(Uuid::from_u128(1));
    let tries = |place: &Place, way, outcome, reason: Option<&str>| {
        let login = Login { way, outcome, reason: reason.map(Into::into), times: 1 };
        let tried = Tried { login, email: None, client: None, application: None, session: None };
        place.recorder.tried(&tried, Uuid::new_v4(), Some(user), None);
    };
    // More than are read at once.
    for _ in 0..1_100 {
        tries(&place, LoginWay::Password, Outcome::Refused, Some("wrong_password"));
    }
    place.writer.turn().await;
    week.follow(&*place.store, place.clock.now()).await?;
    let told = week.told(place.clock.now());
    assert!(told.days.iter().all(|(_, day)| *day == Day::default()), "others may still be written before them");
    place.clock.advance(Duration::from_secs(10));
    week.follow(&*place.store, place.clock.now()).await?;
    let told = week.told(place.clock.now());
    assert_eq!((told.days[6].1.parts(), told.counted_until), ((0, 1_100), None));

    place.clock.advance(Duration::from_secs(86_400));
    tries(&place, LoginWay::Password, Outcome::Success, None);
    // A step of a login that succeeds as its session opens.
    tries(&place, LoginWay::Page, Outcome::Success, None);
    for (directory, how) in [(true, AuthMethod::Password), (true, AuthMethod::Oidc), (false, AuthMethod::Password)] {
        let right = Right::Client;
        let opening =
            Opening { how, right, directory, native: false, registered: false, redirect_url: None, subject: None };
        let (session, contact) = (SessionId(Uuid::nil()), ClientInfo::default());
        let opened = OpenedSession { session, user, client: None, contact, opening };
        place.recorder.happened(Happened::Opened(Box::new(opened)));
    }
    place.writer.turn().await;
    let behind = week.told(place.clock.now());
    assert!(behind.counted_until.is_some(), "what came meanwhile is not counted yet");
    place.clock.advance(Duration::from_secs(10));
    week.follow(&*place.store, place.clock.now()).await?;
    let told = week.told(place.clock.now());
    let refused = [(("refused", "wrong_password".into()), 1_100)].into();
    assert_eq!((&told.days[5].1.refusals, told.days[5].1.parts()), (&refused, (0, 1_100)));
    let today = &told.days[6].1;
    let succeeded = |way: LoginWay| today.logins[way as usize][Outcome::Success as usize];
    assert_eq!([LoginWay::Password, LoginWay::Page, LoginWay::Provider].map(succeeded), [1, 1, 1]);
    assert_eq!((today.parts(), today.refusals.len(), told.counted_until), ((3, 0), 0, None));

    place.clock.advance(Duration::from_secs(7 * 86_400));
    week.follow(&*place.store, place.clock.now()).await?;
    let told = week.told(place.clock.now());
    assert!(told.days.iter().all(|(_, day)| *day == Day::default()) && told.counted_until.is_none());
    Ok(())
}
