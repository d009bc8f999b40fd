//! A histogram of durations without a lock: `prometheus_client` has one of its own that takes a mutex each time, and
//! every check of a token is measured twice.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// Durations, counted by how long they were. Cheap to clone: every clone counts into the same.
#[derive(Clone, Debug)]
pub struct Histogram(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    /// Upper bounds in seconds, ascending.
    bounds: &'static [f64],
    /// How many were at most each bound but above the one before; last those above all bounds.
    buckets: Box<[AtomicU64]>,
    nanoseconds: AtomicU64,
}

impl Histogram {
    /// An empty one whose buckets have these upper bounds, in seconds and ascending.
    #[must_use]
    pub fn new(bounds: &'static [f64]) -> Self {
        let buckets = std::iter::repeat_with(AtomicU64::default).take(bounds.len() + 1).collect();
        Self(Arc::new(Counts { bounds, buckets, nanoseconds: AtomicU64::default() }))
    }

    /// Counts one duration.
    pub fn observe(&self, duration: Duration) {
        let Counts { bounds, buckets, nanoseconds } = &*self.0;
        let seconds = duration.as_secs_f64();
        let place = bounds.iter().position(|bound| seconds <= *bound).unwrap_or(bounds.len());
        buckets[place].fetch_add(1, Ordering::Relaxed);
        nanoseconds.fetch_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let Counts { bounds, buckets, nanoseconds } = &*self.0;
        let bounds = bounds.iter().copied().chain([f64::INFINITY]);
        let buckets: Vec<_> = bounds.zip(buckets.iter().map(|count| count.load(Ordering::Relaxed))).collect();
        // Not counted separately, so that the page agrees with itself whatever is observed meanwhile.
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = Duration::from_nanos(nanoseconds.load(Ordering::Relaxed)).as_secs_f64();
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Histogram {
    const TYPE: MetricType = MetricType::Histogram;
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::prometheus_text::encode;
    use prometheus_client::registry::Registry;

    use super::*;

    #[test]
    fn a_bucket_holds_what_is_at_most_its_bound() -> fmt::Result {
        let histogram = Histogram::new(&[0.001, 1.0]);
        for millis in [0, 1, 2, 1000, 1001] {
            histogram.observe(Duration::from_millis(millis));
        }
        let (mut registry, mut page) = (Registry::default(), String::new());
        registry.register("h", "Help", histogram);
        encode(&mut page, &registry)?;
        let lines = [
            "# HELP h Help.",
            "# TYPE h histogram",
            r#"h_bucket{le="0.001"} 2"#,
            r#"h_bucket{le="1"} 4"#,
            r#"h_bucket{le="+Inf"} 5"#,
            "h_sum 2.004",
            "h_count 5",
        ];
        assert_eq!(page.lines().collect::<Vec<_>>(), lines);
        Ok(())
    }
}
