use std::time::Duration;

use super::*;

type Outcome = Result<(), &'static str>;

fn settings() -> ThrottleSettings {
    let of = |burst| BucketSettings { burst, refill: Duration::from_secs(60) };
    ThrottleSettings {
        account_network: of(1),
        network: of(2),
        account: of(3),
        first_account_network: of(4),
        first_network: of(5),
        first_account: of(6),
        successes: of(7),
        tokens: of(8),
        issues: of(9),
        heartbeats: of(10),
        licenses: of(11),
    }
}

fn from(address: &str) -> Result<Origin, &'static str> {
    let network = Network::of(address.parse().map_err(|_| "address")?);
    let device = Some(Device::Client(ClientKey::of("client")));
    Ok(Origin { network, device, remember: Remember::IfKnown })
}

fn attempt(email: &str, address: &str) -> Result<Attempt, &'static str> {
    let email = Email::new(email).ok_or("address")?;
    Ok(login(&settings(), &DigestKey::new(&[1; 32]), &email, &from(address)?))
}

/// Which settings each bucket of a lane is of, by its burst.
fn bursts(lane: &Lane) -> Vec<u32> {
    lane.charges.iter().map(|charge| charge.bucket.burst).collect()
}

#[test]
fn known_ones_are_spared_the_buckets_that_others_empty() -> Outcome {
    let lanes = attempt("a@b", "192.0.2.1")?.lanes;
    assert_eq!(
        lanes.iter().map(bursts).collect::<Vec<_>>(),
        [vec![1, 7], vec![1, 7], vec![1, 2, 3, 7], vec![1, 4, 5, 6, 7]]
    );
    assert_eq!(lanes.iter().map(|lane| lane.mark.is_some()).collect::<Vec<_>>(), [true, true, false, false]);
    let key = |lane: usize, charge: usize| lanes[lane].charges[charge].bucket.key;
    assert_ne!(key(0, 0), key(1, 0), "a device's bucket is its own");
    assert_eq!(key(1, 0), key(2, 0), "a pair's is the same for known and unknown");
    assert_ne!(key(1, 1), key(2, 3), "strangers cannot empty the successes of known ones");
    Ok(())
}

#[test]
fn each_wider_network_has_a_bucket_twice_as_large_that_counts_accounts() -> Outcome {
    let lanes = attempt("a@b", "2001:db8::1")?.lanes;
    assert_eq!(bursts(&lanes[2]), [1, 2, 4, 2, 4, 8, 3, 7]);
    let guards: Vec<_> = lanes[2].charges.iter().map(|charge| charge.unless_used).collect();
    assert_eq!(guards, [None, None, None, Some(0), Some(1), Some(2), None, None]);
    let guards: Vec<_> = lanes[3].charges.iter().map(|charge| charge.unless_used).collect();
    assert_eq!(guards[6..9], [Some(0), Some(1), Some(2)]);
    assert_eq!(lanes[2].charges[5].bucket.refill, Duration::from_secs(15));
    let neighbour = attempt("a@b", "2001:db8:0:1::1")?.lanes;
    let same: Vec<_> = lanes[2].charges.iter().zip(&neighbour[2].charges).map(|(a, b)| a.bucket == b.bucket).collect();
    assert_eq!(same, [false, true, true, false, true, true, true, true]);
    Ok(())
}

#[test]
fn a_success_gets_back_what_a_failure_costs_and_the_other_way_round() -> Outcome {
    let lanes = attempt("a@b", "192.0.2.1")?.lanes;
    let bursts = |succeeded| -> Vec<_> {
        to_put_back(&lanes[2], &[0, 2, 3], succeeded).iter().map(|bucket| bucket.burst).collect()
    };
    assert_eq!(bursts(true), [1, 3]);
    assert_eq!(bursts(false), [7]);
    Ok(())
}

#[test]
fn a_login_marks_what_its_next_attempt_asks_for() -> Outcome {
    let (key, email) = (DigestKey::new(&[1; 32]), Email::new("a@b").ok_or("address")?);
    let next = attempt("a@b", "192.0.2.1")?;
    let (account, marks) = marks(&key, &email, &from("192.0.2.1")?);
    assert_eq!(account, next.account);
    let asked: Vec<_> = next.lanes.iter().filter_map(|lane| lane.mark).collect();
    assert_eq!(marks, [(asked[0], Remember::IfKnown), (asked[1], Remember::Always)]);
    Ok(())
}
