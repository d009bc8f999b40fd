//! How long the tests go on that a longer run makes more telling.

/// `rounds`, or as many times more as `BIMGATE_SOAK` says; `scripts/soak` sets it.
pub fn rounds(rounds: usize) -> usize {
    let times = std::env::var("BIMGATE_SOAK").map_or(1, |times| times.parse().expect("BIMGATE_SOAK is a number"));
    rounds * times
}
