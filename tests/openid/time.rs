//! The provider's clock and ours may be 60 s apart.

use std::sync::Arc;

use bimgate::clock::{Clock as _, ManualClock, SystemClock};
use bimgate::domain::Timestamp;

use crate::Outcome;
use crate::fixtures::{log_in, provider, settings, with_clock};

/// How long its ID tokens live, in seconds.
const LIFETIME: u64 = 3600;

#[tokio::test]
async fn a_token_holds_from_a_minute_before_its_time_until_a_minute_after() -> Outcome {
    let mut provider = provider();
    let issued = SystemClock.now().seconds();
    provider.stop_clock(issued);
    for (now, good) in [
        (issued - 61, false),
        (issued - 59, true),
        (issued, true),
        (issued + LIFETIME + 59, true),
        (issued + LIFETIME + 61, false),
    ] {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(now * 1000)));
        let outcome = log_in(&with_clock(&settings(provider.issuer()), clock), "alice").await;
        assert_eq!(outcome.is_ok(), good, "{now} of {issued}: {outcome:?}");
    }
    Ok(())
}
