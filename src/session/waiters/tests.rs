//! Places: woken, bounded, handed on, and free again.

use futures_util::FutureExt as _;
use proptest::prelude::*;

use super::*;

const ONE: TokenDigest = TokenDigest([1; 16]);
const TWO: TokenDigest = TokenDigest([2; 16]);
const THREE: TokenDigest = TokenDigest([3; 16]);

fn network(address: &str) -> Network {
    Network::of(address.parse().unwrap_or_else(|error| panic!("{address}: {error}")))
}

fn waiting(total: usize, per_network: usize) -> Waiters {
    Waiters::new(WaiterLimits { total, per_network, login: Duration::from_secs(600) })
}

#[test]
fn a_decision_wakes_all_who_wait_for_it_and_nobody_else() {
    let (waiting, home) = (waiting(10, 10), network("192.0.2.1"));
    let places = [ONE, ONE, TWO].map(|native| waiting.enter(native, home).expect("room"));
    let woken = places.each_ref().map(WaitGuard::woken);
    // Between entering and waiting it asks the store: a decision that comes meanwhile counts.
    waiting.wake(ONE);
    assert_eq!(woken.map(|woken| woken.now_or_never().is_some()), [true, true, false]);
}

#[test]
fn places_are_bounded_and_free_again() {
    let (waiting, home) = (waiting(2, 2), network("192.0.2.1"));
    let first = waiting.enter(ONE, home).expect("room");
    let second = waiting.enter(ONE, home).expect("room");
    assert_eq!(waiting.enter(TWO, home).err(), Some(Full::Network));
    assert_eq!(waiting.enter(TWO, network("192.0.2.2")).err(), Some(Full::Server));
    drop(first);
    let third = waiting.enter(TWO, home).expect("room");
    assert_eq!(waiting.taken(), 2);
    drop((second, third));
    assert!(waiting.taken() == 0 && waiting.bells().is_empty() && waiting.seats().groups.is_empty());
}

#[test]
fn neighbours_share_the_places_of_the_networks_around_them() {
    let waiting = waiting(100, 2);
    let places: Vec<_> = ["2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:1:101::1", "2001:db8:2:1::1", "192.0.2.1"]
        .map(|address| waiting.enter(ONE, network(address)).ok())
        .into_iter()
        .collect();
    let has = places.iter().map(Option::is_some).collect::<Vec<_>>();
    assert_eq!(has, [true, true, false, true, true]);
}

#[test]
fn a_login_under_way_takes_the_place_of_the_oldest_that_nobody_has_begun() {
    let (waiting, home, away) = (waiting(3, 2), network("192.0.2.1"), network("192.0.2.2"));
    let far = waiting.enter(THREE, away).expect("room");
    let near = [ONE, TWO].map(|native| waiting.enter(native, home).expect("room"));
    let woken = near.each_ref().map(WaitGuard::woken);
    // Of the network that is full, though another's has waited for longer.
    waiting.begun(TokenDigest([4; 16]));
    let fourth = waiting.enter(TokenDigest([4; 16]), home).expect("it comes first");
    assert_eq!(woken.map(|woken| woken.now_or_never().is_some()), [true, false]);
    assert_eq!([&near[0], &near[1], &far, &fourth].map(WaitGuard::is_lost), [true, false, false, false]);
    assert_eq!(waiting.taken(), 3);
    // From a network with room it is the oldest of all. What is begun while it waits stays.
    waiting.begun(THREE);
    waiting.begun(TokenDigest([5; 16]));
    let fifth = waiting.enter(TokenDigest([5; 16]), away).expect("it comes first");
    assert_eq!([&near[1], &far, &fourth, &fifth].map(WaitGuard::is_lost), [true, false, false, false]);
    waiting.begun(TokenDigest([6; 16]));
    assert_eq!(waiting.enter(TokenDigest([6; 16]), network("192.0.2.3")).err(), Some(Full::Server));
    drop((near, far, fourth, fifth));
    assert!(waiting.taken() == 0 && waiting.seats().groups.is_empty() && waiting.bells().is_empty());
}

#[test]
fn a_stop_wakes_everybody() {
    let waiting = waiting(2, 2);
    let places = [ONE, TWO].map(|native| waiting.enter(native, network("192.0.2.1")).expect("room"));
    let woken = places.each_ref().map(WaitGuard::woken);
    waiting.stop();
    assert!(waiting.is_stopping());
    assert!(woken.into_iter().all(|woken| woken.now_or_never().is_some()));
}

#[test]
fn begun_tokens_are_forgotten_in_time_and_never_many() {
    let (mut begun, now) = (BegunTokens::default(), Instant::now());
    let token = |number: u128| TokenDigest(number.to_be_bytes());
    begun.note(token(1), now + Duration::from_secs(600));
    assert!(begun.has(token(1), now) && !begun.has(token(1), now + Duration::from_secs(600)));
    assert!(!begun.has(token(2), now), "another's place");
    begun.note(token(2), now + Duration::from_secs(600));
    assert!(begun.has(token(2), now) && !begun.has(token(1), now));
    begun.note(token(u128::MAX), now + Duration::from_secs(600));
    assert_eq!(begun.0.len(), 2);
}

proptest! {
    /// Whatever comes and goes, no bound is passed, and nothing is left over.
    #[test]
    fn the_bounds_hold(steps in prop::collection::vec((0..4_u8, 0..6_u8, 0..4_u8), 0..120)) {
        let networks = ["2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:2::1", "192.0.2.1"].map(network);
        let waiting = waiting(6, 3);
        let mut places = Vec::new();
        for (step, token, from) in steps {
            match step {
                0 | 1 => places.extend(waiting.enter(TokenDigest([token; 16]), networks[usize::from(from)]).ok()),
                2 => waiting.begun(TokenDigest([token; 16])),
                _ if places.is_empty() => {}
                _ => drop(places.swap_remove(usize::from(token) % places.len())),
            }
            let seats = waiting.seats();
            let kept = seats.taken.len();
            prop_assert!(seats.groups.iter().all(|(group, held)| held.len() <= waiting.limit(*group)));
            prop_assert_eq!(seats.count(None), kept);
            prop_assert_eq!(seats.by_token.values().map(|token| token.seats.len()).sum::<usize>(), kept);
            drop(seats);
            prop_assert_eq!(places.iter().filter(|place| !place.is_lost()).count(), kept);
        }
        drop(places);
        prop_assert!(waiting.taken() == 0 && waiting.seats().groups.is_empty());
    }
}
